// How the gallery's classifiers of pictures are trained and judged, and what they see.
#pragma once

#include <vector>

#include "lessons/lesson.h"
#include "percept/nn/module.h"
#include "percept/plot/image.h"

namespace percept::lessons {

/// A training on Fashion-MNIST by Adam, its rate up and down once (OneCycleLR).
struct ClassifierTraining {
  std::int64_t pictures, judged;  ///< the first of the training set and of the test set
  std::int64_t epochs;
  std::int64_t batch = 64;
  double rate = 2e-3;      ///< at its highest
  bool mirrored = false;   ///< half of the pictures, drawn anew each time
  double clip = 0;         ///< longest gradient, 0 for any
  double temperature = 1;  ///< the scores are divided by it
};

/// Trains `net`, which takes (N, 1, 28, 28); test accuracy after each epoch.
std::vector<double> train_classifier(const ClassifierTraining& course, nn::Module& net,
                                     const Options& options);

/// How many parameters a module has, those below it included.
double parameter_count(const nn::Module& module);

/// A map (H, W) as a picture, dark where it is large.
plot::Image map_picture(const Tensor& map, plot::Levels levels);

/// A network that was trained: its key in the history, its name, its parameters, and the test
/// accuracy after each epoch.
struct TrainedClassifier {
  std::string key;
  Text name;
  double parameters;
  std::vector<double> accuracy;
};
/// Networks side by side: the table 'result', the figure and the history 'accuracy'.
void show_accuracy(Lesson& lesson, const std::vector<TrainedClassifier>& trained);
/// The history alone, by a name of its own.
Table accuracy_history(const std::string& name, const std::vector<TrainedClassifier>& trained);

}  // namespace percept::lessons
