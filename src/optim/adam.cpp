#include "percept/optim/adam.h"

#include <cmath>

#include "engine/optim.h"

namespace percept::optim {

Adam::Adam(std::vector<ParamGroup> groups, const AdamOptions& options, const char* type,
           bool decoupled)
    : Optimizer(std::move(groups), {.type = type,
                                    .settings = {{"lr", options.lr},
                                                 {"beta1", options.betas.first, 0, 1},
                                                 {"beta2", options.betas.second, 0, 1},
                                                 {"eps", options.eps},
                                                 {"weight_decay", options.weight_decay},
                                                 {"amsgrad", options.amsgrad ? 1.0 : 0.0},
                                                 {"maximize", options.maximize ? 1.0 : 0.0}},
                                    .buffers = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq"}}),
      decoupled_(decoupled) {}

Adam::Adam(std::vector<ParamGroup> groups, const AdamOptions& options)
    : Adam(std::move(groups), options, "Adam", false) {}

Adam::Adam(std::vector<Tensor> params, const AdamOptions& options)
    : Adam(std::vector<ParamGroup>{{.params = std::move(params)}}, options) {}

AdamW::AdamW(std::vector<ParamGroup> groups, const AdamWOptions& options)
    : Adam(std::move(groups),
           {.lr = options.lr,
            .betas = options.betas,
            .eps = options.eps,
            .weight_decay = options.weight_decay,
            .amsgrad = options.amsgrad,
            .maximize = options.maximize},
           "AdamW", true) {}

AdamW::AdamW(std::vector<Tensor> params, const AdamWOptions& options)
    : AdamW(std::vector<ParamGroup>{{.params = std::move(params)}}, options) {}

void Adam::use(const Options& options) {
  now_ = {.lr = options.at("lr"),
          .betas = {options.at("beta1"), options.at("beta2")},
          .eps = options.at("eps"),
          .weight_decay = options.at("weight_decay"),
          .amsgrad = options.at("amsgrad") != 0,
          .maximize = options.at("maximize") != 0};
  t_ = 0;
}

void Adam::update(Tensor& param, const Tensor& grad, Slot& slot) {
  const auto [beta1, beta2] = now_.betas;
  if (slot.step != t_) {
    t_ = slot.step;
    step_size_ = now_.lr / (1 - std::pow(beta1, static_cast<double>(t_)));
    root_ = std::sqrt(1 - std::pow(beta2, static_cast<double>(t_)));
  }
  auto& [average, square, largest] = slot.buffers;
  engine::update({.step_size = step_size_,
                  .beta1 = beta1,
                  .beta2 = beta2,
                  .root = root_,
                  .eps = now_.eps,
                  .weight_decay = decoupled_ ? 0 : now_.weight_decay,
                  .keep = decoupled_ ? 1 - now_.lr * now_.weight_decay : 1,
                  .maximize = now_.maximize},
                 param, grad, zeros_once(average, param), zeros_once(square, param),
                 now_.amsgrad ? zeros_once(largest, param) : Tensor());
}

}  // namespace percept::optim
