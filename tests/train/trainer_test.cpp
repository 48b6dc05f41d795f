// The training loop, its callbacks, and checkpoints from which it goes on to the same bits.
#include "percept/train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"
#include "percept/base/file.h"
#include "percept/base/random.h"
#include "percept/io/safetensors.h"
#include "percept/models/mlp.h"
#include "percept/nn/loss.h"
#include "percept/ops/arithmetic.h"
#include "percept/optim/adam.h"
#include "percept/optim/sgd.h"
#include "percept/tensor/factory.h"
#include "percept/train/checkpoint.h"
#include "support/files.h"
#include "support/throws.h"

namespace percept::train {
namespace {

using percept::testing::TempFolder;

data::TensorDataset blobs(std::int64_t n, std::uint64_t seed) {
  Generator generator(seed);
  Tensor x = randn({n, 2}, {}, &generator), y = empty({n}, {.dtype = i64});
  for (std::int64_t i = 0; i < n; ++i) {
    y.at<std::int64_t>(i) = i % 3;
    x.at<float>(i, 0) += static_cast<float>(4 * (i % 3));
  }
  return data::TensorDataset(x, y);
}

Tensor class_loss(const Tensor& output, const Tensor& target) {
  return cross_entropy(output, target);
}

/// Everything of a small run: dropout, momentum, shuffling and a schedule a step.
struct SmallRun {
  models::Mlp model;
  optim::SGD optimizer;
  optim::OneCycleLR scheduler;
  data::DataLoader loader, validation;
  Trainer trainer;

  explicit SmallRun(std::function<bool()> interrupted = {})
      : model((manual_seed(7), models::Mlp(2, 3, {.hidden = {8}, .dropout = 0.3}))),
        optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9}),
        scheduler(optimizer, 0.2, 2 * 5),
        loader(blobs(36, 1), {.batch_size = 8, .shuffle = true, .seed = 3}),
        validation(blobs(12, 2), {.batch_size = 12}),
        trainer(
            model, class_loss, optimizer,
            {.epochs = 2, .scheduler_every_step = true, .interrupted = std::move(interrupted)}) {
    trainer.set_scheduler(scheduler);
  }
};

void expect_same(const NamedTensors& a, const NamedTensors& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) {
    const auto x = tensor.to_vector<float>(), y = b.at(name).to_vector<float>();
    EXPECT_EQ(x, y) << name;
  }
}

TEST(Trainer, LearnsAndTellsItsCallbacksInOrder) {
  struct Recorder : Callback {
    std::string story;
    void on_start(Trainer&) override { story += "("; }
    void on_epoch_start(Trainer&) override { story += "["; }
    void on_batch(Trainer&, double loss) override { story += std::isfinite(loss) ? "." : "!"; }
    void on_epoch_end(Trainer&, const EpochResult&) override { story += "]"; }
    void on_end(Trainer&) override { story += ")"; }
  };
  SmallRun run;
  const auto recorder = std::make_shared<Recorder>();
  run.trainer.add(recorder);
  const auto& history = run.trainer.fit(run.loader, &run.validation);
  EXPECT_EQ(recorder->story, "([.....][.....])");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_LT(history[1].val_loss, history[0].val_loss);
  EXPECT_EQ(history[1].epoch, 2);
  EXPECT_EQ(run.trainer.progress().step, 10);
  EXPECT_TRUE(run.model.is_training());
}

TEST(Trainer, EvaluateChangesNothing) {
  SmallRun run;
  const auto before = default_generator().state();
  const Evaluation first = run.trainer.evaluate(run.validation);
  const Evaluation second = run.trainer.evaluate(run.validation);
  EXPECT_EQ(first.loss, second.loss);  // dropout is off
  EXPECT_EQ(first.samples, 12);
  EXPECT_EQ(first.confusion->total(), 12);
  EXPECT_EQ(default_generator().state(), before);
  EXPECT_TRUE(run.model.is_training());
}

TEST(Trainer, RegressionMetrics) {
  manual_seed(0);
  models::Mlp model(1, 1, {.hidden = {}});
  const Tensor x = tensor({{0.0}, {1.0}, {2.0}, {3.0}});
  data::DataLoader loader(data::TensorDataset(x, x * 2.0 + 1.0), {.batch_size = 4});
  optim::SGD optimizer(model.parameters(), {.lr = 0.1});
  Trainer trainer(model, [](const Tensor& a, const Tensor& b) { return mse_loss(a, b); }, optimizer,
                  {.task = Task::regression, .epochs = 200});
  trainer.fit(loader, &loader);
  const Evaluation found = trainer.evaluate(loader);
  EXPECT_GT(found.r2, 0.999);
  EXPECT_LT(found.mean_absolute_error, 0.05);
  EXPECT_FALSE(found.confusion);
  EXPECT_TRUE(std::isnan(trainer.progress().history[0].accuracy));
}

