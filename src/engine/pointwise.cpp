#include "engine/pointwise.h"

#include <fmt/format.h>

#include <cstring>

#include "engine/iterate.h"
#include "engine/onednn/convert.h"
#include "engine/onednn/pointwise.h"
#include "engine/reference/pointwise.h"
#include "percept/base/error.h"
#include "tensor/layout.h"
#include "tensor/make.h"
#include "tensor/tape.h"

namespace percept::engine {
namespace {

constexpr std::int64_t kGrain = 32768;  // elements worth a thread for a simple f32 function

// -- the reference engine's loops, made from the formulas
template <class F, class T, class... In>
void loop(std::int64_t n, char* const* at, const std::int64_t* step, const double* params) {
  using Out = decltype(F::of(params, In{}...));
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    if (step[0] == sizeof(Out) && ((step[I + 1] == sizeof(In)) && ...)) {  // dense: vectorises
      auto* y = reinterpret_cast<Out*>(at[0]);
      for (std::int64_t i = 0; i < n; ++i)
        y[i] = F::of(params, reinterpret_cast<const In*>(at[I + 1])[i]...);
    } else {
      for (std::int64_t i = 0; i < n; ++i)
        *reinterpret_cast<Out*>(at[0] + i * step[0]) =
            F::of(params, *reinterpret_cast<const In*>(at[I + 1] + i * step[I + 1])...);
    }
  }
  (std::index_sequence_for<In...>{});
}

template <int Inputs, class F, class T>
constexpr Loop* loop_for() {
  if constexpr (Inputs == 1)
    return loop<F, T, T>;
  else
    return loop<F, T, T, T>;
}

constexpr std::size_t at(Dtype dtype) { return static_cast<std::size_t>(dtype); }

/// For real numbers only.
template <int Inputs, class F>
constexpr Pointwise real(Loop* fast = nullptr) {
  Pointwise f;
  f.reference[at(f32)] = loop_for<Inputs, F, float>();
  f.reference[at(f64)] = loop_for<Inputs, F, double>();
  f.fast = fast;
  return f;
}

/// For integers too.
template <int Inputs, class F>
constexpr Pointwise number(Loop* fast = nullptr) {
  Pointwise f = real<Inputs, F>(fast);
  f.reference[at(i64)] = loop_for<Inputs, F, std::int64_t>();
  f.reference[at(u8)] = loop_for<Inputs, F, std::uint8_t>();
  return f;
}

/// For booleans too.
template <int Inputs, class F>
constexpr Pointwise any(Loop* fast = nullptr) {
  Pointwise f = number<Inputs, F>(fast);
  f.reference[at(boolean)] = loop_for<Inputs, F, bool>();
  return f;
}

template <int Inputs, class F>
constexpr Pointwise test() {
  Pointwise f = any<Inputs, F>();
  f.boolean_result = true;
  return f;
}

// y = condition ? a : b
template <class T>
void where_loop(std::int64_t n, char* const* at, const std::int64_t* step, const double*) {
  for (std::int64_t i = 0; i < n; ++i)
    *reinterpret_cast<T*>(at[0] + i * step[0]) =
        *reinterpret_cast<const bool*>(at[1] + i * step[1])
            ? *reinterpret_cast<const T*>(at[2] + i * step[2])
            : *reinterpret_cast<const T*>(at[3] + i * step[3]);
}

constexpr Pointwise make_where() {
  Pointwise f;
  f.reference = {where_loop<bool>,     where_loop<std::uint8_t>, where_loop<std::int64_t>,
                 where_loop<bfloat16>, where_loop<float>,        where_loop<double>};
  return f;
}

Loop* choose(const Pointwise& f, const char* op, Dtype dtype) {
  Loop* reference = f.reference[at(dtype)];
  if (!reference)
    throw DtypeError(
        fmt::format("{}: elements of type {} are not taken; hint: .to(f32)", op, name_of(dtype)));
  return reference;
}

/// A new tensor for f's result. Images whose channels lie together stay so.
Tensor result(const Pointwise& f, const Shape& shape, Dtype dtype,
              std::initializer_list<const Tensor*> inputs) {
  const Dtype type = f.boolean_result ? boolean : dtype;
  for (const Tensor* x : inputs)
    if (!x->is_contiguous() && x->shape() == shape && is_channels_last(*x))
      return make_channels_last(shape, type);
  return make(shape, type);
}

/// A number as one element of a type, so that a walk may point at it with step 0.
struct Element {
  alignas(8) std::array<char, 8> bytes{};
  Element(const Scalar& value, Dtype dtype) {
    const auto put = [&](auto x) { std::memcpy(bytes.data(), &x, sizeof x); };
    switch (dtype) {
      case Dtype::boolean:
        put(value.to_double() != 0);
        break;
      case Dtype::u8:
        put(static_cast<std::uint8_t>(value.to_int()));
        break;
      case Dtype::i64:
        put(value.to_int());
        break;
      case Dtype::bf16:
        put(bfloat16(static_cast<float>(value.to_double())));
        break;
      case Dtype::f32:
        put(static_cast<float>(value.to_double()));
        break;
      case Dtype::f64:
        put(value.to_double());
        break;
    }
  }
};

/// A function with all it works on.
struct Job {
  Loop *reference, *fast;  // fast may be null
  Walk walk;
  std::array<double, kMaxParams> params;
  Element number = {0, Dtype::u8};
  std::size_t place = 0;  // of the number among the operands; 0 without

