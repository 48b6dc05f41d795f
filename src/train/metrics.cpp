#include "percept/train/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/ops/sort.h"

namespace percept::train {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

void check_scores(const Tensor& scores, const Tensor& classes, const char* op) {
  if (scores.dim() != 2 || classes.dim() != 1 || scores.shape()[0] != classes.shape()[0])
    throw ShapeError(fmt::format("{}: expects scores (N, C) and classes (N), found {} and {}", op,
                                 scores.shape().str(), classes.shape().str()));
  if (classes.dtype() != i64)
    throw DtypeError(
        fmt::format("{}: classes must be i64, found {}", op, name_of(classes.dtype())));
}

void same_shape(const Tensor& a, const Tensor& b, const char* op) {
  if (a.shape() != b.shape())
    throw ShapeError(fmt::format("{}: predictions {} and targets {} must have one shape", op,
                                 a.shape().str(), b.shape().str()));
}

double ratio(double a, double b) { return b == 0 ? kUndefined : a / b; }

}  // namespace

double accuracy(const Tensor& scores, const Tensor& classes) {
  check_scores(scores, classes, "accuracy");
  if (classes.numel() == 0) return kUndefined;
  return eq(argmax(scores, 1), classes).sum().item() / static_cast<double>(classes.numel());
}

double topk_accuracy(const Tensor& scores, const Tensor& classes, std::int64_t k) {
  check_scores(scores, classes, "topk_accuracy");
  if (k < 1 || k > scores.shape()[1])
    throw ValueError(fmt::format("topk_accuracy: k must lie between 1 and the {} classes, found {}",
                                 scores.shape()[1], k));
  if (classes.numel() == 0) return kUndefined;
  const NoGradGuard no_grad;
  const Tensor best = topk(scores, k, {.dim = 1}).indices;
  return any(eq(best, classes.unsqueeze(1)), 1).sum().item() / static_cast<double>(classes.numel());
}

double r2_score(const Tensor& predictions, const Tensor& targets) {
  same_shape(predictions, targets, "r2_score");
  const NoGradGuard no_grad;
  const Tensor y = predictions.to(f64), t = targets.to(f64);
  if (t.numel() == 0) return kUndefined;
  const double residual = square(t - y).sum().item(), spread = square(t - mean(t)).sum().item();
  return spread == 0 ? kUndefined : 1 - residual / spread;
}

double mean_absolute_error(const Tensor& predictions, const Tensor& targets) {
  same_shape(predictions, targets, "mean_absolute_error");
  const NoGradGuard no_grad;
  return mean(abs(predictions.to(f64) - targets.to(f64))).item();
}

ConfusionMatrix::ConfusionMatrix(std::int64_t classes) : classes_(classes) {
  if (classes < 2)
    throw ValueError(fmt::format("ConfusionMatrix: needs at least 2 classes, found {}", classes));
  counts_.assign(static_cast<std::size_t>(classes * classes), 0);
}

void ConfusionMatrix::add(const Tensor& scores_or_predictions, const Tensor& classes) {
  const Tensor& given = scores_or_predictions;
  if (given.dim() == 2) check_scores(given, classes, "ConfusionMatrix");
  const std::vector<std::int64_t> predicted =
      (given.dim() == 2 ? argmax(given, 1) : given).to_vector<std::int64_t>();
  const std::vector<std::int64_t> truth = classes.to_vector<std::int64_t>();
  if (predicted.size() != truth.size())
    throw ShapeError(fmt::format("ConfusionMatrix: {} predictions but {} classes", predicted.size(),
                                 truth.size()));
  for (std::size_t i = 0; i < truth.size(); ++i)
    for (std::int64_t c : {truth[i], predicted[i]})
      if (c < 0 || c >= classes_)
        throw IndexError(fmt::format("ConfusionMatrix: class {} of sample {} is outside [0, {})", c,
                                     i, classes_));
  for (std::size_t i = 0; i < truth.size(); ++i)
    ++counts_[static_cast<std::size_t>(truth[i] * classes_ + predicted[i])];
}

std::int64_t ConfusionMatrix::count(std::int64_t truth, std::int64_t predicted) const {
  return counts_.at(static_cast<std::size_t>(truth * classes_ + predicted));
}

std::int64_t ConfusionMatrix::total() const {
  std::int64_t n = 0;
  for (std::int64_t c : counts_) n += c;
  return n;
}

double ConfusionMatrix::accuracy() const {
  std::int64_t right = 0;
  for (std::int64_t c = 0; c < classes_; ++c) right += count(c, c);
  return ratio(static_cast<double>(right), static_cast<double>(total()));
}

std::vector<ClassScores> ConfusionMatrix::per_class(const std::vector<std::string>& names) const {
  std::vector<ClassScores> rows;
  for (std::int64_t c = 0; c < classes_; ++c) {
    ClassScores row;
    const auto at = static_cast<std::size_t>(c);
    row.name = at < names.size() ? names[at] : std::to_string(c);
    double predicted = 0;
    for (std::int64_t other = 0; other < classes_; ++other) {
      row.samples += count(c, other);
      predicted += static_cast<double>(count(other, c));
    }
    const auto right = static_cast<double>(count(c, c));
    row.precision = ratio(right, predicted);
    row.recall = ratio(right, static_cast<double>(row.samples));
    row.f1 = ratio(2 * right, predicted + static_cast<double>(row.samples));
    rows.push_back(row);
  }
  return rows;
}

}  // namespace percept::train
