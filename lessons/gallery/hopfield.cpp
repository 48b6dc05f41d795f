// Gallery, 1982: Hopfield's network. A memory that falls downhill, and how much it can hold.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

using models::Recall;
using models::Storage;

constexpr int kLetterWidth = 7, kLetterHeight = 9;
constexpr double kFlippedShare = 0.15;  // share of the units that are flipped
constexpr std::int64_t kUnits = 1000;   // of the capacity's networks
constexpr std::int64_t kNetworks = 3;   // of each load
constexpr std::int64_t kAsked = 20;     // patterns asked for, of each network
constexpr double kCapacity = 0.138;

const std::string kLetterNames = "HOPFIELD";
const std::vector<std::string> kLetters{
    "#.....##.....##.....##.....#########.....##.....##.....##.....#",   // H
    ".#####.#.....##.....##.....##.....##.....##.....##.....#.#####.",   // O
    "######.#.....##.....##.....#######.#......#......#......#......",   // P
    "########......#......#......#####..#......#......#......#......",   // F
    ".#####....#......#......#......#......#......#......#....#####.",   // I
    "########......#......#......#####..#......#......#......#######",   // E
    "#......#......#......#......#......#......#......#......#######",   // L
    "#####..#....#.#.....##.....##.....##.....##.....##....#.#####.."};  // D

/// (letters, units) of 1 and -1.
Tensor letter_patterns() {
  std::vector<double> values;
  for (const std::string& letter : kLetters)
    for (const char c : letter) values.push_back(c == '#' ? 1 : -1);
  return from_vector(values,
                     {static_cast<std::int64_t>(kLetters.size()), kLetterWidth * kLetterHeight});
}

/// One garment of each class, 1 where a pixel is bright: (10, 784).
Tensor garment_patterns(const data::ImageSet& set) {
  std::vector<std::int64_t> classes(10);
  for (std::size_t c = 0; c < 10; ++c) classes[c] = static_cast<std::int64_t>(c);
  return (garments(set, classes, 1).x > 0.3).to(f64) * 2 - 1;
}

/// A pattern with this share of its units flipped.
Tensor corrupted(const Tensor& pattern, double share, Generator& generator) {
  Tensor state = pattern.clone();
  const auto flips =
      static_cast<std::int64_t>(std::lround(share * static_cast<double>(pattern.numel())));
  const Tensor which = randperm(pattern.numel(), &generator).narrow(0, 0, flips);
  return state.index_put_({which}, -state[which]);
}

/// The lowest quarter forgotten: all -1.
Tensor covered(const Tensor& pattern) {
  Tensor state = pattern.clone();
  const std::int64_t quarter = pattern.numel() / 4;
  state.narrow(0, 3 * quarter, quarter).fill_(-1);
  return state;
}

/// 1 where two states agree in every unit, 0 where they have nothing in common.
double overlap(const Tensor& a, const Tensor& b) { return mean(a * b).item(); }

bool never_rises(const std::vector<double>& energy) {
  return std::is_sorted(energy.rbegin(), energy.rend());
}

/// What became of patterns that were corrupted and recalled, with either rule.
struct Damage {
  Tensor shown;                            // (patterns, units)
  std::vector<Recall> hebbian, projected;  // of each pattern
};

Damage ask_memory(const Tensor& patterns, const std::function<Tensor(const Tensor&)>& damage,
                  Generator& generator) {
  Damage test;
  std::vector<Tensor> shown;
  for (std::int64_t i = 0; i < patterns.size(0); ++i) shown.push_back(damage(patterns[i]));
  test.shown = stack(shown);
  models::Hopfield net(patterns.size(1), f64);
  for (const Storage how : {Storage::hebbian, Storage::pseudo_inverse}) {
    net.store(patterns, how);
    for (const Tensor& state : shown)
      (how == Storage::hebbian ? test.hebbian : test.projected)
          .push_back(net.recall(state, {.generator = &generator}));
  }
  return test;
}

