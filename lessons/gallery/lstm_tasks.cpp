// Gallery, 1997: what has to be remembered for long, adding and copying; and the gates of one
// network over time.
#include <algorithm>
#include <cmath>
#include <functional>

#include "lessons/gallery/lstm.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

struct LongSizes {
  std::int64_t units, batch;
  std::int64_t add_length, add_steps;
  std::int64_t copy_delay, copy_steps;
  std::int64_t judged;  // new sequences
};
const LongSizes kShortLag{48, 32, 60, 2000, 30, 3000, 1000};
const LongSizes kLongLag{64, 64, 150, 3000, 60, 8000, 2000};
constexpr std::int64_t kSymbols = 8, kCopied = 3;

/// An answer after every step. x (N, steps, inputs), y (N, steps, outputs).
template <class Recurrent>
class StepReader : public nn::Module {
 public:
  StepReader(std::int64_t inputs, std::int64_t hidden, std::int64_t outputs)
      : recurrent(inputs, hidden, {.batch_first = true}), output(hidden, outputs) {}
  Tensor forward(const Tensor& x) override { return output(recurrent(x).output); }
  void visit(nn::Visitor& visitor) override {
    visitor("recurrent", recurrent);
    visitor("output", output);
  }
  std::string name() const override { return "StepReader"; }

  Recurrent recurrent;
  nn::Linear output;
};

/// New sequences whenever they are asked for.
struct LongTask {
  std::int64_t inputs, outputs, steps;
  std::int64_t answers;  ///< the last so many steps' outputs count
  double lr;
  double open;  ///< the bias with which the gate that keeps the memory starts
  std::function<data::Batch(std::int64_t count, Generator& generator)> draw;
  train::LossFunction loss, score;  // of outputs (N, answers, outputs)
};

/// Two of the numbers are marked; their sum is asked for at the end.
LongTask adding_task(std::int64_t length) {
  return {.inputs = 2,
          .outputs = 1,
          .steps = length,
          .answers = 1,
          .lr = 0.005,
          .open = 2,
          .draw = [length](std::int64_t count, Generator& generator) -> data::Batch {
            const Tensor numbers = rand({count, length}, {}, &generator);
            const Tensor early = randint(0, length / 2, {count}, {.dtype = i64}, &generator),
                         late = randint(length / 2, length, {count}, {.dtype = i64}, &generator);
            const Tensor marks = (one_hot(early, length) + one_hot(late, length)).to(f32);
            return {stack({numbers, marks}, 2), sum(numbers * marks, {1}).reshape({count, 1, 1})};
          },
          .loss = [](const Tensor& z, const Tensor& t) { return mse_loss(z, t); },
          .score = [](const Tensor& z, const Tensor& t) { return mse_loss(z, t); }};
}

/// Symbols, then blanks, then a sign: now they are to be repeated.
LongTask copying_task(std::int64_t delay) {
  const std::int64_t steps = kCopied + delay + kCopied, blank = kSymbols, now = kSymbols + 1;
  return {
      .inputs = kSymbols + 2,
      .outputs = kSymbols,
      .steps = steps,
      .answers = kCopied,
      .lr = 0.01,
      .open = 4,
      .draw = [=](std::int64_t count, Generator& generator) -> data::Batch {
        const Tensor symbols = randint(0, kSymbols, {count, kCopied}, {.dtype = i64}, &generator);
        const Tensor seen = cat({symbols, full({count, delay - 1}, blank), full({count, 1}, now),
                                 full({count, kCopied}, blank)},
                                1);
        return {one_hot(seen, kSymbols + 2).to(f32), symbols};
      },
      .loss = [](const Tensor& z,
                 const Tensor& t) { return cross_entropy(z.flatten(0, 1), t.flatten()); },
      .score = [](const Tensor& z, const Tensor& t) { return mean((argmax(z, 2) == t).to(f64)); }};
}

/// The gate that keeps the memory starts open: the LSTM's f, the GRU's z, each the second block of
/// rows. The LSTM of 1997 had no gate there at all.
template <class Recurrent>
void open_gate(Recurrent& recurrent, double bias) {
  const NoGradGuard no_grad;
  for (auto& direction : recurrent.directions)
    if (direction.bias_hh.size(0) > recurrent.hidden_size)
      direction.bias_hh.narrow(0, recurrent.hidden_size, recurrent.hidden_size).fill_(bias);
}

struct LongRun {
  std::vector<double> losses;  // of each step
  double score;
};

