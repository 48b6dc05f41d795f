// The three ways; each trains `steps` batches from the same weights and returns the losses.
#pragma once

#include <percept/percept.h>

#include <vector>

/// W1 (784, 256), b1 (256), W2 (256, 10), b2 (10), as the lecture writes them: y = x W + b.
struct Weights {
  percept::Tensor W1, b1, W2, b2;
};

std::vector<double> with_sequential(const Weights& start, percept::data::DataLoader& loader,
                                    std::int64_t steps, double lr);
std::vector<double> with_module(const Weights& start, percept::data::DataLoader& loader,
                                std::int64_t steps, double lr);
std::vector<double> with_tensors(const Weights& start, percept::data::DataLoader& loader,
                                 std::int64_t steps, double lr);
