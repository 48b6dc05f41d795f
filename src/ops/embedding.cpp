#include "percept/ops/embedding.h"

#include <fmt/format.h>

#include "engine/indexing.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/indexing.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

/// Calls the kernel on row 0 of the table, with the rows' offsets from there.
template <class Kernel>
void on_rows(Kernel* kernel, const Tensor& table, const Tensor& places, const Tensor& rows) {
  if (rows.numel() == 0) return;
  const NoGradGuard no_grad;
  kernel(make_view(table, {table.shape()[1]}, {table.strides()[1]}), places * table.strides()[0],
         rows);
}

// y[p] = weight[index[p]]:  dweight[index[p]] += dy[p], for every p but those of padding
struct EmbeddingBackward final : Node {
  Saved index{this};                    // (count)
  std::optional<std::int64_t> padding;  // not negative
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor places = index;
    const Tensor dense = dy.contiguous();
    const Tensor rows =
        padding ? masked_fill(dense, unsqueeze(eq(places, *padding), -1), 0) : dense;
    const Tensor table = zeros(input(0).shape, {.dtype = dy.dtype()});
    if (grad_enabled()) {
      dx[0] = scatter_add(table, 0, expand(unsqueeze(places, -1), rows.shape()), rows);
      return;
    }
    on_rows(engine::add_blocks, table, places, rows);
    dx[0] = table;
  }
};

}  // namespace

Tensor embedding(const Tensor& index, const Tensor& weight,
                 std::optional<std::int64_t> padding_idx) {
  must_be_defined("embedding", index, weight);
  must_be_computed_in("embedding", weight);
  if (index.dtype() != i64)
    throw DtypeError(
        fmt::format("embedding: the index must be i64, found {} (shape {}); hint: "
                    ".to(i64)",
                    name_of(index.dtype()), index.shape().str()));
  if (weight.dim() != 2)
    throw ShapeError(fmt::format("embedding: weight must be a matrix (rows, d), found shape {}",
                                 weight.shape().str()));
  const std::int64_t rows = weight.shape()[0];
  if (padding_idx && (*padding_idx < -rows || *padding_idx >= rows))
    throw IndexError(
        fmt::format("embedding: padding_idx {} is out of range for weight {} of {} "
                    "rows",
                    *padding_idx, weight.shape().str(), rows));
  const Tensor places = reshape(index, {index.numel()}).contiguous();
  if (const std::int64_t bad = engine::find_outside(places, 0, rows); bad >= 0)
    throw IndexError(fmt::format("embedding: index {} is outside [0, {}), the rows of weight {}",
                                 places.span<std::int64_t>()[static_cast<std::size_t>(bad)], rows,
                                 weight.shape().str()));
  Tensor y = make({places.numel(), weight.shape()[1]}, weight.dtype());
  on_rows(engine::take_blocks, weight, places, y);
  if (auto* node = record<EmbeddingBackward>(y, weight)) {
    node->index = places;
    if (padding_idx) node->padding = *padding_idx < 0 ? *padding_idx + rows : *padding_idx;
  }
  Shape shape = index.shape();
  shape.push_back(weight.shape()[1]);
  return reshape(y, shape);
}

}  // namespace percept
