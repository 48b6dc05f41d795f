// Random numbers from a counter: number i of step s of a stream is a pure function of
// (seed, stream, step, i), so neither threads nor the order of work can change it, and a checkpoint
// has three numbers to save. Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers:
// as easy as 1, 2, 3", SC 2011.
#pragma once

#include <array>
#include <cstdint>

namespace percept {

/// Four 32-bit random words for a counter and a key.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

/// What a generator needs to go on from where it was.
struct GeneratorState {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;
  std::uint64_t step = 0;
  friend bool operator==(const GeneratorState&, const GeneratorState&) = default;
};

/// One block of numbers: what one random operation draws from.
class RandomBlock {
 public:
  RandomBlock(std::uint64_t seed, std::uint32_t stream, std::uint64_t step);
  /// Four words for index `i`; the same words whenever and wherever it is asked.
  std::array<std::uint32_t, 4> words(std::uint64_t i) const;
  double uniform(std::uint64_t i) const;  ///< in [0, 1), 53 bits
  /// In [0, n), without bias: 64 random bits times n, the high word (Lemire 2019). n >= 1.
  std::uint64_t below(std::uint64_t i, std::uint64_t n) const;

 private:
  std::uint32_t stream_;
  std::uint64_t step_;
  std::array<std::uint32_t, 2> key_;
};

/// A seed, a stream and the number of operations that have drawn so far. Copies go on alike.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint32_t stream = 0) : state_{seed, stream, 0} {}
  /// The block of the next operation; advances the step.
  RandomBlock next();
  void manual_seed(std::uint64_t seed) { state_ = {seed, state_.stream, 0}; }
  GeneratorState state() const { return state_; }
  void set_state(const GeneratorState& state) { state_ = state; }

 private:
  GeneratorState state_;
};

/// The generator that operations use when none is given; not for use from several threads at once.
Generator& default_generator();

/// Restarts the default generator: torch.manual_seed.
void manual_seed(std::uint64_t seed);

}  // namespace percept
