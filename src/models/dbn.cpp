#include "percept/models/dbn.h"

#include "percept/autograd/grad_mode.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/math.h"
#include "percept/ops/reduce.h"
#include "percept/optim/sgd.h"

namespace percept::models {

Dbn::Dbn(std::int64_t inputs, std::int64_t outputs, const DbnOptions& options)
    : classifier(options.hidden.empty() ? inputs : options.hidden.back(), outputs),
      visible_(options.visible) {
  std::int64_t width = inputs;
  for (const std::int64_t hidden : options.hidden) {
    machines.emplace_back(
        width, hidden,
        RbmOptions{.visible = machines.empty() ? options.visible : Visible::bernoulli});
    width = hidden;
  }
}

Tensor Dbn::forward(const Tensor& x) {
  Tensor h = flatten(x);
  for (Rbm& machine : machines) h = machine(h);
  return classifier(h);
}

void Dbn::visit(nn::Visitor& visitor) {
  visitor("flatten", flatten);
  visitor("machines", machines);
  visitor("classifier", classifier);
}

void Dbn::pretrain(data::DataLoader& loader, const PretrainOptions& options) {
  for (std::size_t layer = 0; layer < machines.size(); ++layer) {
    Rbm& machine = machines[layer];
    const bool gaussian = layer == 0 && visible_ == Visible::gaussian;
    optim::SGD optimizer(machine.parameters(), {.lr = gaussian ? options.lr / 10 : options.lr,
                                                .momentum = options.momentum,
                                                .weight_decay = options.weight_decay});
    for (std::int64_t epoch = 1; epoch <= options.epochs; ++epoch) {
      double error = 0;
      std::int64_t samples = 0;
      for (auto& [x, y] : loader) {
        Tensor v;
        {
          const NoGradGuard no_grad;
          v = flatten(x);
          for (std::size_t below = 0; below < layer; ++below) v = machines[below](v);
          const auto count = v.size(0);
          error +=
              mean(square(machine.visible(machine(v)) - v)).item() * static_cast<double>(count);
          samples += count;
        }
        optimizer.zero_grad();
        machine.contrastive(v, machine.gibbs(v, 1)).backward();
        optimizer.step();
      }
      if (options.report)
        options.report(static_cast<std::int64_t>(layer), epoch,
                       error / static_cast<double>(samples));
    }
  }
}

}  // namespace percept::models
