// L22 Summary: the lecture's three parts in a few numbers, what to master, and the reader's runs.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "lessons/lesson.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

namespace fs = std::filesystem;

double parameters(std::int64_t inputs, std::int64_t outputs, std::vector<std::int64_t> hidden) {
  models::Mlp mlp(inputs, outputs, {.hidden = std::move(hidden)});
  return static_cast<double>(nn::summary(mlp, {1, inputs}).parameters);
}

/// A folder below ./runs with a model in it.
struct Run {
  std::string name;
  models::ModelCard card;
  double parameters = 0;
  double epochs = 0;
  double best_loss = train::kNaN;  // of the validation where there was one
};

/// What events.ndjson says of the epochs; a line that is none of ours is passed over.
void read_events(const fs::path& path, Run& run) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    const auto event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_object() || event.value("schema", "") != "percept.train.epoch/1") continue;
    ++run.epochs;
    for (const char* key : {"val_loss", "loss"}) {
      const auto at = event.find(key);
      if (at == event.end() || !at->is_number()) continue;
      const double loss = at->get<double>();
      if (!(run.best_loss <= loss)) run.best_loss = loss;
      break;
    }
  }
}

/// The runs in ./runs by name; what is no run is passed over.
std::vector<Run> own_runs() {
  std::vector<Run> runs;
  std::error_code none;
  for (const fs::directory_entry& folder : fs::directory_iterator("runs", none))
    for (const char* file : {"model.safetensors", "last/checkpoint.safetensors"}) {
      if (!fs::exists(folder.path() / file)) continue;
      try {
        const models::Model model = models::load_model((folder.path() / file).string());
        Run run{.name = folder.path().filename().string(), .card = model.card};
        for (const Tensor& p : model.module->parameters())
          run.parameters += static_cast<double>(p.numel());
        read_events(folder.path() / "events.ndjson", run);
        runs.push_back(run);
      } catch (const Error&) {
        continue;
      }
      break;
    }
  std::sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.name < b.name; });
  return runs;
}

/// "1/2", ticked when it is all of them; "–" before the first right answer.
std::string mark(const Progress& progress, const char* lesson) {
  const auto at = progress.find(lesson);
  if (at == progress.end()) return "–";
  const auto& [right, questions] = at->second;
  const bool all = static_cast<int>(right.size()) == questions;
  return fmt::format("{}{}/{}", all ? "✓ " : "", right.size(), questions);
}

/// What to master: an item, the lesson whose questions test it, and how many were answered rightly.
Table checklist(const Progress& progress, const char* name, const Text& title,
                const std::vector<std::pair<Text, const char*>>& items) {
  Column item{.name = "item", .title = {.zh = "掌握的内容", .en = "to master"}};
  Column command{.name = "lesson", .title = both("`percept lesson`")};
  Column predicted{.name = "predicted", .title = {.zh = "预测正确", .en = "predicted"}};
  for (const auto& [text, lesson] : items) {
    item.words.push_back(text);
    command.words.push_back(both(fmt::format("`{} --step`", lesson)));
    predicted.words.push_back(both(mark(progress, lesson)));
  }
  return {.name = name, .title = title, .columns = {item, command, predicted}};
}

}  // namespace