TEST(Trainer, StoppedAtEveryStepItGoesOnToTheSameBits) {
  SmallRun whole;
  whole.trainer.fit(whole.loader, &whole.validation);
  const NamedTensors expected = whole.model.state_dict();
  const TempFolder folder;
  const std::string path = folder.path("checkpoint.safetensors");
  for (int stop = 1; stop <= 10; ++stop) {
    SCOPED_TRACE(stop);
    {
      int steps = 0;
      SmallRun run([&] { return ++steps == stop; });
      run.trainer.fit(run.loader, &run.validation);
      EXPECT_TRUE(run.trainer.was_interrupted());
      EXPECT_EQ(run.trainer.progress().step, stop);
      save_checkpoint(path, run.trainer, run.loader, {{"note", "kept"}});
    }
    SmallRun again;
    manual_seed(999);  // all that matters comes from the checkpoint
    EXPECT_EQ(load_checkpoint(path, again.trainer, again.loader), (Metadata{{"note", "kept"}}));
    EXPECT_EQ(again.trainer.progress().step, stop);
    again.trainer.fit(again.loader, &again.validation);
    expect_same(again.model.state_dict(), expected);
    const auto& a = again.trainer.progress().history;
    const auto& b = whole.trainer.progress().history;
    ASSERT_EQ(a.size(), b.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].loss, b[i].loss);
      EXPECT_EQ(a[i].accuracy, b[i].accuracy);
      EXPECT_EQ(a[i].val_loss, b[i].val_loss);
      EXPECT_EQ(a[i].lr, b[i].lr);
    }
  }
}

TEST(Trainer, CompiledItGoesToTheSameBits) {
  struct Counted : nn::Module {
    models::Mlp mlp{2, 3, {.hidden = {8}, .dropout = 0.3}};
    int calls = 0;
    Tensor forward(const Tensor& x) override { return ++calls, mlp(x); }
    void visit(nn::Visitor& visitor) override { visitor("mlp", mlp); }
  };
  struct Run {
    NamedTensors weights;
    std::vector<double> losses;
    int calls;
  };
  const auto run = [](bool compile) {
    manual_seed(7);
    Counted model;
    optim::SGD optimizer{model.parameters(), {.lr = 0.1, .momentum = 0.9}};
    data::DataLoader loader{blobs(36, 1), {.batch_size = 8, .shuffle = true, .seed = 3}};
    Trainer trainer{
        model, class_loss, optimizer, {.epochs = 2, .clip_grad_norm = 0.5, .compile = compile}};
    Run result;
    for (const EpochResult& epoch : trainer.fit(loader)) {
      result.losses.push_back(epoch.loss);
      result.losses.push_back(epoch.accuracy);
    }
    result.weights = model.state_dict();
    result.calls = model.calls;
    return result;
  };
  const Run eager = run(false), compiled = run(true);
  EXPECT_EQ(eager.losses, compiled.losses);
  expect_same(eager.weights, compiled.weights);
  EXPECT_EQ(eager.calls, 10);
  EXPECT_EQ(compiled.calls, 2);  // of either size of batch one
}

TEST(Trainer, ProductsAreOfTheTypeAroundItUnlessItIsTold) {
  const auto train = [](std::optional<Dtype> around, std::optional<Dtype> told) {
    manual_seed(7);
    models::Mlp model(2, 3, {.hidden = {8}});
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    data::DataLoader loader(blobs(36, 1), {.batch_size = 8});
    const AutocastGuard guard(around.value_or(f32));
    Trainer(model, class_loss, optimizer, {.epochs = 1, .autocast = told}).fit(loader);
    return model.state_dict().at("linear_relu_stack.0.weight").to_vector<float>();
  };
  EXPECT_EQ(train(bf16, {}), train({}, bf16));
  EXPECT_EQ(train(bf16, f32), train({}, {}));
  EXPECT_NE(train(bf16, {}), train({}, {}));
}