Column overlap_column(const std::string& name, const Text& title, const Tensor& patterns,
                      const std::vector<Recall>& recalls) {
  Column column{.name = name, .title = title, .digits = 3};
  for (std::size_t i = 0; i < recalls.size(); ++i) {
    column.values.push_back(overlap(patterns[static_cast<std::int64_t>(i)], recalls[i].state));
    column.wrong.push_back(column.values.back() < 1);
  }
  return column;
}

int count_recalled(const Tensor& patterns, const std::vector<Recall>& recalls) {
  int count = 0;
  for (std::size_t i = 0; i < recalls.size(); ++i)
    count += equal(patterns[static_cast<std::int64_t>(i)], recalls[i].state);
  return count;
}

const Text kHebb{.zh = "Hebb 规则", .en = "Hebb's rule"};
const Text kProjection{.zh = "伪逆", .en = "pseudo-inverse"};

/// A row a stage: as stored, as shown, and as recalled with either rule.
plot::Figure memory_sheet(const Tensor& patterns, const Damage& test, int width, int height,
                          double tile, Language language) {
  std::vector<plot::Sample> samples;
  const auto add = [&](const Tensor& state, const Text& caption) {
    samples.push_back(
        {.image = plot::gray_image((-state).to_vector<float>(), width, height, {-1, 1}),
         .caption = caption.in(language)});
  };
  const std::int64_t count = patterns.size(0);
  for (std::int64_t i = 0; i < count; ++i) add(patterns[i], {.zh = "存储", .en = "stored"});
  for (std::int64_t i = 0; i < count; ++i) add(test.shown[i], {.zh = "输入", .en = "shown"});
  for (const Recall& recall : test.hebbian) add(recall.state, kHebb);
  for (const Recall& recall : test.projected) add(recall.state, kProjection);
  return plot::contact_sheet(samples, {.columns = static_cast<int>(count), .tile = tile});
}

void tell_six_units(Lesson& lesson) {
  const Tensor patterns =
      tensor({{1., 1., 1., -1., -1., -1.}, {1., -1., 1., -1., 1., -1.}}, {.dtype = f64});
  models::Hopfield net(6, f64);
  net.store(patterns);
  const Tensor start = tensor({-1., 1., 1., -1., -1., -1.}, {.dtype = f64});
  Generator generator(0);
  const Recall recall = net.recall(start, {.generator = &generator});
  lesson.heading({.zh = "六个单元", .en = "Six units"});
  lesson.text({.zh = "存储两个模式 `p₁ = (1, 1, 1, -1, -1, -1)` 与 `p₂ = (1, -1, 1, -1, 1, -1)`，"
                     "再从 `s = (-1, 1, 1, -1, -1, -1)` 出发。",
               .en = "Two patterns are stored, `p₁ = (1, 1, 1, -1, -1, -1)` and `p₂ = (1, -1, 1, "
                     "-1, 1, -1)`, and it starts from `s = (-1, 1, 1, -1, -1, -1)`."});
  lesson.question(
      {.zh = "模式 `p₁` 的能量是多少？", .en = "What is the energy of the pattern `p₁`?"},
      net.energy(patterns[0]).item(), 0);
  lesson.numbers(
      "six", {.zh = "能量", .en = "Energies"},
      {{both("E(p₁)"), net.energy(patterns[0]).item(), golden("-14")},
       {both("E(p₂)"), net.energy(patterns[1]).item(), golden("-14")},
       {both("E(s)"), net.energy(start).item(), golden("-2")},
       {{.zh = "翻转的次数", .en = "flips"},
        static_cast<double>(recall.energy.size() - 1),
        golden("1")},
       {{.zh = "最后的能量", .en = "energy at the end"}, recall.energy.back(), golden("-14")}});
  lesson.claim(equal(recall.state, patterns[0]),
               {.zh = "一次翻转就恢复了 `p₁`", .en = "One flip restores `p₁`"});
}

