// How good predictions are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept::train {

/// Share of samples whose largest score is at their class. scores (N, C), classes i64 (N). Throws
/// ShapeError, DtypeError; NaN for no samples.
double accuracy(const Tensor& scores, const Tensor& classes);
/// Share of samples whose class is among the k largest scores. Throws ValueError unless
/// 1 <= k <= C.
double topk_accuracy(const Tensor& scores, const Tensor& classes, std::int64_t k);
/// 1 - sum (t - y)^2 / sum (t - mean t)^2; shapes equal. NaN when the targets do not vary.
double r2_score(const Tensor& predictions, const Tensor& targets);
/// Mean of |t - y|.
double mean_absolute_error(const Tensor& predictions, const Tensor& targets);

/// Precision, recall and their harmonic mean for one class; NaN where a denominator is 0.
struct ClassScores {
  std::string name;
  std::int64_t samples = 0;
  double precision = 0, recall = 0, f1 = 0;
};

/// Counts of (true class, predicted class), filled batch by batch.
class ConfusionMatrix {
 public:
  /// Throws ValueError for fewer than two classes.
  explicit ConfusionMatrix(std::int64_t classes);
  /// scores (N, C) or predicted classes i64 (N); classes i64 (N). Throws IndexError for a class
  /// outside [0, C).
  void add(const Tensor& scores_or_predictions, const Tensor& classes);

  std::int64_t classes() const { return classes_; }
  std::int64_t count(std::int64_t truth, std::int64_t predicted) const;
  std::int64_t total() const;
  double accuracy() const;
  /// One entry a class; names may be empty (then numbers).
  std::vector<ClassScores> per_class(const std::vector<std::string>& names = {}) const;

 private:
  std::int64_t classes_;
  std::vector<std::int64_t> counts_;  // (truth, predicted), row-major
};

}  // namespace percept::train
