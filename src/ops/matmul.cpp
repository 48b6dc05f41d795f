#include "percept/ops/matmul.h"

#include <fmt/format.h>

#include "autograd/meta.h"
#include "engine/matmul.h"
#include "engine/pointwise.h"
#include "engine/reduce.h"
#include "ops/check.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "tensor/make.h"

namespace percept {
namespace {

std::string describe(const Tensor& x) {
  return fmt::format("{} {}", x.shape().str(), name_of(x.dtype()));
}

void same_real_type(const Tensor& a, const Tensor& b, const char* op) {
  if (a.dtype() != b.dtype() || (a.dtype() != f32 && a.dtype() != f64))
    throw DtypeError(
        fmt::format("{}: expects two tensors of f32 or of f64, found {} and {}; hint: "
                    ".to(f32)",
                    op, describe(a), describe(b)));
}

/// True where autocast has the inputs of a product rounded.
bool rounds(const Tensor& x) { return x.dtype() == f32 && autocast_dtype() == bf16; }

/// a (m,k) b (k,n), or (B,m,k)(B,k,n) with size-1 batches repeated; no gradient.
Tensor product(const Tensor& a, const Tensor& b) {
  const bool batched = a.dim() == 3;
  Shape shape = a.shape();
  if (batched) shape[0] = std::max(a.shape()[0], b.shape()[0]);
  shape[shape.dim() - 1] = b.shape().back();
  Tensor c = make(shape, a.dtype());
  engine::gemm({.a = a, .b = b, .c = c, .rounded = rounds(a)});
  return c;
}

/// The last two dimensions exchanged.
Tensor swapped(const Tensor& x) {
  if (grad_enabled()) return transpose(x, -2, -1);
  Shape shape = x.shape();
  Strides strides = x.strides();
  std::swap(shape[x.dim() - 2], shape[x.dim() - 1]);
  std::swap(strides[x.dim() - 2], strides[x.dim() - 1]);
  return make_view(x, shape, strides);
}

// c = a b:  da = dc bᵀ,  db = aᵀ dc   (m,k)(k,n), and the same for every batch
struct MmBackward : Node {
  Saved a{this}, b{this};
  const Dtype type = autocast_dtype();  // that of the product
  void backward(const Tensor& dy, Gradients& dx) override;
};
struct BmmBackward final : MmBackward {};

Tensor multiply(const Tensor& a, const Tensor& b) {
  Tensor c = product(a, b);
  MmBackward* node = a.dim() == 2 ? record<MmBackward>(c, a, b) : record<BmmBackward>(c, a, b);
  if (node) {
    if (node->input(1).wanted()) node->a = a;
    if (node->input(0).wanted()) node->b = b;
  }
  return c;
}

void MmBackward::backward(const Tensor& dy, Gradients& dx) {
  const AutocastGuard same(type);
  if (dx.wanted(0)) dx[0] = multiply(dy, swapped(b));
  if (dx.wanted(1)) dx[1] = multiply(swapped(a), dy);
}

/// The sum over samples of a matrix (N, n), as (n).
Tensor column_sums(const Tensor& x) {
  if (grad_enabled()) return sum(x, {0});
  Tensor y = make({1, x.shape()[1]}, x.dtype());
  engine::sum(x, y);
  y.mutable_impl().shape = y.mutable_impl().strides = Shape{y.numel()};
  y.mutable_impl().strides[0] = 1;
  return y;
}

// y = x wᵀ + bias:  dx = dy w,  dw = dyᵀ x,  dbias = sum of dy over samples   x (N,in), w (out,in)
struct AddmmBackward : Node {
  Saved x{this}, w{this};
  const Dtype type = autocast_dtype();
  void backward(const Tensor& dy, Gradients& dx) override { pass_on(dy, Tensor(), dx); }

