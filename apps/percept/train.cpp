// percept train and percept resume.
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "assessment.h"
#include "dataset.h"
#include "figures.h"
#include "percept/base/file.h"
#include "percept/base/memory.h"
#include "percept/base/parallel.h"
#include "percept/base/random.h"
#include "percept/data/data_loader.h"
#include "percept/optim/adam.h"
#include "percept/optim/lr_scheduler.h"
#include "percept/optim/rmsprop.h"
#include "percept/optim/sgd.h"
#include "percept/train/checkpoint.h"
#include "progress.h"
#include "run_folder.h"

namespace percept::app {
namespace {

namespace fs = std::filesystem;

volatile std::sig_atomic_t caught_signal = 0;

extern "C" void on_signal(int number) {
  if (caught_signal != 0) ::_exit(128 + number);  // the second one does not wait
  caught_signal = number;
}

/// SIGINT and SIGTERM are remembered while it lives.
class SignalGuard {
 public:
  SignalGuard() {
    caught_signal = 0;
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &before_int_);
    ::sigaction(SIGTERM, &action, &before_term_);
  }
  ~SignalGuard() {
    ::sigaction(SIGINT, &before_int_, nullptr);
    ::sigaction(SIGTERM, &before_term_, nullptr);
  }
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;

 private:
  struct sigaction before_int_ {
  }, before_term_{};
};

std::unique_ptr<optim::Optimizer> make_optimizer(const Settings& s,
                                                 std::vector<Tensor> parameters) {
  const std::string& name = *s.optimizer;
  if (name == "adam")
    return std::make_unique<optim::Adam>(
        std::move(parameters), optim::AdamOptions{.lr = *s.lr, .weight_decay = *s.weight_decay});
  if (name == "adamw")
    return std::make_unique<optim::AdamW>(
        std::move(parameters), optim::AdamWOptions{.lr = *s.lr, .weight_decay = *s.weight_decay});
  if (name == "rmsprop")
    return std::make_unique<optim::RMSprop>(
        std::move(parameters),
        optim::RMSpropOptions{
            .lr = *s.lr, .weight_decay = *s.weight_decay, .momentum = s.momentum});
  return std::make_unique<optim::SGD>(
      std::move(parameters),
      optim::SGDOptions{.lr = *s.lr, .momentum = s.momentum, .weight_decay = *s.weight_decay});
}

/// Null for "none". Only onecycle is stepped after every batch.
std::unique_ptr<optim::LRScheduler> make_scheduler(const Settings& s, optim::Optimizer& optimizer,
                                                   std::int64_t batches) {
  const std::int64_t epochs = std::max<std::int64_t>(1, *s.epochs);
  if (s.schedule == "step")
    return std::make_unique<optim::StepLR>(optimizer, std::max<std::int64_t>(1, epochs / 3));
  if (s.schedule == "exponential") return std::make_unique<optim::ExponentialLR>(optimizer, 0.9);
  if (s.schedule == "cosine") return std::make_unique<optim::CosineAnnealingLR>(optimizer, epochs);
  if (s.schedule == "onecycle")
    return std::make_unique<optim::OneCycleLR>(optimizer, *s.lr, epochs * batches,
                                               optim::OneCycleLROptions{.cycle_momentum = false});
  if (s.schedule == "plateau")
    return std::make_unique<optim::ReduceLROnPlateau>(
        optimizer, optim::ReduceLROnPlateauOptions{.patience = 2});
  return nullptr;
}

/// Whether the schedule's shape depends on how many epochs there will be.
bool schedule_needs_epochs(const Settings& s) {
  return s.schedule == "step" || s.schedule == "cosine" || s.schedule == "onecycle";
}

struct Job {
  Settings settings;  // resolved
  Dataset data;
  std::string out = {};      // --out
  std::string resumed = {};  // the run to go on with
  bool new_epochs = false;   // resume --epochs
};

void save_pictures(const RunFolder& run, const train::Progress& progress, const Assessment& found,
                   const models::ModelCard& card, const Job& job) {
  if (!progress.history.empty())
    save_both(curves_figure(progress.history, task_of(card), job.settings.val_split == 0),
              run.path(), "curves");
  if (found.evaluation.confusion)
    save_both(confusion_figure(found, card), run.path(), "confusion");
  else
    save_both(values_figure(found, card), run.path(), "values");
  if (has_mistakes(found, card))
    save_both(mistakes_figure(found, card, job.data.test), run.path(), "mistakes");
}

/// The last event of a run, on stdout with --json.
train::Event result_event(const train::Progress& p, const Assessment& found,
                          const models::ModelCard& card, const Settings& s, std::int64_t parameters,
                          const std::string& run) {
  double seconds = 0, samples = 0;
  for (const train::EpochResult& epoch : p.history) {
    seconds += epoch.seconds;
    samples += epoch.seconds * epoch.samples_per_second;
  }
  const train::Evaluation& e = found.evaluation;
  return {"percept.train.result/1",
          {{"test_accuracy", e.accuracy},
           {"test_loss", e.loss},
           {"test_r2", e.r2},
           {"test_mae", e.confusion ? train::kNaN : error_in_units(found, card)},
           {"test_samples", e.samples},
           {"train_samples_per_second", seconds > 0 ? samples / seconds : train::kNaN},
           {"seconds", seconds},
           {"epochs", p.epoch},
           {"steps", p.step},
           {"best_epoch", p.best_epoch},
           {"parameters", parameters},
           {"seed", s.seed},
           {"threads", std::int64_t{num_threads()}},
           {"dtype", s.dtype},
           {"model", card.architecture},
           {"data", card.data},
           {"run", run}}};
}

std::int64_t count(const nn::Module& module) {
  std::int64_t parameters = 0;
  for (const Tensor& p : module.parameters()) parameters += p.numel();
  return parameters;
}

/// A model that has learned, and where.
struct Learned {
  nn::AnyModule module;
  train::Progress progress;
  RunFolder run;
};

/// Trains a new or resumed model of the card, with checkpoints and events in the run's folder.
Learned learn(const Job& job, const models::ModelCard& card, const OutputOptions& output) {
  const Settings& s = job.settings;
  const auto seed = static_cast<std::uint64_t>(s.seed);
  data::AnyDataset learned = job.data.train, judged = job.data.test;
  if (s.val_split > 0) {
    const auto parts = data::random_split(job.data.train, {1 - s.val_split, s.val_split}, seed);
    if (parts[0].size() == 0 || parts[1].size() == 0)
      throw UsageError(
          fmt::format("--val-split: found {}, which leaves {} examples to train on and "
                      "{} to validate, allowed at least 1 each",
                      s.val_split, parts[0].size(), parts[1].size()));
    learned = parts[0];
    judged = parts[1];
  }
  data::DataLoader loader(learned,
                          {.batch_size = *s.batch_size, .shuffle = *s.shuffle, .seed = seed});
  data::DataLoader validation(judged, {.batch_size = 512});

  manual_seed(seed);
  nn::AnyModule module = models::make_model(card);
  const auto optimizer = make_optimizer(s, module->parameters());
  const auto scheduler = make_scheduler(s, *optimizer, loader.size());
  train::Trainer trainer(*module, loss_of(card), *optimizer,
                         {.task = task_of(card),
                          .epochs = *s.epochs,
                          .scheduler_every_step = s.schedule == "onecycle",
                          .clip_grad_norm = s.clip_grad,
                          .autocast = card.dtype,
                          .interrupted = [] { return caught_signal != 0; }});
  if (scheduler) trainer.set_scheduler(*scheduler);

  const bool resumes = !job.resumed.empty();
  RunFolder run = resumes ? RunFolder::open(job.resumed)
                          : RunFolder::create(job.out, fs::path(card.data).stem());
  const std::string config = config_text(s, job.data.checksums, num_threads());
  const Terminal err = terminal(stderr, output.color);
  if (resumes) {
    try {
      train::load_checkpoint(run.last(), trainer, loader);
    } catch (const FormatError& error) {
      if (!fs::exists(run.best())) throw;
      note(fmt::format(fmt::runtime(text::kFellBack.str()), error.what(), run.best()));
      train::load_checkpoint(run.best(), trainer, loader);
    }
    if (*s.epochs < trainer.progress().epoch)
      throw UsageError(fmt::format("--epochs: found {}, allowed at least the {} that are done",
                                   *s.epochs, trainer.progress().epoch));
    run.forget_after(trainer.progress().epoch);
    if (job.new_epochs) write_atomic(run.config(), config);
  }
  try {
    if (!resumes) write_atomic(run.config(), config);
    if (!output.quiet) {
      for (const std::string& text : job.data.notes) note(text);
      note(fmt::format(fmt::runtime((resumes ? text::kResuming : text::kStarting).str()), card.data,
                       job.data.origin, learned->size(), *s.model, count(*module), run.path()));
      if (output.verbose) fmt::print(stderr, "{}", config);
      trainer.add(std::make_shared<ProgressLine>(err));
    }
    // Events first: a checkpoint never knows of an epoch that they do not.
    trainer.add(std::make_shared<train::EventCallback>([&](const train::Event& event) {
      run.record(event);
      if (output.json) print(train::to_json(event) + "\n");
    }));
    trainer.add(std::make_shared<train::CheckpointCallback>(
        train::CheckpointOptions{.last = run.last(),
                                 .best = run.best(),
                                 .metadata = models::to_metadata(card),
                                 .seconds_between = 1}));
    if (s.early_stop > 0) trainer.add(std::make_shared<train::EarlyStopping>(s.early_stop));
    const SignalGuard signals;
    trainer.fit(loader, &validation);
  } catch (...) {
    if (!resumes) run.remove_unless_checkpoint();
    throw;
  }
  return {std::move(module), trainer.progress(), std::move(run)};
}

int execute(Job job, const OutputOptions& output) {
  const Settings& s = job.settings;
  if (s.threads > 0) set_num_threads(static_cast<int>(s.threads));
  models::ModelCard card = job.data.card;
  card.architecture = *s.model;
  card.dtype = s.dtype == "bf16" ? bf16 : f32;

  auto [module, progress, run] = learn(job, card, output);
  job.data.train = job.data.test;  // most of the memory goes before fonts and pictures ask for some
  empty_cache();
  if (caught_signal != 0) {
    if (!output.quiet)
      note(fmt::format(fmt::runtime(text::kStopped.str()), progress.step, run.path()));
    return 128 + caught_signal;
  }
  if (s.val_split > 0 && progress.best_epoch != progress.epoch && fs::exists(run.best()))
    module->load_state_dict(models::load_model(run.best()).module->state_dict());

  const Assessment found = assess(*module, card, job.data.test);
  models::save_model(run.model(), *module, card);
  save_pictures(run, progress, found, card, job);
  const train::Event result = result_event(progress, found, card, s, count(*module), run.path());
  run.record(result);
  if (output.json) {
    print(train::to_json(result) + "\n");
  } else {
    print(report(found, card, terminal(stdout, output.color)) + "\n" + text::kRunFolder.str() +
          " " + run.path() + "\n");
  }
  return 0;
}

struct TrainOptions {
  SettingFlags flags;
  std::string out;
};

struct ResumeOptions {
  std::string run;
  std::int64_t epochs = -1;
};

int train_now(const TrainOptions& options, const OutputOptions& output) {
  Settings settings = options.flags.load();
  resolve(settings, is_csv(settings.data));
  Dataset data = open_dataset(settings);
  if (fs::exists(settings.data)) settings.data = fs::absolute(settings.data).lexically_normal();
  return execute({.settings = settings, .data = std::move(data), .out = options.out}, output);
}

int resume_now(const ResumeOptions& options, const OutputOptions& output) {
  const RunFolder run = RunFolder::open(options.run);
  Settings settings = read_config(run.config());
  if (!fs::exists(run.last()) && !fs::exists(run.best()))
    throw IoError(
        fmt::format("{}: the run stopped before its first checkpoint; hint: percept train "
                    "--config {}",
                    options.run, run.config()));
  resolve(settings, is_csv(settings.data));
  const bool new_epochs = options.epochs >= 0 && options.epochs != *settings.epochs;
  if (new_epochs && schedule_needs_epochs(settings))
    throw UsageError(
        fmt::format("--epochs: found {}, allowed {}: the schedule '{}' was made for that "
                    "many",
                    options.epochs, *settings.epochs, settings.schedule));
  if (new_epochs) settings.epochs = options.epochs;
  Dataset data = open_dataset(settings);
  return execute({.settings = settings,
                  .data = std::move(data),
                  .resumed = options.run,
                  .new_epochs = new_epochs},
                 output);
}

}  // namespace

void add_train(Program& program) {
  CLI::App* command = add_command(
      program.root, "train", text::kAboutTrain,
      {"percept train fashion-mnist", "percept train fashion-mnist --optimizer adam --shuffle",
       "percept train iris.csv --target species",
       "percept train --config runs/fashion-mnist-1/config.toml"});
  auto options = std::make_shared<TrainOptions>();
  command->add_option("DATA", options->flags.data, text::kData.str());
  options->flags.add_to(*command);
  command->add_option("--out", options->out, text::kOut.str())->type_name("DIR");
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return train_now(*options, program.output); };
  });
}

void add_resume(Program& program) {
  CLI::App* command = add_command(
      program.root, "resume", text::kAboutResume,
      {"percept resume runs/fashion-mnist-1", "percept resume runs/fashion-mnist-1 --epochs 10"});
  auto options = std::make_shared<ResumeOptions>();
  command->add_option("RUN", options->run, text::kRunArgument.str())->required();
  command->add_option("--epochs", options->epochs, text::kMoreEpochs.str())
      ->type_name("N")
      ->check(CLI::Range(0, 1000000));
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return resume_now(*options, program.output); };
  });
}

}  // namespace percept::app
