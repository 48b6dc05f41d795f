#include "lessons/logistic.h"

#include "lessons/plane.h"
#include "percept/percept.h"

namespace percept::lessons {

Tensor twelve_features() {
  return tensor({{0.197, 0.635},
                 {0.075, 1.581},
                 {0.203, 1.534},
                 {0.116, 1.492},
                 {0.165, 0.910},
                 {0.070, 1.286},  // characters
                 {0.000, 0.190},
                 {0.000, 0.388},
                 {0.000, 0.847},
                 {0.000, 0.360},
                 {0.000, 0.553},
                 {0.019, 0.915}},  // backgrounds
                {.dtype = f64});
}

std::vector<int> twelve_labels() { return {1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0}; }

Tensor twelve_targets() { return cat({ones({6}, {.dtype = f64}), zeros({6}, {.dtype = f64})}); }

std::vector<Text> twelve_names() {
  const char* numbers[] = {"①", "②", "③", "④", "⑤", "⑥"};
  std::vector<Text> names;
  for (const Text& kind : {Text{"字符", "character "}, Text{"背景", "background "}})
    for (const char* number : numbers) names.push_back({kind.zh + number, kind.en + number});
  return names;
}

Tensor logits(const Tensor& weights, const Tensor& samples) {
  return matmul(samples, weights.narrow(0, 1, 2)) + weights[0];
}

plot::Figure twelve_plane(const Tensor& weights, plot::SurfaceOptions options, Language language) {
  options.x_label = "x₁";
  options.y_label = "x₂";
  options.class_names = {Text{"背景", "background"}.in(language),
                         Text{"字符", "character"}.in(language)};
  options.wrong_label = Text{"错分", "misclassified"}.in(language);
  options.boundary_label = Text{"决策面", "decision surface"}.in(language);
  options.size = 560;
  return plane([&](const Tensor& places) { return sigmoid(logits(weights, places)); },
               twelve_features(), twelve_labels(), {-0.03, 0.25}, {0, 1.8}, options);
}

}  // namespace percept::lessons
