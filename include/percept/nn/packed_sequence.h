// Sequences of several lengths as one batch without padding: torch.nn.utils.rnn.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "percept/tensor/tensor.h"

namespace percept::nn {

/// The steps of several sequences below each other, the longest sequence first: row after row step
/// 0 of all, then step 1 of those that have one, and so on.
struct PackedSequence {
  Tensor data = {};                            ///< (sum of lengths, ...)
  std::vector<std::int64_t> batch_sizes = {};  ///< how many sequences have a step t
  /// Where sequence i of the packed order stood before, and back; i64, undefined when they came in
  /// this order.
  Tensor sorted_indices = {}, unsorted_indices = {};
};

struct PackOptions {
  bool batch_first = false;    ///< input is (N, steps, ...)
  bool enforce_sorted = true;  ///< lengths do not increase; else they are sorted here
};
/// input (steps, N, ...) without what lies beyond each sequence's length. Throws ShapeError for
/// fewer than two dimensions, ValueError unless there is one length a sequence, from 1 to steps, in
/// the order that enforce_sorted asks for.
/// https://pytorch.org/docs/stable/generated/torch.nn.utils.rnn.pack_padded_sequence.html
PackedSequence pack_padded_sequence(const Tensor& input, const std::vector<std::int64_t>& lengths,
                                    const PackOptions& options = {});

struct PaddedSequence {
  Tensor output;  ///< (steps, N, ...) or (N, steps, ...)
  std::vector<std::int64_t> lengths;
};
struct PadPackedOptions {
  bool batch_first = false;
  double padding_value = 0;
  std::optional<std::int64_t> total_length = {};  ///< steps of the result; else the longest length
};
/// The inverse. Throws ValueError for a total_length below the longest sequence, and for a sequence
/// that is not packed.
PaddedSequence pad_packed_sequence(const PackedSequence& sequence,
                                   const PadPackedOptions& options = {});

}  // namespace percept::nn
