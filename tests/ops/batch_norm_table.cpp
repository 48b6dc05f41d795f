// Normalisation of channels, and dropping them, by name.
#include "ops/op_forms.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/batch_norm.h"
#include "percept/ops/dropout.h"

namespace percept::testing {
namespace {

/// Running statistics that depend on the channel alone, so that PyTorch's side can make the same:
/// c / 4 - 0.5 and c / 2 + 0.5.
struct Running {
  Tensor mean, var;
};
Running running_statistics(const Tensor& x, const Args& args) {
  if (!args.value("running", false)) return {};
  const Tensor c = arange(x.size(1), {.dtype = x.dtype()});
  return {c * 0.25 - 0.5, c * 0.5 + 0.5};
}

/// The result, or the running statistic that "output" names.
Tensor result_or_statistics(const Tensor& y, const Running& after, const Args& args) {
  const std::string output = args.value("output", "y");
  return output == "running_mean" ? after.mean : output == "running_var" ? after.var : y;
}

}  // namespace

void put_batch_norm(Table& table) {  // inputs: x, then weight and bias by their places
  put(table, "batch_norm", [](const Inputs& in, const Args& args) {
    const Running stats = running_statistics(in.at(0), args);
    const Tensor y = batch_norm(in.at(0), stats.mean, stats.var,
                                {.weight = optional_tensor(in, args, "weight"),
                                 .bias = optional_tensor(in, args, "bias"),
                                 .training = args.value("training", false),
                                 .momentum = real(args, "momentum", 0.1),
                                 .eps = real(args, "eps", 1e-5)});
    return result_or_statistics(y, stats, args);
  });
  put(table, "instance_norm", [](const Inputs& in, const Args& args) {
    const Running stats = running_statistics(in.at(0), args);
    const Tensor y =
        instance_norm(in.at(0), {.running_mean = stats.mean,
                                 .running_var = stats.var,
                                 .weight = optional_tensor(in, args, "weight"),
                                 .bias = optional_tensor(in, args, "bias"),
                                 .use_input_stats = args.value("use_input_stats", true),
                                 .momentum = real(args, "momentum", 0.1),
                                 .eps = real(args, "eps", 1e-5)});
    return result_or_statistics(y, stats, args);
  });
  put(table, "group_norm", [](const Inputs& in, const Args& args) {
    return group_norm(in.at(0), integer(args, "num_groups"),
                      {.weight = optional_tensor(in, args, "weight"),
                       .bias = optional_tensor(in, args, "bias"),
                       .eps = real(args, "eps", 1e-5)});
  });
  put(table, "dropout2d", [](const Inputs& in, const Args& args) {  // the same mask at every call
    Generator generator(args.value("seed", std::uint64_t{0}));
    return dropout2d(in.at(0), {.p = real(args, "p", 0.5),
                                .training = args.value("training", true),
                                .generator = &generator});
  });
}

}  // namespace percept::testing
