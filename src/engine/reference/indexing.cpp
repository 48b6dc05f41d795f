#include "engine/indexing.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>
#include <vector>

#include "engine/iterate.h"
#include "tensor/make.h"

namespace percept::engine::reference {
namespace {

constexpr std::int64_t kIndexGrain = 8192;  // elements worth a thread

using Int = std::int64_t;

Int read_index(const char* at) { return *reinterpret_cast<const Int*>(at); }

template <class T>
struct Put {
  static void to(T& y, T x) { y = x; }
};
template <class T>
struct Accumulate {
  static void to(T& y, T x) {
    if constexpr (std::is_same_v<T, bool>)
      y = y || x;
    else
      y = static_cast<T>(y + x);
  }
};

/// Moving needs the width of an element only.
template <class F>
void with_width(Dtype dtype, const F& f) {
  switch (size_of(dtype)) {
    case 1:
      return f(std::uint8_t{});
    case 2:
      return f(std::uint16_t{});
    case 4:
      return f(std::uint32_t{});
    default:
      return f(std::uint64_t{});
  }
}

template <class F>
void with_type(Dtype dtype, const F& f) {
  switch (dtype) {
    case Dtype::boolean:
      return f(bool{});
    case Dtype::u8:
      return f(std::uint8_t{});
    case Dtype::i64:
      return f(Int{});
    case Dtype::bf16:
      return f(bfloat16{});
    case Dtype::f32:
      return f(float{});
    case Dtype::f64:
      return f(double{});
  }
}

/// x seen with `shape` and standing still along dim.
Tensor fixed(const Tensor& x, int dim, const Shape& shape) {
  Strides strides = x.strides();
  strides[dim] = 0;
  return make_view(x, shape, strides);
}

/// x with dimension dim moved to the end.
Tensor dim_last(const Tensor& x, int dim) {
  Shape shape = x.shape();
  Strides strides = x.strides();
  shape.erase(dim), strides.erase(dim);
  shape.push_back(x.shape()[dim]), strides.push_back(x.strides()[dim]);
  return make_view(x, shape, strides);
}

// Equal indices can meet only along dim: it becomes the innermost run, which one thread does in
// order.
template <class T, class Combine>
void scatter_with(const Tensor& y, int dim, const Tensor& index, const Tensor& source) {
  if (index.numel() == 0) return;
  const Int step = y.strides()[dim] * static_cast<Int>(sizeof(T));
  const Tensor places = dim_last(index, dim), values = dim_last(source, dim),
               base = dim_last(fixed(y, dim, index.shape()), dim);
  const bool one_run = places.numel() == places.shape().back();
  // A size of 1 is not walked: then every run lies across dim, and no two indices of it can meet.
  const Int grain = one_run ? std::numeric_limits<Int>::max() : kIndexGrain;
  const Walk walk = make_walk(places.shape(), {&base, &places, &values});
  for_each_run(walk, grain, [step](Int n, char* const* at, const Int* s) {
    for (Int i = 0; i < n; ++i)
      Combine::to(*reinterpret_cast<T*>(at[0] + i * s[0] + read_index(at[1] + i * s[1]) * step),
                  *reinterpret_cast<const T*>(at[2] + i * s[2]));
  });
}

/// The walk over one block (operand 0) and one row (operand 1).
Walk block_walk(const Tensor& block, const Tensor& rows) {
  Strides strides = rows.strides();
  strides.erase(0);
  const Tensor row = make_view(rows, block.shape(), strides);
  return make_walk(block.shape(), {&block, &row});
}

/// run(n, block, row) for positions begin..end of every innermost run, on this thread.
template <class Run>
void block_runs(const Walk& walk, char* block, char* row, Int begin, Int end, const Run& run) {
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  Int lines = 1;
  for (std::size_t d = 0; d < last; ++d) lines *= walk.size[d];
  block += begin * walk.step[0][last];
  row += begin * walk.step[1][last];
  for (Int line = 0; line < lines; ++line) {
    Int rest = line, to_block = 0, to_row = 0;
    for (std::size_t d = last; d-- > 0; rest /= walk.size[d]) {
      to_block += rest % walk.size[d] * walk.step[0][d];
      to_row += rest % walk.size[d] * walk.step[1][d];
    }
    run(end - begin, block + to_block, row + to_row);
  }
}

/// y[i] = x[i] for n words, `ystep` and `xstep` bytes apart.
template <class Word>
void copy_words(Int n, char* y, Int ystep, const char* x, Int xstep) {
  constexpr Int kWidth = sizeof(Word);
  if (ystep == kWidth && xstep == kWidth) {
    std::memcpy(y, x, static_cast<std::size_t>(n * kWidth));
    return;
  }
  for (Int i = 0; i < n; ++i) std::memcpy(y + i * ystep, x + i * xstep, sizeof(Word));
}

/// run(n, block, row) for all of every block and its row. Offsets may be equal: each thread has a
/// part of the innermost run of all blocks, in order.
template <class Run>
void into_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows, const Run& run) {
  if (rows.numel() == 0) return;
  const Walk walk = block_walk(block, rows);
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  const auto width = static_cast<Int>(size_of(block.dtype()));
  const Int n = offset.numel(), row_step = rows.strides()[0] * width;
  const auto offsets = offset.span<Int>();
  const Int length = walk.size[last], grain = std::max<Int>(1, kIndexGrain * length / rows.numel());
  parallel_for(length, grain, [&](Int begin, Int end) {
    for (Int i = 0; i < n; ++i)
      block_runs(walk, walk.base[0] + offsets[static_cast<std::size_t>(i)] * width,
                 walk.base[1] + i * row_step, begin, end, run);
  });
}

template <class T>
bool is_nan(T x) {
  return x != x;
}

/// a before b in ascending order; NaN last.
template <class T>
bool less(T a, T b) {
  return a < b || (is_nan(b) && !is_nan(a));
}

/// body(x, y) for every line along dim: pointers to the first elements.
template <class X, class Y, class Body>
void for_each_line(const Tensor& x, const Tensor& y, int dim, const Body& body) {
  Shape lines = x.shape();
  lines[dim] = 1;
  const Tensor from = fixed(x, dim, lines), to = fixed(y, dim, lines);
  const Int grain = std::max<Int>(1, kIndexGrain / std::max<Int>(1, x.shape()[dim]));
  for_each_run(make_walk(lines, {&to, &from}), grain, [&](Int n, char* const* at, const Int* step) {
    for (Int i = 0; i < n; ++i)
      body(reinterpret_cast<const X*>(at[1] + i * step[1]),
           reinterpret_cast<Y*>(at[0] + i * step[0]));
  });
}

}  // namespace

