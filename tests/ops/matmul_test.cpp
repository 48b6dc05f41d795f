// Products of small integers are exact in f32 and f64: every engine, layout and number of threads
// must give the bits of a naive loop.
#include <gtest/gtest.h>

#include <cstring>
#include <random>

#include "engine/engine.h"
#include "percept/base/parallel.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/matmul.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

using Random = std::mt19937_64;

std::int64_t below(Random& random, std::int64_t n) {
  return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(n));
}

/// Integers from -8 to 8, so that sums of a thousand products stay below 2^24.
Tensor integers(const Shape& shape, Dtype dtype, Random& random) {
  const Tensor x = empty(shape, {.dtype = f64});
  for (double& value : x.span<double>()) value = static_cast<double>(below(random, 17) - 8);
  return x.to(dtype);
}

/// Integers of this shape (..., rows, columns), laid out as they come, transposed, with gaps
/// between the columns, or with gaps between the rows.
Tensor laid_out(const Shape& shape, Dtype dtype, Random& random) {
  Shape stored = shape;
  const int rows = shape.dim() - 2, columns = shape.dim() - 1;
  switch (below(random, 4)) {
    case 0:
      return integers(shape, dtype, random);
    case 1:
      std::swap(stored[rows], stored[columns]);
      return transpose(integers(stored, dtype, random), -1, -2);
    case 2:
      stored[columns] = shape[columns] * 2 + 1;
      return slice(integers(stored, dtype, random), -1, 1, stored[columns], 2);
    default:
      stored[columns] += 3;
      return narrow(integers(stored, dtype, random), -1, 2, shape[columns]);
  }
}

/// Element (batch, i, j) of a tensor whose leading dimensions broadcast to `leading`.
double element(const Tensor& x, const Shape& leading, std::int64_t batch, std::int64_t i,
               std::int64_t j) {
  const int own = x.dim() - 2;
  std::int64_t offset = i * x.strides()[own] + j * x.strides()[own + 1];
  for (int d = leading.dim() - 1; d >= 0; --d) {
    const int at = d - (leading.dim() - own);
    if (at >= 0 && x.shape()[at] != 1) offset += batch % leading[d] * x.strides()[at];
    batch /= leading[d];
  }
  return x.dtype() == f32 ? static_cast<double>(x.data<float>()[offset]) : x.data<double>()[offset];
}

std::vector<double> naive_matmul(const Tensor& a, const Tensor& b, const Shape& leading) {
  const std::int64_t m = a.size(-2), k = a.size(-1), n = b.size(-1);
  std::vector<double> c;
  for (std::int64_t batch = 0; batch < leading.numel(); ++batch)
    for (std::int64_t i = 0; i < m; ++i)
      for (std::int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (std::int64_t p = 0; p < k; ++p)
          sum += element(a, leading, batch, i, p) * element(b, leading, batch, p, j);
        c.push_back(sum);
      }
  return c;
}

Shape joined(const Shape& leading, std::int64_t rows, std::int64_t columns) {
  Shape shape = leading;
  shape.push_back(rows), shape.push_back(columns);
  return shape;
}

struct Restore {
  int threads = num_threads();
  ~Restore() { set_num_threads(threads); }
};

