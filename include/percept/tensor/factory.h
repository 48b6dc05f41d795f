// Making tensors.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept {

/// A number, or a list of such lists: what `tensor({{1, 2}, {3, 4}})` is given.
class NestedList {
 public:
  NestedList(bool x) : value_(x) {}
  NestedList(int x) : value_(x) {}
  NestedList(std::int64_t x) : value_(x) {}
  NestedList(double x) : value_(x) {}
  NestedList(float x) : value_(x) {}
  NestedList(std::initializer_list<NestedList> items) : list_(true), items_(items) {}

  bool is_list() const { return list_; }
  const Scalar& value() const { return value_; }
  const std::vector<NestedList>& items() const { return items_; }

 private:
  bool list_ = false;
  Scalar value_ = 0;
  std::vector<NestedList> items_;
};

/// A tensor of the numbers written: bools give boolean, integers i64, reals f32, unless a type is
/// given. Throws ShapeError when rows differ in length.
Tensor tensor(const NestedList& numbers, const TensorOptions& options = {});

/// A copy of `values` with that shape. Throws ShapeError when the counts differ.
template <class T>
Tensor from_span(std::span<const T> values, const Shape& shape);
/// A copy of a vector, one-dimensional unless a shape is given.
template <class T>
Tensor from_vector(const std::vector<T>& values) {
  return from_span<T>(std::span<const T>(values), {static_cast<std::int64_t>(values.size())});
}
template <class T>
Tensor from_vector(const std::vector<T>& values, const Shape& shape) {
  return from_span<T>(std::span<const T>(values), shape);
}
/// A tensor over memory of the caller's: writing one writes the other. `owner`, if given, is kept
/// as long as the tensor lives; else the memory must outlive it. torch.from_blob.
template <class T>
Tensor from_blob(std::span<T> values, const Shape& shape, std::shared_ptr<void> owner = nullptr);

Tensor empty(const Shape& shape, const TensorOptions& options = {});  ///< uninitialised
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
Tensor ones(const Shape& shape, const TensorOptions& options = {});
/// The type is f32 for a real value, i64 for an integer, boolean for a bool, unless given.
Tensor full(const Shape& shape, const Scalar& value, const TensorOptions& options = {});
/// start, start+step, ... below end; i64 when all three are integers. Throws ValueError for step 0
/// or a step away from end.
Tensor arange(const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step = 1,
              const TensorOptions& options = {});
/// `steps` numbers from start to end, both included. Throws ValueError for steps < 0.
Tensor linspace(double start, double end, std::int64_t steps, const TensorOptions& options = {});
Tensor eye(std::int64_t rows, const TensorOptions& options = {});
Tensor eye(std::int64_t rows, std::int64_t columns, const TensorOptions& options = {});

// Random tensors draw from the default generator unless one is given. The numbers are percept's own
// (counter-based), not those PyTorch gives for the same seed.
Tensor rand(const Shape& shape, const TensorOptions& options = {}, Generator* generator = nullptr);
Tensor randn(const Shape& shape, const TensorOptions& options = {}, Generator* generator = nullptr);
/// Integers in [low, high). Throws ValueError unless low < high.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape,
               const TensorOptions& options = {.dtype = i64}, Generator* generator = nullptr);
/// A random order of 0 .. n-1, i64.
Tensor randperm(std::int64_t n, Generator* generator = nullptr);

/// Like `model` in shape, and in type unless given.
Tensor empty_like(const Tensor& model, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& model, const TensorOptions& options = {});
Tensor ones_like(const Tensor& model, const TensorOptions& options = {});
Tensor full_like(const Tensor& model, const Scalar& value, const TensorOptions& options = {});
Tensor rand_like(const Tensor& model, const TensorOptions& options = {});
Tensor randn_like(const Tensor& model, const TensorOptions& options = {});
Tensor randint_like(const Tensor& model, std::int64_t low, std::int64_t high,
                    const TensorOptions& options = {});

/// Fills in place: torch.Tensor.uniform_ and normal_.
Tensor& uniform_(Tensor& tensor, double low = 0, double high = 1, Generator* generator = nullptr);
Tensor& normal_(Tensor& tensor, double mean = 0, double std = 1, Generator* generator = nullptr);

}  // namespace percept
