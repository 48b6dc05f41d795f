#include "lessons/trace.h"

#include <algorithm>
#include <cmath>

#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr double kStep = 0x1p-17;  // about 1e-5: a power of two, so that little is lost to rounding

/// Central difference of the loss for each element of `value`, moved in place.
Tensor slopes(const Tensor& value, const std::function<double()>& loss) {
  const NoGradGuard no_grad;
  Tensor result = zeros(value.shape(), {.dtype = f64});
  const std::span<double> moved = value.span<double>(), slope = result.span<double>();
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const double before = moved[i];
    moved[i] = before + kStep;
    const double above = loss();
    moved[i] = before - kStep;
    const double below = loss();
    moved[i] = before;
    slope[i] = (above - below) / (2 * kStep);
  }
  return result;
}

bool is_layer(nn::Module& module) {
  const std::string type = module.name();
  return module.named_children().empty() && type != "Flatten" && type != "Dropout";
}

/// a, h, z; with several hidden layers a1, h1, a2, h2, z.
void name_outputs(Trace& trace) {
  const auto is_linear = [](const TracedLayer& layer) { return layer.type == "Linear"; };
  const auto linear = std::count_if(trace.layers.begin(), trace.layers.end(), is_linear);
  int number = 0;
  for (TracedLayer& layer : trace.layers) {
    number += is_linear(layer);
    layer.symbol = is_linear(layer) ? "a" : "h";
    if (linear > 2) layer.symbol += std::to_string(number);
    if (number == linear) layer.symbol = is_linear(layer) ? "z" : "y";
  }
}

Traced traced(const std::string& name, const Tensor& tensor) {
  return {.name = name, .value = tensor.detach().clone(), .gradient = tensor.grad(), .slope = {}};
}

}  // namespace

Trace trace(nn::Module& net, const Tensor& x, const std::function<Tensor(const Tensor&)>& loss) {
  net.zero_grad();
  Tensor input = x.detach().clone();
  input.requires_grad_();
  std::vector<std::pair<std::string, nn::Module*>> modules;
  for (const auto& [name, module] : net.named_modules())
    if (is_layer(*module)) modules.emplace_back(name, module);

  std::vector<Tensor> outputs;
  std::vector<nn::ModuleHook> hooks;
  hooks.reserve(modules.size());
  for (const auto& [name, module] : modules)
    hooks.push_back(module->register_forward_hook(
        [&](nn::Module&, const Tensor&, const Tensor& y) -> std::optional<Tensor> {
          outputs.push_back(y);
          outputs.back().retain_grad();
          return std::nullopt;
        }));
  const Tensor total = loss(net(input));
  for (nn::ModuleHook& hook : hooks) hook.remove();
  total.backward();

  const auto loss_now = [&] { return loss(net(input)).item(); };
  Trace result{.input = traced("x", input), .layers = {}, .loss = total.item()};
  result.input.slope = slopes(input.detach(), loss_now);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto& [name, module] = modules[i];
    TracedLayer layer{name, module->name(), {}, traced(name, outputs[i]), {}};
    // A hook sets another output in the place of the layer's own.
    const Tensor moved = layer.output.value.clone();
    nn::ModuleHook hook = module->register_forward_hook(
        [&](nn::Module&, const Tensor&, const Tensor&) { return std::optional(moved); });
    layer.output.slope = slopes(moved, loss_now);
    hook.remove();
    for (const auto& [parameter_name, parameter] : module->named_parameters()) {
      layer.parameters.push_back(traced(parameter_name, parameter));
      layer.parameters.back().slope = slopes(parameter.detach(), loss_now);
    }
    result.layers.push_back(std::move(layer));
  }
  name_outputs(result);
  return result;
}

namespace {

std::vector<const Traced*> all_of(const Trace& trace) {
  std::vector<const Traced*> all{&trace.input};
  for (const TracedLayer& layer : trace.layers) {
    all.push_back(&layer.output);
    for (const Traced& parameter : layer.parameters) all.push_back(&parameter);
  }
  return all;
}

}  // namespace

