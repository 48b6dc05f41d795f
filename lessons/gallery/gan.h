// The game of two networks, which gan.cpp and gan_garments.cpp play.
#pragma once

#include "lessons/lesson.h"
#include "percept/base/random.h"
#include "percept/nn/sequential.h"
#include "percept/optim/adam.h"

namespace percept::lessons {

/// V = E log D(x) + E log(1 - D(G(z))), from the discriminator's logits.
Tensor game_value(const Tensor& real_logits, const Tensor& fake_logits);

/// What a move showed: V, and the means of D(x) and D(G(z)).
struct Move {
  double value, d_real, d_fake;
};

/// A generator, which makes samples of `noise` normal numbers, and a discriminator.
struct Players {
  Players(nn::Sequential generator, nn::Sequential discriminator, std::int64_t noise_size,
          double rate);
  Tensor generate(std::int64_t count, Generator& generator);
  /// Each learns once, D of the samples x and as many of G's, G of what D then says of these.
  Move move(const Tensor& x, Generator& generator);

  nn::Sequential G, D;
  std::int64_t noise;
  optim::Adam learn_g, learn_d;
};

/// Garments.  gan_garments.cpp
void tell_garment_games(Lesson& lesson, const Options& options);

}  // namespace percept::lessons
