#include "percept/models/lenet.h"

#include <vector>

#include "percept/autograd/grad_mode.h"
#include "percept/nn/init.h"
#include "percept/ops/activation.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/conv.h"
#include "percept/ops/indexing.h"
#include "percept/ops/matmul.h"
#include "percept/ops/pool.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::models {

// x (N, 1, 28, 28) -> (N, 6, 28, 28) -> (N, 6, 14, 14) -> (N, 16, 10, 10) -> (N, 16, 5, 5) -> (N,
// 400)
LeNet5::LeNet5(std::int64_t outputs)
    : conv1(1, 6, 5, {.padding = 2}),
      conv2(6, 16, 5),
      pool(2),
      fc1(400, 120),
      fc2(120, 84),
      fc3(84, outputs) {}

Tensor LeNet5::forward(const Tensor& x) {
  Tensor y = pool(relu(conv1(x)));
  y = pool(relu(conv2(y)));
  y = relu(fc1(flatten(y, 1)));
  return fc3(relu(fc2(y)));
}

void LeNet5::visit(nn::Visitor& visitor) {
  visitor("conv1", conv1);
  visitor("conv2", conv2);
  visitor("pool", pool);
  visitor("fc1", fc1);
  visitor("fc2", fc2);
  visitor("fc3", fc3);
}

namespace {

/// The paper's activation: nearly ±1 at ±1, steepest at 0.
Tensor scaled_tanh(const Tensor& a) { return tanh(a * (2.0 / 3)) * 1.7159; }

/// The paper's start: uniform in ±2.4 / fan-in.
void start(nn::Parameter& weight, nn::Parameter& bias, double fan_in) {
  nn::init::uniform_(weight, -2.4 / fan_in, 2.4 / fan_in);
  nn::init::uniform_(bias, -2.4 / fan_in, 2.4 / fan_in);
}

/// Table I of the paper: the maps of S2 that each map of C3 sees.
const std::vector<std::vector<std::int64_t>>& seen_by_c3() {
  static const std::vector<std::vector<std::int64_t>> table{
      {0, 1, 2},    {1, 2, 3},    {2, 3, 4},    {3, 4, 5},         {4, 5, 0},    {5, 0, 1},
      {0, 1, 2, 3}, {1, 2, 3, 4}, {2, 3, 4, 5}, {3, 4, 5, 0},      {4, 5, 0, 1}, {5, 0, 1, 2},
      {0, 1, 3, 4}, {1, 2, 4, 5}, {0, 2, 3, 5}, {0, 1, 2, 3, 4, 5}};
  return table;
}

}  // namespace

Subsampling::Subsampling(std::int64_t channels)
    : weight(ones({channels})), bias(zeros({channels})) {}

Tensor Subsampling::forward(const Tensor& x) {
  return avg_pool2d(x, 2) * weight.view({-1, 1, 1}) + bias.view({-1, 1, 1});
}

void Subsampling::visit(nn::Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string Subsampling::extra_repr() const { return std::to_string(weight.numel()); }

const Tensor& SparseConv::from() {
  static const Tensor maps = [] {
    std::vector<std::int64_t> list;
    for (const auto& seen : seen_by_c3()) list.insert(list.end(), seen.begin(), seen.end());
    return from_vector(list);
  }();
  return maps;
}

const Tensor& SparseConv::to() {
  static const Tensor maps = [] {
    std::vector<std::int64_t> list;
    for (std::size_t map = 0; map < seen_by_c3().size(); ++map)
      list.insert(list.end(), seen_by_c3()[map].size(), static_cast<std::int64_t>(map));
    return from_vector(list);
  }();
  return maps;
}

SparseConv::SparseConv() : weight(empty({from().numel(), 5, 5})), bias(empty({16})) {
  const NoGradGuard no_grad;
  start(weight, bias, 25.0 * static_cast<double>(from().numel()) / 16);
}

// The kernels at their places in a dense weight (16, 6, 5, 5), 0 elsewhere.
Tensor SparseConv::forward(const Tensor& x) {
  const Tensor none = zeros({16, 6, 5, 5}, {.dtype = weight.dtype()});
  return conv2d(x, index_put(none, {to(), from()}, weight), bias);
}

void SparseConv::visit(nn::Visitor& visitor) {
  visitor("weight", weight);
  visitor("bias", bias);
}

std::string SparseConv::extra_repr() const { return "6, 16, kernel_size=(5, 5), connections=60"; }

std::int64_t SparseConv::multiply_adds(const Shape&, const Shape& output) const {
  return output.numel() / 16 * weight.numel();
}

LeNet5Sparse::LeNet5Sparse(std::int64_t outputs)
    : c1(1, 6, 5, {.padding = 2}), s2(6), s4(16), c5(400, 120), f6(120, 84) {
  const NoGradGuard no_grad;
  start(c1.weight, c1.bias, 25);
  start(c5.weight, c5.bias, 400);
  start(f6.weight, f6.bias, 120);
  codes = nn::Buffer(ge(rand({outputs, 84}), 0.5).to(f32) * 2 - 1);
}

Tensor LeNet5Sparse::forward(const Tensor& x) {
  Tensor y = scaled_tanh(s2(scaled_tanh(c1(x))));
  y = scaled_tanh(s4(scaled_tanh(c3(y))));
  y = scaled_tanh(f6(scaled_tanh(c5(flatten(y, 1)))));
  // -|y - code|² = 2 y·code - y·y - code·code
  return 2 * matmul(y, codes.t()) - sum(y * y, {1}, {.keepdim = true}) - sum(codes * codes, {1});
}

void LeNet5Sparse::visit(nn::Visitor& visitor) {
  visitor("c1", c1);
  visitor("s2", s2);
  visitor("c3", c3);
  visitor("s4", s4);
  visitor("c5", c5);
  visitor("f6", f6);
  visitor("codes", codes);
}

}  // namespace percept::models
