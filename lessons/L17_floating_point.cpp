// L17 Softmax in floating point: where the formula overflows, the cure, and its derivative.
#include <array>
#include <cmath>

#include "lessons/lesson.h"
#include "lessons/number_formats.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

/// The formula as it stands, along the last dimension.
Tensor naive_softmax(const Tensor& z, const Format& format) {
  const Tensor exps = format.keep(exp(format.keep(z)));
  const Tensor total = format.keep(exps.sum({-1}, true));
  return format.keep(exps / total).to(f64);
}

/// The same of z - max(z).
Tensor shifted_softmax(const Tensor& z, const Format& format) {
  const Tensor kept = format.keep(z);
  return naive_softmax(kept - max(kept, -1, {.keepdim = true}).values, format);
}

/// q of the last class of (s + 1, s + 2, s + 3) over s, one panel a format.
plot::Figure ranges(Language language) {
  // Closely spaced at both ends, where something happens.
  const std::array<std::array<double, 4>, 3> ends{
      {{-24, -12, 6, 16}, {-130, -92, 80, 110}, {-850, -725, 700, 800}}};
  const Text title{.zh = "z = (s + 1, s + 2, s + 3) 的 q₃",
                   .en = "q₃ of z = (s + 1, s + 2, s + 3)"};
  std::vector<plot::Panel> panels;
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    const auto [low, low_end, high_start, high] = ends[i];
    const Tensor s = cat({linspace(low, low_end, 401, {.dtype = f64}),
                          linspace(high_start, high, 401, {.dtype = f64})});
    const Tensor z = s.unsqueeze(1) + tensor({1., 2., 3.}, {.dtype = f64});  // (802, 3)
    const auto line = [&](const char* name, const Tensor& q) {
      return plot::Series{.name = name,
                          .x = s.to_vector<double>(),
                          .y = q.select(1, 2).to_vector<double>(),
                          .markers = false};
    };
    panels.push_back({.title = kFormats[i].name,
                      .x_label = "s",
                      .y_label = "q₃",
                      .series = {line("z - m", shifted_softmax(z, kFormats[i])),
                                 line("z", naive_softmax(z, kFormats[i]))},
                      .x_range = {{low, high}},
                      .y_range = {{0, 1}}});
  }
  return plot::curves(
      panels, {.title = title.in(language), .columns = 3, .panel_width = 380, .panel_height = 360});
}

Column three(const char* name, const Tensor& values, const std::vector<Expected>& expected = {}) {
  return {.name = name, .values = values.to_vector<double>(), .expected = expected};
}

const Column kClass{.name = "class", .title = {.zh = "类别", .en = "class"}, .values = {1, 2, 3}};

void write_overflow(Lesson& lesson) {
  lesson.heading({.zh = "溢出", .en = "Overflow"});
  const Tensor large = tensor({1000., 2000., 3000.}, {.dtype = f64});
  lesson.text({.zh = "`exp(1000)` 超出了 float64 的范围，变成无穷大 `inf`；`inf / inf` 没有意义，"
                     "结果是 `nan`。",
               .en = "`exp(1000)` is beyond float64 and becomes infinite, `inf`; `inf / inf` means "
                     "nothing, and gives `nan`."});
  lesson.table(
      {.name = "overflow",
       .title = {.zh = "z = (1000, 2000, 3000)，照公式",
                 .en = "z = (1000, 2000, 3000) by the formula"},
       .columns = {kClass, three("z", large),
                   three("exp(z)", exp(large), golden({"inf", "inf", "inf"})),
                   three("q", naive_softmax(large, kFloat64), printed({"nan", "nan", "nan"}))}});
  lesson.text({.zh = "课件没有写到另一边：所有输出都很小时，指数全部变成 0，`0 / 0` 也是 `nan`。",
               .en = "The lecture does not show the other side: when all outputs are far below 0, "
                     "every exponential becomes 0, and `0 / 0` is `nan` too."});
  lesson.table(
      {.name = "underflow",
       .title = {.zh = "z = (-1000, -2000, -3000)，照公式",
                 .en = "z = (-1000, -2000, -3000) by the formula"},
       .columns = {kClass, three("z", -large),
                   three("exp(z)", exp(-large), golden({"0", "0", "0"})),
                   three("q", naive_softmax(-large, kFloat64), golden({"nan", "nan", "nan"}))}});
}

