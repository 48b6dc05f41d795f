#include "percept/nn/summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ostream>
#include <unordered_map>
#include <unordered_set>

#include "percept/autograd/grad_mode.h"
#include "percept/base/random.h"
#include "percept/tensor/factory.h"

namespace percept::nn {
namespace {

std::int64_t bytes_of(const Tensor& x) {
  return x.numel() * static_cast<std::int64_t>(size_of(x.dtype()));
}

/// Adds up what one module owns itself; what another owns already counts once.
class Census final : public Visitor {
 public:
  void count(Module& module, SummaryRow& row, Summary& total) {
    row_ = &row, total_ = &total;
    children = owns = false;
    module.visit(*this);
  }
  bool children = false, owns = false;  // of the module last counted

 private:
  void on_parameter(std::string_view, Parameter& p) override {
    if (!p.defined()) return;
    owns = true;
    if (!seen_.insert(&p.impl()).second) return;
    row_->parameters += p.numel();
    total_->parameters += p.numel();
    if (p.requires_grad()) total_->trainable += p.numel();
    total_->parameter_bytes += bytes_of(p);
  }
  void on_buffer(std::string_view, Buffer& b) override {
    if (b.defined() && seen_.insert(&b.impl()).second) total_->parameter_bytes += bytes_of(b);
  }
  void on_module(std::string_view, Module&) override { children = true; }

  std::unordered_set<const TensorImpl*> seen_;
  SummaryRow* row_ = nullptr;
  Summary* total_ = nullptr;
};

/// Puts modes, hooks and the default generator back.
class Restore {
 public:
  explicit Restore(Module& module) {
    for (const auto& [name, m] : module.named_modules()) modes_.emplace_back(m, m->is_training());
  }
  Restore(const Restore&) = delete;
  Restore& operator=(const Restore&) = delete;
  ~Restore() {
    for (ModuleHook& hook : hooks) hook.remove();
    for (const auto& [module, training] : modes_) module->train(training);  // outermost first
    default_generator().set_state(generator_);
  }
  std::vector<ModuleHook> hooks;

 private:
  std::vector<std::pair<Module*, bool>> modes_;
  GeneratorState generator_ = default_generator().state();
};

std::string grouped(std::int64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t i = text.size(); i > 3;) text.insert(i -= 3, ",");
  return text;
}

std::string memory_text(std::int64_t bytes) {
  constexpr std::array units{"KiB", "MiB", "GiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  while (size >= 1024 && unit + 1 < units.size()) size /= 1024, ++unit;
  return fmt::format("{:.1f} {}", size, units[unit]);
}

/// At most `width` characters, the last ones: they tell layers apart.
std::string tail(const std::string& text, std::size_t width) {
  return text.size() <= width ? text : "..." + text.substr(text.size() + 3 - width);
}

}  // namespace

Summary summary(Module& module, const Shape& input_shape) {
  Summary result{.type = module.name(), .input = input_shape};
  Census census;
  std::unordered_map<const Module*, std::size_t> row_of;
  for (const auto& [name, m] : module.named_modules()) {
    SummaryRow row{.name = name, .type = m->name()};
    if (row_of.contains(m)) continue;
    census.count(*m, row, result);
    if (census.children && !census.owns) continue;
    row_of[m] = result.rows.size();
    result.rows.push_back(row);
  }

  Restore restore(module);
  std::vector<Tensor> kept;  // what is alive has an address of its own
  std::unordered_set<const void*> storages;
  const auto is_new = [&](const Tensor& x) {
    kept.push_back(x);
    return storages.insert(x.impl().storage->data).second;
  };
  for (const auto& [name, m] : module.named_modules()) {
    const auto found = row_of.find(m);
    if (found == row_of.end()) continue;
    SummaryRow& row = result.rows[found->second];
    row_of.erase(found);  // a module of two names is hooked once
    restore.hooks.push_back(m->register_forward_hook(
        [&](Module& self, const Tensor& x, const Tensor& y) -> std::optional<Tensor> {
          if (row.calls++ == 0) row.input = x.shape(), row.output = y.shape();
          row.multiply_adds += self.multiply_adds(x.shape(), y.shape());
          if (is_new(y)) result.activation_bytes += bytes_of(y);
          return {};
        }));
  }
  const NoGradGuard no_grad;
  Dtype dtype = f32;
  if (const auto parameters = module.parameters(); !parameters.empty())
    dtype = parameters.front().dtype();
  const Tensor x = zeros(input_shape, {.dtype = dtype});
  is_new(x);
  module.eval();
  result.output = module(x).shape();
  for (const SummaryRow& row : result.rows) result.multiply_adds += row.multiply_adds;
  return result;
}

std::string Summary::str() const {
  constexpr std::size_t kColumns = 5, kWidth = 80, kGap = 2;
  using Line = std::array<std::string, kColumns>;
  std::vector<Line> lines{{"layer", "type", "output", "parameters", "multiply-adds"}};
  for (const SummaryRow& row : rows)
    lines.push_back({row.name.empty() ? "(itself)" : row.name, row.type,
                     row.calls ? row.output.str() : "-", grouped(row.parameters),
                     row.calls ? grouped(row.multiply_adds) : "-"});
  lines.push_back({"total", "", "", grouped(parameters), grouped(multiply_adds)});

  std::array<std::size_t, kColumns> width{};
  std::size_t all = (kColumns - 1) * kGap;
  for (std::size_t c = 0; c < kColumns; ++c) {
    for (const Line& line : lines) width[c] = std::max(width[c], line[c].size());
    all += width[c];
  }
  constexpr std::array<std::size_t, 3> kLeast{12, 8, 8};  // of the three columns that may be cut
  for (std::size_t c = 0; c < kLeast.size() && all > kWidth; ++c) {
    const std::size_t less = std::min(all - kWidth, width[c] - std::min(width[c], kLeast[c]));
    width[c] -= less, all -= less;
  }

  std::string text = tail(fmt::format("{}: {} -> {}", type, input.str(), output.str()), kWidth);
  for (const Line& line : lines)
    text += fmt::format("\n{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}", tail(line[0], width[0]),
                        width[0], tail(line[1], width[1]), width[1], tail(line[2], width[2]),
                        width[2], line[3], width[3], line[4], width[4]);
  text += fmt::format("\n\nparameters   {}, trainable {}, {}", grouped(parameters),
                      grouped(trainable), memory_text(parameter_bytes));
  text += fmt::format("\nactivations  {}", memory_text(activation_bytes));
  return text;
}

std::ostream& operator<<(std::ostream& out, const Summary& summary) { return out << summary.str(); }

}  // namespace percept::nn