TEST(Trainer, StopFromABatchLeavesTheEpochOpen) {
  struct Stop : Callback {
    void on_batch(Trainer& trainer, double) override {
      if (trainer.progress().step == 3) trainer.stop();
    }
  };
  SmallRun run;
  run.trainer.add(std::make_shared<Stop>());
  EXPECT_TRUE(run.trainer.fit(run.loader).empty());
  EXPECT_EQ(run.trainer.progress().batch, 3);
  EXPECT_EQ(run.trainer.fit(run.loader).size(), 2u);
  EXPECT_EQ(run.trainer.progress().step, 10);
}

TEST(Trainer, EarlyStopping) {
  manual_seed(0);
  models::Mlp model(2, 3, {.hidden = {4}});
  optim::SGD optimizer(model.parameters(), {.lr = 1e-30});  // so nothing gets better
  data::DataLoader loader(blobs(12, 1), {.batch_size = 12});
  Trainer trainer(model, class_loss, optimizer, {.epochs = 50});
  trainer.add(std::make_shared<EarlyStopping>(3));
  EXPECT_EQ(trainer.fit(loader, &loader).size(), 4u);  // the first, and three without gain
  EXPECT_EQ(trainer.progress().best_epoch, 1);
  EXPECT_EQ(trainer.fit(loader, &loader).size(), 4u);  // it does not begin again
  EXPECT_EQ(thrown<ValueError>([] { EarlyStopping never(0); }),
            "EarlyStopping: patience must be at least 1, found 0");
}

TEST(Trainer, CheckpointsOfTheLastAndTheBestEpoch) {
  const TempFolder folder;
  SmallRun run;
  const std::string last = folder.path("last/c.safetensors"),
                    best = folder.path("best/c.safetensors");
  run.trainer.add(
      std::make_shared<CheckpointCallback>(CheckpointOptions{.last = last, .best = best}));
  run.trainer.fit(run.loader, &run.validation);
  SmallRun again;
  load_checkpoint(last, again.trainer, again.loader);
  expect_same(again.model.state_dict(), run.model.state_dict());
  EXPECT_EQ(again.trainer.progress().epoch, 2);
  load_checkpoint(best, again.trainer, again.loader);
  EXPECT_EQ(again.trainer.progress().epoch, run.trainer.progress().best_epoch);
}

TEST(Trainer, CheckpointsThatWaitAreWrittenInTheEnd) {
  const TempFolder folder;
  SmallRun run;
  const CheckpointOptions often{.last = folder.path("a"), .best = folder.path("b")};
  CheckpointOptions rarely{
      .last = folder.path("c"), .best = folder.path("d"), .seconds_between = 1e6};
  run.trainer.add(std::make_shared<CheckpointCallback>(often));
  run.trainer.add(std::make_shared<CheckpointCallback>(rarely));
  run.trainer.fit(run.loader, &run.validation);
  EXPECT_EQ(read_file(often.last), read_file(rarely.last));
  EXPECT_EQ(read_file(often.best), read_file(rarely.best));
}

TEST(Trainer, ScheduleAndClippingReachTheOptimizer) {
  manual_seed(0);
  models::Mlp model(2, 3, {.hidden = {}});
  optim::SGD optimizer(model.parameters(), {.lr = 1.0});
  optim::StepLR schedule(optimizer, 1, {.gamma = 0.5});
  data::DataLoader loader(blobs(12, 1), {.batch_size = 12});
  Trainer trainer(model, class_loss, optimizer, {.epochs = 3, .clip_grad_norm = 1e-3});
  trainer.set_scheduler(schedule);
  const NamedTensors before = [&] {
    NamedTensors copy;
    for (const auto& [name, t] : model.state_dict()) copy.add(name, t.clone());
    return copy;
  }();
  const auto& history = trainer.fit(loader);
  EXPECT_DOUBLE_EQ(history[0].lr, 1.0);
  EXPECT_DOUBLE_EQ(history[1].lr, 0.5);
  EXPECT_DOUBLE_EQ(history[2].lr, 0.25);
  // Steps of at most 1e-3 times 1 + 1/2 + 1/4.
  for (const auto& [name, t] : model.state_dict())
    EXPECT_LE((t.detach() - before.at(name)).abs().max().item(), 1.76e-3) << name;
}

