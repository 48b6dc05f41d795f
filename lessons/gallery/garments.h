// Fashion-MNIST as lessons use it: its classes' names, and pictures as rows of a matrix.
#pragma once

#include <string>
#include <vector>

#include "lessons/lesson.h"
#include "percept/data/image_set.h"
#include "percept/nn/module.h"
#include "percept/plot/image.h"

namespace percept::lessons {

/// The ten names, in the order of the classes.
const std::vector<Text>& garment_names();
std::vector<std::string> garment_names(Language language);

/// x (N, 784) in 0..1, f32; y (N) i64, the classes.
struct Garments {
  Tensor x, y;
};
/// The first `each` pictures of each of these classes, class by class in turn: 1, 8, 1, 8, ...
Garments garments(const data::ImageSet& set, const std::vector<std::int64_t>& classes,
                  std::int64_t each);
/// The first `count` pictures.
Garments garments(const data::ImageSet& set, std::int64_t count);

struct GarmentTraining {
  std::int64_t epochs = 1;
  double lr = 0.003;  ///< the highest: it rises, then falls to almost nothing
  std::uint64_t seed = 0;
};
/// Trains `net`, which takes (N, 1, 28, 28), by Adam in batches of 64 on pictures of `learned`; the
/// accuracy on `judged` after each epoch.
std::vector<double> train_on_garments(nn::Module& net, const Garments& learned,
                                      const Garments& judged, const GarmentTraining& options);

/// A row of 784 numbers as a picture, dark on light.
plot::Image garment_picture(const Tensor& row, plot::Levels levels = {});

}  // namespace percept::lessons
