// Gallery, 2006: deep belief networks. A small machine by brute force, then layer upon layer.
#include <algorithm>
#include <cmath>

#include "lessons/gallery/garments.h"
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

constexpr std::int64_t kCountedVisible = 7, kCountedHidden = 5;

/// A machine whose weights are a formula, so that anybody can check it.
models::Rbm small_machine() {
  models::Rbm rbm(kCountedVisible, kCountedHidden, {.dtype = f64});
  const NoGradGuard no_grad;
  const Tensor i = arange(kCountedVisible).to(f64), j = arange(kCountedHidden).to(f64);
  rbm.weight = sin(1 + j.unsqueeze(1) + i * 2);
  rbm.visible_bias = (i - 3) * 0.1;
  rbm.hidden_bias = (2 - j) * 0.2;
  return rbm;
}

/// Every state of n units: (2ⁿ, n), the first unit changing last.
Tensor states_of(std::int64_t n) {
  std::vector<double> states;
  for (std::int64_t s = 0; s < std::int64_t{1} << n; ++s)
    for (std::int64_t bit = n - 1; bit >= 0; --bit) states.push_back(double((s >> bit) & 1));
  return from_vector(states, {std::int64_t{1} << n, n});
}

Tensor small_data() {
  return tensor(
      {{1., 1., 1., 0., 0., 0., 0.}, {0., 0., 0., 0., 1., 1., 1.}, {1., 0., 1., 0., 1., 0., 1.}},
      {.dtype = f64});
}

/// The gradients of all parameters as one vector.
Tensor machine_gradient(models::Rbm& rbm, const Tensor& loss) {
  rbm.zero_grad();
  loss.backward();
  std::vector<Tensor> parts;
  for (const Tensor& p : rbm.parameters()) parts.push_back(p.grad().flatten().clone());
  return cat(parts);
}

double cosine_between(const Tensor& a, const Tensor& b) {
  return matmul(a, b).item() / (norm(a).item() * norm(b).item());
}

