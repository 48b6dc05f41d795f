#include "percept/train/checkpoint.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <nlohmann/json.hpp>

#include "percept/base/error.h"
#include "percept/io/safetensors.h"

namespace percept::train {
namespace {

using Json = nlohmann::json;

constexpr const char* kFormat = "percept.checkpoint/1";

// JSON has no infinity and no NaN: they are written as texts.
Json number_or_name(double x) {
  if (std::isnan(x)) return "nan";
  if (std::isinf(x)) return x > 0 ? "inf" : "-inf";
  return x;
}

double as_double(const Json& json) {
  if (!json.is_string()) return json.get<double>();
  const auto& text = json.get_ref<const std::string&>();
  if (text == "nan") return kNaN;
  return text == "inf" ? std::numeric_limits<double>::infinity()
                       : -std::numeric_limits<double>::infinity();
}

Json to_json(const EpochResult& r) {
  return {{"epoch", r.epoch},
          {"loss", number_or_name(r.loss)},
          {"accuracy", number_or_name(r.accuracy)},
          {"val_loss", number_or_name(r.val_loss)},
          {"val_accuracy", number_or_name(r.val_accuracy)},
          {"val_r2", number_or_name(r.val_r2)},
          {"lr", number_or_name(r.lr)},
          {"seconds", number_or_name(r.seconds)},
          {"samples_per_second", number_or_name(r.samples_per_second)},
          {"best", r.best}};
}

EpochResult epoch_from(const Json& j) {
  EpochResult r;
  r.epoch = j.at("epoch");
  r.loss = as_double(j.at("loss"));
  r.accuracy = as_double(j.at("accuracy"));
  r.val_loss = as_double(j.at("val_loss"));
  r.val_accuracy = as_double(j.at("val_accuracy"));
  r.val_r2 = as_double(j.at("val_r2"));
  r.lr = as_double(j.at("lr"));
  r.seconds = as_double(j.at("seconds"));
  r.samples_per_second = as_double(j.at("samples_per_second"));
  r.best = j.at("best");
  return r;
}

Json to_json(const Progress& p) {
  Json history = Json::array();
  for (const EpochResult& result : p.history) history.push_back(to_json(result));
  return {{"epoch", p.epoch},
          {"step", p.step},
          {"loss_sum", number_or_name(p.loss_sum)},
          {"correct", p.correct},
          {"samples", p.samples},
          {"batch", p.batch},
          {"seconds", number_or_name(p.seconds)},
          {"best_loss", number_or_name(p.best_loss)},
          {"best_epoch", p.best_epoch},
          {"epochs_without_gain", p.epochs_without_gain},
          {"history", history}};
}

Progress progress_from(const Json& j) {
  Progress p;
  p.epoch = j.at("epoch");
  p.step = j.at("step");
  p.loss_sum = as_double(j.at("loss_sum"));
  p.correct = j.at("correct");
  p.samples = j.at("samples");
  p.batch = j.at("batch");
  p.seconds = as_double(j.at("seconds"));
  p.best_loss = as_double(j.at("best_loss"));
  p.best_epoch = j.at("best_epoch");
  p.epochs_without_gain = j.at("epochs_without_gain");
  for (const Json& entry : j.at("history")) p.history.push_back(epoch_from(entry));
  return p;
}

Json without_tensors(const optim::State& state) {
  Json numbers = Json::object();
  for (const auto& [name, x] : state.numbers) numbers[name] = number_or_name(x);
  return {{"type", state.type}, {"numbers", numbers}};
}

void put(NamedTensors& all, const std::string& prefix, const NamedTensors& part) {
  for (const auto& [name, tensor] : part) all.add(prefix + name, tensor);
}

NamedTensors take(const NamedTensors& all, const std::string& prefix) {
  NamedTensors part;
  for (const auto& [name, tensor] : all)
    if (name.starts_with(prefix)) part.add(name.substr(prefix.size()), tensor);
  return part;
}

optim::State state_from(const NamedTensors& all, const std::string& prefix, const Json& rest) {
  optim::State state{rest.at("type"), take(all, prefix), {}};
  for (const auto& [name, x] : rest.at("numbers").items()) state.numbers[name] = as_double(x);
  return state;
}

NamedTensors copy_of(const NamedTensors& tensors) {
  NamedTensors copies;
  for (const auto& [name, tensor] : tensors) copies.add(name, tensor.clone());
  return copies;
}

}  // namespace

namespace {

io::Safetensors make_checkpoint(Trainer& trainer, const data::DataLoader& loader,
                                const Metadata& metadata) {
  NamedTensors tensors;
  Json state;
  put(tensors, "model.", trainer.model().state_dict());
  const optim::State optimizer = trainer.optimizer().state_dict();
  put(tensors, "optimizer.", optimizer.tensors);
  state["optimizer"] = without_tensors(optimizer);
  if (trainer.scheduler()) {
    const optim::State scheduler = trainer.scheduler()->state_dict();
    put(tensors, "scheduler.", scheduler.tensors);
    state["scheduler"] = without_tensors(scheduler);
  }
  const GeneratorState generator = default_generator().state();
  state["generator"] = {
      {"seed", generator.seed}, {"stream", generator.stream}, {"step", generator.step}};
  const data::DataLoaderState place = loader.state();
  state["loader"] = {{"epoch", place.epoch}, {"position", place.position}};
  state["progress"] = to_json(trainer.progress());
  Metadata all = metadata;
  all["format"] = kFormat;
  all["state"] = state.dump();
  return {std::move(tensors), std::move(all)};
}

}  // namespace

void save_checkpoint(const std::string& path, Trainer& trainer, const data::DataLoader& loader,
                     const Metadata& metadata) {
  const io::Safetensors checkpoint = make_checkpoint(trainer, loader, metadata);
  io::save_safetensors(path, checkpoint.tensors, checkpoint.metadata);
}

Metadata load_checkpoint(const std::string& path, Trainer& trainer, data::DataLoader& loader) {
  io::Safetensors file = io::load_safetensors(path);
  if (const auto format = file.metadata.find("format");
      format == file.metadata.end() || format->second != kFormat)
    throw FormatError(
        fmt::format("{}: not a checkpoint of percept (format \"{}\" is expected)", path, kFormat));
  const NamedTensors model_before = copy_of(trainer.model().state_dict());
  const optim::State optimizer_before = trainer.optimizer().state_dict();
  try {
    const Json state = Json::parse(file.metadata.at("state"));
    Progress progress = progress_from(state.at("progress"));
    const Json& g = state.at("generator");
    const GeneratorState generator{g.at("seed"), g.at("stream"), g.at("step")};
    const data::DataLoaderState place{state.at("loader").at("epoch"),
                                      state.at("loader").at("position")};
    if (trainer.scheduler() && !state.contains("scheduler"))
      throw ValueError(
          fmt::format("{}: the checkpoint has no scheduler, the trainer has one", path));
    trainer.model().load_state_dict(take(file.tensors, "model."));
    trainer.optimizer().load_state_dict(
        state_from(file.tensors, "optimizer.", state.at("optimizer")));
    if (trainer.scheduler())
      trainer.scheduler()->load_state_dict(
          state_from(file.tensors, "scheduler.", state.at("scheduler")));
    loader.set_state(place);
    default_generator().set_state(generator);
    trainer.progress() = std::move(progress);
  } catch (const std::exception& error) {
    trainer.model().load_state_dict(model_before);
    trainer.optimizer().load_state_dict(optimizer_before);
    if (dynamic_cast<const Json::exception*>(&error) ||
        dynamic_cast<const std::out_of_range*>(&error))
      throw FormatError(
          fmt::format("{}: the checkpoint's state cannot be read: {}", path, error.what()));
    throw;
  }
  file.metadata.erase("format");
  file.metadata.erase("state");
  return file.metadata;
}

CheckpointCallback::CheckpointCallback(CheckpointOptions options)
    : options_(std::move(options)), last_{.path = options_.last}, best_{.path = options_.best} {}

void CheckpointCallback::on_epoch_end(Trainer& trainer, const EpochResult& result) {
  save(last_, trainer);
  if (result.best) save(best_, trainer);
}

void CheckpointCallback::on_end(Trainer& trainer) {
  if (trainer.progress().batch > 0) {
    last_.due = {};
    save(last_, trainer);
  }
  for (File* file : {&last_, &best_})
    if (file->waiting) write(*file, *file->waiting);
}

void CheckpointCallback::save(File& file, Trainer& trainer) {
  if (file.path.empty()) return;
  io::Safetensors checkpoint = make_checkpoint(trainer, *trainer.loader(), options_.metadata);
  if (std::chrono::steady_clock::now() >= file.due)
    write(file, checkpoint);
  else
    file.waiting = {copy_of(checkpoint.tensors), std::move(checkpoint.metadata)};
}

void CheckpointCallback::write(File& file, const io::Safetensors& checkpoint) {
  std::error_code error;
  if (const auto folder = std::filesystem::path(file.path).parent_path(); !folder.empty())
    std::filesystem::create_directories(folder, error);
  if (error)
    throw IoError(fmt::format("{}: the folder cannot be made: {}", file.path, error.message()));
  io::save_safetensors(file.path, checkpoint.tensors, checkpoint.metadata);
  file.waiting.reset();
  file.due = std::chrono::steady_clock::now() +
             std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                 std::chrono::duration<double>(options_.seconds_between));
}

