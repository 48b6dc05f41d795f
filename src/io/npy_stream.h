// A .npy file inside of something else: a file of its own or an entry of a .npz.
#pragma once

#include <string>

#include "base/file.h"
#include "percept/io/load_options.h"
#include "percept/tensor/tensor.h"

namespace percept::io {

/// Reads one array and checks that nothing follows it.
Tensor read_npy(ByteSource& in, const LoadOptions& options);

/// The bytes before the data: magic, version 1.0, header padded to 64. Throws DtypeError for bf16.
std::string npy_header(const Tensor& tensor);

}  // namespace percept::io
