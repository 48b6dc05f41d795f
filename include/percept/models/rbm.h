// Restricted Boltzmann machines.
#pragma once

#include "percept/base/random.h"
#include "percept/nn/module.h"

namespace percept::models {

/// What a visible unit is: on or off, or a real number with variance 1.
enum class Visible : unsigned char { bernoulli, gaussian };

struct RbmOptions {
  Visible visible = Visible::bernoulli;
  double std = 0.01;  ///< of the first weights; biases start at 0
  Dtype dtype = f32;
};

/// Visible units v and hidden units h of 0 and 1 with p(v, h) = exp(-E(v, h)) / Z, where
///   E = -b·v - c·h - hᵀ W v            (Bernoulli)
///   E = ½ |v - b|² - c·h - hᵀ W v      (Gaussian)
/// There are no connections within a side, so that either side given the other is independent.
/// Learning: G. E. Hinton, "Training products of experts by minimizing contrastive divergence",
/// Neural Computation 14, 2002. With an optimiser, CD-k is
///
///   rbm.contrastive(v, rbm.gibbs(v, k)).backward();
///
/// and persistent CD (Tieleman, ICML 2008) keeps the states that it walks on from:
///
///   chain = rbm.gibbs(chain, k);
///   rbm.contrastive(v, chain).backward();
class Rbm : public nn::Module {
 public:
  /// Throws ValueError for sizes below 1.
  Rbm(std::int64_t visible_units, std::int64_t hidden_units, const RbmOptions& options = {});

  /// p(h = 1 | v) = sigmoid(c + W v): (..., visible) -> (..., hidden)
  Tensor forward(const Tensor& v) override;
  /// The mean of v given h: sigmoid(b + Wᵀ h), or b + Wᵀ h: (..., hidden) -> (..., visible)
  Tensor visible(const Tensor& h) const;
  /// E(v, h): (..., visible), (..., hidden) -> (...)
  Tensor energy(const Tensor& v, const Tensor& h) const;
  /// F(v) = -log Σ_h exp(-E(v, h)): (..., visible) -> (...)
  Tensor free_energy(const Tensor& v) const;
  /// v after k steps of Gibbs sampling, each h given v and then v given h; no gradient. Throws
  /// ValueError for k < 1.
  Tensor gibbs(const Tensor& v, std::int64_t k, Generator* generator = nullptr) const;
  /// The mean of F(data) minus the mean of F(model). When `model` is drawn from the machine itself,
  /// its gradient is that of -log p(data).
  Tensor contrastive(const Tensor& data, const Tensor& model) const;

  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;
  std::int64_t multiply_adds(const Shape& input, const Shape& output) const override;

  nn::Parameter weight, visible_bias, hidden_bias;  // (hidden, visible), (visible), (hidden)

 private:
  Tensor hidden(const Tensor& v) const;
  Tensor own_energy(const Tensor& v) const;  // the part of E in which no h is
  Visible visible_;
};

}  // namespace percept::models