 protected:
  /// dbias is undefined where it is still to be summed.
  void pass_on(const Tensor& dy, const Tensor& dbias, Gradients& dx) {
    const AutocastGuard same(type);
    if (dx.wanted(0)) dx[0] = multiply(dy, w);
    if (dx.wanted(1)) dx[1] = multiply(swapped(dy), x);
    if (wants_bias(dx)) dx[2] = dbias.defined() ? dbias : column_sums(dy);
  }
  bool wants_bias(const Gradients& dx) const { return inputs() > 2 && dx.wanted(2); }
};

// y = max(x wᵀ + bias, 0):  as above with dy where y > 0
struct LinearReluBackward final : AddmmBackward {
  Saved y{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    const Tensor positive = y.get().detach();
    if (grad_enabled())
      return pass_on(dy * logical_not(le(positive, 0)).to(dy.dtype()), Tensor(), dx);
    if (!wants_bias(dx) || !dy.is_contiguous())
      return pass_on(engine::map(engine::relu_backward, "relu", dy, positive), Tensor(), dx);
    const Tensor open = make(dy.shape(), dy.dtype()), dbias = make({dy.shape()[1]}, dy.dtype());
    engine::bias_relu_backward(dy, positive, open, dbias);
    pass_on(open, dbias, dx);
  }
};

void check_linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  must_be_defined("linear", x, weight);
  if (weight.dim() != 2)
    throw ShapeError(
        fmt::format("linear: weight must be a matrix (out, in), found {}", describe(weight)));
  if (x.dim() == 0 || x.shape().back() != weight.shape()[1])
    throw ShapeError(fmt::format("linear: input has {} features (shape {}) but weight {} takes {}",
                                 x.dim() == 0 ? 0 : x.shape().back(), x.shape().str(),
                                 weight.shape().str(), weight.shape()[1]));
  same_real_type(x, weight, "linear");
  if (!bias.defined()) return;
  if (bias.dim() != 1 || bias.shape()[0] != weight.shape()[0])
    throw ShapeError(fmt::format("linear: bias has shape {} but weight {} gives {} outputs",
                                 bias.shape().str(), weight.shape().str(), weight.shape()[0]));
  same_real_type(weight, bias, "linear");
}

/// A weight in use for inference, which hardly changes from call to call.
bool is_constant(const Tensor& weight) {
  const AutogradMeta* meta = weight.impl().autograd;
  return inference_mode() && meta && meta->parameter;
}

template <class Derivative>
Tensor linear_as(const Tensor& x, const Tensor& weight, const Tensor& bias,
                 engine::Activation activation) {
  check_linear(x, weight, bias);
  Shape shape = x.shape();
  shape[shape.dim() - 1] = weight.shape()[0];
  if (x.dim() != 2) {
    Shape samples = x.shape();
    samples.erase(x.dim() - 1);
    const Tensor flat = reshape(x, {samples.numel(), x.shape().back()});
    return reshape(linear_as<Derivative>(flat, weight, bias, activation), shape);
  }
  Tensor y = make(shape, x.dtype());
  const Tensor dense_bias = bias.defined() ? bias.contiguous() : bias;
  const Tensor wt = make_view(weight, {weight.shape()[1], weight.shape()[0]},
                              {weight.strides()[1], weight.strides()[0]});
  engine::gemm({.a = x,
                .b = wt,
                .c = y,
                .bias = bias.defined() ? &dense_bias : nullptr,
                .activation = activation,
                .rounded = rounds(x),
                .constant = is_constant(weight)});
  Derivative* node =
      bias.defined() ? record<Derivative>(y, x, weight, bias) : record<Derivative>(y, x, weight);
  if (node) {
    if (node->input(1).wanted()) node->x = x;
    if (node->input(0).wanted()) node->w = weight;
    if constexpr (std::is_same_v<Derivative, LinearReluBackward>) node->y = y;
  }
  return y;
}

}  // namespace

Tensor mm(const Tensor& a, const Tensor& b) {
  must_be_defined("mm", a, b);
  if (a.dim() != 2 || b.dim() != 2 || a.shape()[1] != b.shape()[0])
    throw ShapeError(
        fmt::format("mm: expects (m, k) and (k, n), found {} and {}", describe(a), describe(b)));
  same_real_type(a, b, "mm");
  return multiply(a, b);
}

Tensor bmm(const Tensor& a, const Tensor& b) {
  must_be_defined("bmm", a, b);
  if (a.dim() != 3 || b.dim() != 3 || a.shape()[0] != b.shape()[0] || a.shape()[2] != b.shape()[1])
    throw ShapeError(fmt::format("bmm: expects (b, m, k) and (b, k, n), found {} and {}",
                                 describe(a), describe(b)));
  same_real_type(a, b, "bmm");
  return multiply(a, b);
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  must_be_defined("matmul", a, b);
  if (a.dim() == 0 || b.dim() == 0)
    throw ShapeError(
        fmt::format("matmul: both operands need at least 1 dimension, found {} and "
                    "{}; hint: mul",
                    describe(a), describe(b)));
  const std::int64_t k = a.shape().back(), rows = b.shape()[std::max(0, b.dim() - 2)];
  if (k != rows)
    throw ShapeError(fmt::format("matmul: the inner sizes differ: {} of {} and {} of {}", k,
                                 a.shape().str(), rows, b.shape().str()));
  same_real_type(a, b, "matmul");
  if (a.dim() == 1 && b.dim() == 1) return reshape(multiply(unsqueeze(a, 0), unsqueeze(b, 1)), {});
  if (a.dim() == 1) return squeeze(matmul(unsqueeze(a, 0), b), -2);
  if (b.dim() == 1) return squeeze(matmul(a, unsqueeze(b, 1)), -1);
  if (a.dim() == 2 && b.dim() == 2) return multiply(a, b);

  const auto leading = [](const Tensor& x) {
    return Shape(std::span(x.shape().begin(), static_cast<std::size_t>(x.dim() - 2)));
  };
  const std::int64_t m = a.shape()[a.dim() - 2], n = b.shape().back();
  if (b.dim() == 2) {  // one matrix for all: the batch is more rows
    Shape shape = a.shape();
    shape[shape.dim() - 1] = n;
    return reshape(multiply(reshape(a, {leading(a).numel() * m, k}), b), shape);
  }
  const Shape batch = broadcast_shapes(leading(a), leading(b), "matmul");
  const auto as_batch = [&](const Tensor& x) {
    Shape full = batch;
    full.push_back(x.shape()[x.dim() - 2]), full.push_back(x.shape().back());
    const Tensor wide = leading(x) == batch ? x : expand(x, full);
    return reshape(wide, {batch.numel(), x.shape()[x.dim() - 2], x.shape().back()});
  };
  Shape shape = batch;
  shape.push_back(m), shape.push_back(n);
  return reshape(multiply(as_batch(a), as_batch(b)), shape);
}

Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return linear_as<AddmmBackward>(x, weight, bias, engine::Activation::none);
}

Tensor detail::linear_relu(const Tensor& x, const Tensor& weight, const Tensor& bias) {
  return linear_as<LinearReluBackward>(x, weight, bias, engine::Activation::relu);
}

Tensor Tensor::matmul(const Tensor& other) const { return percept::matmul(*this, other); }

}  // namespace percept
