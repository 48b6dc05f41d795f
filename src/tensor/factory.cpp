#include "percept/tensor/factory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "base/parallel.h"
#include "engine/pointwise.h"
#include "percept/base/error.h"
#include "tensor/draw.h"
#include "tensor/make.h"

namespace percept {
namespace {

Tensor finish(Tensor tensor, const TensorOptions& options) {
  if (options.requires_grad) tensor.requires_grad_();
  return tensor;
}

/// The shape of the list, from its first entries.
void measure(const NestedList& list, Shape& shape, Dtype& kind) {
  if (!list.is_list()) {
    kind = std::max(kind, list.value().kind());
    return;
  }
  shape.push_back(static_cast<std::int64_t>(list.items().size()));
  if (!list.items().empty()) measure(list.items().front(), shape, kind);
}

void flatten_list(const NestedList& list, const Shape& shape, int depth, std::vector<Scalar>& out,
                  Dtype& kind) {
  if (list.is_list() != (depth < shape.dim()) ||
      (list.is_list() && static_cast<std::int64_t>(list.items().size()) != shape[depth]))
    throw ShapeError(
        fmt::format("tensor: the lists are not all alike: the first ones make shape "
                    "{}, but one at depth {} has {}",
                    shape.str(), depth,
                    list.is_list() ? fmt::format("{} entries", list.items().size())
                                   : std::string("a single number")));
  if (!list.is_list()) {
    kind = std::max(kind, list.value().kind());
    out.push_back(list.value());
    return;
  }
  for (const NestedList& item : list.items()) flatten_list(item, shape, depth + 1, out, kind);
}

Dtype like(const Tensor& model, const TensorOptions& options) {
  return options.dtype.value_or(model.dtype());
}

/// tensor[i] = f(i) for every element, into real tensors via the given type.
template <class F>
void generate(const Tensor& tensor, const F& f) {
  const Tensor target = tensor.is_contiguous() && (tensor.dtype() == f32 || tensor.dtype() == f64)
                            ? tensor
                            : make(tensor.shape(), tensor.dtype() == f64 ? f64 : f32);
  const auto into = [&](auto values) {
    parallel_for(tensor.numel(), 8192, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i)
        values[static_cast<std::size_t>(i)] =
            static_cast<typename decltype(values)::value_type>(f(static_cast<std::uint64_t>(i)));
    });
  };
  if (target.dtype() == f32)
    into(target.span<float>());
  else
    into(target.span<double>());
  if (!target.is_same(tensor)) engine::copy(target, tensor);
}

RandomBlock next_block(Generator* generator) {
  return (generator ? *generator : default_generator()).next();
}

RandomBlock block_at(const GeneratorState& s) { return {s.seed, s.stream, s.step}; }

void must_be_drawable(const Tensor& tensor, const char* op) {
  if (!is_floating(tensor.dtype()))
    throw DtypeError(
        fmt::format("{}: only real types can be drawn, found {}", op, name_of(tensor.dtype())));
}

}  // namespace

Tensor tensor(const NestedList& numbers, const TensorOptions& options) {
  Shape shape;
  Dtype kind = boolean;
  measure(numbers, shape, kind);
  std::vector<Scalar> flat;
  flatten_list(numbers, shape, 0, flat, kind);
  const Dtype dtype = options.dtype.value_or(flat.empty() ? f32 : kind);
  Tensor wide = make(shape, is_floating(dtype) ? f64 : i64);
  for (std::size_t i = 0; i < flat.size(); ++i) {
    if (is_floating(dtype))
      wide.span<double>()[i] = flat[i].to_double();
    else
      wide.span<std::int64_t>()[i] = flat[i].to_int();
  }
  return finish(wide.to(dtype), options);
}

template <class T>
Tensor from_span(std::span<const T> values, const Shape& shape) {
  Tensor tensor = make(shape, dtype_of<T>);
  if (static_cast<std::size_t>(tensor.numel()) != values.size())
    throw ShapeError(fmt::format("from_span: shape {} has {} elements, {} values were given",
                                 shape.str(), tensor.numel(), values.size()));
  if (Tape* tape = Tape::current())
    tape->refuse("the step makes a tensor of the program's numbers");
  if (!values.empty()) std::memcpy(tensor.impl().data, values.data(), values.size_bytes());
  return tensor;
}

