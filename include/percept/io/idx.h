// IDX, the format of MNIST and its kin, plain or gzip.
#pragma once

#include <cstdint>
#include <string>

#include "percept/io/load_options.h"
#include "percept/tensor/tensor.h"

namespace percept::io {

/// The array in an IDX file; gzip is recognised by its first bytes. 8-bit unsigned gives u8, the
/// other integers i64, reals f32 or f64. Shapes: as in the file, up to 8 sizes. Throws FormatError,
/// IoError, LimitError.
Tensor load_idx(const std::string& path, const LoadOptions& options = {});

struct LabelledImages {
  Tensor images;  ///< as in the file, usually u8 [N, H, W]
  Tensor labels;  ///< i64 [N]
};

struct LabelledImagesOptions {
  std::int64_t classes = 10;
  LoadOptions load = {};
};

/// Two IDX files that belong together. Throws FormatError as well when the counts differ, there is
/// no sample, or a label is not in [0, classes).
LabelledImages load_idx_pair(const std::string& images_path, const std::string& labels_path,
                             const LabelledImagesOptions& options = {});

}  // namespace percept::io