EarlyStopping::EarlyStopping(std::int64_t patience) : patience_(patience) {
  if (patience < 1)
    throw ValueError(fmt::format("EarlyStopping: patience must be at least 1, found {}", patience));
}

void EarlyStopping::on_start(Trainer& trainer) {
  if (trainer.progress().epochs_without_gain >= patience_) trainer.stop();
}

void EarlyStopping::on_epoch_end(Trainer& trainer, const EpochResult&) {
  if (trainer.progress().epochs_without_gain >= patience_) trainer.stop();
}

void EventCallback::on_start(Trainer& trainer) {
  sink_({"percept.train.start/1",
         {{"epochs", trainer.options().epochs},
          {"epochs_done", trainer.progress().epoch},
          {"batches", trainer.loader()->size()},
          {"samples", trainer.loader()->dataset().size()}}});
}

void EventCallback::on_epoch_end(Trainer& trainer, const EpochResult& r) {
  sink_({"percept.train.epoch/1",
         {{"epoch", r.epoch},
          {"epochs", trainer.options().epochs},
          {"loss", r.loss},
          {"accuracy", r.accuracy},
          {"val_loss", r.val_loss},
          {"val_accuracy", r.val_accuracy},
          {"val_r2", r.val_r2},
          {"lr", r.lr},
          {"seconds", r.seconds},
          {"samples_per_second", r.samples_per_second},
          {"best", r.best}}});
}

void EventCallback::on_end(Trainer& trainer) {
  const Progress& p = trainer.progress();
  sink_({"percept.train.stop/1",
         {{"epoch", p.epoch},
          {"step", p.step},
          {"interrupted", trainer.was_interrupted()},
          {"best_epoch", p.best_epoch}}});
}

}  // namespace percept::train
