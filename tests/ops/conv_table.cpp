#include "percept/ops/conv.h"

#include "ops/op_forms.h"
#include "percept/ops/unfold.h"

namespace percept::testing {
namespace {

PerDim per_dim(const Args& args, const char* name, std::int64_t otherwise) {
  return args.contains(name) ? PerDim(shape(args, name)) : PerDim(otherwise);
}

Padding padding_of(const Args& args) {
  if (!args.contains("padding")) return 0;
  const Args& given = args.at("padding");
  return given.is_string() ? Padding(given.get<std::string>().c_str()) : Padding(shape_of(given));
}

ConvOptions conv_options(const Args& args) {
  return {.stride = per_dim(args, "stride", 1),
          .padding = padding_of(args),
          .dilation = per_dim(args, "dilation", 1),
          .groups = integer(args, "groups", 1)};
}

UnfoldOptions unfold_options(const Args& args) {
  return {.dilation = per_dim(args, "dilation", 1),
          .padding = per_dim(args, "padding", 0),
          .stride = per_dim(args, "stride", 1)};
}

Tensor bias_of(const Inputs& in) { return in.size() > 2 ? in[2] : Tensor(); }

}  // namespace

void put_conv(Table& table) {
  put(table, "conv1d", [](const Inputs& in, const Args& args) {
    return conv1d(in.at(0), in.at(1), bias_of(in), conv_options(args));
  });
  put(table, "conv2d", [](const Inputs& in, const Args& args) {
    return conv2d(in.at(0), in.at(1), bias_of(in), conv_options(args));
  });
  put(table, "detail::conv2d_relu", [](const Inputs& in, const Args& args) {
    return detail::conv2d_relu(in.at(0), in.at(1), bias_of(in), conv_options(args));
  });
  put(table, "conv_transpose2d", [](const Inputs& in, const Args& args) {
    return conv_transpose2d(in.at(0), in.at(1), bias_of(in),
                            {.stride = per_dim(args, "stride", 1),
                             .padding = per_dim(args, "padding", 0),
                             .output_padding = per_dim(args, "output_padding", 0),
                             .groups = integer(args, "groups", 1),
                             .dilation = per_dim(args, "dilation", 1)});
  });
  put(table, "unfold", [](const Inputs& in, const Args& args) {
    return unfold(in.at(0), PerDim(shape(args, "kernel_size")), unfold_options(args));
  });
  put(table, "fold", [](const Inputs& in, const Args& args) {
    return fold(in.at(0), PerDim(shape(args, "output_size")), PerDim(shape(args, "kernel_size")),
                unfold_options(args));
  });
}

}  // namespace percept::testing
