// Padding and resizing by name.
#include "ops/op_forms.h"
#include "percept/ops/interpolate.h"
#include "percept/ops/pad.h"

namespace percept::testing {
namespace {

PadMode pad_mode(const Args& args) {
  const std::string name = args.value("mode", "constant");
  if (name == "constant") return PadMode::constant;
  if (name == "reflect") return PadMode::reflect;
  if (name == "replicate") return PadMode::replicate;
  if (name == "circular") return PadMode::circular;
  throw std::invalid_argument("mode: " + name);
}

InterpolateOptions interpolate_options(const Args& args) {
  InterpolateOptions options{.align_corners = args.value("align_corners", false)};
  const std::string mode = args.value("mode", "nearest");
  options.mode = mode == "linear"     ? InterpolateMode::linear
                 : mode == "bilinear" ? InterpolateMode::bilinear
                                      : InterpolateMode::nearest;
  if (args.contains("size")) {
    const Args& size = args.at("size");
    options.size = size.is_array() ? PerDim(shape_of(size)) : PerDim(size.get<std::int64_t>());
  }
  if (args.contains("scale_factor")) {
    const Args& factor = args.at("scale_factor");
    options.scale_factor = factor.is_array()
                               ? ScaleFactor(factor.at(0).get<double>(), factor.at(1).get<double>())
                               : ScaleFactor(factor.get<double>());
  }
  return options;
}

}  // namespace

void put_pad(Table& table) {
  put(table, "pad", [](const Inputs& in, const Args& args) {
    return pad(in.at(0), args.at("pad").get<std::vector<std::int64_t>>(),
               {pad_mode(args), maybe_scalar(args, "value").value_or(0)});
  });
  put(table, "interpolate", [](const Inputs& in, const Args& args) {
    return interpolate(in.at(0), interpolate_options(args));
  });
}

}  // namespace percept::testing