void tell_brute_force(Lesson& lesson, std::uint64_t seed) {
  models::Rbm rbm = small_machine();
  const Tensor v = states_of(kCountedVisible), h = states_of(kCountedHidden), data = small_data();
  Tensor joint, free, p;  // exp(-E) of every pair, F and p of every v
  {
    const NoGradGuard no_grad;
    joint = exp(-rbm.energy(v.unsqueeze(1), h.unsqueeze(0)));
    free = rbm.free_energy(v);
    p = exp(-free) / joint.sum();
  }
  lesson.heading({.zh = "小到可以数清的机器", .en = "A machine small enough to count"});
  lesson.text(
      {.zh = "7 个可见单元与 5 个隐含单元共有 4096 个状态，可以全部列出。权值取 `wⱼᵢ = sin(1 + j + "
             "2i)`，偏置量取 `bᵢ = (i - 3) / 10`、`cⱼ = (2 - j) / 5`，序号从 0 起。",
       .en = "7 visible units and 5 hidden units have 4096 states, and all can be listed. "
             "Weights are `wⱼᵢ = sin(1 + j + 2i)`, biases `bᵢ = (i - 3) / 10` and `cⱼ = (2 "
             "- j) / 5`, numbered from 0."});
  Tensor exact_loss;
  {
    const NoGradGuard no_grad;
    exact_loss = rbm.free_energy(data).mean() + joint.sum().log();
  }
  lesson.numbers("count", {.zh = "逐个状态求和", .en = "Summed over all states"},
                 {{both("log Z"), joint.sum().log().item(), golden("9.659515")},
                  {both("Σ p(v)"), p.sum().item(), golden("1.000000")},
                  {both("F(1110000)"), rbm.free_energy(data[0]).item(), golden("-2.809589")},
                  {both("F(0000111)"), rbm.free_energy(data[1]).item(), golden("-4.129267")},
                  {both("F(1010101)"), rbm.free_energy(data[2]).item(), golden("-4.440541")},
                  {both("-log p"), exact_loss.item(), golden("5.866383")}});

  lesson.heading({.zh = "CD-k 与精确的梯度", .en = "CD-k and the exact gradient"});
  lesson.text(
      {.zh = "`-log p(v)` 的梯度是 `F` 的梯度在样本上与在模型自己的分布上之差。后者要对所有状态求"
             "和；CD-k 只从样本出发走 `k` 步 Gibbs 采样。机器很小，`k` 步之后的分布也可以精确"
             "算出，与精确的梯度比较方向（夹角的余弦）。",
       .en = "The gradient of `-log p(v)` is that of `F` at the samples minus that under "
             "the model's own distribution. The latter is a sum over all states; CD-k "
             "takes `k` steps of Gibbs sampling from the samples instead. In so small a "
             "machine the distribution after `k` steps is known exactly too, and its "
             "gradient's direction is compared with the exact one (cosine of the angle)."});
  const Tensor up = joint / joint.sum({1}, true), down = joint / joint.sum({0}, true);
  Tensor start = zeros({v.size(0)}, {.dtype = f64});
  for (std::int64_t n = 0; n < data.size(0); ++n)
    start += (mean((v == data[n]).to(f64), {1}) == 1).to(f64) / 3;
  const auto gradient = [&](const Tensor& model) {
    return machine_gradient(rbm, matmul(start - model, rbm.free_energy(v)));
  };
  const Tensor exact = gradient(p);
  Column k{.name = "k"}, angle{.name = "cosine", .title = {.zh = "余弦", .en = "cosine"}};
  Tensor now = start, first;
  for (int step = 1; step <= 10; ++step) {
    now = matmul(matmul(now, up), down.t());
    if (step == 1) first = gradient(now);
    if (step != 1 && step != 2 && step != 5 && step != 10) continue;
    k.values.push_back(step);
    angle.values.push_back(cosine_between(gradient(now), exact));
  }
  angle.expected = golden({"0.982336", "0.997411", "0.999979", "1.000000"});
  lesson.table({.name = "cd",
                .title = {.zh = "CD-k 的期望与精确的梯度",
                          .en = "CD-k's expectation and the exact gradient"},
                .columns = {k, angle}});
  Generator generator(seed);
  const Tensor many =
      data.unsqueeze(0).expand({20000, 3, kCountedVisible}).reshape({-1, kCountedVisible});
  const Tensor sampled =
      machine_gradient(rbm, rbm.contrastive(many, rbm.gibbs(many, 1, &generator)));
  const double gap = norm(sampled - first).item() / norm(first).item();
  lesson.claim(gap < 0.03, {.zh = "用 60000 个样本的 CD-1 与它的期望相差不到 3%",
                            .en = "CD-1 by 60000 samples is within 3% of its expectation"});
}

struct DbnSizes {
  std::vector<std::int64_t> hidden;
  std::int64_t unlabelled, labelled, judged;
  std::int64_t pretrain_epochs, epochs;
};
const DbnSizes kReducedDbn{{200, 200, 400}, 6000, 1000, 2000, 3, 12};
const DbnSizes kFullDbn{{500, 500, 2000}, 60000, 60000, 10000, 3, 6};

data::DataLoader batches(const Garments& set, bool shuffle, std::uint64_t seed) {
  return {data::TensorDataset(set.x, set.y),
          {.batch_size = shuffle ? 64 : 1000, .shuffle = shuffle, .seed = seed}};
}

/// Fine-tunes with labels; the test accuracy after each epoch.
std::vector<double> fine_tune(nn::Module& net, const Garments& labelled, const Garments& judged,
                              std::int64_t epochs, std::uint64_t seed) {
  data::DataLoader loader = batches(labelled, true, seed), judge = batches(judged, false, seed);
  optim::Adam optimizer(net.parameters());
  train::Trainer trainer(net, [](const Tensor& z, const Tensor& t) { return cross_entropy(z, t); },
                         optimizer, {.epochs = epochs});
  std::vector<double> accuracy;
  for (const train::EpochResult& epoch : trainer.fit(loader, &judge))
    accuracy.push_back(epoch.val_accuracy);
  return accuracy;
}