template <class T>
Tensor from_blob(std::span<T> values, const Shape& shape, std::shared_ptr<void> owner) {
  Tensor tensor = make({0}, dtype_of<T>);
  if (shape.numel() < 0 || static_cast<std::size_t>(shape.numel()) != values.size())
    throw ShapeError(fmt::format("from_blob: shape {} has {} elements, the memory holds {}",
                                 shape.str(), shape.numel(), values.size()));
  TensorImpl& impl = tensor.mutable_impl();
  impl.storage = Storage::alias(values.data(), values.size_bytes(), std::move(owner));
  impl.data = values.data();
  impl.shape = shape;
  impl.strides = contiguous_strides(shape);
  impl.numel = shape.numel();
  return tensor;
}

template Tensor from_span(std::span<const std::uint8_t>, const Shape&);
template Tensor from_span(std::span<const std::int64_t>, const Shape&);
template Tensor from_span(std::span<const bfloat16>, const Shape&);
template Tensor from_span(std::span<const float>, const Shape&);
template Tensor from_span(std::span<const double>, const Shape&);
template Tensor from_span(std::span<const bool>, const Shape&);
template Tensor from_blob(std::span<std::uint8_t>, const Shape&, std::shared_ptr<void>);
template Tensor from_blob(std::span<std::int64_t>, const Shape&, std::shared_ptr<void>);
template Tensor from_blob(std::span<bfloat16>, const Shape&, std::shared_ptr<void>);
template Tensor from_blob(std::span<float>, const Shape&, std::shared_ptr<void>);
template Tensor from_blob(std::span<double>, const Shape&, std::shared_ptr<void>);
template Tensor from_blob(std::span<bool>, const Shape&, std::shared_ptr<void>);

Tensor empty(const Shape& shape, const TensorOptions& options) {
  return finish(make(shape, options.dtype.value_or(f32)), options);
}

Tensor full(const Shape& shape, const Scalar& value, const TensorOptions& options) {
  const Tensor tensor = make(shape, options.dtype.value_or(value.kind()));
  engine::fill(tensor, value);
  return finish(tensor, options);
}

Tensor zeros(const Shape& shape, const TensorOptions& options) {
  return full(shape, 0, {options.dtype.value_or(f32), options.requires_grad});
}
Tensor ones(const Shape& shape, const TensorOptions& options) {
  return full(shape, 1, {options.dtype.value_or(f32), options.requires_grad});
}

Tensor arange(const Scalar& end, const TensorOptions& options) {
  return arange(0, end, 1, options);
}

Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
              const TensorOptions& options) {
  const double a = start.to_double(), b = end.to_double(), s = step.to_double();
  if (!std::isfinite(a) || !std::isfinite(b) || !std::isfinite(s) || s == 0 || (b - a) / s < 0)
    throw ValueError(fmt::format("arange: cannot go from {} to {} in steps of {}", a, b, s));
  const Dtype kind = std::max({start.kind(), end.kind(), step.kind(), i64});
  const auto n = static_cast<std::int64_t>(std::ceil((b - a) / s));
  const Dtype dtype = options.dtype.value_or(kind);
  if (is_floating(dtype)) {
    const Tensor wide = make({n}, f64);
    taped(
        [a, s](const Tensor& x) {
          generate(x, [&](std::uint64_t i) { return a + static_cast<double>(i) * s; });
        },
        wide);
    return finish(wide.to(dtype), options);
  }
  const Tensor wide = make({n}, i64);
  taped(
      [first = start.to_int(), by = step.to_int()](const Tensor& x) {
        std::int64_t value = first;
        for (std::int64_t& number : x.span<std::int64_t>()) number = value, value += by;
      },
      wide);
  return finish(wide.to(dtype), options);
}

Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options) {
  if (steps < 0)
    throw ValueError(fmt::format("linspace: steps must not be negative, found {}", steps));
  const Tensor wide = make({steps}, f64);
  const double step = steps > 1 ? (end - start) / static_cast<double>(steps - 1) : 0;
  // From both ends, so that the last number is exactly `end`.
  generate(wide, [&](std::uint64_t u) {
    const auto i = static_cast<std::int64_t>(u);
    return i < steps / 2 || steps == 1 ? start + static_cast<double>(i) * step
                                       : end - static_cast<double>(steps - 1 - i) * step;
  });
  return finish(wide.to(options.dtype.value_or(f32)), options);
}

Tensor eye(std::int64_t rows, const TensorOptions& options) { return eye(rows, rows, options); }

