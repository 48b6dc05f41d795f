// Pooling by name.
#include "ops/op_forms.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/pool.h"

namespace percept::testing {
namespace {

PerDim sizes_of(const Args& value) {
  return value.is_array() ? PerDim(shape_of(value)) : PerDim(value.get<std::int64_t>());
}
PerDim sizes_of(const Args& args, const char* name, std::int64_t otherwise) {
  return args.contains(name) ? sizes_of(args.at(name)) : PerDim(otherwise);
}
std::optional<PerDim> maybe_sizes(const Args& args, const char* name) {
  if (!args.contains(name)) return {};
  return sizes_of(args.at(name));
}

MaxPoolOptions max_options(const Args& args) {
  return {.stride = maybe_sizes(args, "stride"),
          .padding = sizes_of(args, "padding", 0),
          .dilation = sizes_of(args, "dilation", 1),
          .ceil_mode = args.value("ceil_mode", false)};
}

AvgPoolOptions avg_options(const Args& args) {
  AvgPoolOptions options{.stride = maybe_sizes(args, "stride"),
                         .padding = sizes_of(args, "padding", 0),
                         .ceil_mode = args.value("ceil_mode", false),
                         .count_include_pad = args.value("count_include_pad", true)};
  if (args.contains("divisor_override"))
    options.divisor_override = integer(args, "divisor_override");
  return options;
}

OutputSize output_size(const Args& args) {
  const Args& size = args.at("output_size");
  if (!size.is_array()) return size.get<std::int64_t>();
  const auto one = [&](std::size_t i) {
    return size.at(i).is_null() ? std::optional<std::int64_t>() : size.at(i).get<std::int64_t>();
  };
  return {one(0), one(1)};
}

void put_max(Table& table, const char* name, decltype(max_pool2d) f) {
  put(table, name, [f](const Inputs& in, const Args& args) {
    return f(in.at(0), sizes_of(args.at("kernel_size")), max_options(args));
  });
}
void put_max(Table& table, const char* name, decltype(max_pool2d_with_indices) f) {
  put(table, name, [f](const Inputs& in, const Args& args) {
    return pick(f(in.at(0), sizes_of(args.at("kernel_size")), max_options(args)), args);
  });
}
void put_avg(Table& table, const char* name, decltype(avg_pool2d) f) {
  put(table, name, [f](const Inputs& in, const Args& args) {
    return f(in.at(0), sizes_of(args.at("kernel_size")), avg_options(args));
  });
}

}  // namespace

void put_pool(Table& table) {
  put_max(table, "max_pool1d", max_pool1d);
  put_max(table, "max_pool2d", max_pool2d);
  put_max(table, "max_pool1d_with_indices", max_pool1d_with_indices);
  put_max(table, "max_pool2d_with_indices", max_pool2d_with_indices);
  put_avg(table, "avg_pool1d", avg_pool1d);
  put_avg(table, "avg_pool2d", avg_pool2d);
  put(table, "adaptive_avg_pool1d", [](const Inputs& in, const Args& args) {
    return adaptive_avg_pool1d(in.at(0), integer(args, "output_size"));
  });
  put(table, "adaptive_max_pool1d", [](const Inputs& in, const Args& args) {
    return adaptive_max_pool1d(in.at(0), integer(args, "output_size"));
  });
  put(table, "adaptive_max_pool1d_with_indices", [](const Inputs& in, const Args& args) {
    return pick(adaptive_max_pool1d_with_indices(in.at(0), integer(args, "output_size")), args);
  });
  put(table, "adaptive_avg_pool2d", [](const Inputs& in, const Args& args) {
    return adaptive_avg_pool2d(in.at(0), output_size(args));
  });
  put(table, "adaptive_max_pool2d", [](const Inputs& in, const Args& args) {
    return adaptive_max_pool2d(in.at(0), output_size(args));
  });
  put(table, "adaptive_max_pool2d_with_indices", [](const Inputs& in, const Args& args) {
    return pick(adaptive_max_pool2d_with_indices(in.at(0), output_size(args)), args);
  });
}

}  // namespace percept::testing