void tell_stack(Lesson& lesson, const Options& options) {
  const DbnSizes& size = options.full ? kFullDbn : kReducedDbn;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true}},
      test_set{{.root = options.data_dir, .train = false}};
  const Garments unlabelled = garments(train_set, size.unlabelled),
                 labelled = garments(train_set, size.labelled),
                 judged = garments(test_set, size.judged);
  std::string layers = "784";
  for (const std::int64_t units : size.hidden) layers += fmt::format("-{}", units);
  layers += "-10";
  lesson.heading({.zh = "逐层预训练", .en = "Pre-training, layer by layer"});
  lesson.text(
      {.zh = "网络 {}。先用 {} 张没有标签的图像逐层训练，每层 {} 轮，每一层学习下一层的输出；"
             "再用 {} 张有标签的图像微调 {} 轮。旁边是同样大小、不经预训练的网络。",
       .en = "The network is {}. First {} pictures without labels train it layer by "
             "layer, {} epochs each, every layer learning what the one below puts out; "
             "then {} pictures with labels fine-tune it for {} epochs. Beside it stands "
             "the same network without pre-training."},
      layers, size.unlabelled, size.pretrain_epochs, size.labelled, size.epochs);
  lesson.code(
      "models::Dbn net(784, 10, {.hidden = {500, 500, 2000}});\n"
      "net.pretrain(loader, {.epochs = 10});  // machine after machine, by CD-1\n"
      "train::Trainer(net, loss, optimizer).fit(loader);  // as any other module");
  manual_seed(seed);
  models::Dbn net(784, 10, {.hidden = size.hidden});
  models::Dbn plain(784, 10, {.hidden = size.hidden});
  std::vector<std::vector<double>> errors(size.hidden.size());
  data::DataLoader loader = batches(unlabelled, true, seed);
  net.pretrain(loader, {.epochs = size.pretrain_epochs,
                        .report = [&](std::int64_t layer, std::int64_t, double error) {
                          errors[static_cast<std::size_t>(layer)].push_back(error);
                        }});
  const Tensor filters = net.machines[0].weight.clone().detach().narrow(0, 0, 96);
  Tensor seen, restored;
  {
    const NoGradGuard no_grad;
    seen = garments(test_set, 10).x;
    models::Rbm& first = net.machines[0];
    restored = first.visible(first(seen));
  }
  const std::vector<double> tuned = fine_tune(net, labelled, judged, size.epochs, seed),
                            untrained = fine_tune(plain, labelled, judged, size.epochs, seed);
  Column layer{.name = "layer", .title = {.zh = "层", .en = "layer"}},
      before{.name = "first", .title = {.zh = "第一轮", .en = "first epoch"}, .digits = 4},
      after{.name = "last", .title = {.zh = "最后一轮", .en = "last epoch"}, .digits = 4};
  bool improves = true;
  for (std::size_t i = 0; i < errors.size(); ++i) {
    layer.values.push_back(static_cast<double>(i + 1));
    before.values.push_back(errors[i].front());
    after.values.push_back(errors[i].back());
    improves = improves && errors[i].back() < errors[i].front();
  }
  lesson.table(
      {.name = "restored",
       .title = {.zh = "各层恢复输入的均方误差", .en = "Mean square error of restoring the input"},
       .columns = {layer, before, after}});
  lesson.claim(improves, {.zh = "每一层的误差都在下降", .en = "The error of every layer falls"});
  lesson.table({.name = "result",
                .title = {.zh = "测试正确率", .en = "Test accuracy"},
                .columns = {{.name = "network",
                             .title = {.zh = "网络", .en = "network"},
                             .words = {{"预训练后微调", "pre-trained, then fine-tuned"},
                                       {"不经预训练", "not pre-trained"}}},
                            {.name = "first",
                             .title = {.zh = "一轮之后", .en = "after one epoch"},
                             .values = {tuned.front(), untrained.front()},
                             .digits = 3},
                            {.name = "accuracy",
                             .title = {.zh = "最后", .en = "at the end"},
                             .values = {tuned.back(), untrained.back()},
                             .digits = 3}}});
  lesson.claim(tuned.front() > untrained.front() && tuned.back() > untrained.back(),
               {.zh = "微调一轮之后，预训练过的网络领先，最后也是",
                .en = "After one epoch of fine-tuning the pre-trained network is ahead, and so it "
                      "is at the end"});
  lesson.text(
      {.zh =
           "2006 年，多层的 S 形网络从随机的小权值出发几乎学不动；预训练给出了好的起点。后来 ReLU、"
           "更好的初值与归一化使它不再必要。",
       .en = "In 2006 a deep network of sigmoids hardly learned from small random "
             "weights; pre-training gave it a good start. Later ReLU, better first "
             "weights and normalisation made it unnecessary."});
  lesson.figure("filters",
                {.zh = "第一层的权值：预训练所得，没有用到标签",
                 .en = "Weights of the first layer: from pre-training, without labels"},
                [filters](Language language) {
                  return plot::weight_tiles(
                      filters.to_vector<float>(), static_cast<int>(filters.size(0)), 28, 28,
                      {.columns = 16, .color_label = Text{"权值", "weight"}.in(language)});
                });
  lesson.figure(
      "restored",
      {.zh = "输入，与第一层恢复的图像", .en = "Inputs, and what the first layer restores"},
      [seen, restored](Language) {
        std::vector<plot::Sample> samples;
        for (const Tensor& rows : {seen, restored})
          for (std::int64_t i = 0; i < rows.size(0); ++i)
            samples.push_back({.image = garment_picture(rows[i])});
        return plot::contact_sheet(samples, {.columns = 10, .tile = 84});
      });
  lesson.figure("accuracy", {.zh = "微调中的测试正确率", .en = "Test accuracy in fine-tuning"},
                [tuned, untrained](Language language) {
                  return plot::curves(
                      {{.x_label = Text{"训练轮数", "epoch"}.in(language),
                        .y_label = Text{"测试正确率", "test accuracy"}.in(language),
                        .series = {{.name = Text{"预训练", "pre-trained"}.in(language), .y = tuned},
                                   {.name = Text{"不经预训练", "not pre-trained"}.in(language),
                                    .y = untrained}},
                        .whole_x = true}},
                      {.panel_width = 620});
                });
  Table history{.name = "accuracy",
                .columns = {{.name = "epoch"},
                            {.name = "pretrained", .values = tuned},
                            {.name = "plain", .values = untrained}}};
  for (std::size_t i = 0; i < tuned.size(); ++i)
    history.columns[0].values.push_back(static_cast<double>(i + 1));
  lesson.history(history);
}

}  // namespace

