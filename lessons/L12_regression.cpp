// L12 Regression with ReLU networks: two units make a bend, four layers an epidemic's curve.
#include "lessons/L12_regression.h"

#include <cmath>

#include "lessons/epidemic.h"
#include "lessons/plane.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {

Scale Scale::of(const Tensor& values, bool on) {
  if (!on) return {};
  return {.mean = values.mean().item(), .std = percept::std(values).item()};
}

Tensor Fitted::operator()(const Tensor& at) {
  const NoGradGuard no_grad;
  return y.out(net(x.in(at)));
}

Fitted train(const Tensor& x, const Tensor& y, Scaling scaling, int seed) {
  manual_seed(static_cast<std::uint64_t>(seed));
  Fitted fitted{
      .net = {nn::Linear{1, 8, {.dtype = f64}}, nn::ReLU{}, nn::Linear{8, 4, {.dtype = f64}},
              nn::ReLU{}, nn::Linear{4, 4, {.dtype = f64}}, nn::ReLU{},
              nn::Linear{4, 1, {.dtype = f64}}},
      .x = Scale::of(x, scaling.x),
      .y = Scale::of(y, scaling.y),
      .rmse = {}};
  nn::MSELoss loss;
  for (const double mse :
       fit(fitted.net, fitted.x.in(x), fitted.y.in(y), loss, {.steps = 2000, .lr = 0.01}))
    fitted.rmse.push_back(std::sqrt(mse) * fitted.y.std);
  return fitted;
}

plot::Figure fits(const Series& series, std::vector<NamedFit> all, double last, const Text& title,
                  Language language) {
  const Text x_name = series.ours
                          ? Text{.zh = "距 2020-01-22 的天数", .en = "days since 2020-01-22"}
                          : both(series.x_name);
  const Text y_name = series.ours
                          ? Text{.zh = "累计确诊（百万）", .en = "confirmed cases (millions)"}
                          : both(series.y_name);
  plot::Panel panel{
      .title = title.in(language), .x_label = x_name.in(language), .y_label = y_name.in(language)};
  plot::Series points{
      .name = Text{.zh = "数据", .en = "data"}.in(language), .color = plot::kInk, .markers = true};
  const std::int64_t every = std::max<std::int64_t>(1, series.x.size(0) / 20);
  for (std::int64_t row = 0; row < series.x.size(0); row += every)
    for (const double y : {series.y.at<double>(row, 0) / series.unit, std::nan("")}) {  // no lines
      points.x.push_back(series.x.at<double>(row, 0));
      points.y.push_back(y);
    }
  panel.series.push_back(points);
  const Tensor at = linspace(series.x.min().item(), last, 201, {.dtype = f64}).unsqueeze(1);
  for (NamedFit& one : all)
    panel.series.push_back({.name = one.name.in(language),
                            .x = at.to_vector<double>(),
                            .y = (one.fitted(at) / series.unit).to_vector<double>(),
                            .markers = false});
  return plot::curves({panel}, {.panel_width = 700, .panel_height = 440});
}

