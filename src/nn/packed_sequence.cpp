#include "percept/nn/packed_sequence.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>

#include "ops/check.h"
#include "percept/base/error.h"
#include "percept/ops/indexing.h"
#include "percept/ops/join.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

using Numbers = std::vector<std::int64_t>;

std::string text_of(const Numbers& numbers) {
  return fmt::format("[{}]", fmt::join(numbers, ", "));
}

/// Places of the lengths, longest first, equal ones in their order.
Numbers longest_first(const Numbers& lengths) {
  Numbers order(lengths.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int64_t a, std::int64_t b) {
    return lengths[static_cast<std::size_t>(a)] > lengths[static_cast<std::size_t>(b)];
  });
  return order;
}

Numbers back_from(const Numbers& order) {
  Numbers back(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    back[static_cast<std::size_t>(order[i])] = static_cast<std::int64_t>(i);
  return back;
}

/// The first two dimensions as one.
Tensor as_rows(const Tensor& x) { return flatten(x, 0, 1); }

}  // namespace

PackedSequence pack_padded_sequence(const Tensor& input, const Numbers& lengths,
                                    const PackOptions& options) {
  must_be_defined("pack_padded_sequence", input);
  if (input.dim() < 2)
    throw ShapeError(
        fmt::format("pack_padded_sequence: input must be (steps, N, ...), or (N, "
                    "steps, ...) with batch_first, found {}",
                    input.shape().str()));
  const std::int64_t steps = input.shape()[options.batch_first ? 1 : 0],
                     batch = input.shape()[options.batch_first ? 0 : 1];
  if (static_cast<std::int64_t>(lengths.size()) != batch || batch == 0)
    throw ValueError(fmt::format(
        "pack_padded_sequence: expects one length a sequence and at least one sequence, "
        "found {} for a batch of {} (shape {})",
        lengths.size(), batch, input.shape().str()));
  for (const std::int64_t length : lengths)
    if (length < 1 || length > steps)
      throw ValueError(
          fmt::format("pack_padded_sequence: lengths must lie between 1 and {}, the steps of "
                      "{}, found {}",
                      steps, input.shape().str(), text_of(lengths)));
  const bool sorted = std::is_sorted(lengths.rbegin(), lengths.rend());
  if (options.enforce_sorted && !sorted)
    throw ValueError(
        fmt::format("pack_padded_sequence: lengths must not increase, found {}; hint: "
                    "enforce_sorted = false sorts them",
                    text_of(lengths)));

  PackedSequence packed;
  const Numbers order = longest_first(lengths);
  const auto length_of = [&](std::int64_t i) { return lengths[static_cast<std::size_t>(i)]; };
  Numbers rows;  // of the input's first two dimensions as one
  for (std::int64_t t = 0; t < length_of(order[0]); ++t) {
    std::int64_t active = 0;
    for (const std::int64_t i : order) {
      if (length_of(i) <= t) break;
      rows.push_back(options.batch_first ? i * steps + t : t * batch + i);
      ++active;
    }
    packed.batch_sizes.push_back(active);
  }
  packed.data = index_select(as_rows(input), 0, from_vector(rows));
  if (!options.enforce_sorted) {
    packed.sorted_indices = from_vector(order);
    packed.unsorted_indices = from_vector(back_from(order));
  }
  return packed;
}

PaddedSequence pad_packed_sequence(const PackedSequence& sequence,
                                   const PadPackedOptions& options) {
  const Tensor &data = sequence.data, &sorted_indices = sequence.sorted_indices;
  const Numbers& batch_sizes = sequence.batch_sizes;
  must_be_defined("pad_packed_sequence", data);
  const std::int64_t rows =
      std::accumulate(batch_sizes.begin(), batch_sizes.end(), std::int64_t{0});
  if (data.dim() < 1 || batch_sizes.empty() || batch_sizes.back() < 1 ||
      !std::is_sorted(batch_sizes.rbegin(), batch_sizes.rend()) || rows != data.shape()[0])
    throw ValueError(
        fmt::format("pad_packed_sequence: batch_sizes must be above 0, not increase and add up to "
                    "the rows of data, found {} for data of shape {}",
                    text_of(batch_sizes), data.shape().str()));
  const auto longest = static_cast<std::int64_t>(batch_sizes.size());
  const std::int64_t steps = options.total_length.value_or(longest), batch = batch_sizes[0];
  if (steps < longest)
    throw ValueError(fmt::format(
        "pad_packed_sequence: total_length must be at least {}, the longest sequence, found {}",
        longest, steps));

  PaddedSequence padded{{}, Numbers(static_cast<std::size_t>(batch), 0)};
  const auto place = [&](std::int64_t n) {  // of the packed order's sequence n
    return sorted_indices.defined() ? sorted_indices.at<std::int64_t>(n) : n;
  };
  // Where each element of the result is in data; `rows` is a row of padding put after it.
  Numbers from(static_cast<std::size_t>(steps * batch), rows);
  std::int64_t row = 0;
  for (std::int64_t t = 0; t < longest; ++t)
    for (std::int64_t n = 0; n < batch_sizes[static_cast<std::size_t>(t)]; ++n) {
      const std::int64_t i = place(n);
      from[static_cast<std::size_t>(options.batch_first ? i * steps + t : t * batch + i)] = row++;
      ++padded.lengths[static_cast<std::size_t>(i)];
    }
  Shape one_row = data.shape();
  one_row[0] = 1;
  const Tensor with_padding =
      cat({data, full(one_row, options.padding_value, {.dtype = data.dtype()})});
  padded.output = unflatten(index_select(with_padding, 0, from_vector(from)), 0,
                            options.batch_first ? Shape{batch, steps} : Shape{steps, batch});
  return padded;
}

}  // namespace percept::nn
