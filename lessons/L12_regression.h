// L12 in two parts, fitting and extrapolating, and the network that both train.
#pragma once

#include <string>
#include <vector>

#include "lessons/lesson.h"
#include "lessons/series.h"
#include "percept/nn/sequential.h"
#include "percept/ops/arithmetic.h"

namespace percept::lessons {

/// A number as the network sees it: (value - mean) / std, or itself.
struct Scale {
  double mean = 0, std = 1;

  static Scale of(const Tensor& values, bool on);
  Tensor in(const Tensor& values) const { return (values - mean) / std; }
  Tensor out(const Tensor& values) const { return values * std + mean; }
};

/// What is scaled: inputs, outputs.
struct Scaling {
  bool x, y;
};

/// The lecture's network 1-8-4-4-1, trained, with the scaling of what goes in and comes out.
struct Fitted {
  nn::Sequential net;
  Scale x, y;
  std::vector<double> rmse;  // before each step, in the units of y

  Tensor operator()(const Tensor& at);
};

Fitted train(const Tensor& x, const Tensor& y, Scaling scaling, int seed);

struct NamedFit {
  Text name;
  Fitted fitted;
};

/// The series as points, and what networks make of it up to x = last.
plot::Figure fits(const Series& series, std::vector<NamedFit> all, double last, const Text& title,
                  Language language);

/// What equally good fits, one a seed, say of places that none of them has seen.
void extrapolate(Lesson& lesson, const Series& series, const std::vector<NamedFit>& scaled);

}  // namespace percept::lessons