namespace {

plot::Figure bends(Language language) {
  const Tensor x = linspace(-2, 2, 161, {.dtype = f64});
  const auto line = [&](const char* name, const Tensor& y) {
    return plot::Series{
        .name = name, .x = x.to_vector<double>(), .y = y.to_vector<double>(), .markers = false};
  };
  const auto panel = [&](const Text& title, const std::vector<plot::Series>& series) {
    return plot::Panel{
        .title = title.in(language), .x_label = "x", .y_label = "y", .series = series};
  };
  const Tensor right = relu(x), left = relu(-x);
  return plot::curves({panel({.zh = "两个单元", .en = "Two units"},
                             {line("ReLU(x)", right), line("ReLU(-x)", left)}),
                       panel({.zh = "其和，与屋顶", .en = "Their sum, and a roof"},
                             {line("|x|", right + left), line("1 - |x|", 1 - right - left)}),
                       panel({.zh = "三个单元", .en = "Three units"},
                             {line("hat(x)", relu(x + 1) - 2 * right + relu(x - 1))})},
                      {.columns = 3, .panel_width = 340, .panel_height = 300});
}

void two_units(Lesson& lesson) {
  lesson.heading({.zh = "两个 ReLU 单元", .en = "Two ReLU units"});
  lesson.text({.zh = "没有隐含层的网络只能给出直线。两个 ReLU 单元各管一侧，就拼出绝对值；"
                     "反过来是屋顶；再加一个单元，屋顶就成了有边的帽子。",
               .en = "A network without a hidden layer gives a straight line. Two ReLU units, one "
                     "for each side, make the absolute value; turned over it is a roof, and one "
                     "more unit makes a hat with a brim of it."});
  lesson.formula(
      "|x|     = ReLU(x) + ReLU(-x)\n"
      "1 - |x| = 1 - ReLU(x) - ReLU(-x)\n"
      "hat(x)  = ReLU(x+1) - 2 ReLU(x) + ReLU(x-1)");
  const Tensor x = tensor({-2., -1., -0.5, 0., 0.5, 1., 2.}, {.dtype = f64});
  nn::Sequential absolute{nn::Linear{1, 2, {.dtype = f64}}, nn::ReLU{},
                          nn::Linear{2, 1, {.dtype = f64}}};
  absolute.load_state_dict({{"0.weight", tensor({{1.}, {-1.}}, {.dtype = f64})},
                            {"0.bias", tensor({0., 0.}, {.dtype = f64})},
                            {"2.weight", tensor({{1., 1.}}, {.dtype = f64})},
                            {"2.bias", tensor({0.}, {.dtype = f64})}});
  const Tensor y = absolute(x.unsqueeze(1)).flatten().detach();
  const Tensor hat = relu(x + 1) - 2 * relu(x) + relu(x - 1);
  lesson.table({.name = "bends",
                .title = {.zh = "由 ReLU 拼成的函数", .en = "Functions made of ReLU"},
                .columns = {{.name = "x", .values = x.to_vector<double>(), .digits = 1},
                            {.name = "abs",
                             .title = both("|x|"),
                             .values = y.to_vector<double>(),
                             .digits = 1,
                             .expected = golden({"2", "1", "0.5", "0", "0.5", "1", "2"})},
                            {.name = "roof",
                             .title = both("1 - |x|"),
                             .values = (1 - y).to_vector<double>(),
                             .digits = 1,
                             .expected = golden({"-1", "0", "0.5", "1", "0.5", "0", "-1"})},
                            {.name = "hat",
                             .title = both("hat(x)"),
                             .values = hat.to_vector<double>(),
                             .digits = 1,
                             .expected = golden({"0", "0", "0.5", "1", "0.5", "0", "0"})}}});
  lesson.figure("bends", {.zh = "折线由 ReLU 拼成", .en = "Bent lines are made of ReLU"}, bends);
}

void show_series(Lesson& lesson, const Series& series) {
  if (!series.ours) {
    lesson.heading({.zh = "读者的数据序列", .en = "The reader's series"});
    lesson.text({.zh = "`{}` 随 `{}` 的变化，共 {} 行。", .en = "`{}` over `{}`, {} rows."},
                series.y_name, series.x_name, series.x.numel());
    return;
  }
  lesson.heading({.zh = "实际问题：累计感染人数", .en = "A real problem: confirmed cases"});
  lesson.text({.zh = "横轴是距 2020-01-22 的天数，纵轴是全球累计确诊人数。",
               .en = "Across are the days since 2020-01-22, upwards the cases confirmed in the "
                     "world so far."});
  lesson.note({.zh = "课件有图而无数值。这里用自己的小表，每周一行。",
               .en = "The lecture has a picture without numbers. This is a small table of our own, "
                     "a row a week."});
  lesson.text({.zh = "数据来源：约翰斯·霍普金斯大学 CSSE，`github.com/CSSEGISandData/COVID-19`，"
                     "许可 CC BY 4.0。",
               .en = "Source of the figures: Johns Hopkins University, CSSE, "
                     "`github.com/CSSEGISandData/COVID-19`, licence CC BY 4.0."});
  Column day{.name = "day", .title = {.zh = "天", .en = "day"}};
  Column date{.name = "date", .title = {.zh = "日期", .en = "date"}};
  Column cases{.name = "cases", .title = {.zh = "累计确诊", .en = "confirmed cases"}};
  const data::Table table = epidemic();
  for (const std::int64_t row : {0, 10, 20, 40, 60, 82}) {
    day.values.push_back(series.x.at<double>(row, 0));
    date.words.push_back(both(std::string(table.cell(row, 1))));
    cases.values.push_back(series.y.at<double>(row, 0));
  }
  lesson.table({.name = "series",
                .title = fill({.zh = "{} 行中的 6 行", .en = "6 of {} rows"}, table.rows()),
                .columns = {day, date, cases}});
}

void show_network(Lesson& lesson) {
  lesson.heading({.zh = "网络 8-4-4-1", .en = "The network 8-4-4-1"});
  lesson.note({.zh = "课件给出各层节点数 8、4、4、1，没有说 8 是第 1 个隐含层还是输入。"
                     "图中输入只有一个数，所以取前者：`1-8-4-4-1`。",
               .en = "The lecture gives 8, 4, 4, 1 units and does not say whether 8 is hidden "
                     "layer 1 or the input. The input in its picture is a single number, so it is "
                     "the former: `1-8-4-4-1`."});
  lesson.code(
      "nn::Sequential net{nn::Linear{1, 8}, nn::ReLU{},\n"
      "                   nn::Linear{8, 4}, nn::ReLU{},\n"
      "                   nn::Linear{4, 4}, nn::ReLU{}, nn::Linear{4, 1}};\n"
      "nn::MSELoss loss;\n"
      "optim::Adam optimizer(net.parameters(), {.lr = 0.01});  // 2000 steps");
  nn::Sequential net{nn::Linear{1, 8}, nn::ReLU{}, nn::Linear{8, 4}, nn::ReLU{},
                     nn::Linear{4, 4}, nn::ReLU{}, nn::Linear{4, 1}};
  const auto parameters = static_cast<double>(nn::summary(net, {1, 1}).parameters);
  lesson.question({.zh = "这个网络有多少参数？", .en = "How many parameters has this network?"},
                  parameters, 0);
  lesson.numbers("parameters", {.zh = "参数个数", .en = "Parameters"},
                 {{both("1-8-4-4-1"), parameters, golden("77")}});
}

/// Error over steps, in percent of the range; every 20th step.
Table error_history() {
  Column step{.name = "step"};
  for (int i = 0; i < 2000; i += 20) step.values.push_back(i);
  return {.name = "rmse", .columns = {step}};
}
void add_errors(Table& history, const Text& way, const std::vector<double>& rmse, double range) {
  Column column{.name = way.en, .title = way};
  for (std::size_t i = 0; i < rmse.size(); i += 20) column.values.push_back(100 * rmse[i] / range);
  history.columns.push_back(column);
}

/// The four ways to scale, five seeds each; gives the networks with both scaled.
std::vector<NamedFit> compare_scaling(Lesson& lesson, const Series& series) {
  lesson.heading({.zh = "有缩放与无缩放", .en = "With and without scaling"});
  lesson.text(
      {.zh = "权值的初值不到一，而序列的数值可以很大。缩放使输入和输出的均值为零、标准差为一，"
             "预测时再换算回去。下表是均方误差的平方根，占 `y` 取值范围的百分比；种子 0 到 4。",
       .en = "Weights start below one, but the numbers of a series may be large. Scaling "
             "gives inputs and outputs the mean zero and the standard deviation one; "
             "predictions are turned back. The table has the root of the mean square error "
             "in percent of the range of `y`, for seeds 0 to 4."});
  lesson.formula(
      "x' = (x - mean(x)) / std(x)\n"
      "y' = (y - mean(y)) / std(y)");
  const std::vector<std::pair<Text, Scaling>> ways{
      {{.zh = "都不缩放", .en = "neither"}, {false, false}},
      {{.zh = "只缩放输入", .en = "inputs only"}, {true, false}},
      {{.zh = "只缩放输出", .en = "outputs only"}, {false, true}},
      {{.zh = "都缩放", .en = "both"}, {true, true}}};
  Table table{.name = "scaling",
              .title = {.zh = "误差，占取值范围的百分比", .en = "Error in percent of the range"},
              .columns = {{.name = "scaled", .title = {.zh = "缩放", .en = "scaled"}}}};
  for (int seed = 0; seed < kSeeds; ++seed)
    table.columns.push_back({.name = fmt::format("seed_{}", seed),
                             .title = fill({.zh = "种子 {}", .en = "seed {}"}, seed),
                             .digits = 1});
  Table history = error_history();
  std::vector<NamedFit> scaled;
  std::vector<NamedFit> first;  // of seed 0
  double worst_scaled = 0, best_mean_of_others = INFINITY;
  for (const auto& [way, scaling] : ways) {
    table.columns[0].words.push_back(way);
    double mean = 0;
    for (int seed = 0; seed < kSeeds; ++seed) {
      const Fitted fitted = train(series.x, series.y, scaling, seed);
      const double percent = 100 * fitted.rmse.back() / series.range();
      table.columns[static_cast<std::size_t>(seed) + 1].values.push_back(percent);
      if (seed == 0) add_errors(history, way, fitted.rmse, series.range());
      if (seed == 0 && scaling.x == scaling.y) first.push_back({way, fitted});
      mean += percent / kSeeds;
      if (scaling.x && scaling.y) {
        worst_scaled = std::max(worst_scaled, percent);
        scaled.push_back({table.columns[static_cast<std::size_t>(seed) + 1].title, fitted});
      }
    }
    if (!(scaling.x && scaling.y)) best_mean_of_others = std::min(best_mean_of_others, mean);
  }
  lesson.table(table);
  lesson.history(history);
  if (series.ours)
    lesson.claim(worst_scaled < 2 && best_mean_of_others > 5,
                 {.zh = "都缩放时，5 次训练的误差都在 2 % 以内；其余三种平均都超过 5 %",
                  .en = "With both scaled all 5 trainings stay within 2 %; the other three ways "
                        "miss by more than 5 % on average"});
  lesson.figure("fit",
                series.ours
                    ? Text{.zh = "种子 0 的拟合（数据：约翰斯·霍普金斯大学 CSSE，CC BY 4.0）",
                           .en = "The fit of seed 0 (data: Johns Hopkins University, CSSE, "
                                 "CC BY 4.0)"}
                    : Text{.zh = "种子 0 的拟合", .en = "The fit of seed 0"},
                [series, first](Language language) {
                  return fits(series, first, series.x.max().item(),
                              {.zh = "缩放与拟合", .en = "Scaling and the fit"}, language);
                });
  lesson.figure("scaling", {.zh = "种子 0 的训练过程", .en = "How seed 0 was trained"},
                [history](Language language) {
                  const Text title{.zh = "误差，占取值范围的百分比",
                                   .en = "Error in percent of the range"};
                  const Text step{.zh = "步", .en = "step"};
                  return history_chart(history, title, step, both("%"), language);
                });
  return scaled;
}

}  // namespace

Lesson regression(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "回归是预测数值。隐含层和 ReLU 把直线变成折线，节点与层数越多，折线越能贴近数据。",
       .en = "Regression predicts a number. A hidden layer with ReLU bends a straight "
             "line; the more units and layers, the closer it follows the data."});
  const Series series = read_series(options.csv);
  two_units(lesson);
  show_series(lesson, series);
  show_network(lesson);
  extrapolate(lesson, series, compare_scaling(lesson, series));
  return lesson;
}

}  // namespace percept::lessons
