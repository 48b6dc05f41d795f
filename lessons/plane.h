// What several lessons' figures share.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "lessons/lesson.h"
#include "percept/plot/plot.h"
#include "percept/tensor/tensor.h"

namespace percept::lessons {

/// What a classifier of two classes thinks of every place in a rectangle, its samples on top:
/// `probability` maps places (N, 2) to N numbers in [0, 1], of class 1; beyond they are clamped.
/// points (P, 2) in f64, labels of P classes 0 or 1, names beside them if given.
plot::Figure plane(const std::function<Tensor(const Tensor& places)>& probability,
                   const Tensor& points, const std::vector<int>& labels, plot::Range x,
                   plot::Range y, const plot::SurfaceOptions& options,
                   const std::vector<std::string>& names = {});

/// The columns of a training's history over its first one, on a logarithmic axis.
plot::Figure history_chart(const Table& history, const Text& title, const Text& x_label,
                           const Text& y_label, Language language);

/// The words of a drawn network's legend.
plot::NetworkOptions network_words(Language language);

}  // namespace percept::lessons