  void run() {
    if (place > 0) walk.base[place] = number.bytes.data();
    for_each_run(walk, kGrain, [this](std::int64_t n, char* const* at, const std::int64_t* step) {
      bool dense = fast && step[0] == sizeof(float);
      for (int k = 1; dense && k < walk.operands; ++k)
        dense = step[k] == sizeof(float) || step[k] == 0;
      (dense ? fast : reference)(n, at, step, params.data());
    });
  }
};

Job make_job(const Pointwise& f, const char* op, Dtype dtype, const Tensor& out,
             std::initializer_list<const Tensor*> tensors, Params params) {
  Job job{choose(f, op, dtype),
          f.fast && fast(dtype) ? f.fast : nullptr,
          make_walk(out.shape(), tensors, true),
          {}};
  std::copy(params.begin(), params.end(), job.params.begin());
  return job;
}

void run(Job& job, std::initializer_list<const Tensor*> tensors) {
  job.run();
  if (Tape* tape = Tape::current()) {
    for (const Tensor* tensor : tensors) tape->hold(*tensor);
    tape->add([job]() mutable { job.run(); });
  }
}

/// f over (out, tensor) with the number put in as operand `place`, 1 or 2.
void run_with_number(const Pointwise& f, const char* op, const Tensor& out, const Tensor& tensor,
                     const Scalar& number, std::size_t place) {
  Job job = make_job(f, op, tensor.dtype(), out, {&out, &tensor}, {});
  Walk& walk = job.walk;
  walk.operands = 3;
  if (place == 1) {
    walk.base[2] = walk.base[1];
    walk.step[2] = walk.step[1];
  }
  walk.step[place] = {};
  job.number = {number, tensor.dtype()};
  job.place = place;
  run(job, {&out, &tensor});
}

}  // namespace

namespace r = reference;
namespace o = onednn;

const Pointwise neg = number<1, r::Neg>(o::neg), exp = real<1, r::Exp>(o::exp),
                log = real<1, r::Log>(o::log), log1p = real<1, r::Log1p>(o::log1p),
                expm1 = real<1, r::Expm1>(o::expm1), sqrt = real<1, r::Sqrt>(o::sqrt),
                rsqrt = real<1, r::Rsqrt>(), reciprocal = real<1, r::Reciprocal>(),
                abs = number<1, r::Abs>(o::abs), sign = number<1, r::Sign>(),
                sin = real<1, r::Sin>(), cos = real<1, r::Cos>(), erf = real<1, r::Erf>(),
                floor = real<1, r::Floor>(), ceil = real<1, r::Ceil>(), round = real<1, r::Round>(),
                sigmoid = real<1, r::Sigmoid>(o::sigmoid), tanh = real<1, r::Tanh>(o::tanh),
                relu = number<1, r::Relu>(o::relu), leaky_relu = real<1, r::LeakyRelu>(),
                elu = real<1, r::Elu>(), gelu = real<1, r::Gelu>(o::gelu),
                gelu_tanh = real<1, r::GeluTanh>(), silu = real<1, r::Silu>(o::silu),
                softplus = real<1, r::Softplus>(), step = number<1, r::Step>(),
                clamp = number<1, r::Clamp>(), isnan = test<1, r::IsNan>(),
                isinf = test<1, r::IsInf>(), logical_not = test<1, r::LogicalNot>();

const Pointwise add = any<2, r::Add>(o::add), sub = number<2, r::Sub>(o::sub),
                mul = any<2, r::Mul>(o::mul), div = real<2, r::Div>(o::div),
                floor_divide = number<2, r::FloorDivide>(), remainder = number<2, r::Remainder>(),
                pow = number<2, r::Pow>(), minimum = any<2, r::Minimum>(o::minimum),
                maximum = any<2, r::Maximum>(o::maximum), eq = test<2, r::Eq>(),
                ne = test<2, r::Ne>(), lt = test<2, r::Lt>(), le = test<2, r::Le>(),
                gt = test<2, r::Gt>(), ge = test<2, r::Ge>(),
                logical_and = test<2, r::LogicalAnd>(), logical_or = test<2, r::LogicalOr>(),
                add_scaled = number<2, r::AddScaled>(o::add_scaled),
                relu_backward = real<2, r::ReluBackward>(o::relu_backward),
                gelu_backward = real<2, r::GeluBackward>(o::gelu_backward);

const Pointwise where = make_where();