void gather(const Tensor& x, int dim, const Tensor& index, const Tensor& y) {
  const Tensor base = fixed(x, dim, index.shape());
  const Walk walk = make_walk(index.shape(), {&y, &index, &base});
  with_width(x.dtype(), [&](auto word) {
    using Word = decltype(word);
    const Int step = x.strides()[dim] * static_cast<Int>(sizeof(Word));
    for_each_run(walk, kIndexGrain, [step](Int n, char* const* at, const Int* s) {
      for (Int i = 0; i < n; ++i)
        std::memcpy(at[0] + i * s[0], at[2] + i * s[2] + read_index(at[1] + i * s[1]) * step,
                    sizeof(Word));
    });
  });
}

void scatter(const Tensor& y, int dim, const Tensor& index, const Tensor& source) {
  with_type(y.dtype(), [&](auto type) {
    using T = decltype(type);
    scatter_with<T, Put<T>>(y, dim, index, source);
  });
}

void scatter_add(const Tensor& y, int dim, const Tensor& index, const Tensor& source) {
  with_type(y.dtype(), [&](auto type) {
    using T = decltype(type);
    scatter_with<T, Accumulate<T>>(y, dim, index, source);
  });
}

void take_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  if (rows.numel() == 0) return;
  const Walk walk = block_walk(block, rows);
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  const Int length = walk.size[last], bstep = walk.step[0][last], rstep = walk.step[1][last];
  const auto offsets = offset.span<Int>();
  with_width(block.dtype(), [&](auto word) {
    using Word = decltype(word);
    constexpr Int kWidth = sizeof(Word);
    const Int row_step = rows.strides()[0] * kWidth;
    parallel_for(
        offset.numel(), std::max<Int>(1, kIndexGrain / block.numel()), [&](Int begin, Int end) {
          for (Int i = begin; i < end; ++i)
            block_runs(walk, walk.base[0] + offsets[static_cast<std::size_t>(i)] * kWidth,
                       walk.base[1] + i * row_step, 0, length, [&](Int n, char* from, char* to) {
                         copy_words<Word>(n, to, rstep, from, bstep);
                       });
        });
  });
}

