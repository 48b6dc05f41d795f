#pragma once

#include <vector>

#include "percept/plot/figure.h"

namespace percept::plot {

/// A marker as the shapes it is drawn with.
std::vector<Element> shapes_of(const element::Marker& marker);

}  // namespace percept::plot
