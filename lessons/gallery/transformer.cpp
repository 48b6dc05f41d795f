// Gallery, 2017: the Transformer. A table of attention by hand, sorting numbers, patches of
// pictures.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/classifier.h"
#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

/// A table's columns `name`1, `name`2, ... of the columns of a matrix.
std::vector<Column> matrix_columns(const std::string& name, const std::string& title,
                                   const Tensor& matrix,
                                   const std::vector<std::vector<Expected>>& expected) {
  std::vector<Column> columns;
  for (std::int64_t j = 0; j < matrix.size(1); ++j)
    columns.push_back(
        {.name = fmt::format("{}{}", name, j + 1),
         .title =
             both(title + std::vector<std::string>{"₁", "₂", "₃"}[static_cast<std::size_t>(j)]),
         .values = matrix.select(1, j).to_vector<double>(),
         .digits = 6,
         .expected = expected[static_cast<std::size_t>(j)]});
  return columns;
}

void tell_attention(Lesson& lesson) {
  const Tensor q = tensor({{1., 0.}, {0., 1.}, {1., 1.}}, {.dtype = f64}), k = q,
               v = tensor({{1., 0.}, {0., 1.}, {.5, .5}}, {.dtype = f64});
  const Tensor weights = softmax(matmul(q, k.t()) / std::sqrt(2.0), 1), y = matmul(weights, v);
  lesson.heading({.zh = "三个词的注意力", .en = "Attention among three words"});
  lesson.text({.zh = "查询与键 `Q = K = [[1, 0], [0, 1], [1, 1]]`，值 `V = [[1, 0], [0, 1], [0.5, "
                     "0.5]]`。每个查询按与键的内积对值取平均，`wⱼ` 是它给第 `j` 个词的权值。",
               .en = "Queries and keys `Q = K = [[1, 0], [0, 1], [1, 1]]`, values `V = [[1, 0], "
                     "[0, 1], [0.5, 0.5]]`. Each query averages the values by its inner products "
                     "with the keys; `wⱼ` is the weight it gives to word `j`."});
  lesson.question({.zh = "第三个查询 `(1, 1)` 给它自己的键的权值是多少？",
                   .en = "What weight does the third query, `(1, 1)`, give to its own key?"},
                  weights[2][2].item(), 2);
  Table table{
      .name = "attention",
      .title = {.zh = "权值与输出", .en = "Weights and outputs"},
      .columns = {{.name = "query", .title = {.zh = "查询", .en = "query"}, .values = {1, 2, 3}}}};
  for (auto& column : matrix_columns("w", "w", weights,
                                     {golden({"0.401112", "0.197776", "0.248255"}),
                                      golden({"0.197776", "0.401112", "0.248255"}),
                                      golden({"0.401112", "0.401112", "0.503490"})}))
    table.columns.push_back(column);
  for (auto& column : matrix_columns("y", "y", y,
                                     {golden({"0.601668", "0.398332", "0.500000"}),
                                      golden({"0.398332", "0.601668", "0.500000"})}))
    table.columns.push_back(column);
  lesson.table(table);
  lesson.claim(allclose(scaled_dot_product_attention(q, k, v), y),
               {.zh = "`scaled_dot_product_attention` 给出同样的输出",
                .en = "`scaled_dot_product_attention` gives the same outputs"});
  const Tensor order = tensor({2, 0, 1});
  lesson.claim(
      allclose(
          scaled_dot_product_attention(q, index_select(k, 0, order), index_select(v, 0, order)), y),
      {.zh = "换了词的顺序，输出不变：注意力看不见顺序，位置要另外加到词上",
       .en = "Words in another order give the same outputs: attention does not see the "
             "order, and positions have to be added to the words"});
  const Tensor masked = scaled_dot_product_attention(q, k, v, {.is_causal = true});
  lesson.claim(allclose(masked[0], v[0]) && allclose(masked[2], y[2]),
               {.zh = "带掩码时，每个词只看它自己和前面的词：第一个只看见自己，第三个看见全部",
                .en = "With the mask a word sees itself and those before it: the first sees only "
                      "itself, the third all"});
}

struct SortSizes {
  std::int64_t length, numbers, width, heads, steps;
};
const SortSizes kShortSort{8, 10, 32, 2, 1200};
const SortSizes kLongSort{12, 16, 64, 4, 4000};
constexpr std::int64_t kSortBatch = 64, kSortJudged = 1000;
constexpr double kSortRate = 0.005;

