#include "engine/indexing.h"

#include "tensor/tape.h"

namespace percept::engine {

void gather(const Tensor& x, int dim, const Tensor& index, const Tensor& y) {
  taped(reference::gather, x, dim, index, y);
}
void scatter(const Tensor& y, int dim, const Tensor& index, const Tensor& source) {
  taped(reference::scatter, y, dim, index, source);
}
void scatter_add(const Tensor& y, int dim, const Tensor& index, const Tensor& source) {
  taped(reference::scatter_add, y, dim, index, source);
}
void take_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  taped(reference::take_blocks, block, offset, rows);
}
void put_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  taped(reference::put_blocks, block, offset, rows);
}
void add_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  taped(reference::add_blocks, block, offset, rows);
}
void cumsum(const Tensor& x, int dim, bool backwards, const Tensor& y) {
  taped(reference::cumsum, x, dim, backwards, y);
}
void order(const Tensor& x, int dim, bool descending, const Tensor& order) {
  taped(reference::order, x, dim, descending, order);
}
std::int64_t find_outside(const Tensor& index, std::int64_t low, std::int64_t high,
                          std::optional<std::int64_t> except) {
  return taped_result(reference::find_outside, index, low, high, except);
}

}  // namespace percept::engine