template <class Recurrent>
LongRun learn_task(StepReader<Recurrent>& net, const LongTask& task, std::int64_t steps,
                   const LongSizes& size, std::uint64_t seed) {
  open_gate(net.recurrent, task.open);
  Generator generator(seed);
  optim::Adam optimizer(net.parameters(), {.lr = task.lr});
  const auto answers = [&](const Tensor& x) {
    return net(x).narrow(1, task.steps - task.answers, task.answers);
  };
  LongRun run;
  for (std::int64_t step = 0; step < steps; ++step) {
    const auto [x, y] = task.draw(size.batch, generator);
    optimizer.zero_grad();
    const Tensor loss = task.loss(answers(x), y);
    run.losses.push_back(loss.item());
    loss.backward();
    optim::clip_grad_norm_(net.parameters(), 1);
    optimizer.step();
  }
  const NoGradGuard no_grad;
  const auto [x, y] = task.draw(size.judged, generator);
  run.score = task.score(answers(x), y).item();
  return run;
}

/// RNN, LSTM and GRU on one task, and the trained LSTM.
struct SideBySide {
  std::vector<LongRun> runs;
  StepReader<nn::LSTM> lstm;
};

SideBySide learn_side_by_side(const LongTask& task, std::int64_t steps, const LongSizes& size,
                              std::uint64_t seed) {
  manual_seed(seed);
  StepReader<nn::RNN> rnn(task.inputs, size.units, task.outputs);
  StepReader<nn::LSTM> lstm(task.inputs, size.units, task.outputs);
  StepReader<nn::GRU> gru(task.inputs, size.units, task.outputs);
  std::vector<LongRun> runs{learn_task(rnn, task, steps, size, seed),
                            learn_task(lstm, task, steps, size, seed),
                            learn_task(gru, task, steps, size, seed)};
  return {std::move(runs), std::move(lstm)};
}

/// Losses of the three, each a running mean, and what guessing would lose.
plot::Figure learning_curves(const std::vector<LongRun>& runs, double guess, const Text& y_label,
                             Language language) {
  plot::Panel panel{.x_label = Text{"训练步数", "training step"}.in(language),
                    .y_label = y_label.in(language)};
  for (std::size_t i = 0; i < runs.size(); ++i)
    panel.series.push_back(
        {.name = kRecurrentNames[i], .y = runs[i].losses, .smoothing = 0.95, .markers = false});
  panel.series.push_back({.name = Text{"猜测", "guessing"}.in(language),
                          .x = {1, static_cast<double>(runs[0].losses.size())},
                          .y = {guess, guess},
                          .dash = plot::Dash::Dashed,
                          .markers = false});
  panel.y_range = plot::Range{0, 1.5 * guess};
  return plot::curves({panel}, {.panel_width = 620});
}

/// What goes on in an LSTM: input, forget and output gate, memory and output, (steps, units) each.
struct GateTrace {
  Tensor i, f, o, c, h;
};
GateTrace trace_gates(const nn::LSTM& lstm, const Tensor& x) {
  const NoGradGuard no_grad;
  const auto& d = lstm.directions[0];
  std::vector<Tensor> i, f, o, c{zeros({lstm.hidden_size})}, h{zeros({lstm.hidden_size})};
  for (const Tensor& now : unbind(x)) {
    const std::vector<Tensor> a =
        chunk(linear(now, d.weight_ih, d.bias_ih) + linear(h.back(), d.weight_hh, d.bias_hh), 4);
    i.push_back(sigmoid(a[0]));
    f.push_back(sigmoid(a[1]));
    o.push_back(sigmoid(a[3]));
    c.push_back(f.back() * c.back() + i.back() * tanh(a[2]));
    h.push_back(o.back() * tanh(c.back()));
  }
  c.erase(c.begin());
  h.erase(h.begin());
  return {stack(i), stack(f), stack(o), stack(c), stack(h)};
}

/// How much the memory changes at marked steps, as a multiple of the change at the others, mean
/// over units and over sequences x (N, steps, 2).
double change_at_marks(const nn::LSTM& lstm, const Tensor& x) {
  double at_marks = 0, elsewhere = 0;
  for (const Tensor& sequence : unbind(x)) {
    const Tensor c = trace_gates(lstm, sequence).c, mark = sequence.select(1, 1);
    const Tensor before = cat({zeros({1, c.size(1)}), c.narrow(0, 0, c.size(0) - 1)});
    const Tensor change = mean(abs(c - before), {1});  // (steps)
    at_marks += (sum(change * mark) / sum(mark)).item();
    elsewhere += (sum(change * (1 - mark)) / sum(1 - mark)).item();
  }
  return at_marks / elsewhere;
}

