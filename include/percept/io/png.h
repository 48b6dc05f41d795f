// PNG pictures in and out.
#pragma once

#include <string>
#include <string_view>

#include "percept/io/load_options.h"
#include "percept/tensor/tensor.h"

namespace percept::io {

struct LoadPngOptions {
  /// 0: as in the file. 1: gray by ITU-R 601 (L = 0.299 R + 0.587 G + 0.114 B). 3: RGB. Both drop
  /// an alpha channel.
  int channels = 0;
  LoadOptions load = {};
};

/// A picture as u8 [C, H, W] with C = 1 (gray), 2 (gray, alpha), 3 (RGB) or 4 (RGBA). Palettes are
/// looked up, 16 bits a channel are rounded to 8, fewer than 8 are scaled. Throws FormatError,
/// IoError, LimitError, ValueError for another number of channels.
Tensor load_png(const std::string& path, const LoadPngOptions& options = {});

/// As load_png, from the bytes of a file; `name` stands for it in errors.
Tensor decode_png(std::string_view bytes, const std::string& name,
                  const LoadPngOptions& options = {});

/// Writes u8 [1, H, W] or [H, W] as gray, [3, H, W] as RGB. Throws ShapeError, DtypeError, IoError.
void save_png(const std::string& path, const Tensor& image);

/// The bytes that save_png writes.
std::string encode_png(const Tensor& image);

}  // namespace percept::io
