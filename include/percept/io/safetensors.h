// safetensors: named tensors and a map of strings, safe to load from anybody.
// https://huggingface.co/docs/safetensors
#pragma once

#include <map>
#include <string>

#include "percept/io/load_options.h"
#include "percept/tensor/named_tensors.h"

namespace percept::io {

using Metadata = std::map<std::string, std::string>;

struct Safetensors {
  NamedTensors tensors;  ///< in the order of the file's header
  Metadata metadata;     ///< "__metadata__"; empty when there is none
};

/// Reads and checks a file. BOOL gives boolean, U8 u8, the other integers i64, F16 and F32 f32,
/// BF16 bf16, F64 f64; a valid file with another type is refused by that type's name. Shapes: as in
/// the file, up to 8 sizes. Throws FormatError, IoError, LimitError.
Safetensors load_safetensors(const std::string& path, const LoadOptions& options = {});

/// Writes tensors and metadata; equal contents give equal bytes. Throws ValueError for a name or
/// metadata that is no UTF-8, or a tensor called "__metadata__"; IoError.
void save_safetensors(const std::string& path, const NamedTensors& tensors,
                      const Metadata& metadata = {});

}  // namespace percept::io
