#include "percept/optim/rmsprop.h"

#include "engine/optim.h"

namespace percept::optim {

RMSprop::RMSprop(std::vector<ParamGroup> groups, const RMSpropOptions& options)
    : Optimizer(std::move(groups), {.type = "RMSprop",
                                    .settings = {{"lr", options.lr},
                                                 {"alpha", options.alpha},
                                                 {"eps", options.eps},
                                                 {"weight_decay", options.weight_decay},
                                                 {"momentum", options.momentum},
                                                 {"centered", options.centered ? 1.0 : 0.0},
                                                 {"maximize", options.maximize ? 1.0 : 0.0}},
                                    .buffers = {"square_avg", "grad_avg", "momentum_buffer"}}) {}

RMSprop::RMSprop(std::vector<Tensor> params, const RMSpropOptions& options)
    : RMSprop(std::vector<ParamGroup>{{.params = std::move(params)}}, options) {}

void RMSprop::use(const Options& options) {
  now_ = {.lr = options.at("lr"),
          .alpha = options.at("alpha"),
          .eps = options.at("eps"),
          .weight_decay = options.at("weight_decay"),
          .momentum = options.at("momentum"),
          .centered = options.at("centered") != 0,
          .maximize = options.at("maximize") != 0};
}

void RMSprop::update(Tensor& param, const Tensor& grad, Slot& slot) {
  auto& [square, average, momentum] = slot.buffers;
  engine::update({.lr = now_.lr,
                  .alpha = now_.alpha,
                  .eps = now_.eps,
                  .weight_decay = now_.weight_decay,
                  .momentum = now_.momentum,
                  .maximize = now_.maximize},
                 param, grad, zeros_once(square, param),
                 now_.centered ? zeros_once(average, param) : Tensor(),
                 now_.momentum > 0 ? zeros_once(momentum, param) : Tensor());
}

}  // namespace percept::optim
