// Hopfield's network: a memory that is asked by showing it a part.
#pragma once

#include <vector>

#include "percept/base/random.h"
#include "percept/nn/module.h"

namespace percept::models {

/// How patterns p become weights; the diagonal is 0 either way, so that energy never rises.
enum class Storage : unsigned char {
  hebbian,        ///< W = Σ p pᵀ: what fires together is wired together
  pseudo_inverse  ///< W = P⁺ P, the projection onto all patterns, which may resemble each other
};

struct RecallOptions {
  std::int64_t most_sweeps = 100;  ///< every unit is asked once a sweep
  Generator* generator = nullptr;  ///< of the order of the units; the default one when null
};

/// What a recall went through.
struct Recall {
  Tensor state;                ///< (units)
  std::vector<double> energy;  ///< at first, and after every flip
  bool settled = false;        ///< no unit wants to flip any more
};

/// N units of 1 and -1, each connected with all others by symmetric weights: J. J. Hopfield,
/// "Neural networks and physical systems with emergent collective computational abilities", PNAS 79
/// (April 1982). Random patterns are recalled while there are at most about 0.138 N of them
/// (Amit, Gutfreund, Sompolinsky, Physical Review Letters 55, 1985).
class Hopfield : public nn::Module {
 public:
  /// Throws ValueError for less than one unit.
  explicit Hopfield(std::int64_t units, Dtype dtype = f32);
  /// Replaces what it remembered: patterns (count, units) of 1 and -1. Throws ShapeError,
  /// ValueError.
  void store(const Tensor& patterns, Storage how = Storage::hebbian);
  /// E = -½ sᵀ W s: states (..., units) -> (...)
  Tensor energy(const Tensor& states) const;
  /// All units at once: sign(W s), where W s = 0 the old value. Energy may rise, and two states may
  /// take turns for ever. states (..., units) -> (..., units)
  Tensor forward(const Tensor& states) override;
  /// Unit after unit, in a new random order each sweep: s_i ← sign(Σ_j w_ij s_j), until nothing
  /// changes. state (units). Throws ShapeError.
  Recall recall(const Tensor& state, const RecallOptions& options = {}) const;
  void visit(nn::Visitor& visitor) override;
  std::string extra_repr() const override;

  nn::Buffer weight;  // (units, units)
};

}  // namespace percept::models
