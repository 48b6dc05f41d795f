// Deep belief networks.
#pragma once

#include <functional>
#include <vector>

#include "percept/data/data_loader.h"
#include "percept/models/rbm.h"
#include "percept/nn/linear.h"

namespace percept::models {

struct DbnOptions {
  std::vector<std::int64_t> hidden = {500, 500, 2000};
  Visible visible = Visible::bernoulli;  ///< of the lowest machine
};

/// How one layer of a network is pre-trained, by CD-1 and SGD.
struct PretrainOptions {
  std::int64_t epochs = 10;  ///< of each layer
  double lr = 0.1;           ///< a tenth of it where visible units are Gaussian
  double momentum = 0.5;
  double weight_decay = 2e-4;
  /// Told after each epoch: the layer from 0, the epoch from 1, and the mean over units and samples
  /// of the squared error with which the layer restores its input.
  std::function<void(std::int64_t layer, std::int64_t epoch, double error)> report = {};
};

/// A stack of restricted Boltzmann machines, each learning what the one below it finds, and a last
/// Linear on top: G. E. Hinton, S. Osindero, Y. W. Teh, "A fast learning algorithm for deep belief
/// nets", Neural Computation 18, 2006. After pretrain() it is fine-tuned as any other module, its
/// hidden units being sigmoids.
class Dbn : public nn::Module {
 public:
  /// Throws ValueError for sizes below 1.
  Dbn(std::int64_t inputs, std::int64_t outputs, const DbnOptions& options = {});
  /// x (N, ...) of `inputs` elements a sample, in [0, 1] -> (N, outputs)
  Tensor forward(const Tensor& x) override;
  void visit(nn::Visitor& visitor) override;
  /// Trains the machines from the lowest to the highest; labels are not looked at.
  void pretrain(data::DataLoader& loader, const PretrainOptions& options = {});

  nn::Flatten flatten;
  std::vector<Rbm> machines;
  nn::Linear classifier;

 private:
  Visible visible_;
};

}  // namespace percept::models
