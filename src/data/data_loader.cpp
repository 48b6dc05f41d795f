#include "percept/data/data_loader.h"

#include <fmt/format.h>

#include <condition_variable>
#include <exception>
#include <mutex>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "base/parallel.h"
#include "data/gather.h"
#include "percept/autograd/grad_mode.h"
#include "percept/base/error.h"

namespace percept::data {

/// What the loader and its passes share.
struct DataLoader::Core {
  AnyDataset dataset;
  DataLoaderOptions options;
  DataLoaderState state = {};
  bool resume = true;  // the next pass starts at `state` instead of at the epoch after it
  const Pass* current = nullptr;  // the latest pass: the one that moves `state`

  std::int64_t examples() const {
    return options.sampler ? static_cast<std::int64_t>(options.sampler(draw(0)).size())
                           : dataset->size();
  }
  std::int64_t batches(std::int64_t count) const {
    const std::int64_t size = options.batch_size;
    return options.drop_last ? count / size : count / size + (count % size != 0);
  }
  Draw draw(std::int64_t epoch) const {
    return {.seed = options.seed,
            .stream = kTransformStream,
            .epoch = static_cast<std::uint64_t>(epoch),
            .sample = 0};
  }
};

/// One loop over the loader. Workers take the numbers of batches in turn and put each into the slot
/// of its number; a slot is free again when the loop has taken its batch, which bounds the queue.
class DataLoader::Pass {
 public:
  Pass(Core& core, DataLoaderState from) : core_(core), epoch_(from.epoch), taken_(from.position) {
    const DataLoaderOptions& options = core.options;
    const Draw draw = core.draw(epoch_);
    order_ = options.sampler   ? options.sampler(draw)
             : options.shuffle ? random_sampler(core.dataset->size())(draw)
                               : sequential_sampler(core.dataset->size())(draw);
    for (const std::int64_t i : order_) check_index(i, core.dataset->size(), "DataLoader: sampler");
    total_ = core.batches(static_cast<std::int64_t>(order_.size()));
    started_ = taken_;
    if (options.num_workers > 0 && taken_ < total_) start_workers();
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  ~Pass() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake_workers_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    if (core_.current == this) core_.current = nullptr;
  }

  /// Makes the next batch the current one, or ends.
  void advance() {
    batch_.reset();
    if (std::exchange(over_, true)) return;  // stays so when the next lines throw
    if (taken_ >= total_) return finish();
    batch_ = threads_.empty() ? make(taken_) : take();
    {
      const std::lock_guard lock(mutex_);
      ++taken_;
    }
    wake_workers_.notify_one();
    over_ = false;
    if (core_.current == this) core_.state = {epoch_, taken_};
  }
  std::optional<Batch>& batch() { return batch_; }

 private:
  struct Slot {
    std::optional<Batch> batch;
    std::exception_ptr error;
  };

  void finish() {
    if (core_.current != this) return;
    core_.state = {epoch_ + 1, 0};
    core_.resume = true;
    core_.current = nullptr;
  }

  Batch make(std::int64_t number) const {
    const NoGradGuard no_grad;
    const auto size = static_cast<std::size_t>(core_.options.batch_size);
    const auto first = static_cast<std::size_t>(number) * size;
    const auto indices = std::span(order_).subspan(first, std::min(size, order_.size() - first));
    const Draw draw = core_.draw(epoch_);
    const auto& collate_fn = core_.options.collate_fn;
    if (!collate_fn)
      if (auto batch = core_.dataset->get_batch(indices, draw)) return *std::move(batch);
    std::vector<Example> examples;
    examples.reserve(indices.size());
    for (const std::int64_t i : indices) examples.push_back(core_.dataset->sample(i, draw));
    return collate_fn ? collate_fn(examples) : collate(examples);
  }

  Slot& slot(std::int64_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
  }

