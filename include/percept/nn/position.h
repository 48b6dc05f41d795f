// Where a token stands, added to what it is: attention alone does not see the order.
#pragma once

#include "percept/nn/linear.h"

namespace percept::nn {

struct PositionOptions {
  std::int64_t max_len = 5000;
  double dropout = 0;        ///< of the sum
  bool batch_first = false;  ///< x is (N, L, E) instead of (L, N, E)
};

/// y[p] = x[p] + e[p] with e[p][2i] = sin(p / 10000^(2i/E)), e[p][2i+1] = cos of the same. x (L, N,
/// E), or (L, E). Vaswani et al. 2017, section 3.5.
class PositionalEncoding : public Module {
 public:
  /// Throws ValueError for sizes below 1.
  explicit PositionalEncoding(std::int64_t d_model, const PositionOptions& options = {});
  /// Throws ShapeError for another E, and for L above max_len.
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;

  Dropout dropout;
  Buffer pe;  // (max_len, E)

 private:
  bool batch_first_;
};

/// The same with learned rows, which start normal with standard deviation 0.02.
class LearnedPositions : public Module {
 public:
  explicit LearnedPositions(std::int64_t d_model, const PositionOptions& options = {});
  Tensor forward(const Tensor& x) override;
  void visit(Visitor& visitor) override;
  std::string extra_repr() const override;

  Parameter weight;  // (max_len, E)
  Dropout dropout;

 private:
  bool batch_first_;
};

}  // namespace percept::nn