/// The gates of the units that change most at the marked steps, over all steps.
plot::Figure gate_maps(const GateTrace& trace, const Tensor& x, Language language) {
  constexpr std::int64_t kShownUnits = 12;
  const Tensor marked = nonzero(x.select(1, 1)).flatten();
  const Tensor jump = sum(
      abs(index_select(trace.c, 0, marked) - index_select(trace.c, 0, clamp(marked - 1, 0))), {0});
  const Tensor units = topk(jump, std::min(kShownUnits, jump.numel())).indices;
  std::vector<std::string> steps(static_cast<std::size_t>(x.size(0)));
  for (const std::int64_t step : marked.to_vector<std::int64_t>())
    steps[static_cast<std::size_t>(step)] = "+" + fmt::format("{:.2f}", x[step][0].item());
  std::vector<std::string> names;
  for (const std::int64_t unit : units.to_vector<std::int64_t>())
    names.push_back(std::to_string(unit));
  struct Part {
    Text title;
    Tensor values;
    plot::ColorMap map;
    std::optional<plot::Range> range;
  };
  const Part parts[] = {{{.zh = "i：输入门", .en = "i: input gate"},
                         trace.i,
                         plot::ColorMap::Viridis,
                         plot::Range{0, 1}},
                        {{.zh = "f：遗忘门", .en = "f: forget gate"},
                         trace.f,
                         plot::ColorMap::Viridis,
                         plot::Range{0, 1}},
                        {{.zh = "o：输出门", .en = "o: output gate"},
                         trace.o,
                         plot::ColorMap::Viridis,
                         plot::Range{0, 1}},
                        {{.zh = "tanh c：记忆", .en = "tanh c: memory"},
                         tanh(trace.c),
                         plot::ColorMap::Diverging,
                         plot::Range{-1, 1}}};
  std::vector<plot::Figure> maps;
  for (const Part& part : parts)
    maps.push_back(
        plot::heat_map(index_select(part.values, 1, units).t().contiguous().to_vector<double>(),
                       static_cast<int>(units.numel()), static_cast<int>(x.size(0)),
                       {.title = part.title.in(language),
                        .row_label = Text{"单元", "unit"}.in(language),
                        .column_label = Text{"步", "step"}.in(language),
                        .row_names = names,
                        .column_names = steps,
                        .map = part.map,
                        .range = part.range}));
  return plot::grid(maps, {.columns = 1});
}

void tell_gates(Lesson& lesson, StepReader<nn::LSTM>& net, const LongTask& task,
                std::uint64_t seed) {
  Generator generator(seed + 2);
  const Tensor many = task.draw(50, generator).x, x = many[0];  // (50, steps, 2), (steps, 2)
  const GateTrace trace = trace_gates(net.recurrent, x);
  Tensor layer;
  {
    const NoGradGuard no_grad;
    layer = net.recurrent(x.unsqueeze(0)).output[0];
  }
  lesson.claim(
      allclose(trace.h, layer, {.rtol = 1e-4, .atol = 1e-5}),
      {.zh = "按公式逐步算出的输出，与 `nn::LSTM` 的相同",
       .en = "The outputs computed step by step from the formulas are those of `nn::LSTM`"});
  lesson.claim(change_at_marks(net.recurrent, many) > 2,
               {.zh = "50 个新的序列平均：在有标记的步，记忆的变化是其他各步的 2 倍以上",
                .en = "On average over 50 new sequences the memory changes more than 2 times as "
                      "much at the marked steps as at the others"});
  lesson.figure("gates",
                {.zh = "一个序列中的门与记忆：两个有标记的数写在所在的步下；每行一个单元",
                 .en = "Gates and memory over one sequence: the two marked numbers stand below "
                       "their steps; each row is a unit"},
                [trace, x](Language language) { return gate_maps(trace, x, language); });
}

std::vector<double> scores_of(const std::vector<LongRun>& runs) {
  std::vector<double> scores;
  for (const LongRun& run : runs) scores.push_back(run.score);
  return scores;
}

Table loss_history(const std::string& name, const std::vector<LongRun>& runs) {
  Table history{.name = name, .columns = {{.name = "step"}}};
  for (std::size_t i = 0; i < runs.size(); ++i) {
    Column column{.name = kRecurrentNames[i]};
    for (std::size_t step = 0; step < runs[i].losses.size(); step += 20) {
      if (i == 0) history.columns[0].values.push_back(static_cast<double>(step));
      column.values.push_back(runs[i].losses[step]);
    }
    history.columns.push_back(column);
  }
  return history;
}

}  // namespace