TEST(Trainer, DivergenceNamesLayerAndStep) {
  struct Row {
    const char* expected;
    std::function<void(models::Mlp&)> spoil;
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Row rows[] = {
      {"training diverged at step 1 (epoch 1): the loss is nan; first not finite: parameter "
       "'linear_relu_stack.2.weight'; hint: a smaller learning rate",
       [&](models::Mlp& m) { m.parameters()[2].detach().fill_(nan); }},
      {"training diverged at step 1 (epoch 1): the loss is nan; first not finite: the output of "
       "'linear_relu_stack.0' (Linear); hint: a smaller learning rate",
       [](models::Mlp& m) { m.parameters()[0].detach().fill_(3e38); }},
  };
  for (const Row& row : rows) {
    manual_seed(0);
    models::Mlp model(2, 3, {.hidden = {4}});
    row.spoil(model);
    optim::SGD optimizer(model.parameters(), {.lr = 0.1});
    data::DataLoader loader(blobs(12, 1), {.batch_size = 12});
    Trainer trainer(model, class_loss, optimizer);
    EXPECT_EQ(thrown<DivergedError>([&] { trainer.fit(loader); }), row.expected);
  }
}

TEST(Checkpoint, RefusesWhatIsNotItsOwnAndChangesNothing) {
  const TempFolder folder;
  const std::string path = folder.path("c.safetensors");
  SmallRun run;
  run.trainer.fit(run.loader);
  save_checkpoint(path, run.trainer, run.loader);

  // A file that is no checkpoint.
  const std::string weights = folder.path("weights.safetensors");
  io::save_safetensors(weights, run.model.state_dict());
  EXPECT_NE(thrown<FormatError>([&] {
              load_checkpoint(weights, run.trainer, run.loader);
            }).find("not a checkpoint of percept"),
            std::string::npos);

  // Another model.
  manual_seed(1);
  models::Mlp other(2, 3, {.hidden = {9}});
  optim::SGD sgd(other.parameters(), {.lr = 0.1});
  Trainer other_trainer(other, class_loss, sgd);
  EXPECT_NE(thrown<ValueError>([&] {
              load_checkpoint(path, other_trainer, run.loader);
            }).find("linear_relu_stack.0.weight"),
            std::string::npos);

  // The right model with another optimiser: its weights stay as they were.
  manual_seed(2);
  models::Mlp same(2, 3, {.hidden = {8}, .dropout = 0.3});
  const std::vector<float> before = same.parameters()[0].to_vector<float>();
  optim::Adam adam(same.parameters());
  Trainer adam_trainer(same, class_loss, adam);
  EXPECT_NE(
      thrown<ValueError>([&] { load_checkpoint(path, adam_trainer, run.loader); }).find("SGD"),
      std::string::npos);
  EXPECT_EQ(same.parameters()[0].to_vector<float>(), before);
  EXPECT_EQ(adam_trainer.progress().step, 0);

  // State that says nothing.
  const std::string empty = folder.path("empty.safetensors");
  io::save_safetensors(empty, {}, {{"format", "percept.checkpoint/1"}, {"state", "{}"}});
  EXPECT_NE(thrown<FormatError>([&] {
              load_checkpoint(empty, run.trainer, run.loader);
            }).find("state cannot be read"),
            std::string::npos);
}

TEST(Events, OneLineOfJsonEach) {
  std::vector<std::string> lines;
  SmallRun run;
  run.trainer.add(std::make_shared<EventCallback>(
      [&](const Event& event) { lines.push_back(to_json(event)); }));
  run.trainer.fit(run.loader);
  ASSERT_EQ(lines.size(), 4u);
  std::vector<nlohmann::json> events;
  for (const std::string& line : lines) {
    EXPECT_EQ(line.find('\n'), std::string::npos);
    events.push_back(nlohmann::json::parse(line));
  }
  EXPECT_EQ(events[0]["schema"], "percept.train.start/1");
  EXPECT_EQ(events[0]["samples"], 36);
  EXPECT_EQ(events[1]["schema"], "percept.train.epoch/1");
  EXPECT_EQ(events[1]["epoch"], 1);
  EXPECT_TRUE(events[1]["val_loss"].is_null());  // nothing was validated
  EXPECT_TRUE(events[1]["loss"].is_number());
  EXPECT_EQ(events[3]["schema"], "percept.train.stop/1");
  EXPECT_EQ(events[3]["step"], 10);
}

TEST(Events, ValuesOfEveryKind) {
  const double inf = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_json({"s/1",
                     {{"null", nullptr},
                      {"yes", true},
                      {"n", std::int64_t{-3}},
                      {"x", 0.5},
                      {"inf", inf},
                      {"list", std::vector<double>{1.5, kNaN}},
                      {"names", std::vector<std::string>{"a\"b", "\xff"}}}}),
            R"({"schema":"s/1","null":null,"yes":true,"n":-3,"x":0.5,"inf":null,)"
            R"("list":[1.5,null],"names":["a\"b",")"
            "\xEF\xBF\xBD"
            R"("]})");
}

}  // namespace
}  // namespace percept::train
