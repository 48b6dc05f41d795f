// L14 Cross entropy: how far probabilities are from the truth.
#include <cmath>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

Lesson cross_entropy_loss(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "交叉熵度量分布 Q 与分布 P 差多远。分类时，P 是真值，Q 是模型的输出。",
               .en = "Cross entropy measures how far a distribution Q is from a distribution P. In "
                     "classification P is the truth, Q what the model says."});
  lesson.formula("H(P, Q) = -Σⱼ pⱼ log qⱼ,   j = 1 … C");
  lesson.note({.zh = "课件的求和写成 `x∈Y`、`p(xᵢ)`，`y` 有时是真值的元素，有时是预测值；"
                     "方法 3 的程序里 `y` 是真值，`y_hat` 是预测值。这里真值总写作 `y*`，"
                     "预测的概率总写作 `q`。",
               .en = "The lecture sums over `x∈Y` and `p(xᵢ)`, and `y` is now an element of "
                     "the truth, now a prediction; in the program of way 3 `y` is the truth and "
                     "`y_hat` the prediction. Here the truth is always `y*`, the predicted "
                     "probabilities always `q`."});

  lesson.heading({.zh = "one-hot 真值只留一项", .en = "A one-hot truth leaves one term"});
  lesson.text({.zh = "真值为第 i 类时，其余各项都乘以 0，只剩真实类别的概率：",
               .en = "When class i is true, all other terms are multiplied by 0, and only the "
                     "probability of the true class is left:"});
  lesson.formula("loss = -Σⱼ y*ⱼ log qⱼ = -log qᵢ");
  lesson.text({.zh = "概率为 1 时损失为 0；概率趋于 0，损失趋于无穷大。",
               .en = "At probability 1 the loss is 0; it grows without bound as the probability "
                     "goes to 0."});
  lesson.figure(
      "loss", {.zh = "`-log q` 与例中的两点", .en = "`-log q`, and the example's two points"},
      [](Language language) {
        const Tensor q = linspace(0.01, 1, 199, {.dtype = f64});
        const auto point = [](const Text& name, double q, Language language) {
          return plot::Series{.name = name.in(language),
                              .x = {q},
                              .y = {-log(tensor(q, {.dtype = f64})).item()},
                              .markers = true};
        };
        const Text title{.zh = "真实类别的概率与损失",
                         .en = "The true class's probability and the loss"};
        const Text x{.zh = "真实类别的概率 q", .en = "probability q of the true class"};
        const Text y{.zh = "损失", .en = "loss"};
        return plot::curves(
            {{.title = title.in(language),
              .x_label = x.in(language),
              .y_label = y.in(language),
              .series = {{.name = "-log q",
                          .x = q.to_vector<double>(),
                          .y = (-log(q)).to_vector<double>(),
                          .markers = false},
                         point({.zh = "训练前", .en = "before training"}, 0.1, language),
                         point({.zh = "训练后", .en = "after training"}, 0.95, language)}}});
      });

  lesson.heading({.zh = "例：数字 9 的一张图片", .en = "Example: a picture of the digit 9"});
  constexpr int kDigits = 10, kNine = 9;
  const Tensor truth = one_hot(tensor({kNine}), kDigits)[0].to(f64);  // (10)
  const Tensor even = full({kDigits}, 0.1, {.dtype = f64});           // (10)
  const Tensor trained =
      tensor({0.02, 0., 0., 0., 0., 0., 0.03, 0., 0., 0.95}, {.dtype = f64});  // (10)
  lesson.text({.zh = "训练之前，10 个概率都是 0.1；训练一次之后，数字 9 的概率是 0.95。",
               .en = "Before training all 10 probabilities are 0.1; after a training the 9 has "
                     "0.95."});
  lesson.question({.zh = "训练之前，损失 `-log 0.1` 是多少？",
                   .en = "What is the loss before training, `-log 0.1`?"},
                  -log(even[kNine]).item(), 4);
  lesson.numbers(
      "digit", {.zh = "损失", .en = "The loss"},
      {{{.zh = "训练前：-log 0.1", .en = "before: -log 0.1"},
        -log(even[kNine]).item(),
        printed("2.3026")},
       {both("-log(1/C)"), -log(tensor(1. / kDigits, {.dtype = f64})).item(), printed("2.3026")},
       {both("log C = log 10"), log(tensor(kDigits)).item(), printed("2.3026")},
       {{.zh = "训练后：-log 0.95", .en = "after: -log 0.95"},
        -log(trained[kNine]).item(),
        printed("0.0513")}});
  lesson.text({.zh = "课件用 PyTorch 算了这两个数；percept 的写法相同，默认类型也是 float32：",
               .en = "The lecture computes both with PyTorch; percept writes it alike, and its "
                     "default type is float32 too:"});
  lesson.code("-log(tensor(0.1))\n-log(tensor(0.95))");
  lesson.numbers("tensor", {.zh = "float32 的结果", .en = "The results in float32"},
                 {{both("`-log(tensor(0.1))`"), -log(tensor(0.1)).item(), printed("2.3026")},
                  {both("`-log(tensor(0.95))`"), -log(tensor(0.95)).item(), printed("0.0513")}});

  lesson.heading({.zh = "对数的底", .en = "The base of the logarithm"});
  lesson.text({.zh = "`log` 以 `e` 为底。以 2 为底的对数除以 `log2(e)`，得到同一个数；不除，"
                     "则损失以比特为单位。",
               .en = "`log` has the base `e`. A logarithm of base 2, divided by `log2(e)`, gives "
                     "the same number; without the division the loss is in bits."});
  lesson.formula("log(x) = log2(x) / log2(e)");
  const double e = std::exp(1.0);
  lesson.table(
      {.name = "base",
       .title = {.zh = "换底", .en = "Changing the base"},
       .columns = {{.name = "q", .values = {0.1, 0.95}, .digits = 2},
                   {.name = "nats",
                    .title = both("-log2(q) / log2(e)"),
                    .values = {-std::log2(0.1) / std::log2(e), -std::log2(0.95) / std::log2(e)},
                    .digits = 6,
                    .expected = golden({"2.302585", "0.051293"})},
                   {.name = "bits",
                    .title = {.zh = "比特：-log2(q)", .en = "bits: -log2(q)"},
                    .values = {-std::log2(0.1), -std::log2(0.95)},
                    .digits = 4,
                    .expected = golden({"3.3219", "0.0740"})}}});

  lesson.heading({.zh = "0 · log 0", .en = "0 · log 0"});
  lesson.text({.zh = "训练后的输出里有 0，`log 0 = -∞`，而浮点数的 `0 · (-∞)` 是 `nan`：照公式求和"
                     "会得到 `nan`。约定 `0 · log 0 = 0`，因为概率为 0 的事件不计入平均。",
               .en = "The output after training has zeros, `log 0 = -∞`, and in floating point "
                     "`0 · (-∞)` is `nan`: the sum as the formula has it is `nan`. By convention "
                     "`0 · log 0 = 0`, as what has probability 0 does not count in a mean."});
  const Tensor terms = truth * log(trained);  // (10), nan where both are 0
  lesson.numbers("zero", {.zh = "训练后的交叉熵", .en = "The cross entropy after training"},
                 {{both("`-sum(y * log(q))`"), -sum(terms).item(), golden("nan")},
                  {both("`-sum(where(y > 0, y * log(q), 0.))`"),
                   -sum(where(truth > 0, terms, 0.)).item(), golden("0.051293")},
                  {both("`cross_entropy(log(q), 9)`"),
                   cross_entropy(log(trained), tensor(kNine)).item(), golden("0.051293")}});
  lesson.text({.zh =
                   "最后一行用类别序号，根本不碰其余各项。`cross_entropy` 的输入是 `z` 而不是概率；"
                   "`softmax(log q) = q`，所以 `log(q)` 也是一组 `z`。",
               .en = "The last line takes a class index and never touches the other terms. "
                     "`cross_entropy` wants `z`, not probabilities; as `softmax(log q) = q`, "
                     "`log(q)` is one such `z`."});

  lesson.heading({.zh = "梯度", .en = "The gradient"});
  lesson.text(
      {.zh = "损失对 `z` 的梯度是 `q - y*`：真实类别往上推，其余往下压，合计为 0。",
       .en = "The gradient of the loss by `z` is `q - y*`: the true class is pushed up, the others "
             "down, and together it is 0."});
  lesson.formula("∂loss/∂zⱼ = qⱼ - y*ⱼ");
  const Tensor z = log(trained).requires_grad_();
  cross_entropy(z, tensor(kNine)).backward();
  const std::vector<double> gradient = z.grad().to_vector<double>();
  Column digit{.name = "class", .title = {.zh = "类别", .en = "class"}};
  for (int i = 0; i < kDigits; ++i) digit.values.push_back(i);
  lesson.table(
      {.name = "gradient",
       .title = {.zh = "训练后的梯度（自动求导）",
                 .en = "The gradient after training, by autograd"},
       .columns = {
           digit,
           {.name = "y*",
            .values = truth.to_vector<double>(),
            .expected = printed({"0", "0", "0", "0", "0", "0", "0", "0", "0", "1"})},
           {.name = "q",
            .values = softmax(z, 0).to_vector<double>(),
            .digits = 2,
            .expected = printed({"0.02", "0", "0", "0", "0", "0", "0.03", "0", "0", "0.95"})},
           {.name = "gradient",
            .title = {.zh = "梯度", .en = "gradient"},
            .values = gradient,
            .digits = 2,
            .expected = golden({"0.02", "0.00", "0.00", "0.00", "0.00", "0.00", "0.03", "0.00",
                                "0.00", "-0.05"})}}});
  const double together = std::abs(sum(z.grad()).item());
  lesson.claim(together < 1e-15, {.zh = "梯度之和为 0，误差小于 `1e-15`",
                                  .en = "The gradient adds up to 0, within `1e-15`"});

  lesson.heading({.zh = "何时最小", .en = "Where it is smallest"});
  lesson.text({.zh = "真值也可以不是 one-hot。P 固定时，Q = P 的交叉熵最小，等于 P 的熵 `H(P)`；"
                     "多出的部分是 KL 散度。",
               .en = "The truth need not be one-hot. For a fixed P the cross entropy is smallest "
                     "at Q = P, where it is the entropy `H(P)`; what exceeds it is the "
                     "Kullback-Leibler divergence."});
  lesson.formula("H(P, Q) = H(P) + KL(P‖Q) ≥ H(P)");
  const Tensor p = tensor({0.7, 0.2, 0.1}, {.dtype = f64});
  const Tensor q = full({3}, 1. / 3, {.dtype = f64});
  lesson.numbers("entropy",
                 {.zh = "P = (0.7, 0.2, 0.1)，Q 均匀", .en = "P = (0.7, 0.2, 0.1), Q even"},
                 {{both("H(P, P) = H(P)"), cross_entropy(log(p), p).item(), golden("0.801819")},
                  {both("H(P, Q) = log 3"), cross_entropy(log(q), p).item(), golden("1.098612")},
                  {both("KL(P‖Q)"), kl_div(log(q), p, {.reduction = KlReduction::sum}).item(),
                   golden("0.296794")}});
  return lesson;
}

}  // namespace percept::lessons
