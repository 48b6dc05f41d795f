// Neurons that fire or do not: what the field began with.
#pragma once

#include "percept/nn/module.h"

namespace percept::models {

/// Units of McCulloch and Pitts ("A logical calculus of the ideas immanent in nervous activity",
/// Bulletin of Mathematical Biophysics 5, 1943). An input is excitatory, inhibitory or not
/// connected; a unit fires when no inhibitory input is on and at least `threshold` excitatory ones
/// are: a single inhibitory input silences it. Nothing is learned. Their state dict: connections,
/// thresholds.
class McCullochPitts : public nn::Module {
 public:
  /// connections (units, inputs) of 1 excitatory, -1 inhibitory, 0 none; thresholds (units). Throws
  /// ShapeError for other shapes, ValueError for another connection.
  McCullochPitts(const Tensor& connections, const Tensor& thresholds);
  /// x (..., inputs) of 0 and 1 -> (..., units) of 0 and 1.
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;

  nn::Buffer connections, thresholds;
};

/// When z is exactly 0 a convention decides whether a unit fires.
enum class Fires : unsigned char { above_zero, from_zero };

struct PerceptronOptions {
  Fires fires = Fires::above_zero;
  Dtype dtype = f32;
};

/// Rosenblatt's perceptron ("The perceptron", Psychological Review 65, 1958): o = 1 where
/// w·x + b > 0, else 0, with a rule of learning that needs no gradient. Weights start at 0. Several
/// outputs are as many perceptrons side by side.
class Perceptron : public nn::Module {
 public:
  /// Throws ValueError for a negative size.
  explicit Perceptron(std::int64_t inputs, std::int64_t outputs = 1,
                      const PerceptronOptions& options = {});
  /// x (..., inputs) -> (..., outputs) of 0 and 1.
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;
  /// The rule w ← w + (t - o) x, b ← b + (t - o), for one sample: x (inputs), t (outputs). Returns
  /// how many outputs were wrong. Throws ShapeError, DtypeError.
  std::int64_t learn(const Tensor& x, const Tensor& t);

  nn::Parameter weight, bias;  // (outputs, inputs), (outputs)

 private:
  Fires fires_;
};

}  // namespace percept::models