void write_bounds(Lesson& lesson) {
  lesson.heading({.zh = "界限", .en = "The bounds"});
  lesson.text({.zh = "`exp(z)` 超过该类型最大的数 `M` 就溢出，所以界限是 `log "
                     "M`。最后一列是不溢出的最大的 `z`。",
               .en = "`exp(z)` overflows where it exceeds `M`, the largest number of the type, so "
                     "the bound is `log M`. The last column is the largest `z` that does not "
                     "overflow."});
  Table table{
      .name = "bounds",
      .title = {.zh = "exp 何时溢出", .en = "Where exp overflows"},
      .columns = {
          {.name = "type", .title = {.zh = "类型", .en = "type"}},
          {.name = "M"},
          {.name = "log M", .digits = 4, .expected = golden({"11.0899", "88.7228", "709.7827"})},
          {.name = "z",
           .title = {.zh = "不溢出的 z", .en = "no overflow at z"},
           .digits = 7,
           .expected = golden({"11.0859375", "88.7228317", "709.7827129"})}}};
  bool next_overflows = true;
  for (const Format& format : kFormats) {
    const double last = last_finite_exp(format);
    const Tensor next = tensor(format.next(last, 1), {.dtype = f64});
    next_overflows &= std::isinf(format.keep(exp(format.keep(next))).item());
    table.columns[0].words.push_back(both(format.name));
    table.columns[1].words.push_back(both(fmt::format("{:.5g}", format.largest)));
    table.columns[2].values.push_back(log(tensor(format.largest, {.dtype = f64})).item());
    table.columns[3].values.push_back(last);
  }
  lesson.table(table);
  lesson.claim(next_overflows, {.zh = "紧接着的下一个数，三种类型都溢出",
                                .en = "At the very next number every type overflows"});
  lesson.note({.zh = "float64 最大的数不是 `10³⁰⁸`，而是 `1.7977e308`；对 Softmax 有用的界限是 "
                     "`709.78`。",
               .en = "The largest number of float64 is not `10³⁰⁸` but `1.7977e308`; the bound "
                     "that matters to softmax is `709.78`."});
  lesson.text({.zh =
                   "percept 没有 float16 类型：这里在 float64 中计算，每一步都舍入到 float16 的 11 "
                   "个二进制位。",
               .en = "percept has no float16: here it is computed in float64, with every step "
                     "rounded to float16's 11 binary digits."});

  const Tensor cases =
      tensor({{10., 11., 12.}, {80., 90., 100.}, {700., 710., 720.}}, {.dtype = f64});
  Column which{.name = "z",
               .words = {both("(10, 11, 12)"), both("(80, 90, 100)"), both("(700, 710, 720)")}};
  // Row by row; (80, 90, 100) in float16 and (700, 710, 720) in float32 are infinite throughout.
  const std::array<std::vector<Expected>, 3> expected{golden({"nan", "nan", "nan"}),
                                                      golden({"0.6652", "nan", "nan"}),
                                                      golden({"0.6652", "1.0000", "nan"})};
  Table types{.name = "types",
              .title = {.zh = "照公式得到的 q₃（最大的概率）",
                        .en = "q₃, the largest probability, by the formula"},
              .columns = {which}};
  for (std::size_t i = 0; i < kFormats.size(); ++i)
    types.columns.push_back(
        {.name = kFormats[i].name,
         .values = naive_softmax(cases, kFormats[i]).select(1, 2).to_vector<double>(),
         .digits = 4,
         .expected = expected[i]});
  lesson.table(types);
}

void write_cure(Lesson& lesson) {
  lesson.heading({.zh = "改进：先减去最大值", .en = "The cure: subtract the maximum first"});
  lesson.text(
      {.zh = "所有输出减去同一个数，概率不变。减去最大值 `m` 之后，最大的指数是 `exp(0) = 1`，"
             "不会溢出；分母至少是 1，也不会是 0。",
       .en = "Subtracting one number from all outputs leaves the probabilities as they are. "
             "Less the maximum `m`, the largest exponential is `exp(0) = 1`, which does "
             "not overflow, and the denominator is at least 1, never 0."});
  lesson.formula(
      "m = max(z)\n"
      "qᵢ     = exp(zᵢ - m) / Σⱼ exp(zⱼ - m)\n"
      "log qᵢ = zᵢ - m - log Σⱼ exp(zⱼ - m)");
  lesson.note({.zh = "课件的文字版里，“Softmax计算改进方法”一页只有标题，没有内容可以对照。",
               .en = "In the text of the lecture the page on the better softmax is a title without "
                     "contents, so that nothing of it could be compared."});
  const Tensor large = tensor({1000., 2000., 3000.}, {.dtype = f64});
  const Tensor q = softmax(large, 0), log_q = log_softmax(large, 0);
  std::vector<double> losses;
  for (const int true_class : {0, 1, 2})
    losses.push_back(cross_entropy(large, tensor(true_class)).item());
  lesson.table(
      {.name = "cure",
       .title = {.zh = "z = (1000, 2000, 3000)，percept 的函数",
                 .en = "z = (1000, 2000, 3000) by percept's functions"},
       .columns = {
           kClass,
           three("softmax", q, golden({"0", "0", "1"})),
           three("log_softmax", log_q, golden({"-2000", "-1000", "0"})),
           {.name = "cross_entropy", .values = losses, .expected = golden({"2000", "1000", "0"})},
           {.name = "-log(softmax)",
            .values = (-log(q)).to_vector<double>(),
            .expected = golden({"inf", "inf", "0"})}}});
  lesson.text({.zh = "概率可以小到变成 0，它的对数却不必是负无穷大：`log_softmax` 不经过概率，"
                     "`cross_entropy` 用的就是它。先算 `softmax` 再取 `log`，损失是 `inf`，训练就此"
                     "停住。",
               .en = "A probability may be so small that it becomes 0; its logarithm need not be "
                     "infinite: `log_softmax` makes no detour by the probability, and "
                     "`cross_entropy` uses it. With `softmax` first and `log` after it the loss "
                     "is `inf`, and training ends there."});
  lesson.figure("ranges",
                {.zh = "照公式计算 `z` 只在中间一段正确，`z - m` "
                       "处处正确。右边先是分母溢出，概率变成 0，再得到 `nan`；左边先失去"
                       "精度，再得到 `nan`",
                 .en = "The formula of `z` is right in the middle only, that of `z - m` "
                       "everywhere. On the right the denominator "
                       "overflows first and the probability is 0, then `nan`; on the left it loses "
                       "digits, then is `nan`"},
                ranges);
}