Lesson summary(const Options& options) {
  Lesson lesson;
  lesson.text({.zh = "神经网络是一种非线性建模方法：网络模型、目标函数、误差反向传播。"
                     "三个部分各用几个数回顾。",
               .en = "A neural network is a way of non-linear modelling: a network, an objective, "
                     "back-propagation. Each of the three parts again, in a few numbers."});

  lesson.heading({.zh = "一、原理", .en = "Principle"});
  lesson.formula("f(x) = f⁽³⁾(f⁽²⁾(f⁽¹⁾(x))),   f⁽ᵏ⁾(h) = activation(W h + b)");
  lesson.question({.zh = "784-256-10 有多少个参数？", .en = "How many parameters has 784-256-10?"},
                  parameters(784, 10, {256}), 0);
  lesson.table(
      {.name = "parameters",
       .title = {.zh = "课件中的网络", .en = "The networks of the lecture"},
       .columns = {{.name = "network",
                    .title = {.zh = "网络", .en = "network"},
                    .words = {both("2-2-1"), both("2-8-2"), both("2-32-2"), both("2-8-8-2"),
                              both("1-8-4-4-1"), both("784-256-10"), both("784-512-512-10")}},
                   {.name = "parameters",
                    .title = {.zh = "参数个数", .en = "parameters"},
                    .values = {parameters(2, 1, {2}), parameters(2, 2, {8}), parameters(2, 2, {32}),
                               parameters(2, 2, {8, 8}), parameters(1, 1, {8, 4, 4}),
                               parameters(784, 10, {256}), parameters(784, 10, {512, 512})},
                    .expected = golden({"9", "42", "162", "114", "77", "203530", "669706"})}}});

  lesson.note({.zh = "课件的发展历史一页把自编码器记为 2006 年；用网络重构自己的输入，1980 "
                     "年代就有了，2006 年的新意是逐层预训练。",
               .en = "The lecture's page of history dates the autoencoder 2006; networks that "
                     "rebuild their own input are of the 1980s, and what was new in 2006 was to "
                     "pre-train them layer by layer."});

  lesson.heading({.zh = "二、训练", .en = "Training"});
  lesson.formula(
      "L(θ) = 1/(2N) Σ (y - y*)²            MSE\n"
      "L(θ) = -log softmax(z)ᵢ              cross entropy of class i\n"
      "∂L/∂w = ∂L/∂y · ∂y/∂w,   w ← w - η ∂L/∂w");
  const Tensor uniform = zeros({1, 10}, {.dtype = f64});
  const Tensor nine = full({1}, 9, {.dtype = i64});
  Tensor logits = tensor({1., 2., 3.}, {.dtype = f64});
  logits.requires_grad_();
  const Tensor loss = cross_entropy(logits.unsqueeze(0), full({1}, 2, {.dtype = i64}));
  loss.backward();
  const std::vector<double> q = softmax(logits.detach(), 0).to_vector<double>();
  const std::vector<double> gradient = logits.grad().to_vector<double>();
  lesson.numbers(
      "training", {.zh = "目标函数", .en = "Objectives"},
      {{{.zh = "10 类等概率时的交叉熵", .en = "cross entropy of 10 equally likely classes"},
        cross_entropy(uniform, nine).item(),
        printed("2.3026")},
       {{.zh = "概率为 0.95 时的交叉熵", .en = "cross entropy at probability 0.95"},
        -log(tensor(0.95, {.dtype = f64})).item(),
        printed("0.0513")},
       {both("softmax([1, 2, 3])[0]"), q[0], printed("0.09003057")},
       {both("softmax([1, 2, 3])[1]"), q[1], printed("0.24472847")},
       {both("softmax([1, 2, 3])[2]"), q[2], printed("0.66524096")},
       {both("∂L/∂z[0] = q - y"), gradient[0], golden("0.090031")},
       {both("∂L/∂z[1]"), gradient[1], golden("0.244728")},
       {both("∂L/∂z[2]"), gradient[2], golden("-0.334759")}});

  lesson.heading({.zh = "三、编程", .en = "Programming"});
  lesson.code(
      "for (auto& [X, y] : loader) {\n"
      "  const Tensor loss = loss_fn(model(X), y);\n"
      "  optimizer.zero_grad();\n"
      "  loss.backward();\n"
      "  optimizer.step();\n"
      "}");

  lesson.heading({.zh = "需要掌握的内容", .en = "What to master"});
  lesson.text({.zh =
                   "每一项都有一课来自测：`--step` 先提问，再给出数值。预测正确的问题记在最后一列，"
                   "全部正确才有 `✓`。",
               .en = "Each item has a lesson to test yourself: `--step` asks before it shows a "
                     "number. The last column keeps what you predicted rightly; a `✓` takes all "
                     "questions of the lesson."});
  lesson.table(checklist(
      options.progress, "principle", {.zh = "原理", .en = "Principle"},
      {{{.zh = "多层感知机（前馈神经网络）", .en = "multi-layer perceptron (feed-forward)"}, "xor"},
       {{.zh = "回归的目标函数：均方误差", .en = "objective of regression: mean square error"},
        "mse"},
       {{.zh = "分类的目标函数：softmax 与交叉熵", .en = "class objective: softmax, cross entropy"},
        "cross-entropy"},
       {{.zh = "误差反向传播、梯度下降", .en = "back-propagation, gradient descent"},
        "backprop"}}));
  lesson.table(checklist(
      options.progress, "mathematics", {.zh = "数学基础", .en = "Mathematics"},
      {{{.zh = "复合函数求导：链式法则", .en = "composed functions: chain rule"}, "backprop"},
       {both("softmax"), "softmax"},
       {{.zh = "交叉熵", .en = "cross entropy"}, "cross-entropy"}}));
  lesson.table(checklist(
      options.progress, "programming", {.zh = "编程实践", .en = "Programming"},
      {{{.zh = "八个入门基础", .en = "the eight basics"}, "basics"},
       {{.zh = "Fashion-MNIST 的三种方法", .en = "Fashion-MNIST, three ways"}, "fashion-mnist"}}));

  lesson.heading({.zh = "自己的训练", .en = "Runs of your own"});
  const std::vector<Run> runs = own_runs();
  if (runs.empty()) {
    lesson.text({.zh = "`./runs` 中还没有训练结果。`percept train` 会在那里保存一次训练。",
                 .en = "There is nothing in `./runs` yet. `percept train` saves a run there."});
    return lesson;
  }
  Column name{.name = "run", .title = {.zh = "训练", .en = "run"}};
  Column architecture{.name = "model", .title = {.zh = "模型", .en = "model"}};
  Column data{.name = "data", .title = {.zh = "数据", .en = "data"}};
  Column size{.name = "parameters", .title = {.zh = "参数个数", .en = "parameters"}};
  Column epochs{.name = "epochs", .title = {.zh = "训练轮数", .en = "epochs"}};
  Column best{.name = "loss", .title = {.zh = "最低损失", .en = "lowest loss"}, .digits = 4};
  for (const Run& run : runs) {
    name.words.push_back(both(run.name));
    architecture.words.push_back(both(run.card.architecture));
    data.words.push_back(both(fs::path(run.card.data).filename().string()));
    size.values.push_back(run.parameters);
    epochs.values.push_back(run.epochs);
    best.values.push_back(run.best_loss);
  }
  lesson.table({.name = "runs",
                .title = {.zh = "`./runs` 中的训练（有验证集时取其损失）",
                          .en = "The runs in `./runs` (the validation loss where there is one)"},
                .columns = {name, architecture, data, size, epochs, best}});
  return lesson;
}

}  // namespace percept::lessons
