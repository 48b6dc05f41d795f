#include "percept/train/trainer.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/join.h"
#include "percept/ops/reduce.h"
#include "percept/optim/clip_grad.h"
#include "percept/train/compile.h"

namespace percept::train {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::int64_t count_correct(const Tensor& scores, const Tensor& classes) {
  const NoGradGuard no_grad;
  return eq(argmax(scores, 1), classes).sum().item<std::int64_t>();
}

bool all_finite(const Tensor& x) {
  return !is_floating(x.dtype()) || all(isfinite(x.detach())).item<bool>();
}

}  // namespace

Trainer::Trainer(nn::Module& model, LossFunction loss, optim::Optimizer& optimizer,
                 const TrainerOptions& options)
    : model_(model), loss_(std::move(loss)), optimizer_(optimizer), options_(options) {
  if (options_.epochs < 0)
    throw ValueError(
        fmt::format("Trainer: epochs must not be negative, found {}", options_.epochs));
  if (options_.compile)
    compiled_ = std::make_shared<CompiledStep>(train::compile(model_, loss_, optimizer_));
}

const std::vector<EpochResult>& Trainer::fit(data::DataLoader& loader,
                                             data::DataLoader* validation) {
  loader_ = &loader;
  stop_ = interrupted_ = false;
  if (progress_.batch > 0) loader.set_state(loader.state());  // goes on within its epoch
  tell([&](Callback& c) { c.on_start(*this); });
  while (progress_.epoch < options_.epochs && !stop_) {
    model_.train();
    const double before = progress_.seconds;
    if (progress_.batch == 0) tell([&](Callback& c) { c.on_epoch_start(*this); });
    const auto start = Clock::now();
    for (const data::Batch& batch : loader) {
      train_batch(batch);
      progress_.seconds = before + seconds_since(start);
      interrupted_ = options_.interrupted && options_.interrupted();
      if (stop_ || interrupted_) break;
    }
    // The epoch under way stays open: it goes on when training does.
    if (interrupted_ || (stop_ && progress_.batch < loader.size())) break;
    finish_epoch(validation);
  }
  tell([&](Callback& c) { c.on_end(*this); });
  loader_ = nullptr;
  return progress_.history;
}

std::pair<Tensor, Tensor> Trainer::run(const data::Batch& batch) {
  const AutocastGuard type(options_.autocast.value_or(autocast_dtype()));
  const Tensor output = model_(batch.x);
  return {output, loss_(output, batch.y)};
}

std::pair<Tensor, Tensor> Trainer::gradients(const data::Batch& batch) {
  if (compiled_) {
    const AutocastGuard type(options_.autocast.value_or(autocast_dtype()));
    const Tensor loss = compiled_->gradients(batch.x, batch.y);
    return {compiled_->output(), loss};
  }
  optimizer_.zero_grad();
  auto found = run(batch);
  if (std::isfinite(found.second.item())) found.second.backward();
  return found;
}

void Trainer::train_batch(const data::Batch& batch) {
  const auto [output, loss] = gradients(batch);
  const double value = loss.item();
  if (!std::isfinite(value)) report_divergence(batch, value);
  if (options_.clip_grad_norm > 0)
    optim::clip_grad_norm_(model_.parameters(), options_.clip_grad_norm);
  optimizer_.step();
  if (scheduler_ && options_.scheduler_every_step) scheduler_->step();

  const std::int64_t n = batch.x.shape()[0];
  progress_.loss_sum += value * static_cast<double>(n);
  progress_.samples += n;
  ++progress_.batch;
  ++progress_.step;
  if (options_.task == Task::classification) progress_.correct += count_correct(output, batch.y);
  tell([&](Callback& c) { c.on_batch(*this, value); });
}

void Trainer::finish_epoch(data::DataLoader* validation) {
  Progress& p = progress_;
  EpochResult result;
  result.epoch = p.epoch + 1;
  const auto n = static_cast<double>(p.samples);
  result.loss = p.samples > 0 ? p.loss_sum / n : kNaN;
  if (options_.task == Task::classification && p.samples > 0)
    result.accuracy = static_cast<double>(p.correct) / n;
  result.lr = optimizer_.param_groups().front().options.at("lr");
  result.seconds = p.seconds;
  result.samples_per_second = p.seconds > 0 ? n / p.seconds : 0;
  if (validation) {
    const Evaluation found = evaluate(*validation);
    result.val_loss = found.loss;
    result.val_accuracy = found.accuracy;
    result.val_r2 = found.r2;
  }
  const double judged = validation ? result.val_loss : result.loss;
  result.best = judged < p.best_loss;
  if (result.best) p.best_loss = judged, p.best_epoch = result.epoch;
  p.epochs_without_gain = result.best ? 0 : p.epochs_without_gain + 1;
  if (scheduler_ && !options_.scheduler_every_step) scheduler_->step(judged);

  p.history.push_back(result);
  ++p.epoch;
  p.loss_sum = p.seconds = 0;
  p.correct = p.samples = p.batch = 0;
  tell([&](Callback& c) { c.on_epoch_end(*this, p.history.back()); });
}

Evaluation Trainer::evaluate(data::DataLoader& loader) {
  const bool training = model_.is_training();
  model_.eval();
  Evaluation result;
  double loss_sum = 0;
  std::vector<Tensor> outputs, targets;
  {
    const NoGradGuard no_grad;
    for (const data::Batch& batch : loader) {
      const auto [output, loss] = run(batch);
      const std::int64_t n = batch.x.shape()[0];
      loss_sum += loss.item() * static_cast<double>(n);
      result.samples += n;
      if (options_.task == Task::classification) {
        if (!result.confusion)
          result.confusion.emplace(std::max<std::int64_t>(2, output.shape()[1]));
        result.confusion->add(output, batch.y);
      } else {
        outputs.push_back(output), targets.push_back(batch.y);
      }
    }
    if (result.samples > 0) result.loss = loss_sum / static_cast<double>(result.samples);
    if (result.confusion) result.accuracy = result.confusion->accuracy();
    if (!outputs.empty()) {
      const Tensor all_outputs = cat(outputs), all_targets = cat(targets);
      result.r2 = r2_score(all_outputs, all_targets);
      result.mean_absolute_error = mean_absolute_error(all_outputs, all_targets);
    }
  }
  model_.train(training);
  return result;
}

void Trainer::report_divergence(const data::Batch& batch, double loss) {
  std::string where;
  if (!all_finite(batch.x)) where = "the input";
  for (const auto& [name, parameter] : model_.named_parameters())
    if (where.empty() && !all_finite(parameter)) where = fmt::format("parameter '{}'", name);
  if (where.empty()) {  // run once more and look at every layer's output
    std::vector<nn::ModuleHook> hooks;
    for (const auto& [name, module] : model_.named_modules())
      hooks.push_back(module->register_forward_hook(
          [&where, path = name](nn::Module& m, const Tensor&, const Tensor& y) {
            if (where.empty() && !all_finite(y))
              where = fmt::format("the output of '{}' ({})", path, m.name());
            return std::optional<Tensor>();
          }));
    const NoGradGuard no_grad;
    const AutocastGuard type(options_.autocast.value_or(autocast_dtype()));
    model_(batch.x);
    for (nn::ModuleHook& hook : hooks) hook.remove();
  }
  throw DivergedError(fmt::format(
      "training diverged at step {} (epoch {}): the loss is {}; first not finite: {}; hint: a "
      "smaller learning rate",
      progress_.step + 1, progress_.epoch + 1, std::isnan(loss) ? "nan" : "infinite",
      where.empty() ? "the loss itself" : where));
}

}  // namespace percept::train