void write_derivative(Lesson& lesson) {
  lesson.heading({.zh = "Softmax 的导数", .en = "The derivative of softmax"});
  lesson.text({.zh = "每个概率依赖所有输出，所以导数是一个矩阵，即雅可比矩阵。",
               .en = "Each probability depends on every output, so the derivative is a matrix, the "
                     "Jacobian."});
  lesson.formula("∂qᵢ/∂zⱼ = qᵢ (δᵢⱼ - qⱼ),   δᵢⱼ = 1 (i = j), 0 (i ≠ j)");
  lesson.note(
      {.zh = "课件的推导把 `∂q/∂z` 直接写成等于分式本身，漏了求导；求和到 `n`，应是 `C`；第一种情形"
             "说是“类别真值对应的节点”，其实对每个 `i = j` 都成立。",
       .en = "The lecture sets `∂q/∂z` equal to the fraction itself, without "
             "differentiating; it sums to `n` where it should be `C`; its first case is "
             "said to be that of the true class, but holds for every `i = j`."});
  const Tensor z = tensor({1., 2., 3.}, {.dtype = f64, .requires_grad = true});
  const Tensor q = softmax(z, 0);
  std::vector<Tensor> rows;
  for (int i = 0; i < 3; ++i) rows.push_back(grad({q[i]}, {z}, {}, {.retain_graph = true})[0]);
  const Tensor jacobian = stack(rows);  // (3, 3): row i is dq_i / dz
  lesson.code(
      "Tensor q = softmax(z, 0);\n"
      "Tensor row = grad({q[i]}, {z}, {}, {.retain_graph = true})[0];");
  Table matrix{
      .name = "jacobian",
      .title = {.zh = "softmax((1, 2, 3)) 的雅可比矩阵（自动求导）",
                .en = "The Jacobian of softmax((1, 2, 3)), by autograd"},
      .columns = {
          {.name = "row", .words = {both("∂q1"), both("∂q2"), both("∂q3")}},
          three("∂z1", jacobian.select(1, 0), golden({"0.081925", "-0.022033", "-0.059892"})),
          three("∂z2", jacobian.select(1, 1), golden({"-0.022033", "0.184836", "-0.162803"})),
          three("∂z3", jacobian.select(1, 2), golden({"-0.059892", "-0.162803", "0.222695"}))}};
  for (Column& column : matrix.columns) column.digits = 6;  // so that all stand side by side
  lesson.table(matrix);
  const Tensor formula = q.unsqueeze(1) * (eye(3, {.dtype = f64}) - q.unsqueeze(0));
  lesson.claim((jacobian - formula).abs().max().item() < 1e-15,
               {.zh = "与公式 `qᵢ (δᵢⱼ - qⱼ)` 相等，误差小于 `1e-15`",
                .en = "Equal to the formula `qᵢ (δᵢⱼ - qⱼ)`, within `1e-15`"});
  lesson.claim(jacobian.sum({1}).abs().max().item() < 1e-15,
               {.zh = "每行之和为 0，误差小于 `1e-15`：概率总和不变",
                .en = "Every row adds up to 0, within `1e-15`: the probabilities' sum stays"});
  lesson.figure("jacobian",
                {.zh = "雅可比矩阵：对角线为正，其余为负",
                 .en = "The Jacobian: positive on the diagonal, negative elsewhere"},
                [jacobian](Language language) {
                  const Text title{.zh = "softmax((1, 2, 3)) 的雅可比矩阵",
                                   .en = "The Jacobian of softmax((1, 2, 3))"};
                  const std::vector<double> values = jacobian.to_vector<double>();
                  return plot::heat_map(values, 3, 3,
                                        {.title = title.in(language),
                                         .color_label = "∂qᵢ/∂zⱼ",
                                         .row_names = {"q₁", "q₂", "q₃"},
                                         .column_names = {"z₁", "z₂", "z₃"},
                                         .map = plot::ColorMap::Diverging,
                                         .values = true});
                });

  lesson.heading(
      {.zh = "最后一步：交叉熵的梯度", .en = "The last step: the gradient of cross entropy"});
  lesson.text({.zh = "课件停在 Softmax 的导数。再乘上交叉熵的导数，只剩一个减法：",
               .en = "The lecture stops at the derivative of softmax. Multiplied by that of cross "
                     "entropy, a subtraction is all that is left:"});
  lesson.formula(
      "∂loss/∂zⱼ = Σᵢ ∂loss/∂qᵢ · ∂qᵢ/∂zⱼ\n"
      "          = Σᵢ -y*ᵢ/qᵢ · qᵢ (δᵢⱼ - qⱼ)\n"
      "          = qⱼ - y*ⱼ");
  const Tensor third = tensor(2);
  const Tensor gradient = grad({cross_entropy(z, third)}, {z})[0];
  const Tensor truth = one_hot(third, 3).to(f64);
  lesson.table({.name = "gradient",
                .title = {.zh = "真值为第 3 类", .en = "The true class is the 3rd"},
                .columns = {kClass,
                            three("q", q),
                            three("y*", truth),
                            three("q - y*", q - truth),
                            {.name = "gradient",
                             .title = {.zh = "梯度（自动求导）", .en = "gradient, by autograd"},
                             .values = gradient.to_vector<double>(),
                             .digits = 6,
                             .expected = golden({"0.090031", "0.244728", "-0.334759"})}}});
  lesson.note({.zh = "课件没有写出 `q - y*`。", .en = "The lecture never states `q - y*`."});
}

}  // namespace