void tell_letters(Lesson& lesson, Generator& generator) {
  const Tensor patterns = letter_patterns();
  const Damage test = ask_memory(
      patterns, [&](const Tensor& p) { return corrupted(p, 0.05, generator); }, generator);
  lesson.heading({.zh = "字母", .en = "Letters"});
  lesson.text({.zh =
                   "8 个字母，各 7×9 = 63 个单元，5% 的单元被翻转。Hebb 规则以为模式彼此无关；字母"
                   "却很相像，它把它们混在一起。伪逆把权值取为到所有模式的投影，相像也无妨。",
               .en = "8 letters of 7×9 = 63 units each, 5% of which are flipped. Hebb's rule "
                     "takes patterns to be unrelated; letters resemble each other, and it mixes "
                     "them. The pseudo-inverse makes the weights the projection onto all "
                     "patterns, which may then be alike."});
  Column names{.name = "letter", .title = {.zh = "字母", .en = "letter"}};
  for (const char c : kLetterNames) names.words.push_back(both(std::string(1, c)));
  lesson.table({.name = "letters",
                .title = {.zh = "回忆与存储的重叠，1 为完全相同",
                          .en = "Overlap of what is recalled with what was stored, 1 if equal"},
                .columns = {names, overlap_column("hebbian", kHebb, patterns, test.hebbian),
                            overlap_column("projected", kProjection, patterns, test.projected)}});
  lesson.claim(count_recalled(patterns, test.projected) >= 7,
               {.zh = "伪逆至少恢复了 8 个字母中的 7 个",
                .en = "The pseudo-inverse restores at least 7 of the 8 letters"});
  lesson.claim(count_recalled(patterns, test.hebbian) == 0,
               {.zh = "Hebb 规则一个也没有恢复", .en = "Hebb's rule restores none"});
  lesson.figure("letters", {.zh = "存储、输入、回忆", .en = "Stored, shown, recalled"},
                [patterns, test](Language language) {
                  return memory_sheet(patterns, test, kLetterWidth, kLetterHeight, 120, language);
                });
  lesson.figure("energy",
                {.zh = "能量的阶梯：损坏的字母按 Hebb 规则落下，每次翻转下降一级",
                 .en = "Staircases of energy: damaged letters fall by Hebb's rule, and each flip "
                       "is a step down"},
                [test](Language language) {
                  plot::Panel panel{.x_label = Text{"翻转", "flips"}.in(language),
                                    .y_label = Text{"能量", "energy"}.in(language)};
                  for (const std::size_t c : {0, 2, 4, 7}) {
                    const std::vector<double>& energy = test.hebbian[c].energy;
                    plot::Series steps{.name = std::string(1, kLetterNames[c]),
                                       .dash = plot::Dash::Solid,
                                       .markers = false};
                    for (std::size_t i = 0; i < energy.size(); ++i)
                      for (const std::size_t at : {i, i + 1}) {
                        steps.x.push_back(static_cast<double>(at));
                        steps.y.push_back(energy[i]);
                      }
                    panel.series.push_back(steps);
                  }
                  return plot::curves({panel}, {.panel_width = 620});
                });
}

