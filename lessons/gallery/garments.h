// Fashion-MNIST as lessons use it: its classes' names, and pictures as rows of a matrix.
#pragma once

#include <string>
#include <vector>

#include "lessons/lesson.h"
#include "percept/data/image_set.h"
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

/// A row of 784 numbers as a picture, dark on light.
plot::Image garment_picture(const Tensor& row, plot::Levels levels = {});

}  // namespace percept::lessons