Tensor eye(std::int64_t rows, std::int64_t columns, const TensorOptions& options) {
  const Tensor tensor = make({rows, columns}, options.dtype.value_or(f32));
  engine::fill(tensor, 0);
  const std::int64_t n = std::min(rows, columns);
  if (n > 0) engine::fill(make_view(tensor, {n}, {columns + 1}), 1);
  return finish(tensor, options);
}

Tensor& uniform_(Tensor& tensor, double low, double high, Generator* generator) {
  must_be_drawable(tensor, "uniform_");
  draw(tensor, generator, [low, high](const Tensor& x, const GeneratorState& state) {
    const RandomBlock block = block_at(state);
    if (x.dtype() == f64)
      generate(x, [&](std::uint64_t i) { return low + (high - low) * block.uniform(i); });
    else  // 24 bits, so that rounding to f32 never gives `high` itself in [0, 1)
      generate(x, [&](std::uint64_t i) {
        return low + (high - low) * static_cast<double>(block.words(i)[0] >> 8) * 0x1p-24;
      });
  });
  bump_version(tensor);
  return tensor;
}

Tensor& normal_(Tensor& tensor, double mean, double std, Generator* generator) {
  must_be_drawable(tensor, "normal_");
  if (!(std >= 0))
    throw ValueError(fmt::format("normal_: std must not be negative, found {}", std));
  draw(tensor, generator, [mean, std](const Tensor& x, const GeneratorState& state) {
    const RandomBlock block = block_at(state);
    // Box and Muller, 1958: the pair (2i, 2i+1) from one block of words.
    generate(x, [&](std::uint64_t i) {
      const auto w = block.words(i / 2);
      const double u =
          (static_cast<double>((std::uint64_t{w[0]} << 20) | (w[1] >> 12)) + 0.5) * 0x1p-52;
      const double angle = 2 * M_PI * (static_cast<double>(w[2]) * 0x1p-32);
      const double radius = std::sqrt(-2 * std::log(u));
      return mean + std * radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
    });
  });
  bump_version(tensor);
  return tensor;
}

Tensor rand(const Shape& shape, const TensorOptions& options, Generator* generator) {
  Tensor tensor = make(shape, options.dtype.value_or(f32));
  return finish(uniform_(tensor, 0, 1, generator), options);
}

Tensor randn(const Shape& shape, const TensorOptions& options, Generator* generator) {
  Tensor tensor = make(shape, options.dtype.value_or(f32));
  return finish(normal_(tensor, 0, 1, generator), options);
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               const TensorOptions& options, Generator* generator) {
  if (low >= high)
    throw ValueError(fmt::format("randint: low must be below high, found {} and {}", low, high));
  const RandomBlock block = next_block(generator);
  const Tensor wide = make(shape, i64);
  const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  std::uint64_t i = 0;
  for (std::int64_t& x : wide.span<std::int64_t>())
    x = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + block.below(i++, range));
  return finish(wide.to(options.dtype.value_or(i64)), options);
}

Tensor randperm(std::int64_t n, Generator* generator) {
  const RandomBlock block = next_block(generator);
  Tensor order = arange(n);
  const auto values = order.span<std::int64_t>();
  // Fisher and Yates, from the end.
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[block.below(i, i)]);
  return order;
}

Tensor empty_like(const Tensor& model, const TensorOptions& options) {
  return empty(model.shape(), {like(model, options), options.requires_grad});
}
Tensor zeros_like(const Tensor& model, const TensorOptions& options) {
  return zeros(model.shape(), {like(model, options), options.requires_grad});
}
Tensor ones_like(const Tensor& model, const TensorOptions& options) {
  return ones(model.shape(), {like(model, options), options.requires_grad});
}
Tensor full_like(const Tensor& model, const Scalar& value, const TensorOptions& options) {
  return full(model.shape(), value, {like(model, options), options.requires_grad});
}
Tensor rand_like(const Tensor& model, const TensorOptions& options) {
  return rand(model.shape(), {like(model, options), options.requires_grad});
}
Tensor randn_like(const Tensor& model, const TensorOptions& options) {
  return randn(model.shape(), {like(model, options), options.requires_grad});
}
Tensor randint_like(const Tensor& model, std::int64_t low, std::int64_t high,
                    const TensorOptions& options) {
  return randint(low, high, model.shape(), {like(model, options), options.requires_grad});
}

}  // namespace percept