void apply(const Pointwise& f, const char* op, const Tensor& out,
           std::initializer_list<const Tensor*> inputs, Params params) {
  const auto* in = inputs.begin();
  const auto over = [&](std::initializer_list<const Tensor*> tensors) {
    const Dtype dtype = in[inputs.size() - 1]->dtype();
    Job job = make_job(f, op, dtype, out, tensors, params);
    run(job, tensors);
  };
  if (inputs.size() == 1)
    over({&out, in[0]});
  else if (inputs.size() == 2)
    over({&out, in[0], in[1]});
  else
    over({&out, in[0], in[1], in[2]});
}

Tensor map(const Pointwise& f, const char* op, const Tensor& a, Params params) {
  Tensor out = result(f, a.shape(), a.dtype(), {&a});
  apply(f, op, out, {&a}, params);
  return out;
}

Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Tensor& b, Params params) {
  Tensor out = result(f, broadcast_shapes(a.shape(), b.shape(), op), a.dtype(), {&a, &b});
  apply(f, op, out, {&a, &b}, params);
  return out;
}

Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Tensor& b, const Tensor& c) {
  const Shape shape = broadcast_shapes(a.shape(), broadcast_shapes(b.shape(), c.shape(), op), op);
  Tensor out = result(f, shape, c.dtype(), {&a, &b, &c});
  apply(f, op, out, {&a, &b, &c});
  return out;
}

Tensor map(const Pointwise& f, const char* op, const Tensor& a, const Scalar& b) {
  Tensor out = result(f, a.shape(), a.dtype(), {&a});
  run_with_number(f, op, out, a, b, 2);
  return out;
}

Tensor map(const Pointwise& f, const char* op, const Scalar& a, const Tensor& b) {
  Tensor out = result(f, b.shape(), b.dtype(), {&b});
  run_with_number(f, op, out, b, a, 1);
  return out;
}

namespace {

template <class From, class To>
void copy_run(std::int64_t n, char* const* at, const std::int64_t* step) {
  if constexpr (std::is_same_v<From, float> && std::is_same_v<To, bfloat16>)
    if (step[0] == sizeof(To) && step[1] == sizeof(From) && fast(f32))
      return onednn::round(n, reinterpret_cast<const From*>(at[1]), reinterpret_cast<To*>(at[0]));
  if constexpr (std::is_same_v<From, bfloat16> && std::is_same_v<To, float>)
    if (step[0] == sizeof(To) && step[1] == sizeof(From) && fast(f32))
      return onednn::widen(n, reinterpret_cast<const From*>(at[1]), reinterpret_cast<To*>(at[0]));
  if (std::is_same_v<From, To> && step[0] == sizeof(To) && step[1] == sizeof(From)) {
    std::memcpy(at[0], at[1], static_cast<std::size_t>(n) * sizeof(To));
    return;
  }
  for (std::int64_t i = 0; i < n; ++i) {
    const From x = *reinterpret_cast<const From*>(at[1] + i * step[1]);
    To& y = *reinterpret_cast<To*>(at[0] + i * step[0]);
    if constexpr (std::is_same_v<From, To>)
      y = x;
    else if constexpr (std::is_same_v<To, bfloat16>)
      y = bfloat16(static_cast<float>(x));
    else if constexpr (std::is_same_v<To, bool>)
      y = x != From(0);
    else if constexpr (std::is_same_v<To, std::uint8_t> && !std::is_integral_v<From>)
      y = static_cast<To>(static_cast<std::int64_t>(x));  // wraps, as PyTorch on x86
    else
      y = static_cast<To>(x);
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
      return f(std::int64_t{});
    case Dtype::bf16:
      return f(bfloat16{});
    case Dtype::f32:
      return f(float{});
    case Dtype::f64:
      return f(double{});
  }
}

void copy_now(const Tensor& from, const Tensor& to) {
  const Walk walk = make_walk(to.shape(), {&to, &from}, true);
  with_type(from.dtype(), [&](auto x) {
    with_type(to.dtype(),
              [&](auto y) { for_each_run(walk, kGrain, copy_run<decltype(x), decltype(y)>); });
  });
}

void fill_now(const Tensor& to, const Scalar& value) {
  const Walk walk = make_walk(to.shape(), {&to}, true);
  const Element element(value, to.dtype());
  with_type(to.dtype(), [&](auto type) {
    using T = decltype(type);
    T x;
    std::memcpy(&x, element.bytes.data(), sizeof x);
    for_each_run(walk, kGrain, [x](std::int64_t n, char* const* at, const std::int64_t* step) {
      if (step[0] == sizeof(T))
        std::fill_n(reinterpret_cast<T*>(at[0]), n, x);
      else
        for (std::int64_t i = 0; i < n; ++i) *reinterpret_cast<T*>(at[0] + i * step[0]) = x;
    });
  });
}

}  // namespace

void copy(const Tensor& from, const Tensor& to) { taped(copy_now, from, to); }
void fill(const Tensor& to, const Scalar& value) { taped(fill_now, to, value); }

}  // namespace percept::engine
