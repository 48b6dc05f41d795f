// The lecture's twelve samples and the neuron trained on them, which several lessons look at.
#pragma once

#include <vector>

#include "lessons/text.h"
#include "percept/plot/plot.h"
#include "percept/tensor/tensor.h"

namespace percept::lessons {

/// (12, 2) in f64: six characters, then six backgrounds, as the lecture prints them.
Tensor twelve_features();
/// 1 for a character, 0 for a background.
std::vector<int> twelve_labels();
/// The same as (12) in f64.
Tensor twelve_targets();
/// "字符①", "character 1", ...
std::vector<Text> twelve_names();

/// Weights (b, w1, w2) after 0, 1, ..., `epochs` epochs of learning the twelve samples one by one,
/// from `start` (3), in its type; lesson L04 explains it.
std::vector<Tensor> learn_online(const Tensor& start, int epochs);

/// Logits (N) of samples (N, 2) for weights (b, w1, w2).
Tensor logits(const Tensor& weights, const Tensor& samples);

/// The probabilities that weights (b, w1, w2) give in the plane of the twelve samples; title and
/// levels as `options` say.
plot::Figure twelve_plane(const Tensor& weights, plot::SurfaceOptions options, Language language);

}  // namespace percept::lessons
