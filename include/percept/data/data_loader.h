// DataLoader: a dataset in batches.
#pragma once

#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <vector>

#include "percept/data/dataset.h"
#include "percept/data/sampler.h"

namespace percept::data {

struct DataLoaderOptions {
  std::int64_t batch_size = 1;
  bool shuffle = false;    ///< a new order each epoch, from `seed` and the epoch's number
  bool drop_last = false;  ///< leave out a last batch of less than batch_size examples
  std::uint64_t seed = 0;  ///< of the order and of random transforms
  int num_workers = 0;  ///< threads that make batches ahead; 0 makes them where they are asked for
  int prefetch_factor = 2;  ///< batches each worker may be ahead
  std::function<Batch(const std::vector<Example>&)> collate_fn = {};  ///< collate() when empty
  Sampler sampler = {};  ///< the order, instead of shuffle
};

/// How far a loader is: `position` batches of `epoch` have been handed out.
struct DataLoaderState {
  std::int64_t epoch = 0;
  std::int64_t position = 0;
  friend bool operator==(const DataLoaderState&, const DataLoaderState&) = default;
};

/// Batches of a dataset: `for (auto& [x, y] : loader)`. Each such loop is one epoch. Batches and
/// their order are a pure function of dataset, options and epoch, whatever the number of workers.
/// What get(), a transform or collate_fn throws comes out of the loop at the batch it belongs to.
class DataLoader {
  struct Core;
  class Pass;

 public:
  /// Throws ValueError for options that make no sense.
  DataLoader(AnyDataset dataset, DataLoaderOptions options = {});
  DataLoader(DataLoader&&) noexcept;
  DataLoader& operator=(DataLoader&&) noexcept;
  ~DataLoader();

  /// The batches left of one epoch; copies go on together.
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using reference = Batch&;
    using pointer = Batch*;

    Batch& operator*() const;
    Batch* operator->() const { return &**this; }
    Iterator& operator++();
    void operator++(int) { ++*this; }
    friend bool operator==(const Iterator& i, std::default_sentinel_t) { return i.at_end(); }

   private:
    friend class DataLoader;
    explicit Iterator(std::shared_ptr<Pass> pass) : pass_(std::move(pass)) {}
    bool at_end() const;
    std::shared_ptr<Pass> pass_;
  };

  /// Starts the next epoch, or goes on at the state that was set. The loader must outlive the loop.
  Iterator begin();
  std::default_sentinel_t end() const { return {}; }

  /// Batches in a whole epoch.
  std::int64_t size() const;
  const Dataset& dataset() const;
  const DataLoaderOptions& options() const;

  /// After the k-th batch of epoch e has been handed out {e, k}; after the loop's end {e + 1, 0}.
  DataLoaderState state() const;
  /// The next loop goes on from there, to the same bits as if it had never stopped. Throws
  /// ValueError for a place that does not exist.
  void set_state(const DataLoaderState& state);

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace percept::data