void tell_garments(Lesson& lesson, const data::ImageSet& set, Generator& generator) {
  const Tensor patterns = garment_patterns(set);
  const Damage noisy = ask_memory(
      patterns, [&](const Tensor& p) { return corrupted(p, kFlippedShare, generator); }, generator);
  const Damage hidden = ask_memory(patterns, covered, generator);
  lesson.heading({.zh = "残缺的图像", .en = "Damaged pictures"});
  lesson.text({.zh = "Fashion-MNIST 每类一张，像素大于 0.3 为 1，否则为 -1：784 个单元，10 个模式。"
                     "一次翻转 {:.0f}% 的单元，一次遮住下面四分之一。",
               .en = "One picture of each class of Fashion-MNIST, 1 where a pixel is above 0.3, "
                     "else -1: 784 units, 10 patterns. Once {:.0f}% of the units are flipped, "
                     "once the lowest quarter is covered."},
              kFlippedShare * 100);
  lesson.table(
      {.name = "garments",
       .title = {.zh = "回忆与存储的重叠",
                 .en = "Overlap of what is recalled with what was stored"},
       .columns = {
           {.name = "class", .title = {.zh = "类别", .en = "class"}, .words = garment_names()},
           overlap_column("noisy_hebbian", {.zh = "噪声，Hebb", .en = "noise, Hebb"}, patterns,
                          noisy.hebbian),
           overlap_column("noisy", {.zh = "噪声，伪逆", .en = "noise, pseudo-inverse"}, patterns,
                          noisy.projected),
           overlap_column("covered", {.zh = "遮住，伪逆", .en = "covered, pseudo-inverse"},
                          patterns, hidden.projected)}});
  lesson.claim(
      count_recalled(patterns, noisy.projected) + count_recalled(patterns, hidden.projected) == 20,
      {.zh = "两种损坏之后，伪逆都恢复了全部图像",
       .en = "After either damage the pseudo-inverse restores all pictures"});
  lesson.figure("garments", {.zh = "存储、输入、回忆", .en = "Stored, shown, recalled"},
                [patterns, noisy](Language language) {
                  return memory_sheet(patterns, noisy, 28, 28, 120, language);
                });
  lesson.figure("covered",
                {.zh = "遮住下面四分之一之后", .en = "After the lowest quarter was covered"},
                [patterns, hidden](Language language) {
                  return memory_sheet(patterns, hidden, 28, 28, 120, language);
                });
  bool falls = true;
  for (const auto* test : {&noisy, &hidden})
    for (const auto* recalls : {&test->hebbian, &test->projected})
      for (const Recall& recall : *recalls)
        falls = falls && recall.settled && never_rises(recall.energy);
  lesson.claim(falls, {.zh = "40 次回忆中，能量从不上升，最后都停下",
                       .en = "In 40 recalls energy never rises, and all come to rest"});
}

/// Mean overlap of what random patterns fall to, having started from themselves.
double mean_overlap(std::int64_t patterns, Generator& generator) {
  double sum = 0;
  std::int64_t count = 0;
  models::Hopfield net(kUnits);
  for (std::int64_t k = 0; k < kNetworks; ++k) {
    const Tensor stored =
        randint(0, 2, {patterns, kUnits}, {.dtype = i64}, &generator).to(f32) * 2 - 1;
    net.store(stored);
    for (std::int64_t i = 0; i < std::min(patterns, kAsked); ++i, ++count)
      sum += overlap(stored[i], net.recall(stored[i], {.generator = &generator}).state);
  }
  return sum / static_cast<double>(count);
}