Lesson floating_point(const Options&) {
  Lesson lesson;
  lesson.text(
      {.zh = "Softmax 的公式照抄成程序，小的输入一切正常，大的输入却得到 `nan`。原因是浮点数的"
             "范围有限；先减去最大值就能避免。",
       .en = "Softmax copied from its formula works for small inputs and gives `nan` for "
             "large ones, as floating-point numbers have a limited range; subtracting the "
             "maximum first avoids it."});
  lesson.heading({.zh = "照公式实现", .en = "As the formula has it"});
  lesson.code(
      "Tensor naive_softmax(const Tensor& z) {\n"
      "  Tensor exps = exp(z);\n"
      "  return exps / sum(exps);\n"
      "}");
  const Tensor z = tensor({1., 2., 3.}, {.dtype = f64});
  std::vector<double> losses;
  for (const int true_class : {0, 1, 2})
    losses.push_back(cross_entropy(z, tensor(true_class)).item());
  lesson.question({.zh = "`z = (1, 2, 3)` 时，第 3 类的概率是多少？",
                   .en = "With `z = (1, 2, 3)`, what is the probability of class 3?"},
                  softmax(z, 0)[2].item(), 2);
  lesson.table(
      {.name = "small",
       .title = {.zh = "z = (1, 2, 3)", .en = "z = (1, 2, 3)"},
       .columns = {kClass,
                   {.name = "naive",
                    .title = {.zh = "照公式", .en = "the formula"},
                    .values = naive_softmax(z, kFloat64).to_vector<double>(),
                    .digits = 8,
                    .expected = printed({"0.09003057", "0.24472847", "0.66524096"})},
                   {.name = "loss",
                    .title = {.zh = "该类为真值时的损失", .en = "loss if this class is true"},
                    .values = losses,
                    .digits = 6,
                    .expected = golden({"2.407606", "1.407606", "0.407606"})}}});
  lesson.text({.zh = "损失也可以写成对数和减去真实类别的 `z`：",
               .en = "The loss is also the logarithm of the sum, less the true class's `z`:"});
  lesson.formula("loss = log Σⱼ exp(zⱼ) - z_t");
  lesson.numbers("log-sum-exp", {.zh = "对数和", .en = "The logarithm of the sum"},
                 {{both("logsumexp(z, {0})"), logsumexp(z, {0}).item(), golden("3.407606")}});
  write_overflow(lesson);
  write_bounds(lesson);
  write_cure(lesson);
  write_derivative(lesson);
  return lesson;
}

}  // namespace percept::lessons
