// Gallery, 1997: long short-term memory, with the plain recurrent network and GRU beside it.
#include "lessons/gallery/lstm.h"

#include <cmath>

#include "lessons/gallery/classifier.h"
#include "percept/percept.h"

namespace percept::lessons {
namespace {

/// One unit, every weight 0.5, no bias.
template <class Cell>
Cell all_halves() {
  Cell cell(1, 1, {.bias = false, .dtype = f64});
  const NoGradGuard no_grad;
  for (Tensor& parameter : cell.parameters()) parameter.fill_(0.5);
  return cell;
}

void tell_two_steps(Lesson& lesson) {
  lesson.heading({.zh = "两步，手算", .en = "Two steps by hand"});
  lesson.text(
      {.zh = "一个单元，权值全为 0.5，没有偏置量，输入 `x = 1, 1`，从 `h = c = 0` 出发。三个门"
             "的输入相同，所以 `i = f = o`。",
       .en = "One unit, every weight 0.5, no bias, inputs `x = 1, 1`, starting from `h = c "
             "= 0`. The three gates have the same input, so `i = f = o`."});
  auto lstm = all_halves<nn::LSTMCell>();
  auto gru = all_halves<nn::GRUCell>();
  auto rnn = all_halves<nn::RNNCell>();
  const NoGradGuard no_grad;
  const Tensor x = ones({1, 1}, {.dtype = f64}), start = zeros({1, 1}, {.dtype = f64});
  Column gate{.name = "gates", .title = both("i = f = o")}, g{.name = "g"}, c{.name = "c"},
      h{.name = "h"}, plain{.name = "rnn", .title = both("h, RNN")},
      gated{.name = "gru", .title = both("h, GRU")};
  LstmState state{start, start};
  Tensor h_rnn = start, h_gru = start;
  for (int step = 0; step < 2; ++step) {
    const double a = 0.5 + 0.5 * state.h.item();
    gate.values.push_back(sigmoid(tensor(a, {.dtype = f64})).item());
    g.values.push_back(std::tanh(a));
    state = lstm(x, state);
    c.values.push_back(state.c.item());
    h.values.push_back(state.h.item());
    h_rnn = rnn(x, h_rnn);
    h_gru = gru(x, h_gru);
    plain.values.push_back(h_rnn.item());
    gated.values.push_back(h_gru.item());
  }
  gate.expected = golden({"0.622459", "0.642707"});
  g.expected = golden({"0.462117", "0.527832"});
  c.expected = golden({"0.287649", "0.524116"});
  h.expected = golden({"0.174270", "0.309059"});
  plain.expected = golden({"0.462117", "0.623713"});
  gated.expected = golden({"0.174468", "0.292576"});
  const Column step{.name = "step", .title = {.zh = "步", .en = "step"}, .values = {1, 2}};
  lesson.question({.zh = "第一步之后，记忆 `c` 是多少？（`σ(0.5) = 0.6225`，`tanh(0.5) = 0.4621`）",
                   .en = "What is the memory `c` after the first step? (`σ(0.5) = 0.6225`, "
                         "`tanh(0.5) = 0.4621`)"},
                  c.values[0], 3);
  lesson.table(
      {.name = "steps", .title = {.zh = "LSTM", .en = "LSTM"}, .columns = {step, gate, g, c, h}});
  lesson.table(
      {.name = "others",
       .title = {.zh = "同样的权值，另外两种单元", .en = "The same weights in the other two"},
       .columns = {step, plain, gated}});
}

struct RowTraining {
  std::int64_t units;
  double floor;  // of the LSTM's accuracy
  ClassifierTraining course;
};
const RowTraining kFewRows{
    64, 0.7, {.pictures = 6000, .judged = 2000, .epochs = 3, .rate = 0.004, .clip = 1}};
const RowTraining kAllRows{
    128, 0.88, {.pictures = 60000, .judged = 10000, .epochs = 8, .rate = 0.004, .clip = 1}};

std::vector<double> tell_rows(Lesson& lesson, const Options& options) {
  const auto& [units, floor, course] = options.full ? kAllRows : kFewRows;
  lesson.heading({.zh = "逐行读图像", .en = "Reading pictures row by row"});
  lesson.text(
      {.zh = "Fashion-MNIST 的一张图像是 28 行的序列，每行 28 个数；最后一步的输出决定类别。"
             "{} 个单元，{} 张图像，{} 轮；在 {} 张测试图像上比较。",
       .en = "A picture of Fashion-MNIST is a sequence of 28 rows of 28 numbers; what the "
             "last step puts out decides on the class. {} units, {} pictures, {} epochs; "
             "{} test pictures judge."},
      units, course.pictures, course.epochs, course.judged);
  lesson.code(
      "nn::LSTM lstm(28, 128, {.batch_first = true});\n"
      "const auto [output, h_n, c_n] = lstm(x);  // x (N, 28, 28)\n"
      "const Tensor logits = classes(output.select(1, -1));  // an nn::Linear");
  manual_seed(static_cast<std::uint64_t>(options.seed));
  models::RowReader<nn::RNN> rnn(28, units, 10);
  models::RowReader<nn::LSTM> lstm(28, units, 10);
  models::RowReader<nn::GRU> gru(28, units, 10);
  std::vector<TrainedClassifier> trained;
  for (nn::Module* net : std::initializer_list<nn::Module*>{&rnn, &lstm, &gru}) {
    const char* name = kRecurrentNames[trained.size()];
    trained.push_back(
        {name, both(name), parameter_count(*net), train_classifier(course, *net, options)});
  }
  lesson.history(accuracy_history("rows", trained));
  std::vector<double> last;
  for (const TrainedClassifier& one : trained) last.push_back(one.accuracy.back());
  lesson.claim(last[1] >= floor && last[1] > last[0],
               {.zh = "LSTM 的正确率至少为 {}，并高于 RNN：{:.3f}",
                .en = "The LSTM's accuracy is at least {} and above the RNN's: {:.3f}"},
               floor, last[1]);
  return last;
}

}  // namespace

Lesson recurrent(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "循环网络每一步都用同样的权值，把所读的记在状态里。误差沿时间传回时一步步相乘，"
             "于是梯度消失（Hochreiter，1991）：相隔很远的联系学不到。1997 年，Hochreiter 与 "
             "Schmidhuber 让记忆 `c` 只做加法，由门决定写入什么、输出什么；这就是长短期记忆"
             "（LSTM）。遗忘门后来才有（Gers 等，2000），GRU 更简单（Cho 等，2014）。",
       .en = "A recurrent network has the same weights at every step and keeps what it has "
             "read in its state. Errors that go back in time are multiplied step by step, "
             "and gradients vanish (Hochreiter, 1991): what belongs together but lies far apart "
             "is not learned. In 1997 Hochreiter and Schmidhuber let the memory `c` only be "
             "added to, with gates that decide what is written and what is put out: long "
             "short-term memory (LSTM). The forget gate came later (Gers et al., 2000); "
             "GRU is simpler (Cho et al., 2014)."});
  lesson.formula(
      "i, f, o = σ(W x + U h + b),  g = tanh(W x + U h + b)\n"
      "c ← f c + i g,  h ← o tanh(c)");
  tell_two_steps(lesson);
  const LongMemory memory = tell_long_memory(lesson, options);
  const std::vector<double> rows = tell_rows(lesson, options);
  Column network{.name = "network", .title = {.zh = "网络", .en = "network"}};
  for (const char* name : kRecurrentNames) network.words.push_back(both(name));
  lesson.table({.name = "result",
                .title = {.zh = "三项任务的结果", .en = "Results on the three tasks"},
                .columns = {network,
                            {.name = "adding",
                             .title = {.zh = "加法，均方误差", .en = "adding, mean square error"},
                             .values = memory.adding,
                             .digits = 4},
                            {.name = "copying",
                             .title = {.zh = "抄写，正确率", .en = "copying, accuracy"},
                             .values = memory.copying,
                             .digits = 3},
                            {.name = "rows",
                             .title = {.zh = "图像，正确率", .en = "pictures, accuracy"},
                             .values = rows,
                             .digits = 3}}});
  return lesson;
}

}  // namespace percept::lessons