  void start_workers() {
    const DataLoaderOptions& options = core_.options;
    const auto workers = std::min<std::int64_t>(options.num_workers, total_ - taken_);
    slots_.resize(static_cast<std::size_t>(workers * options.prefetch_factor));
    try {
      for (std::int64_t i = 0; i < workers; ++i) threads_.emplace_back([this] { work(); });
    } catch (const std::system_error&) {
      // Fewer threads make the same batches; without any, the loop makes them itself.
      if (threads_.empty()) slots_.clear();
    }
  }

  void work() {
    const SerialScope serial;  // the workers are the parallelism
    std::unique_lock lock(mutex_);
    while (true) {
      const auto window = static_cast<std::int64_t>(slots_.size());
      wake_workers_.wait(lock,
                         [&] { return stop_ || started_ >= total_ || started_ < taken_ + window; });
      if (stop_ || started_ >= total_) return;
      const std::int64_t number = started_++;
      lock.unlock();
      Slot made;
      try {
        made.batch = make(number);
      } catch (...) {
        made.error = std::current_exception();
      }
      lock.lock();
      slot(number) = std::move(made);
      wake_loop_.notify_one();
    }
  }

  /// Waits for batch `taken_`. Throws what making it threw.
  Batch take() {
    Slot made;
    {
      std::unique_lock lock(mutex_);
      Slot& wanted = slot(taken_);
      wake_loop_.wait(lock, [&] { return wanted.batch || wanted.error; });
      std::swap(made, wanted);
    }
    if (made.error) std::rethrow_exception(made.error);
    return *std::move(made.batch);
  }

  Core& core_;
  std::int64_t epoch_;
  std::vector<std::int64_t> order_;
  std::optional<Batch> batch_;  // the current one; empty at the end
  std::int64_t total_ = 0;
  bool over_ = false;  // at the end, or something was thrown

  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_workers_, wake_loop_;
  std::int64_t taken_;        // batches handed out
  std::int64_t started_ = 0;  // batches given to workers
  bool stop_ = false;
  std::vector<Slot> slots_;
  std::vector<std::thread> threads_;
};

DataLoader::DataLoader(AnyDataset dataset, DataLoaderOptions options) {
  const auto at_least = [](const char* name, std::int64_t found, std::int64_t least) {
    if (found < least)
      throw ValueError(
          fmt::format("DataLoader: {} must be at least {}, found {}", name, least, found));
  };
  at_least("batch_size", options.batch_size, 1);
  at_least("num_workers", options.num_workers, 0);
  at_least("prefetch_factor", options.prefetch_factor, 1);
  if (options.shuffle && options.sampler)
    throw ValueError("DataLoader: shuffle and sampler both give the order; give one of them");
  core_ = std::make_unique<Core>(Core{std::move(dataset), std::move(options)});
}

DataLoader::DataLoader(DataLoader&&) noexcept = default;
DataLoader& DataLoader::operator=(DataLoader&&) noexcept = default;
DataLoader::~DataLoader() = default;

DataLoader::Iterator DataLoader::begin() {
  const DataLoaderState from =
      core_->resume ? core_->state : DataLoaderState{core_->state.epoch + 1, 0};
  auto pass = std::make_shared<Pass>(*core_, from);
  core_->state = from;
  core_->current = pass.get();
  core_->resume = false;
  pass->advance();
  return Iterator(std::move(pass));
}

Batch& DataLoader::Iterator::operator*() const { return *pass_->batch(); }

DataLoader::Iterator& DataLoader::Iterator::operator++() {
  pass_->advance();
  return *this;
}

bool DataLoader::Iterator::at_end() const { return !pass_->batch(); }

std::int64_t DataLoader::size() const { return core_->batches(core_->examples()); }
const Dataset& DataLoader::dataset() const { return *core_->dataset; }
const DataLoaderOptions& DataLoader::options() const { return core_->options; }
DataLoaderState DataLoader::state() const { return core_->state; }

void DataLoader::set_state(const DataLoaderState& state) {
  if (state.epoch < 0 || state.position < 0 || state.position > size())
    throw ValueError(
        fmt::format("DataLoader: there is no position {} of epoch {}: an epoch has {} "
                    "batches",
                    state.position, state.epoch, size()));
  core_->state = state;
  core_->resume = true;
  core_->current = nullptr;
}

}  // namespace percept::data
