// L09 in three parts, and the network that all of them build.
#pragma once

#include "lessons/lesson.h"
#include "percept/nn/linear.h"

namespace percept::lessons {

/// One hidden layer: output(activation(hidden(x))), in f64.
struct OneHiddenLayer : nn::Module {
  using Activation = Tensor (*)(const Tensor& z);
  nn::Linear hidden, output;
  Activation activation;

  /// With random weights, to be trained.
  OneHiddenLayer(std::int64_t inputs, std::int64_t units, Activation activation);
  /// By construction: w (units, inputs), b (units), v (1, units), c: y = v activation(w x + b) + c.
  OneHiddenLayer(const Tensor& w, const Tensor& b, const Tensor& v, double c,
                 Activation activation);
  Tensor forward(const Tensor& x) override { return output(activation(hidden(x))); }
  void visit(nn::Visitor& v) override {
    v("hidden", hidden);
    v("output", output);
  }
};

void boolean_functions(Lesson& lesson);  // L09_universal.cpp
void curves(Lesson& lesson);             // L09_curves.cpp
void convex_polygons(Lesson& lesson);    // L09_polygons.cpp

}  // namespace percept::lessons