void tell_capacity(Lesson& lesson, Generator& generator) {
  lesson.heading({.zh = "能记住多少", .en = "How much it can hold"});
  lesson.text(
      {.zh = "{} 个单元，用 Hebb 规则存储 `P` 个随机模式，从模式本身出发。`α = P / N` 小时，回忆"
             "几乎没有错误；超过约 {} 时（Amit、Gutfreund、Sompolinsky，1985），记忆突然"
             "崩溃：不是忘掉一些，而是全部。",
       .en = "{} units store `P` random patterns by Hebb's rule, and start from the "
             "patterns themselves. While `α = P / N` is small there is hardly an error; "
             "beyond about {} (Amit, Gutfreund, Sompolinsky, 1985) memory breaks down: it "
             "does not forget some, but all."},
      kUnits, kCapacity);
  Column load{.name = "load", .title = both("α"), .digits = 2};
  Column m{.name = "overlap", .title = {.zh = "平均重叠", .en = "mean overlap"}, .digits = 3};
  for (int percent = 4; percent <= 24; percent += 2) {
    load.values.push_back(percent / 100.0);
    m.values.push_back(mean_overlap(kUnits * percent / 100, generator));
  }
  lesson.table({.name = "capacity",
                .title = {.zh = "载荷与重叠", .en = "Load and overlap"},
                .columns = {load, m}});
  const auto at = [&](double wanted) {
    return m.values[static_cast<std::size_t>(
        std::find(load.values.begin(), load.values.end(), wanted) - load.values.begin())];
  };
  lesson.claim(at(0.1) > 0.99 && at(0.2) < 0.5,
               {.zh = "`α` = 0.1 时平均重叠大于 0.99，0.2 时小于 0.5：崩溃在两者之间",
                .en = "Mean overlap is above 0.99 at `α` = 0.1 and below 0.5 at 0.2: the breakdown "
                      "lies between"});
  std::size_t i = 0;  // the first load at which the mean overlap is below 0.9
  while (m.values[i] >= 0.9) ++i;
  const double share = (m.values[i - 1] - 0.9) / (m.values[i - 1] - m.values[i]);
  lesson.text(
      {.zh = "这里平均重叠在 `α` = {:.3f} 处降到 0.9。{} 是 `N` 无穷大时的值，下降在那里是突然的；"
             "单元有限时它是平缓的，位置随机会而变。",
       .en = "Here mean overlap comes down to 0.9 at `α` = {:.3f}. {} is the value for "
             "infinite `N`, where the fall is sudden; with finitely many units it is gradual, "
             "and its place varies with chance."},
      load.values[i - 1] + share * (load.values[i] - load.values[i - 1]), kCapacity);
  lesson.figure("capacity",
                {.zh = "平均重叠与载荷 `α`，虚线处为 0.138",
                 .en = "Mean overlap over the load `α`, the dashed line at 0.138"},
                [load, m](Language language) {
                  return plot::curves({{.x_label = "α = P / N",
                                        .y_label = Text{"平均重叠", "mean overlap"}.in(language),
                                        .series = {{.name = Text{"测得", "measured"}.in(language),
                                                    .x = load.values,
                                                    .y = m.values},
                                                   {.name = "0.138",
                                                    .x = {kCapacity, kCapacity},
                                                    .y = {0, 1},
                                                    .dash = plot::Dash::Dashed,
                                                    .markers = false}},
                                        .y_range = plot::Range{0, 1.05}}},
                                      {.panel_width = 620});
                });
}

}  // namespace

Lesson hopfield(const Options& options) {
  const data::FashionMNIST set{{.root = options.data_dir, .train = true}};
  Generator generator(static_cast<std::uint64_t>(options.seed));
  Lesson lesson;
  lesson.text(
      {.zh = "物理学家 Hopfield 把记忆看成能量的谷底：每个单元为 1 或 -1，两两以对称的权值相连；"
             "从残缺的模式出发，单元逐个更新，能量只降不升，最后落到存储的模式上。这样的记忆按"
             "内容寻址，不需要地址。",
       .en = "Hopfield, a physicist, took memories for valleys of an energy: units of 1 or "
             "-1, all connected with each other by symmetric weights. From a damaged "
             "pattern one unit after the other is updated, energy only falls, and ends "
             "at a stored pattern. Such a memory is addressed by its content."});
  lesson.note({.zh = "课件写的是 1983 年；论文发表于 PNAS 第 79 卷，1982 年。",
               .en = "The lecture says 1983; the paper is in PNAS, volume 79, of 1982."});
  lesson.formula("W = Σ p pᵀ,  wᵢᵢ = 0\nE(s) = -½ sᵀ W s\nsᵢ ← sign(Σⱼ wᵢⱼ sⱼ)");
  lesson.code(
      "models::Hopfield net(784);\n"
      "net.store(patterns, models::Storage::pseudo_inverse);\n"
      "const models::Recall recall = net.recall(damaged);\n"
      "recall.state, recall.energy;  // its end; the energy after every flip");
  tell_six_units(lesson);
  tell_letters(lesson, generator);
  tell_garments(lesson, set, generator);
  tell_capacity(lesson, generator);
  return lesson;
}

}  // namespace percept::lessons
