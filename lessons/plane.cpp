#include "lessons/plane.h"

#include "percept/percept.h"

namespace percept::lessons {

plot::Figure plane(const std::function<Tensor(const Tensor& places)>& probability,
                   const Tensor& points, const std::vector<int>& labels, plot::Range x,
                   plot::Range y, const plot::SurfaceOptions& options,
                   const std::vector<std::string>& names) {
  const NoGradGuard no_grad;
  constexpr int kGrid = 121;
  const Tensor xs = linspace(x.low, x.high, kGrid, {.dtype = f64});
  const Tensor ys = linspace(y.low, y.high, kGrid, {.dtype = f64});
  const Tensor places =
      stack({xs.unsqueeze(0).expand({kGrid, kGrid}), ys.unsqueeze(1).expand({kGrid, kGrid})},
            2);  // (row y, column x, 2)
  const auto at = [&](const Tensor& places) {
    return clamp(probability(places).flatten(), 0., 1.).to_vector<double>();
  };
  const std::vector<double> values = at(places.reshape({kGrid * kGrid, 2}));
  std::vector<int> predicted;
  for (const double p : at(points)) predicted.push_back(p > 0.5 ? 1 : 0);
  const std::vector<double> px = points.select(1, 0).to_vector<double>();
  const std::vector<double> py = points.select(1, 1).to_vector<double>();
  return plot::decision_surface(
      {.values = values, .rows = kGrid, .columns = kGrid, .classes = 1, .x = x, .y = y},
      {.x = px, .y = py, .label = labels, .predicted = predicted, .name = names}, options);
}

plot::NetworkOptions network_words(Language language) {
  return {.positive_label = Text{"正权值", "positive weight"}.in(language),
          .negative_label = Text{"负权值", "negative weight"}.in(language),
          .bias_label = Text{"偏置量", "bias"}.in(language)};
}

plot::Figure history_chart(const Table& history, const Text& title, const Text& x_label,
                           const Text& y_label, Language language) {
  plot::Panel panel{.title = title.in(language),
                    .x_label = x_label.in(language),
                    .y_label = y_label.in(language),
                    .log_y = true};
  for (std::size_t i = 1; i < history.columns.size(); ++i)
    panel.series.push_back({.name = history.columns[i].title.in(language),
                            .x = history.columns[0].values,
                            .y = history.columns[i].values,
                            .markers = false});
  return plot::curves({panel}, {.panel_width = 640});
}

}  // namespace percept::lessons