/// Numbers to sort, and the same sorted: (N, length) each. The token after the numbers says: now.
struct SortBatch {
  Tensor given, sorted;
};
SortBatch draw_numbers(std::int64_t count, const SortSizes& size, Generator& generator) {
  const Tensor given = randint(0, size.numbers, {count, size.length}, {.dtype = i64}, &generator);
  return {given, sort(given).values};
}
Tensor asked(const Tensor& given, const SortSizes& size) {
  return cat({given, full({given.size(0), 1}, size.numbers)}, 1);
}

struct Sorter {
  models::CausalTransformer net;
  std::vector<double> losses;
};

Sorter learn_to_sort(const SortSizes& size, std::uint64_t seed) {
  manual_seed(seed);
  Sorter sorter{.net = models::CausalTransformer(size.numbers + 1, {.max_len = 2 * size.length,
                                                                    .width = size.width,
                                                                    .heads = size.heads,
                                                                    .layers = 2,
                                                                    .feedforward = 2 * size.width}),
                .losses = {}};
  Generator generator(seed);
  optim::Adam optimizer(sorter.net.parameters(), {.lr = kSortRate});
  optim::OneCycleLR schedule(optimizer, kSortRate, size.steps, {.cycle_momentum = false});
  for (std::int64_t step = 0; step < size.steps; ++step) {
    const SortBatch batch = draw_numbers(kSortBatch, size, generator);
    const Tensor seen =
        cat({asked(batch.given, size), batch.sorted.narrow(1, 0, size.length - 1)}, 1);
    optimizer.zero_grad();
    const Tensor logits = sorter.net(seen).narrow(1, size.length, size.length);
    const Tensor loss = cross_entropy(logits.flatten(0, 1), batch.sorted.flatten());
    sorter.losses.push_back(loss.item());
    loss.backward();
    optimizer.step();
    schedule.step();
  }
  return sorter;
}

/// The share of new sequences that come out right in every place, each number written after the
/// ones before it.
double exactly_sorted(models::CausalTransformer& net, const SortSizes& size, Generator& generator) {
  const SortBatch batch = draw_numbers(kSortJudged, size, generator);
  const Tensor written =
      net.generate(asked(batch.given, size), size.length).narrow(1, size.length + 1, size.length);
  return mean((mean((written == batch.sorted).to(f64), {1}) == 1).to(f64)).item();
}

/// What the heads look at while a number is written: the share of their weight, averaged over
/// sequences, that falls on places where that number stands in the input. (layers, heads)
Tensor weight_on_answer(models::CausalTransformer& net, const SortSizes& size,
                        Generator& generator) {
  const SortBatch batch = draw_numbers(200, size, generator);
  const Tensor tokens =
      cat({asked(batch.given, size), batch.sorted.narrow(1, 0, size.length - 1)}, 1);
  // (N, answers, places of the input)
  const Tensor same = (batch.sorted.unsqueeze(2) == batch.given.unsqueeze(1)).to(f32);
  std::vector<Tensor> shares;
  for (const Tensor& weights : net.attention(tokens)) {
    const Tensor seen = weights.narrow(2, size.length, size.length).narrow(3, 0, size.length);
    shares.push_back(mean(sum(seen * same.unsqueeze(1), {3}), {0, 2}));
  }
  return stack(shares);
}

/// One sequence: where each head of each layer looks while it writes.
plot::Figure sorting_maps(const std::vector<Tensor>& weights, const SortBatch& one,
                          Language language) {
  const std::int64_t length = one.given.size(1), heads = weights[0].size(1);
  std::vector<std::string> written, read;
  for (const std::int64_t n : one.sorted.to_vector<std::int64_t>())
    written.push_back(std::to_string(n));
  for (const std::int64_t n : one.given.to_vector<std::int64_t>())
    read.push_back(std::to_string(n));
  read.emplace_back("→");
  read.insert(read.end(), written.begin(), written.end() - 1);
  std::vector<plot::Figure> maps;
  for (std::size_t layer = 0; layer < weights.size(); ++layer)
    for (std::int64_t head = 0; head < heads; ++head)
      maps.push_back(plot::heat_map(
          weights[layer][0][head].narrow(0, length, length).to_vector<double>(),
          static_cast<int>(length), static_cast<int>(2 * length),
          {.title =
               fill({.zh = "第 {} 层，第 {} 个头", .en = "layer {}, head {}"}, layer + 1, head + 1)
                   .in(language),
           .row_label = Text{"写出", "written"}.in(language),
           .column_label = Text{"看到", "seen"}.in(language),
           .row_names = written,
           .column_names = read,
           .range = plot::Range{0, 1}}));
  return plot::grid(maps, {.columns = static_cast<int>(heads)});
}