LongMemory tell_long_memory(Lesson& lesson, const Options& options) {
  const LongSizes& size = options.full ? kLongLag : kShortLag;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  LongMemory reached;

  lesson.heading({.zh = "加法：相隔很远的两个数", .en = "Adding: two numbers far apart"});
  const LongTask adding = adding_task(size.add_length);
  lesson.text(
      {.zh = "{0} 个 0 到 1 之间的数，其中两个有标记，一个在前半，一个在后半；读完之后要给出"
             "它们的和。永远猜 1 的均方误差是 1/6。三个网络各 {1} 个单元、{2} 步，每步 {3} 个"
             "新的序列。保留记忆的门（LSTM 的 `f`，GRU 的 `z`）开始时是打开的，偏置量为 {4}；"
             "1997 年还没有这个门，记忆总是保留。",
       .en = "Of {0} numbers from 0 to 1 two are marked, one in the first half and one in "
             "the second; at the end their sum is asked for. Always guessing 1 has a mean "
             "square error of 1/6. The three networks have {1} units each and {2} steps, "
             "with {3} new sequences a step. The gates that keep the memory (`f` of the "
             "LSTM, `z` of the GRU) start open, with a bias of {4}; in 1997 there was no "
             "such gate, and the memory was always kept."},
      size.add_length, size.units, size.add_steps, size.batch, adding.open);
  SideBySide adders = learn_side_by_side(adding, size.add_steps, size, seed);
  const std::vector<LongRun>& added = adders.runs;
  reached.adding = scores_of(added);
  lesson.claim(reached.adding[1] < 0.01 && reached.adding[2] < 0.01,
               {.zh = "LSTM 与 GRU 的均方误差低于 0.01：{:.4f}，{:.4f}",
                .en = "LSTM and GRU have a mean square error below 0.01: {:.4f}, {:.4f}"},
               reached.adding[1], reached.adding[2]);
  lesson.claim(reached.adding[0] > 0.1, {.zh = "RNN 还是大于 0.1，与猜测相近",
                                         .en = "The RNN's is still above 0.1, close to guessing"});
  lesson.figure(
      "adding", {.zh = "加法任务的均方误差", .en = "Mean square error on the adding task"},
      [added](Language language) {
        return learning_curves(added, 1.0 / 6, {"均方误差", "mean square error"}, language);
      });
  tell_gates(lesson, adders.lstm, adding, seed);
  lesson.history(loss_history("adding", added));

  lesson.heading({.zh = "抄写：记住，再说一遍", .en = "Copying: remember and repeat"});
  const LongTask copying = copying_task(size.copy_delay);
  lesson.text(
      {.zh = "{0} 个符号，共 {1} 种；然后 {2} 步什么也没有，最后一步是信号，于是要按顺序重复"
             "这些符号。猜测的正确率是 1/{1}，交叉熵是 `ln {1}`。一切都要记住，保留记忆的门"
             "开始时开得更大，偏置量为 {3}。",
       .en = "{0} symbols of {1} kinds; then nothing for {2} steps, the last of which is a "
             "sign that the symbols are to be repeated in order. Guessing is right for "
             "1/{1} of them, with a cross entropy of `ln {1}`. The gates that keep the "
             "memory start open wider, with a bias of {3}, as everything has to be kept."},
      kCopied, kSymbols, size.copy_delay, copying.open);
  const std::vector<LongRun> copied = learn_side_by_side(copying, size.copy_steps, size, seed).runs;
  reached.copying = scores_of(copied);
  lesson.claim(reached.copying[1] > 0.9 && reached.copying[2] > 0.9,
               {.zh = "LSTM 与 GRU 重复正确的符号在 90% 以上：{:.3f}，{:.3f}",
                .en = "LSTM and GRU repeat more than 90% of the symbols rightly: {:.3f}, {:.3f}"},
               reached.copying[1], reached.copying[2]);
  lesson.claim(reached.copying[0] < 0.5, {.zh = "RNN 不到 50%", .en = "The RNN repeats below 50%"});
  lesson.figure("copying", {.zh = "抄写任务的交叉熵", .en = "Cross entropy on the copying task"},
                [copied](Language language) {
                  return learning_curves(copied, std::log(static_cast<double>(kSymbols)),
                                         {"交叉熵", "cross entropy"}, language);
                });
  lesson.history(loss_history("copying", copied));
  return reached;
}

}  // namespace percept::lessons
