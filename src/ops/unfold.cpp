#include "percept/ops/unfold.h"

#include <fmt/format.h>

#include "engine/unfold.h"
#include "ops/check.h"
#include "ops/sliding.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

using engine::Patches;

// Both are linear, and each the transpose of the other. Shapes are those of the results.
Tensor unfold_images(const Tensor& x, const Shape& shape, const Patches& patches);
Tensor fold_patches(const Tensor& y, const Shape& shape, const Patches& patches);

struct Im2ColBackward final : Node {
  Patches patches{};
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = fold_patches(dy, input(0).shape, patches);
  }
};
struct Col2ImBackward final : Node {
  Patches patches{};
  void backward(const Tensor& dy, Gradients& dx) override {
    dx[0] = unfold_images(dy, input(0).shape, patches);
  }
};

Tensor unfold_images(const Tensor& x, const Shape& shape, const Patches& patches) {
  Tensor y = make(shape, x.dtype());
  engine::unfold(x, y, patches);
  if (auto* node = record<Im2ColBackward>(y, x)) node->patches = patches;
  return y;
}

Tensor fold_patches(const Tensor& y, const Shape& shape, const Patches& patches) {
  Tensor x = make(shape, y.dtype());
  engine::fold(y, x, patches);
  if (auto* node = record<Col2ImBackward>(x, y)) node->patches = patches;
  return x;
}

void must_be_real_images(const char* op, const Tensor& x) {
  if (x.dtype() != f32 && x.dtype() != f64)
    throw DtypeError(fmt::format("{}: elements of type {} are not taken; hint: .to(f32)", op,
                                 name_of(x.dtype())));
}

/// The patches of images (..., H, W) of that size.
Patches patches_of(const char* op, const Shape& images, const Shape& kernel,
                   const UnfoldOptions& options) {
  const KernelPlaces places =
      kernel_places(op, images, kernel, options.stride,
                    Padding(options.padding.of(2, op, "padding", 0)), options.dilation);
  return {{kernel[0], kernel[1]}, places.count, places.sliding};
}

}  // namespace

Tensor unfold(const Tensor& x, const PerDim& kernel_size, const UnfoldOptions& options) {
  must_be_defined("unfold", x);
  must_be_images("unfold", 2, x);
  must_be_real_images("unfold", x);
  const Shape kernel = kernel_size.of(2, "unfold", "kernel_size", 1);
  const Patches patches = patches_of("unfold", x.shape(), kernel, options);
  const Tensor images = as_images(x, 2);
  const Tensor y = unfold_images(images,
                                 {images.shape()[0], images.shape()[1] * kernel.numel(),
                                  patches.places[0] * patches.places[1]},
                                 patches);
  return x.dim() == 4 ? y : squeeze(y, 0);
}

Tensor fold(const Tensor& x, const PerDim& output_size, const PerDim& kernel_size,
            const UnfoldOptions& options) {
  must_be_defined("fold", x);
  must_be_real_images("fold", x);
  const Shape size = output_size.of(2, "fold", "output_size", 1),
              kernel = kernel_size.of(2, "fold", "kernel_size", 1);
  if ((x.dim() != 2 && x.dim() != 3) || x.shape()[x.dim() - 2] % kernel.numel() != 0)
    throw ShapeError(fmt::format(
        "fold: expects patches (N, C kH kW, L) or (C kH kW, L) of a kernel of {}, found shape {}",
        kernel.str(), x.shape().str()));
  const Tensor columns = x.dim() == 3 ? x : unsqueeze(x, 0);
  const Shape shape{columns.shape()[0], columns.shape()[1] / kernel.numel(), size[0], size[1]};
  const Patches patches = patches_of("fold", shape, kernel, options);
  const std::int64_t places = patches.places[0] * patches.places[1];
  if (columns.shape()[2] != places)
    throw ShapeError(fmt::format("fold: an image of {} has {} patches, the input {} (shape {})",
                                 size.str(), places, columns.shape()[2], x.shape().str()));
  const Tensor y = fold_patches(columns, shape, patches);
  return x.dim() == 3 ? y : squeeze(y, 0);
}

}  // namespace percept
