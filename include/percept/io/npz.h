// NumPy's .npz: named arrays, a zip archive of .npy files.
#pragma once

#include <string>

#include "percept/io/load_options.h"
#include "percept/io/named_tensors.h"

namespace percept::io {

/// The arrays of a .npz file, stored or deflated, in the archive's order and without ".npy".
/// max_bytes holds for the file and for all arrays together. Throws FormatError, IoError,
/// LimitError.
NamedTensors load_npz(const std::string& path, const LoadOptions& options = {});

struct SaveNpzOptions {
  bool compress = false;  ///< deflate, as numpy.savez_compressed does
};

/// Writes a file that numpy.load reads; equal tensors give equal bytes. Throws DtypeError for bf16,
/// ValueError for a name that cannot be in an archive, LimitError beyond 4 GiB, IoError.
void save_npz(const std::string& path, const NamedTensors& tensors,
              const SaveNpzOptions& options = {});

}  // namespace percept::io
