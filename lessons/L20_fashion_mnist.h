// L20 in three parts, and what both train with.
#pragma once

#include "lessons/lesson.h"
#include "percept/data/image_set.h"
#include "percept/nn/sequential.h"

namespace percept::lessons {

inline constexpr std::int64_t kClothesBatch = 64;
inline constexpr double kClothesRate = 0.1;

/// 784-512-512-10, the lecture's first network.
nn::Sequential wide_network();
/// The losses of `steps` batches (-1: of all) in the order of the data, each before its update.
std::vector<double> train_in_order(nn::Module& net, const data::FashionMNIST& set,
                                   std::int64_t steps);

/// "way 1" to "way 3"
const std::vector<Text>& way_names();
/// The same losses from the same weights.  L20_three_ways.cpp
void tell_three_ways(Lesson& lesson, const data::FashionMNIST& train_set, std::uint64_t seed);
/// Each from its own first weights, beside PyTorch.  L20_first_weights.cpp
void tell_first_weights(Lesson& lesson, const data::FashionMNIST& train_set,
                        const data::FashionMNIST& test_set);

}  // namespace percept::lessons
