// How far two clouds of samples lie apart.
#pragma once

#include "percept/tensor/tensor.h"

namespace percept::models {

/// |m - m'|² + tr(C + C' - 2 (C C')^½) of samples x (n, d) and y (n', d) with means m, m' and
/// covariances C, C' (divided by n - 1): the squared Fréchet distance of the normal distributions
/// that fit them best, 0 where they are the same. On features of a classifier it tells generated
/// pictures from real ones. It grows when there are few samples: compare numbers of as many. Throws
/// ShapeError unless both have two samples or more, of the same size.
/// Dowson, Landau, J. Multivariate Analysis 12, 1982; Heusel et al., NeurIPS 2017.
double frechet_distance(const Tensor& x, const Tensor& y);

}  // namespace percept::models
