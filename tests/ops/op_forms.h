// What the table of operations is written with: reading JSON arguments, and the forms of call that
// many operations share. A family adds `void put_FAMILY(Table& table)` in a FAMILY_table.cpp of its
// own, and op_table.cpp calls it.
#pragma once

#include <limits>
#include <optional>
#include <stdexcept>

#include "ops/op_table.h"
#include "percept/ops/indexing.h"
#include "percept/ops/loss.h"
#include "percept/ops/reduce.h"
#include "percept/tensor/factory.h"

namespace percept::testing {

// -- reading arguments
inline double real_of(const Args& value) {
  if (!value.is_string()) return value.get<double>();
  const auto text = value.get<std::string>();
  if (text == "inf") return std::numeric_limits<double>::infinity();
  if (text == "-inf") return -std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  throw std::invalid_argument("not a number: " + text);
}

inline Scalar scalar_of(const Args& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_number_integer()) return value.get<std::int64_t>();
  return real_of(value);
}

inline Shape shape_of(const Args& value) {
  if (value.is_number()) return {value.get<std::int64_t>()};
  return Shape(std::span<const std::int64_t>(value.get<std::vector<std::int64_t>>()));
}

inline double real(const Args& args, const char* name, double otherwise) {
  return args.contains(name) ? real_of(args.at(name)) : otherwise;
}
inline std::int64_t integer(const Args& args, const char* name) {
  return args.at(name).get<std::int64_t>();
}
inline std::int64_t integer(const Args& args, const char* name, std::int64_t otherwise) {
  return args.value(name, otherwise);
}
inline Scalar scalar(const Args& args, const char* name) { return scalar_of(args.at(name)); }
inline std::optional<Scalar> maybe_scalar(const Args& args, const char* name) {
  if (!args.contains(name) || args.at(name).is_null()) return {};
  return scalar(args, name);
}
inline Shape shape(const Args& args, const char* name) { return shape_of(args.at(name)); }

/// The input that an argument names by its place; undefined when there is none.
inline Tensor optional_tensor(const Inputs& inputs, const Args& args, const char* name) {
  return args.contains(name) ? inputs.at(args.at(name).get<std::size_t>()) : Tensor();
}

inline Reduction reduction(const Args& args) {
  const std::string name = args.value("reduction", "mean");
  if (name == "none") return Reduction::none;
  if (name == "sum") return Reduction::sum;
  if (name == "mean") return Reduction::mean;
  throw std::invalid_argument("reduction: " + name);
}

inline KlReduction kl_reduction(const Args& args) {
  if (args.value("reduction", "mean") == "batchmean") return KlReduction::batchmean;
  switch (reduction(args)) {
    case Reduction::none:
      return KlReduction::none;
    case Reduction::sum:
      return KlReduction::sum;
    case Reduction::mean:
      break;
  }
  return KlReduction::mean;
}

inline ReduceOptions keepdim(const Args& args) { return {.keepdim = args.value("keepdim", false)}; }

inline Tensor pick(const ValuesIndices& both, const Args& args) {
  return args.value("output", "values") == "indices" ? both.indices : both.values;
}
inline Tensor pick(const std::vector<Tensor>& parts, const Args& args) {
  return parts.at(static_cast<std::size_t>(integer(args, "output", 0)));
}

inline Tensor truth(bool x) { return full({}, x); }

/// 3, {"slice": [start, stop, step]}, "...", null, or {"input": place}.
inline TensorIndex index_of(const Args& entry, const Inputs& inputs) {
  if (entry.is_null()) return None;
  if (entry.is_string()) return Ellipsis;
  if (entry.is_number()) return entry.get<std::int64_t>();
  if (entry.contains("input")) return inputs.at(entry.at("input").get<std::size_t>());
  Slice slice;
  const Args& bounds = entry.at("slice");
  if (!bounds.at(0).is_null()) slice.start = bounds.at(0).get<std::int64_t>();
  if (!bounds.at(1).is_null()) slice.stop = bounds.at(1).get<std::int64_t>();
  if (bounds.size() > 2) slice.step = bounds.at(2).get<std::int64_t>();
  return slice;
}

