#include "percept/optim/sgd.h"

#include <limits>

#include "engine/optim.h"
#include "percept/base/error.h"
#include "percept/tensor/factory.h"

namespace percept::optim {

SGD::SGD(std::vector<Tensor> params, const SGDOptions& options)
    : SGD(std::vector<ParamGroup>{{.params = std::move(params)}}, options) {}

SGD::SGD(std::vector<ParamGroup> groups, const SGDOptions& options)
    : Optimizer(
          std::move(groups),
          {.type = "SGD",
           .settings = {{"lr", options.lr},
                        {"momentum", options.momentum},
                        {"dampening", options.dampening, -std::numeric_limits<double>::infinity()},
                        {"weight_decay", options.weight_decay},
                        {"nesterov", options.nesterov ? 1.0 : 0.0},
                        {"maximize", options.maximize ? 1.0 : 0.0}},
           .buffers = {"momentum_buffer"},
           .check = [](const Options& o) {
             if (o.at("nesterov") != 0 && (o.at("momentum") == 0 || o.at("dampening") != 0))
               throw ValueError(
                   "SGD: nesterov needs a momentum and no dampening; hint: "
                   ".momentum = 0.9");
           }}) {}

void SGD::use(const Options& options) {
  now_ = {.lr = options.at("lr"),
          .momentum = options.at("momentum"),
          .dampening = options.at("dampening"),
          .weight_decay = options.at("weight_decay"),
          .nesterov = options.at("nesterov") != 0,
          .maximize = options.at("maximize") != 0};
}

void SGD::update(Tensor& param, const Tensor& grad, Slot& slot) {
  const bool averages = now_.momentum != 0;
  Tensor& buffer = slot.buffers[0];
  const bool first = averages && !buffer.defined();
  if (first) buffer = empty_like(param);
  engine::update({.lr = now_.lr,
                  .momentum = now_.momentum,
                  .dampening = now_.dampening,
                  .weight_decay = now_.weight_decay,
                  .nesterov = now_.nesterov,
                  .maximize = now_.maximize,
                  .first = first},
                 param, grad, averages ? buffer : Tensor());
}

}  // namespace percept::optim
