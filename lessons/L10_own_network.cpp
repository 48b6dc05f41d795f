#include "lessons/L10_own_network.h"

#include "lessons/trace.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kMost = 1000;  // parameters
constexpr double kStepSize = 0.1;

/// A row of a table as the network takes it.
struct Example {
  Tensor x, y;  // (1, features) f64; (1) i64 or (1, 1) f64
  std::string name;
  std::vector<std::string> features;
};

Example read_example(const models::ModelCard& card, const Options& options) {
  if (card.table.empty())
    throw ValueError(fmt::format(
        "backprop: found a network for {}, allowed one that was trained on a CSV file", card.data));
  if (options.csv.empty())
    throw ValueError(
        "backprop: --csv FILE must say where the samples are: the model is not in its "
        "run folder");
  const auto schema = data::TableSchema::from_json(card.table, "the model's table schema");
  const data::Table table = data::read_csv(options.csv, {.known_names = schema.column_names()});
  if (options.sample < 0 || options.sample >= table.rows())
    throw IndexError(fmt::format("backprop: --sample {}: {} has the rows 0 to {}", options.sample,
                                 options.csv, table.rows() - 1));
  const data::EncodedTable rows = schema.encode(table);
  const Tensor y = rows.y.narrow(0, options.sample, 1);
  return {.x = rows.x.narrow(0, options.sample, 1).to(f64),
          .y = is_floating(y.dtype()) ? y.to(f64) : y,
          .name = fmt::format("{}:{}", options.csv, table.row_number(options.sample)),
          .features = schema.feature_names()};
}

/// "weight[1,2]", "z[0]"
std::string element_name(const std::string& name, const Tensor& tensor, std::int64_t i) {
  const bool row = tensor.dim() == 2 && name != "weight";  // of one sample
  if (tensor.dim() < 2 || row) return fmt::format("{}[{}]", name, i);
  return fmt::format("{}[{},{}]", name, i / tensor.size(1), i % tensor.size(1));
}

void add_rows(std::vector<Column>& columns, const std::string& name, const Traced& traced) {
  const std::vector<Tensor> numbers{traced.value, traced.gradient, traced.slope};
  for (std::int64_t i = 0; i < traced.value.numel(); ++i)
    columns[0].words.push_back(both(element_name(name, traced.value, i)));
  for (std::size_t k = 0; k < numbers.size(); ++k)
    for (const double v : numbers[k].to_vector<double>()) columns[k + 1].values.push_back(v);
}

std::vector<Column> empty_columns() {
  return {{.name = "what", .title = {.zh = "量", .en = "quantity"}},
          {.name = "value", .title = {.zh = "值", .en = "value"}, .digits = 6},
          {.name = "gradient", .title = {.zh = "梯度", .en = "gradient"}, .digits = 6},
          {.name = "slope", .title = {.zh = "差分", .en = "difference"}, .digits = 6}};
}

}  // namespace

Lesson backprop_of_own_network(const Options& options) {
  const models::Model model = models::load_model(options.model);
  const models::ModelCard& card = model.card;
  std::int64_t parameters = 0;
  for (const Tensor& p : model.module->parameters()) parameters += p.numel();
  if (parameters > kMost)
    throw ValueError(fmt::format(
        "backprop: found a network of {} parameters, allowed up to {}: every one is shown; hint: "
        "train a small one, such as --model mlp:8",
        parameters, kMost));
  const Example example = read_example(card, options);
  nn::Module& net = *model.module;
  net.to(f64);
  const bool classes = card.task == "classification";
  const auto loss = [&](const Tensor& z) {
    return classes ? cross_entropy(z, example.y) : mse_loss(z, example.y);
  };
  const Trace t = trace(net, example.x, loss);
  const std::string target =
      !classes ? fmt::format("{:.4g}", example.y.item())
               : card.classes.at(static_cast<std::size_t>(example.y.item<std::int64_t>()));

  Lesson lesson;
  lesson.text({.zh = "网络 `{}`，样本 `{}`，真值 `{}`。计算用 f64。",
               .en = "The network `{}`, the sample `{}`, the truth `{}`. Computed in f64."},
              card.architecture, example.name, target);
  lesson.formula(classes ? "L = cross_entropy(z, y*)" : "L = mse_loss(z, y*)");
  std::vector<Column> columns = empty_columns();
  add_rows(columns, "x", t.input);
  for (std::size_t i = 0; i < example.features.size(); ++i)
    columns[0].words[i] = both(example.features[i]);
  lesson.table({.name = "x", .title = {.zh = "输入 x", .en = "The input x"}, .columns = columns});
  std::string before = "x";
  for (const TracedLayer& layer : t.layers) {
    lesson.heading(both(fmt::format("{} = {}({})", layer.symbol, layer.type, before)));
    columns = empty_columns();
    add_rows(columns, layer.symbol, layer.output);
    for (const Traced& p : layer.parameters) add_rows(columns, p.name, p);
    lesson.table({.name = layer.symbol, .title = both("`" + layer.name + "`"), .columns = columns});
    before = layer.symbol;
  }

  lesson.heading({.zh = "损失", .en = "The loss"});
  optim::SGD(net.parameters(), {.lr = kStepSize}).step();
  const NoGradGuard no_grad;
  lesson.table(
      {.name = "loss",
       .title = {.zh = "走一步，学习率为 0.1", .en = "One step, learning rate 0.1"},
       .columns = {{.name = "when",
                    .title = {.zh = "何时", .en = "when"},
                    .words = {{.zh = "更新前", .en = "before"}, {.zh = "更新后", .en = "after"}}},
                   {.name = "loss",
                    .title = both("L"),
                    .values = {t.loss, loss(net(example.x)).item()},
                    .digits = 6}}});
  lesson.text({.zh = "{} 个梯度与差分最多相差 `{:.1e}`。若某个值恰在 `ReLU` 的折点附近，"
                     "差分会跨过折点，相差就大。",
               .en = "The {} gradients are at most `{:.1e}` away from their differences. It is "
                     "more where a value lies at the kink of a `ReLU`, which a difference "
                     "straddles."},
              count_elements(t), largest_gap(t));
  const std::vector<std::string> outputs = classes ? card.classes : std::vector<std::string>{"z"};
  lesson.figure(
      "graph",
      {.zh = "计算图：值向右，梯度向左", .en = "The graph: values go right, gradients come back"},
      [t, target, classes](Language language) {
        const char* formula = classes ? "L = cross_entropy(z, y*)" : "L = mse_loss(z, y*)";
        return graph_of(t, Text{"误差反向传播", "Back-propagation"}.in(language), formula, target,
                        language);
      });
  lesson.figure("network", {.zh = "样本在网络中", .en = "The sample in the network"},
                [t, outputs](Language language) {
                  return network_of(t, Text{"前向的值", "The values on the way"}.in(language), {},
                                    outputs, language);
                });
  return lesson;
}

}  // namespace percept::lessons