double tell_sorting(Lesson& lesson, const Options& options) {
  const SortSizes& size = options.full ? kLongSort : kShortSort;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  lesson.heading({.zh = "排序", .en = "Sorting"});
  lesson.text({.zh = "读入 {0} 个 0 到 {1} 的数，再按大小逐个写出。只用带掩码的层（解码器），{2} "
                     "层宽 {3}，每层 {4} 个头；每步 {5} 个新的序列，共 {6} 步。",
               .en = "It reads {0} numbers from 0 to {1}, then writes them in order, one by one. "
                     "There are only masked layers (a decoder), {2} of width {3} with {4} heads "
                     "each; {5} new sequences a step, {6} steps."},
              size.length, size.numbers - 1, 2, size.width, size.heads, kSortBatch, size.steps);
  lesson.code(
      "models::CausalTransformer net(11, {.max_len = 16, .width = 32});\n"
      "net.generate(tokens, 8);  // each number after those before it");
  Sorter sorter = learn_to_sort(size, seed);
  Generator generator(seed + 1);
  const double exact = exactly_sorted(sorter.net, size, generator);
  lesson.claim(exact >= 0.99,
               {.zh = "{} 个新的序列中，至少 99% 每一位都对：{:.3f}",
                .en = "Of {} new sequences at least 99% are right in every place: {:.3f}"},
               kSortJudged, exact);
  const double most = max(weight_on_answer(sorter.net, size, generator)).item();
  lesson.claim(most > 0.5,
               {.zh = "写一个数时，有一个头把一半以上的权值放在输入中的这个数上",
                .en = "While a number is written, there is a head with more than half of its "
                      "weight on that number in the input"});
  const SortBatch one = draw_numbers(1, size, generator);
  const std::vector<Tensor> weights = sorter.net.attention(
      cat({asked(one.given, size), one.sorted.narrow(1, 0, size.length - 1)}, 1));
  lesson.figure("sorting",
                {.zh = "注意力：每行写出一个数，各列是它能看到的；`→` 之前是输入",
                 .en = "Attention: each row writes a number, the columns are what it can see; "
                       "before `→` is the input"},
                [weights, one](Language language) { return sorting_maps(weights, one, language); });
  Table history{.name = "sorting", .columns = {{.name = "step"}, {.name = "loss"}}};
  for (std::size_t i = 0; i < sorter.losses.size(); i += 20) {
    history.columns[0].values.push_back(static_cast<double>(i));
    history.columns[1].values.push_back(sorter.losses[i]);
  }
  lesson.history(history);
  return exact;
}

struct PatchTraining {
  double floor;
  ClassifierTraining course;
};
const PatchTraining kFewPatches{
    0.75, {.pictures = 6000, .judged = 2000, .epochs = 4, .rate = 0.003, .clip = 1}};
const PatchTraining kAllPatches{
    0.88, {.pictures = 60000, .judged = 10000, .epochs = 12, .rate = 0.003, .clip = 1}};

/// Pictures and what each head looks at in them: the weights that a patch is given, averaged over
/// the patches that look. Dark is much; the garment shows through.
plot::Figure patch_maps(const Tensor& pictures, const std::vector<Tensor>& weights,
                        Language language) {
  const std::int64_t heads = weights[0].size(1), side = 4;  // patches in a row
  std::vector<plot::Sample> samples;
  for (std::int64_t i = 0; i < pictures.size(0); ++i) {
    samples.push_back({.image = map_picture(pictures[i][0], {0, 1}),
                       .caption = Text{"输入", "input"}.in(language)});
    for (std::size_t layer = 0; layer < weights.size(); ++layer) {
      const Tensor seen = mean(weights[layer][i], {1}).reshape({1, heads, side, side});
      const Tensor map = interpolate(seen, {.scale_factor = 28 / side})[0];  // (heads, 28, 28)
      for (std::int64_t head = 0; head < heads; ++head)
        samples.push_back({.image = map_picture(
                               0.75 * map[head] / map[head].max() + 0.25 * pictures[i][0], {0, 1}),
                           .caption = fmt::format("{}.{}", layer + 1, head + 1)});
    }
  }
  return plot::contact_sheet(
      samples, {.columns = 1 + static_cast<int>(weights.size() * static_cast<std::size_t>(heads)),
                .tile = 84});
}

