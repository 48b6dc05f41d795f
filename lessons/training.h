// How lessons train a small network: all samples at once, Adam, a fixed number of steps.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "lessons/lesson.h"
#include "percept/nn/loss.h"
#include "percept/nn/module.h"

namespace percept::lessons {

/// What is drawn at random is drawn with these seeds, and a lesson speaks of all of them.
inline constexpr int kSeeds = 5;  // 0, 1, 2, 3, 4

struct FitOptions {
  int steps = 2000;
  double lr = 0.05;
};

/// Trains `net` on x (N, inputs) and y (N, outputs); the loss before each step [steps].
std::vector<double> fit(nn::Module& net, const Tensor& x, const Tensor& y, nn::Loss& loss,
                        const FitOptions& options = {});

/// A history of trainings of one length: a row a step, from 0, and a column of losses for each.
Table losses_by_step(const std::string& name,
                     const std::vector<std::pair<std::string, std::vector<double>>>& trainings);

/// How many elements of two tensors of one shape differ.
int count_different(const Tensor& a, const Tensor& b);

}  // namespace percept::lessons
