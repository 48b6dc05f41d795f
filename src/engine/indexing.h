// Moving elements between the places that indices name. The op has checked every index; an index is
// never negative here.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

// One index an element. index: i64, of any strides, as are x, y and source.

/// y[.., p, ..] = x[.., index[.., p, ..], ..] at dimension dim; y has index's shape.
void gather(const Tensor& x, int dim, const Tensor& index, const Tensor& y);
/// y[.., index[.., p, ..], ..] = source[.., p, ..]; the last one wins. source has index's shape.
void scatter(const Tensor& y, int dim, const Tensor& index, const Tensor& source);
/// The same with +=.
void scatter_add(const Tensor& y, int dim, const Tensor& index, const Tensor& source);

// One offset a block. block (d...) is a view of the first block of x; the others lie offset[i]
// elements behind it. offset: i64 (n), contiguous. rows: (n, d...), of any strides.

/// rows[i] = block at offset[i]
void take_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows);
/// block at offset[i] = rows[i]; the last one wins.
void put_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows);
/// block at offset[i] += rows[i]
void add_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows);

/// y = x[0] + ... + x[i] along dim, or from the end backwards. x and y of one type and shape.
void cumsum(const Tensor& x, int dim, bool backwards, const Tensor& y);

/// order[.., i, ..] = where the element that comes i-th along dim stands in x. Equal ones keep
/// their order; NaN is the largest. Only the first order.shape()[dim] are found. order: i64.
void order(const Tensor& x, int dim, bool descending, const Tensor& order);

/// The first place of index (i64, contiguous) that is neither inside [low, high) nor `except`, or
/// -1.
std::int64_t find_outside(const Tensor& index, std::int64_t low, std::int64_t high,
                          std::optional<std::int64_t> except = {});

namespace reference {
decltype(engine::gather) gather;
decltype(engine::scatter) scatter;
decltype(engine::scatter_add) scatter_add;
decltype(engine::take_blocks) take_blocks;
decltype(engine::put_blocks) put_blocks;
decltype(engine::add_blocks) add_blocks;
decltype(engine::cumsum) cumsum;
decltype(engine::order) order;
decltype(engine::find_outside) find_outside;
}  // namespace reference

}  // namespace percept::engine