double tell_patches(Lesson& lesson, const Options& options) {
  const auto& [floor, course] = options.full ? kAllPatches : kFewPatches;
  lesson.heading({.zh = "小块图像当作词", .en = "Patches of pictures as words"});
  lesson.text(
      {.zh = "把 28×28 的图像切成 16 块 7×7，每块 49 个像素经一个线性层成为一个词，加上位置"
             "，经过 2 层编码器，取平均后分类（Dosovitskiy 等，2021）。用 {} 张图像训练 {} 轮。",
       .en = "A picture of 28×28 is cut into 16 patches of 7×7; a linear layer makes a word "
             "of the 49 pixels of each, positions are added, 2 layers of an encoder follow, "
             "and the mean decides (Dosovitskiy et al., 2021). {} pictures are trained on "
             "for {} epochs."},
      course.pictures, course.epochs);
  lesson.code("models::PatchTransformer net({1, 28, 28}, 10, {.patch = 7, .width = 64});");
  manual_seed(static_cast<std::uint64_t>(options.seed));
  models::PatchTransformer net({1, 28, 28}, 10, {.dropout = 0});
  const TrainedClassifier trained{"accuracy", both("PatchTransformer"), parameter_count(net),
                                  train_classifier(course, net, options)};
  lesson.history(accuracy_history("patches", {trained}));
  lesson.claim(trained.accuracy.back() >= floor,
               {.zh = "{} 张测试图像的正确率至少为 {}：{:.3f}",
                .en = "Accuracy on {} test pictures is at least {}: {:.3f}"},
               course.judged, floor, trained.accuracy.back());
  const data::FashionMNIST test_set{{.root = options.data_dir, .train = false}};
  const Tensor pictures = garments(test_set, 3).x.reshape({-1, 1, 28, 28});
  const std::vector<Tensor> weights = net.attention(pictures);
  lesson.figure(
      "patches",
      {.zh = "三张图像与各个头（层.头）所看的小块：深色是看得多的",
       .en = "Three pictures and the patches that each head (layer.head) looks at: dark "
             "is much"},
      [pictures, weights](Language language) { return patch_maps(pictures, weights, language); });
  return trained.accuracy.back();
}

}  // namespace

Lesson transformer(const Options& options) {
  Lesson lesson;
  lesson.text({.zh = "循环网络一步步地读，远处的词要经过每一步才能传到。2017 年，Vaswani 等（"
                     "“Attention is all you need”）去掉了循环：每个词直接看所有的词，按查询与键的"
                     "内积加权求和它们的值，几个头并行，各看各的。整个序列可以同时训练，今天的语言"
                     "模型都由此而来。",
               .en = "A recurrent network reads step by step, and what is far away has to pass "
                     "through every step. In 2017 Vaswani et al. ('Attention is all you need') did "
                     "without recurrence: each word looks at all words directly and takes a "
                     "weighted sum of their values by the inner products of its query with their "
                     "keys, in several heads side by side. A whole sequence is trained at once; "
                     "today's language models all come from it."});
  lesson.formula("y = softmax(Q Kᵀ / √d) V\nQ = X W_Q,  K = X W_K,  V = X W_V");
  tell_attention(lesson);
  const double exact = tell_sorting(lesson, options), accuracy = tell_patches(lesson, options);
  lesson.table({.name = "result",
                .title = {.zh = "结果", .en = "Results"},
                .columns = {{.name = "task",
                             .title = {.zh = "任务", .en = "task"},
                             .words = {{"小块图像，测试正确率", "patches, test accuracy"},
                                       {"排序，全对的比例", "sorting, share all right"}}},
                            {.name = "right",
                             .title = {.zh = "正确", .en = "right"},
                             .values = {accuracy, exact},
                             .digits = 3}}});
  return lesson;
}

}  // namespace percept::lessons