double largest_gap(const Trace& trace) {
  double gap = 0;
  for (const Traced* t : all_of(trace))
    gap = std::max(gap, abs(t->gradient - t->slope).max().item());
  return gap;
}

std::int64_t count_elements(const Trace& trace) {
  std::int64_t count = 0;
  for (const Traced* t : all_of(trace)) count += t->value.numel();
  return count;
}

namespace {

constexpr std::int64_t kFew = 8;  // numbers that a box of the graph shows

/// The rows of a vector or matrix, or its shape.
std::string written(const Tensor& tensor) {
  if (tensor.numel() > kFew) return tensor.shape().str();
  const bool matrix = tensor.dim() == 2 && tensor.size(0) > 1;
  const std::int64_t columns = matrix ? tensor.size(1) : 1;
  std::string text;
  std::int64_t i = 0;
  for (const double v : tensor.to_vector<double>()) {
    if (i > 0) text += i % columns == 0 ? "\n" : ",  ";
    text += fmt::format("{:.4g}", v);
    ++i;
  }
  return text;
}

}  // namespace

plot::Figure graph_of(const Trace& trace, const std::string& title, const std::string& loss,
                      const std::string& target, Language language) {
  using enum plot::GraphRole;
  std::vector<plot::GraphNode> nodes;
  std::vector<plot::GraphEdge> edges;
  const auto add = [&](const std::string& label, plot::GraphRole role, const Traced& traced) {
    nodes.push_back({label, role, written(traced.value), written(traced.gradient)});
    return static_cast<int>(nodes.size()) - 1;
  };
  int last = add("x", Data, trace.input);
  std::string symbol = "x";
  for (const TracedLayer& layer : trace.layers) {
    std::vector<int> sources{last};
    const bool output = layer.symbol == "z";
    const std::string number = output ? "" : layer.symbol.substr(1);
    for (const Traced& p : layer.parameters)
      sources.push_back(add((p.name == "weight" ? output ? "w" : "W"
                             : output           ? "c"
                                                : "b") +
                                number,
                            Parameter, p));
    last =
        add(fmt::format("{} = {}({})", layer.symbol, layer.type, symbol), Operation, layer.output);
    for (const int source : sources) edges.push_back({source, last});
    symbol = layer.symbol;
  }
  const auto next = static_cast<int>(nodes.size());
  nodes.push_back({"y*", Data, target});
  nodes.push_back({loss, Operation, fmt::format("{:.6g}", trace.loss), "1"});
  edges.push_back({last, next + 1});
  edges.push_back({next, next + 1});
  return plot::computation_graph(
      nodes, edges,
      {.title = title,
       .data_label = Text{"数据", "data"}.in(language),
       .parameter_label = Text{"参数", "parameter"}.in(language),
       .operation_label = Text{"运算", "operation"}.in(language),
       .gradient_label = Text{"损失对它的梯度", "gradient of the loss"}.in(language)});
}

plot::Figure network_of(const Trace& trace, const std::string& title,
                        const std::vector<std::string>& inputs,
                        const std::vector<std::string>& outputs, Language language) {
  std::vector<plot::NetworkLayer> layers{{.units = static_cast<int>(trace.input.value.numel()),
                                          .name = "x",
                                          .labels = inputs,
                                          .values = trace.input.value.to_vector<double>()}};
  for (const TracedLayer& layer : trace.layers) {
    const std::vector<double> values = layer.output.value.to_vector<double>();
    if (layer.type != "Linear") {  // an activation belongs to the units before it
      layers.back().name = fmt::format("{} = {}", layer.symbol, layer.type);
      layers.back().values = values;
      continue;
    }
    layers.push_back({.units = static_cast<int>(values.size()), .name = layer.symbol});
    layers.back().values = values;
    for (const Traced& p : layer.parameters)
      (p.name == "weight" ? layers.back().weights : layers.back().biases) =
          p.value.to_vector<double>();
  }
  layers.back().labels = outputs;
  return plot::network(layers, {.title = title,
                                .positive_label = Text{"正权值", "positive weight"}.in(language),
                                .negative_label = Text{"负权值", "negative weight"}.in(language),
                                .bias_label = Text{"偏置量", "bias"}.in(language)});
}

}  // namespace percept::lessons
