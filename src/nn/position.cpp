#include "percept/nn/position.h"

#include <fmt/format.h>

#include <cmath>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

void check_sizes(const char* name, std::int64_t d_model, std::int64_t max_len) {
  if (d_model < 1 || max_len < 1)
    throw ValueError(fmt::format("{}: d_model and max_len must be at least 1, found {} and {}",
                                 name, d_model, max_len));
}

/// x + the first rows of the table, one for every place of the sequence.
Tensor with_positions(const char* name, const Tensor& x, const Tensor& table, bool batch_first) {
  const std::int64_t most = table.shape()[0], features = table.shape()[1];
  const bool fits = (x.dim() == 2 || x.dim() == 3) && x.shape().back() == features;
  const std::int64_t length = fits ? x.shape()[x.dim() == 3 && batch_first ? 1 : 0] : 0;
  if (!fits || length > most)
    throw ShapeError(
        fmt::format("{}: expects sequences of at most {} places with {} features, "
                    "found shape {}",
                    name, most, features, x.shape().str()));
  const Tensor rows = narrow(table, 0, 0, length);
  return x + (x.dim() == 3 && !batch_first ? unsqueeze(rows, 1) : rows);
}

}  // namespace

PositionalEncoding::PositionalEncoding(std::int64_t d_model, const PositionOptions& options)
    : dropout(options.dropout), batch_first_(options.batch_first) {
  check_sizes("PositionalEncoding", d_model, options.max_len);
  const Tensor table = empty({options.max_len, d_model});
  auto at = table.span<float>().begin();
  for (std::int64_t p = 0; p < options.max_len; ++p)
    for (std::int64_t j = 0; j < d_model; ++j, ++at) {
      const double wave = static_cast<double>(j - j % 2) / static_cast<double>(d_model);
      const double angle = static_cast<double>(p) / std::pow(10000.0, wave);
      *at = static_cast<float>(j % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  pe = Buffer(table);
}

Tensor PositionalEncoding::forward(const Tensor& x) {
  return dropout(with_positions("PositionalEncoding", x, pe, batch_first_));
}

void PositionalEncoding::visit(Visitor& visitor) {
  visitor("dropout", dropout);
  visitor("pe", pe);
}

LearnedPositions::LearnedPositions(std::int64_t d_model, const PositionOptions& options)
    : dropout(options.dropout), batch_first_(options.batch_first) {
  check_sizes("LearnedPositions", d_model, options.max_len);
  const NoGradGuard no_grad;
  weight = Parameter(empty({options.max_len, d_model}));
  normal_(weight, 0, 0.02);
}

Tensor LearnedPositions::forward(const Tensor& x) {
  return dropout(with_positions("LearnedPositions", x, weight, batch_first_));
}

void LearnedPositions::visit(Visitor& visitor) {
  visitor("weight", weight);
  visitor("dropout", dropout);
}

std::string LearnedPositions::extra_repr() const {
  return fmt::format("{}, {}", weight.shape()[0], weight.shape()[1]);
}

}  // namespace percept::nn