TEST(Matmul, OfIntegersEqualsANaiveLoopBitForBit) {
  const Restore restore;
  Random random(20260101);
  const std::vector<std::array<Shape, 3>> batches = {
      // leading dimensions of a, of b, of the product
      {Shape{}, Shape{}, Shape{}},
      {Shape{}, Shape{}, Shape{}},
      {Shape{3}, Shape{3}, Shape{3}},
      {Shape{3}, Shape{1}, Shape{3}},
      {Shape{1}, Shape{2}, Shape{2}},
      {Shape{2}, Shape{}, Shape{2}},
      {Shape{}, Shape{2}, Shape{2}},
      {Shape{2, 1}, Shape{3}, Shape{2, 3}},
      {Shape{2, 1}, Shape{1, 3}, Shape{2, 3}},
      {Shape{0}, Shape{0}, Shape{0}}};
  const std::int64_t odd[] = {1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 47, 61, 65};
  for (int number = 0; number < 300; ++number) {
    const auto size = [&] { return odd[below(random, std::size(odd))]; };
    const auto& [la, lb, lc] = batches[static_cast<std::size_t>(number) % batches.size()];
    const std::int64_t m = number % 37 == 5 ? 0 : size(), n = number % 41 == 7 ? 0 : size();
    const std::int64_t k = number % 23 == 3 ? 0 : number % 11 == 4 ? 257 + size() : size();
    for (const Dtype dtype : {f32, f64}) {
      const Tensor a = laid_out(joined(la, m, k), dtype, random);
      const Tensor b = laid_out(joined(lb, k, n), dtype, random);
      const std::vector<double> expected = naive_matmul(a, b, lc);
      for (const bool reference : {false, true}) {
        std::optional<engine::ReferenceGuard> guard;
        if (reference) guard.emplace();
        for (const int threads : {1, 2, 4}) {
          set_num_threads(threads);
          const Tensor c = matmul(a, b);
          ASSERT_EQ(c.shape(), joined(lc, m, n));
          ASSERT_EQ(c.to_vector<double>(), expected)
              << "case " << number << ": " << a.shape().str() << " strides " << a.strides().str()
              << " times " << b.shape().str() << " strides " << b.strides().str() << ", "
              << name_of(dtype) << (reference ? ", reference, " : ", fast, ") << threads
              << " threads";
        }
      }
    }
  }
}

/// linear and its gradients are products too: x (N, in), weight (out, in), bias (out).
TEST(Matmul, LinearOfIntegersIsExact) {
  const Restore restore;
  Random random(7);
  for (const auto& [samples, in, out] : std::vector<std::array<std::int64_t, 3>>{
           {1, 1, 1}, {5, 3, 7}, {64, 100, 33}, {33, 784, 65}, {1, 257, 130}, {0, 3, 2}, {4, 0, 3}})
    for (const Dtype dtype : {f32, f64}) {
      Tensor x = integers({samples, in}, dtype, random).requires_grad_();
      Tensor w = integers({out, in}, dtype, random).requires_grad_();
      Tensor bias = integers({out}, dtype, random).requires_grad_();
      const Tensor dy = integers({samples, out}, dtype, random);
      std::vector<double> y = naive_matmul(x, w.t(), {});
      for (std::size_t i = 0; i < y.size(); ++i)
        y[i] += bias.to_vector<double>()[i % static_cast<std::size_t>(out)];
      std::vector<double> db(static_cast<std::size_t>(out));
      for (std::int64_t i = 0; i < dy.numel(); ++i)
        db[static_cast<std::size_t>(i % out)] +=
            dy.to_vector<double>()[static_cast<std::size_t>(i)];
      for (const int threads : {1, 2, 4}) {
        set_num_threads(threads);
        x.zero_grad(), w.zero_grad(), bias.zero_grad();
        const Tensor result = linear(x, w, bias);
        ASSERT_EQ(result.to_vector<double>(), y);
        result.backward(dy);
        ASSERT_EQ(x.grad().to_vector<double>(), naive_matmul(dy, w.detach(), {}));
        ASSERT_EQ(w.grad().to_vector<double>(), naive_matmul(dy.t(), x.detach(), {}));
        ASSERT_EQ(bias.grad().to_vector<double>(), db);
      }
    }
}

TEST(Matmul, OfVectorsFollowsPyTorchsShapes) {
  const Tensor v = tensor({1., 2., 3.}), m = tensor({{1., 2., 3.}, {4., 5., 6.}});
  EXPECT_EQ(matmul(v, v).item(), 14);
  EXPECT_EQ(matmul(v, v).shape(), Shape{});
  EXPECT_EQ(matmul(m, v).to_vector<float>(), (std::vector<float>{14, 32}));
  EXPECT_EQ(matmul(tensor({1., 2.}), m).to_vector<float>(), (std::vector<float>{9, 12, 15}));
  EXPECT_EQ(matmul(ones({2, 3, 4}), ones({4})).shape(), (Shape{2, 3}));
  EXPECT_EQ(matmul(ones({3}), ones({2, 3, 4})).shape(), (Shape{2, 4}));
  EXPECT_EQ(matmul(ones({2, 1, 3, 4}), ones({5, 4, 2})).shape(), (Shape{2, 5, 3, 2}));
}

}  // namespace
}  // namespace percept