Lesson deep_belief(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh =
           "受限玻尔兹曼机（RBM）有一层可见单元与一层隐含单元，同层之间没有连接。2006 年，Hinton、"
           "Osindero 与 Teh 把它们一层层叠起来：每一层不用标签，学习下一层的输出，然后整个"
           "网络用误差反向传播微调。多层网络由此可以训练，“深度学习”从这里开始。",
       .en = "A restricted Boltzmann machine (RBM) has a layer of visible units and one of "
             "hidden units, without connections within a layer. In 2006 Hinton, Osindero "
             "and Teh stacked them: each learns what the layer below puts out, without "
             "labels, and then the whole is fine-tuned by back-propagation. Networks of "
             "many layers could be trained; 'deep learning' begins here."});
  lesson.formula(
      "E(v, h) = -b·v - c·h - hᵀ W v,  p(v, h) = exp(-E) / Z\n"
      "F(v) = -b·v - Σⱼ log(1 + exp(cⱼ + (W v)ⱼ)),  p(v) = exp(-F) / Z");
  lesson.code(
      "models::Rbm rbm(784, 500);\n"
      "rbm.contrastive(v, rbm.gibbs(v, 1)).backward();  // CD-1\n"
      "optimizer.step();");
  tell_brute_force(lesson, static_cast<std::uint64_t>(options.seed));
  tell_stack(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
