#include "percept/optim/adagrad.h"

#include "engine/optim.h"
#include "percept/tensor/factory.h"

namespace percept::optim {

Adagrad::Adagrad(std::vector<ParamGroup> groups, const AdagradOptions& options)
    : Optimizer(std::move(groups),
                {.type = "Adagrad",
                 .settings = {{"lr", options.lr},
                              {"lr_decay", options.lr_decay},
                              {"weight_decay", options.weight_decay},
                              {"initial_accumulator_value", options.initial_accumulator_value},
                              {"eps", options.eps},
                              {"maximize", options.maximize ? 1.0 : 0.0}},
                 .buffers = {"sum"}}) {}

Adagrad::Adagrad(std::vector<Tensor> params, const AdagradOptions& options)
    : Adagrad(std::vector<ParamGroup>{{.params = std::move(params)}}, options) {}

void Adagrad::use(const Options& options) {
  now_ = {.lr = options.at("lr"),
          .lr_decay = options.at("lr_decay"),
          .weight_decay = options.at("weight_decay"),
          .initial_accumulator_value = options.at("initial_accumulator_value"),
          .eps = options.at("eps"),
          .maximize = options.at("maximize") != 0};
}

void Adagrad::update(Tensor& param, const Tensor& grad, Slot& slot) {
  Tensor& sum = slot.buffers[0];
  if (!sum.defined()) sum = full_like(param, now_.initial_accumulator_value);
  engine::update({.lr = now_.lr / (1 + static_cast<double>(slot.step - 1) * now_.lr_decay),
                  .eps = now_.eps,
                  .weight_decay = now_.weight_decay,
                  .maximize = now_.maximize},
                 param, grad, sum);
}

}  // namespace percept::optim
