// The walk over the steps: a part of the samples is taken through all of them by one thread, whose
// rows stay in its cache, without a barrier between the steps. Each step is one product of oneDNN's
// with the packed weight and one pass over its gates. oneDNN's own primitive for whole layers is
// not used: 2.6 runs f32 training through its reference driver, which took twice the time of this.
#include "engine/recurrent.h"

#include <algorithm>
#include <exception>
#include <mutex>

#include "base/parallel.h"
#include "engine/matmul.h"
#include "engine/pointwise.h"
#include "tensor/make.h"
#include "tensor/tape.h"

namespace percept::engine {
namespace {

/// Samples worth a thread of their own.
constexpr std::int64_t kSamples = 16;

/// part(begin, end) on ranges of the N samples; an exception comes through.
template <class Part>
void for_samples(std::int64_t samples, const Part& part) {
  std::exception_ptr failure;
  std::mutex mutex;
  parallel_for(samples, kSamples, [&](std::int64_t begin, std::int64_t end) {
    try {
      part(begin, end);
    } catch (...) {
      const std::lock_guard lock(mutex);
      failure = std::current_exception();
    }
  });
  if (failure) std::rethrow_exception(failure);
}

/// `count` dense rows from `first` on.
Tensor rows_from(const Tensor& x, std::int64_t first, std::int64_t count) {
  const std::int64_t columns = x.shape()[1];
  return make_view(x, {count, columns}, {columns, 1}, first * columns);
}

/// The start of a row; null for an undefined tensor.
template <class T>
T* row(const Tensor& x, std::int64_t i) {
  return x.defined() ? static_cast<T*>(x.impl().data) + i * x.shape()[1] : nullptr;
}

/// Rows that change from step to step, to be rounded anew in each product: what is kept rounded
/// belongs to a whole storage.
Tensor for_product(const Tensor& rows, bool rounded) {
  if (!rounded) return rows;
  Tensor own = make(rows.shape(), rows.dtype());
  copy(rows, own);
  return own;
}

const CellLoops<float>& cell_loops(const CellKind& kind, float) {
  return fast(f32) ? kind.fast : kind.reference;
}
const CellLoops<double>& cell_loops(const CellKind& kind, double) { return kind.reference64; }

/// The samples of [begin, end) that step t has, and the row of the first.
struct Active {
  std::int64_t count, first;
};
Active active(const RecurrentLayer& layer, std::size_t t, std::int64_t begin, std::int64_t end) {
  return {std::min(end, layer.sizes[t]) - begin, layer.starts[t] + begin};
}

template <class T>
void forward_all(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& b_hh,
                 const Tensor& a, const Tensor& b, const Tensor& y, const Tensor& h_before,
                 const Tensor& c_before, const Tensor& tanh_c) {
  const CellKind& kind = *layer.kind;
  const std::size_t steps = layer.sizes.size();
  const std::int64_t samples = layer.sizes[0];
  const std::int64_t hidden = y.shape()[1], h_at = a.shape()[0], c_at = h_at + samples;
  const Tensor w =
      make_view(w_hh, {hidden, kind.gates * hidden}, {w_hh.strides()[1], w_hh.strides()[0]});
  for_samples(samples, [&](std::int64_t begin, std::int64_t end) {
    for (std::size_t k = 0; k < steps; ++k) {
      const std::size_t t = layer.reverse ? steps - 1 - k : k;
      const auto [count, first] = active(layer, t, begin, end);
      if (count <= 0) continue;
      const Tensor h = for_product(rows_from(y, h_at + begin, count), layer.rounded);
      const Tensor product = rows_from(kind.apart ? b : a, first, count);
      gemm({.a = h,
            .b = w,
            .c = product,
            .bias = kind.apart && b_hh.defined() ? &b_hh : nullptr,
            .accumulate = !kind.apart,
            .rounded = layer.rounded,
            .constant = true});
      cell_loops(kind, T()).forward(CellRows<T>{.samples = count,
                                                .hidden = hidden,
                                                .a = row<T>(a, first),
                                                .b = row<T>(b, first),
                                                .h = row<T>(y, h_at + begin),
                                                .c = kind.has_c ? row<T>(y, c_at + begin) : nullptr,
                                                .y = row<T>(y, first),
                                                .h_before = row<T>(h_before, first),
                                                .c_before = row<T>(c_before, first),
                                                .tanh_c = row<T>(tanh_c, first)});
    }
  });
}

template <class T>
void backward_all(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& dy,
                  const Tensor& a, const Tensor& b, const Tensor& h_before, const Tensor& c_before,
                  const Tensor& tanh_c, const Tensor& da, const Tensor& db, const Tensor& dh,
                  const Tensor& dc) {
  const CellKind& kind = *layer.kind;
  const std::size_t steps = layer.sizes.size();
  // A copy: the parameter itself may be packed for the forward products, in another way.
  const Tensor w = make(w_hh.shape(), w_hh.dtype());
  copy(w_hh, w);
  for_samples(layer.sizes[0], [&](std::int64_t begin, std::int64_t end) {
    for (std::size_t k = steps; k-- > 0;) {
      const std::size_t t = layer.reverse ? steps - 1 - k : k;
      const auto [count, first] = active(layer, t, begin, end);
      if (count <= 0) continue;
      cell_loops(kind, T()).backward(CellGradientRows<T>{.samples = count,
                                                         .hidden = dh.shape()[1],
                                                         .a = row<T>(a, first),
                                                         .b = row<T>(b, first),
                                                         .h_before = row<T>(h_before, first),
                                                         .c_before = row<T>(c_before, first),
                                                         .tanh_c = row<T>(tanh_c, first),
                                                         .dy = row<T>(dy, first),
                                                         .da = row<T>(da, first),
                                                         .db = row<T>(db, first),
                                                         .dh = row<T>(dh, begin),
                                                         .dc = row<T>(dc, begin)});
      const Tensor products =
          for_product(rows_from(kind.apart ? db : da, first, count), layer.rounded);
      gemm({.a = products,
            .b = w,
            .c = rows_from(dh, begin, count),
            .accumulate = kind.apart,
            .rounded = layer.rounded,
            .constant = true});
    }
  });
}

}  // namespace

const CellKind tanh_cell{1,
                         false,
                         false,
                         {onednn::tanh_forward, onednn::tanh_backward},
                         {reference::tanh_forward, reference::tanh_backward},
                         {reference::tanh_forward, reference::tanh_backward}};
const CellKind relu_cell{1,
                         false,
                         false,
                         {onednn::relu_forward, onednn::relu_backward},
                         {reference::relu_forward, reference::relu_backward},
                         {reference::relu_forward, reference::relu_backward}};
const CellKind lstm_cell{4,
                         false,
                         true,
                         {onednn::lstm_forward, onednn::lstm_backward},
                         {reference::lstm_forward, reference::lstm_backward},
                         {reference::lstm_forward, reference::lstm_backward}};
const CellKind gru_cell{3,
                        true,
                        false,
                        {onednn::gru_forward, onednn::gru_backward},
                        {reference::gru_forward, reference::gru_backward},
                        {reference::gru_forward, reference::gru_backward}};

void recurrent(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& b_hh, const Tensor& a,
               const Tensor& b, const Tensor& y, const Tensor& h_before, const Tensor& c_before,
               const Tensor& tanh_c) {
  taped(y.dtype() == f64 ? forward_all<double> : forward_all<float>, layer, w_hh, b_hh, a, b, y,
        h_before, c_before, tanh_c);
}

void recurrent_backward(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& dy,
                        const Tensor& a, const Tensor& b, const Tensor& h_before,
                        const Tensor& c_before, const Tensor& tanh_c, const Tensor& da,
                        const Tensor& db, const Tensor& dh, const Tensor& dc) {
  taped(dy.dtype() == f64 ? backward_all<double> : backward_all<float>, layer, w_hh, dy, a, b,
        h_before, c_before, tanh_c, da, db, dh, dc);
}

}  // namespace percept::engine
