// L12, beyond the last day: equally good fits, different futures.
#include <cmath>

#include "lessons/L12_regression.h"
#include "lessons/training.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

void beyond_the_data(Lesson& lesson, const Series& series, const std::vector<NamedFit>& scaled) {
  lesson.heading({.zh = "外推", .en = "Extrapolation"});
  lesson.text({.zh = "最后一点之后没有数据。最后一个折点之外，ReLU 网络只是一条直线，"
                     "斜率由初始权值和训练偶然决定：拟合得同样好的网络，预测也会各走各的。",
               .en = "Beyond the last point there is no data. Beyond its last bend a ReLU network "
                     "is a straight line, whose slope is an accident of first weights and "
                     "training: networks that fit equally well part there."});
  const double first = series.x.min().item(), end = series.x.max().item();
  const double last = series.ours ? 1000 : end + 0.75 * (end - first);
  const std::vector<double> places = series.ours ? std::vector<double>{574, 700, 1000}
                                                 : std::vector<double>{end, (end + last) / 2, last};
  const Text where = series.ours ? Text{.zh = "第 {:.0f} 天", .en = "day {:.0f}"} : both("{:g}");
  Table table{.name = "extrapolation",
              .title = series.ours ? Text{.zh = "预测的累计确诊（百万）",
                                          .en = "Confirmed cases as predicted (millions)"}
                                   : Text{.zh = "预测值", .en = "Predictions"},
              .columns = {{.name = "fit", .title = {.zh = "拟合", .en = "fit"}}}};
  for (const NamedFit& one : scaled) table.columns[0].words.push_back(one.name);
  for (const double place : places) {
    Column column{.name = fmt::format("at_{:g}", place), .title = fill(where, place)};
    if (series.ours) column.digits = 0;
    for (NamedFit one : scaled)
      column.values.push_back(one.fitted(full({1, 1}, place, {.dtype = f64})).item() / series.unit);
    table.columns.push_back(column);
  }
  lesson.table(table);
  if (series.ours) {
    const auto spread = [](const Column& c) {
      const auto [low, high] = std::minmax_element(c.values.begin(), c.values.end());
      return *high - *low;
    };
    lesson.claim(
        spread(table.columns[1]) < 10 && spread(table.columns[3]) > 100,
        {.zh = "5 次训练在第 574 天相差不到 10 百万，到第 1000 天相差 100 百万以上",
         .en = "The 5 trainings differ by less than 10 million at day 574, and by more than "
               "100 million at day 1000"});
  }
  lesson.figure("extrapolation",
                series.ours ? Text{.zh = "拟合与外推（数据：约翰斯·霍普金斯大学 CSSE，CC BY 4.0）",
                                   .en = "Fits and extrapolations (data: Johns Hopkins University, "
                                         "CSSE, CC BY 4.0)"}
                            : Text{.zh = "拟合与外推", .en = "Fits and extrapolations"},
                [series, scaled, last](Language language) {
                  return fits(series, scaled, last,
                              {.zh = "拟合相同，预测不同", .en = "One fit, different futures"},
                              language);
                });
}

/// The same with the last quarter held out, so that there is a truth to compare with.
void held_out(Lesson& lesson, const Series& series) {
  lesson.text({.zh = "可以检验：只用前四分之三的数据训练，看它怎样预测最后一点。",
               .en = "This can be tested: train on the first three quarters, then predict the last "
                     "point."});
  const std::int64_t known = series.x.size(0) * 3 / 4;
  const Tensor last = series.x.narrow(0, series.x.size(0) - 1, 1);
  const double truth = series.y[-1].item();
  Column seed{.name = "seed", .title = {.zh = "种子", .en = "seed"}};
  Column inside{
      .name = "inside", .title = {.zh = "训练数据 %", .en = "training data, %"}, .digits = 1};
  Column beyond{
      .name = "beyond", .title = {.zh = "最后一点 %", .en = "last point, %"}, .digits = 1};
  for (int i = 0; i < kSeeds; ++i) {
    Fitted fitted =
        train(series.x.narrow(0, 0, known), series.y.narrow(0, 0, known), {true, true}, i);
    seed.values.push_back(i);
    inside.values.push_back(100 * fitted.rmse.back() / series.range());
    beyond.values.push_back(100 * std::abs(fitted(last).item() - truth) / series.range());
  }
  lesson.table({.name = "held_out",
                .title = {.zh = "误差，占取值范围的百分比", .en = "Error in percent of the range"},
                .columns = {seed, inside, beyond}});
  if (series.ours)
    lesson.claim(*std::min_element(beyond.values.begin(), beyond.values.end()) >
                     5 * *std::max_element(inside.values.begin(), inside.values.end()),
                 {.zh = "最后一点的误差，每次都超过训练误差的 5 倍",
                  .en = "At the last point each one misses by more than 5 times the error on the "
                        "training data"});
  lesson.text(
      {.zh = "训练误差小，只说明范围之内拟合得好。网络不知道数据从何而来，外推的数字不可信。",
       .en = "A small training error speaks for the fit within the range only. The network "
             "knows nothing of where the data came from, and what it says beyond is not to "
             "be trusted."});
}

}  // namespace

void extrapolate(Lesson& lesson, const Series& series, const std::vector<NamedFit>& scaled) {
  beyond_the_data(lesson, series, scaled);
  held_out(lesson, series);
}

}  // namespace percept::lessons
