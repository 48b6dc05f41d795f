// One training step, written down once and replayed: for networks so small that the library costs
// more than their arithmetic.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "percept/nn/module.h"
#include "percept/optim/optimizer.h"
#include "percept/train/trainer.h"

namespace percept::train {

/// What compile() makes:
///
///   train::CompiledStep step = train::compile(model, cross_entropy_of, optimizer);
///   for (const data::Batch& batch : loader) total += step(batch.x, batch.y).item();
///
/// computes, to the bit, what this does:
///
///   optimizer.zero_grad();
///   const Tensor loss = loss_function(model(x), target);
///   loss.backward();
///   optimizer.step();
///
/// The first step of every shape and type of batch is computed so, while the arithmetic that it
/// asks for is written down; later ones repeat the arithmetic, and the optimiser does its step
/// itself (with its options as they then are). A step that cannot be repeated is computed as above,
/// and reason() says why: hooks, anomaly mode, a forward() that reads elements itself or keeps a
/// tensor for later. Changes of the model are noticed (mode, hooks, frozen, converted or replaced
/// parameters) and the step is written down anew; numbers that forward() only branches on are read
/// again and compared. Random numbers are drawn anew, from the default generator.
///
/// What cannot be noticed: C++ variables that forward() or the loss reads, and what they do beside
/// computing tensors (counting, printing). They are as they were when the step was written down; so
/// is a model's structure that is changed by swapping pointers. The results live in memory of the
/// step: the next step overwrites output() and the parameters' grad().
class CompiledStep {
 public:
  /// The model and the optimiser must outlive it.
  CompiledStep(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer);
  CompiledStep(CompiledStep&&) noexcept;
  CompiledStep& operator=(CompiledStep&&) noexcept;
  ~CompiledStep();

  /// One step; returns the loss. Throws what the model, the loss and the optimiser throw.
  Tensor operator()(const Tensor& x, const Tensor& target);
  /// The step without the optimiser's: the loss and the parameters' gradients, which may be looked
  /// at or clipped before optimizer.step().
  Tensor gradients(const Tensor& x, const Tensor& target);

  /// What the model gave in the last step, outside the graph.
  const Tensor& output() const;
  /// Why the last step was not a replay; empty when it was.
  const std::string& reason() const;
  /// Steps that were replays.
  std::int64_t replays() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Throws nothing: what cannot be compiled is computed step by step.
CompiledStep compile(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer);

}  // namespace percept::train
