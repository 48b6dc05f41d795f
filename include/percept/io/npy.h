// NumPy's .npy: one array in a file.
#pragma once

#include <string>

#include "percept/io/load_options.h"
#include "percept/tensor/tensor.h"

namespace percept::io {

/// The array of a .npy file (versions 1.0, 2.0, 3.0), either byte order, C or Fortran order.
/// b1 gives boolean, u1 u8, the other integers i64, f2 and f4 f32, f8 f64. Shapes: as in the file,
/// up to 8 sizes. Throws FormatError, IoError, LimitError.
Tensor load_npy(const std::string& path, const LoadOptions& options = {});

/// Writes what numpy.save writes, byte for byte. Throws DtypeError for bf16, which NumPy does not
/// have, and IoError.
void save_npy(const std::string& path, const Tensor& tensor);

}  // namespace percept::io