void put_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  if (rows.numel() == 0) return;
  const Walk walk = block_walk(block, rows);
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  const Int bstep = walk.step[0][last], rstep = walk.step[1][last];
  with_width(block.dtype(), [&](auto word) {
    into_blocks(block, offset, rows, [&](Int n, char* to, char* from) {
      copy_words<decltype(word)>(n, to, bstep, from, rstep);
    });
  });
}

void add_blocks(const Tensor& block, const Tensor& offset, const Tensor& rows) {
  if (rows.numel() == 0) return;
  const Walk walk = block_walk(block, rows);
  const auto last = static_cast<std::size_t>(walk.dims - 1);
  const Int bstep = walk.step[0][last], rstep = walk.step[1][last];
  with_type(block.dtype(), [&](auto type) {
    using T = decltype(type);
    into_blocks(block, offset, rows, [&](Int n, char* to, char* from) {
      for (Int i = 0; i < n; ++i)
        Accumulate<T>::to(*reinterpret_cast<T*>(to + i * bstep),
                          *reinterpret_cast<const T*>(from + i * rstep));
    });
  });
}

void cumsum(const Tensor& x, int dim, bool backwards, const Tensor& y) {
  const Int n = x.shape()[dim], xstep = x.strides()[dim], ystep = y.strides()[dim];
  with_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    using Sum = std::conditional_t<is_floating(dtype_of<T>), double, T>;
    for_each_line<T, T>(x, y, dim, [&](const T* from, T* to) {
      Sum sum{};
      for (Int k = 0; k < n; ++k) {
        const Int i = backwards ? n - 1 - k : k;
        Accumulate<Sum>::to(sum, static_cast<Sum>(from[i * xstep]));
        if constexpr (std::is_same_v<T, bfloat16>)
          to[i * ystep] = T(static_cast<float>(sum));
        else
          to[i * ystep] = static_cast<T>(sum);
      }
    });
  });
}

void order(const Tensor& x, int dim, bool descending, const Tensor& order) {
  const Int n = x.shape()[dim], wanted = order.shape()[dim];
  const Int xstep = x.strides()[dim], ostep = order.strides()[dim];
  if (wanted == 0) return;
  with_type(x.dtype(), [&](auto type) {
    using T = decltype(type);
    for_each_line<T, Int>(x, order, dim, [&](const T* from, Int* to) {
      std::vector<std::pair<T, Int>> line(static_cast<std::size_t>(n));
      for (Int i = 0; i < n; ++i) line[static_cast<std::size_t>(i)] = {from[i * xstep], i};
      const auto before = [descending](const auto& a, const auto& b) {
        if (less(a.first, b.first)) return !descending;
        if (less(b.first, a.first)) return descending;
        return a.second < b.second;
      };
      if (wanted == n)
        std::sort(line.begin(), line.end(), before);
      else
        std::partial_sort(line.begin(), line.begin() + wanted, line.end(), before);
      for (Int i = 0; i < wanted; ++i) to[i * ostep] = line[static_cast<std::size_t>(i)].second;
    });
  });
}

std::int64_t find_outside(const Tensor& index, Int low, Int high, std::optional<Int> except) {
  const auto values = index.span<Int>();
  const auto found = std::find_if(values.begin(), values.end(),
                                  [&](Int i) { return (i < low || i >= high) && i != except; });
  return found == values.end() ? -1 : found - values.begin();
}

}  // namespace percept::engine::reference