/// f({index, index, ...}) for the entries of "indices".
template <class F>
inline Tensor with_indices(const Inputs& inputs, const Args& args, const F& f) {
  const Args& list = args.at("indices");
  const auto at = [&](std::size_t i) { return index_of(list.at(i), inputs); };
  switch (list.size()) {
    case 1:
      return f({at(0)});
    case 2:
      return f({at(0), at(1)});
    case 3:
      return f({at(0), at(1), at(2)});
    case 4:
      return f({at(0), at(1), at(2), at(3)});
    default:
      throw std::invalid_argument("indices: one to four entries");
  }
}

using Indices = std::initializer_list<TensorIndex>;
using Table = std::map<std::string, OpEntry>;
using Call = std::function<Tensor(const Inputs&, const Args&)>;

// -- families with a table file of their own
void put_pool(Table& table);
void put_batch_norm(Table& table);
void put_pad(Table& table);
// -- the families
void put_recurrent(Table& table);

inline void put(Table& table, const std::string& name, Call call) {
  table[name] = {name, std::move(call)};
}

// -- families in files of their own
void put_conv(Table& table);

// -- forms that many operations share
using Unary = Tensor(const Tensor&);
using Binary = Tensor(const Tensor&, const Tensor&);
using TensorNumber = Tensor(const Tensor&, const Scalar&);
using NumberTensor = Tensor(const Scalar&, const Tensor&);

inline void put_unary(Table& table, const std::string& name, Unary* f) {
  put(table, name, [f](const Inputs& in, const Args&) { return f(in.at(0)); });
}

inline void put_binary(Table& table, const std::string& name, Binary* f,
                       TensorNumber* right = nullptr, NumberTensor* left = nullptr) {
  put(table, name, [=](const Inputs& in, const Args& args) {
    if (right && args.contains("other")) return right(in.at(0), scalar(args, "other"));
    if (left && args.contains("self")) return left(scalar(args, "self"), in.at(0));
    return f(in.at(0), in.at(1));
  });
}

using ReduceAll = Tensor(const Tensor&);
using ReduceDims = Tensor(const Tensor&, const Shape&, const ReduceOptions&);
using ReduceDim = Tensor(const Tensor&, std::int64_t, const ReduceOptions&);
using ChooseDim = ValuesIndices(const Tensor&, std::int64_t, const ReduceOptions&);
using VarAll = Tensor(const Tensor&, const VarOptions&);
using VarDims = Tensor(const Tensor&, const Shape&, const VarOptions&);

inline void put_reduction(Table& table, const std::string& name, ReduceAll* all, ReduceDims* dims) {
  put(table, name, [=](const Inputs& in, const Args& args) {
    return args.contains("dim") ? dims(in.at(0), shape(args, "dim"), keepdim(args)) : all(in.at(0));
  });
}
inline void put_reduction(Table& table, const std::string& name, ReduceAll* all, ReduceDim* dim) {
  put(table, name, [=](const Inputs& in, const Args& args) {
    return args.contains("dim") ? dim(in.at(0), integer(args, "dim"), keepdim(args))
                                : all(in.at(0));
  });
}
inline void put_reduction(Table& table, const std::string& name, ReduceAll* all, ChooseDim* dim) {
  put(table, name, [=](const Inputs& in, const Args& args) {
    return args.contains("dim") ? pick(dim(in.at(0), integer(args, "dim"), keepdim(args)), args)
                                : all(in.at(0));
  });
}
inline void put_reduction(Table& table, const std::string& name, VarAll* all, VarDims* dims) {
  put(table, name, [=](const Inputs& in, const Args& args) {
    const VarOptions options{.correction = integer(args, "correction", 1),
                             .keepdim = args.value("keepdim", false)};
    return args.contains("dim") ? dims(in.at(0), shape(args, "dim"), options)
                                : all(in.at(0), options);
  });
}

// -- the families in files of their own
void put_attention(Table& table);

}  // namespace percept::testing
