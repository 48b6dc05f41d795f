// L08 The multi-layer perceptron: layers as functions, put one into the other.
#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

using Sizes = std::vector<std::int64_t>;

/// Fully connected layers of these sizes, inputs first, with ReLU between them.
nn::Sequential mlp(const Sizes& sizes, bool bias = true) {
  nn::Sequential net;
  for (std::size_t i = 1; i < sizes.size(); ++i) {
    if (i > 1) net.push_back(nn::ReLU{});
    net.push_back(nn::Linear{sizes[i - 1], sizes[i], {.bias = bias}});
  }
  return net;
}

double parameters_of(const Sizes& sizes, bool bias) {
  nn::Sequential net = mlp(sizes, bias);
  return static_cast<double>(nn::summary(net, {1, sizes.front()}).parameters);
}

nn::Linear layer(const Tensor& weight, const Tensor& bias) {
  nn::Linear layer{weight.size(1), weight.size(0), {.dtype = f64}};
  layer.weight = weight;
  layer.bias = bias;
  return layer;
}

// The XOR network as three functions.
const double kStepThreshold = 0.5;
Tensor f1(const Tensor& x) {
  static nn::Linear hidden = layer(tensor({{0.78, 0.78}, {0.42, 0.48}}, {.dtype = f64}),
                                   tensor({-0.78, 0.52}, {.dtype = f64}));
  return relu(hidden(x));
}
Tensor f2(const Tensor& h) {
  static nn::Linear output =
      layer(tensor({{-1.03, 0.51}}, {.dtype = f64}), tensor({0.23}, {.dtype = f64}));
  return output(h);
}
Tensor f3(const Tensor& z) { return step(z - kStepThreshold); }

plot::Figure layers_figure(Language language) {
  const auto name = [&](const char* zh, const char* en) {
    return Text{.zh = zh, .en = en}.in(language);
  };
  return plot::network({{.units = 2, .name = name("输入层", "input"), .labels = {"x₁", "x₂"}},
                        {.units = 8, .name = name("隐含层 1", "hidden 1")},
                        {.units = 8, .name = name("隐含层 2", "hidden 2")},
                        {.units = 2, .name = name("输出层", "output"), .labels = {"y₁", "y₂"}}},
                       {.title = name("2-8-8-2 网络", "The network 2-8-8-2")});
}

plot::Figure composition_figure(const Tensor& h, const Tensor& z, const Tensor& y,
                                Language language) {
  const auto data = [](const char* label, const std::string& value) {
    return plot::GraphNode{.label = label, .role = plot::GraphRole::Data, .value = value};
  };
  const auto text = [&](const char* zh, const char* en) {
    return Text{.zh = zh, .en = en}.in(language);
  };
  return plot::computation_graph(
      {data("x", "(1, 1)"),
       {.label = "f⁽¹⁾"},
       data("h", fmt::format("({:.2f}, {:.2f})", h[0].item(), h[1].item())),
       {.label = "f⁽²⁾"},
       data("z", fmt::format("{:.4f}", z.item())),
       {.label = "f⁽³⁾"},
       data("y", fmt::format("{:.0f}", y.item()))},
      {{.from = 0, .to = 1},
       {.from = 1, .to = 2},
       {.from = 2, .to = 3},
       {.from = 3, .to = 4},
       {.from = 4, .to = 5},
       {.from = 5, .to = 6}},
      {.title = text("复合函数的有向无环图", "The composition as a directed acyclic graph"),
       .data_label = text("数据", "data"),
       .operation_label = text("函数", "function")});
}

void composition(Lesson& lesson) {
  lesson.heading({.zh = "复合函数", .en = "A composition"});
  lesson.text({.zh = "前馈神经网络是复合函数：数据只向前走，后一个函数的输入是前一个的输出。"
                     "下面把异或网络写成三个函数，输入为 `(1, 1)`。",
               .en = "A feed-forward network is a composition: data only goes forward, and each "
                     "function takes what the one before it gives. Below, the XOR network is "
                     "written as three functions; the input is `(1, 1)`."});
  lesson.formula(
      "f(x)  = f⁽³⁾( f⁽²⁾( f⁽¹⁾(x) ) )\n"
      "f⁽¹⁾(x) = ReLU(W⁽¹⁾ x + b⁽¹⁾)\n"
      "f⁽²⁾(h) = W⁽²⁾ h + b⁽²⁾\n"
      "f⁽³⁾(z) = step(z - 0.5)");
  const Tensor x = tensor({1., 1.}, {.dtype = f64});
  const Tensor h = f1(x), z = f2(h), y = f3(z);
  lesson.question(fill({.zh = "`f⁽¹⁾(x) = ({:.2f}, {:.2f})`，`f⁽²⁾(h) = 0.23 - 1.03 h₁ + 0.51 h₂`；"
                              "`f⁽²⁾(f⁽¹⁾(x))` 是多少？",
                        .en = "With `f⁽¹⁾(x) = ({:.2f}, {:.2f})` and "
                              "`f⁽²⁾(h) = 0.23 - 1.03 h₁ + 0.51 h₂`, what is `f⁽²⁾(f⁽¹⁾(x))`?"},
                       h[0].item(), h[1].item()),
                  z.item(), 4);
  lesson.numbers("unfolded", {.zh = "逐个展开", .en = "Unfolded, one function at a time"},
                 {{both("h₁ = f⁽¹⁾(x)₁"), h[0].item(), printed("0.78")},
                  {both("h₂ = f⁽¹⁾(x)₂"), h[1].item(), printed("1.42")},
                  {both("z = f⁽²⁾(h)"), z.item(), printed("0.1508")},
                  {both("y = f⁽³⁾(z)"), y.item(), printed("0")},
                  {both("f⁽³⁾(f⁽²⁾(f⁽¹⁾(x)))"), f3(f2(f1(x))).item(), printed("0")}});
  lesson.figure("composition",
                {.zh = "有向无环图：箭头都指向前方",
                 .en = "A directed acyclic graph: all arrows "
                       "point forward"},
                [h, z, y](Language language) { return composition_figure(h, z, y, language); });
}

void counting(Lesson& lesson) {
  lesson.heading({.zh = "数一数参数", .en = "Counting parameters"});
  lesson.text({.zh = "一层若有 `n` 个输入、`m` 个单元，就有 `m·n` 个权值和 `m` 个偏置量；"
                     "网络的参数个数 `p` 是各层之和。",
               .en = "A layer of `m` units on `n` inputs has `m·n` weights and `m` biases; the "
                     "network has `p` parameters, the sum over its layers."});
  lesson.formula("p = Σ (n + 1) m");
  lesson.question({.zh = "`2-8-2` 网络（2 个输入，8 个隐含单元，2 个输出）有多少参数？",
                   .en = "How many parameters has the network `2-8-2` (2 inputs, 8 hidden units, "
                         "2 outputs)?"},
                  parameters_of({2, 8, 2}, true), 0);
  struct Case {
    Sizes sizes;
    bool bias;
    const char* parameters;
  };
  const std::vector<Case> cases{{{2, 8, 2}, true, "42"},
                                {{2, 32, 2}, true, "162"},
                                {{2, 8, 8, 2}, true, "114"},
                                {{2, 8, 1}, true, "33"},
                                {{2, 32, 1}, true, "129"},
                                {{2, 8, 8, 1}, true, "105"},
                                {{1, 8, 4, 4, 1}, true, "77"},
                                {{784, 256, 10}, true, "203530"},
                                {{784, 512, 512, 10}, true, "669706"},
                                {{784, 512, 512, 10}, false, "668672"}};
  Column name{.name = "network", .title = {.zh = "网络", .en = "network"}};
  Column layers{.name = "layers", .title = {.zh = "层数", .en = "layers"}};
  Column products{.name = "multiply_adds", .title = {.zh = "乘加", .en = "multiply-adds"}};
  Column count{.name = "parameters", .title = {.zh = "参数", .en = "parameters"}};
  for (const Case& c : cases) {
    nn::Sequential net = mlp(c.sizes, c.bias);
    const nn::Summary found = nn::summary(net, {1, c.sizes.front()});
    const std::string sizes = fmt::format("{}", fmt::join(c.sizes, "-"));
    name.words.push_back(c.bias ? both(sizes)
                                : Text{.zh = sizes + "，无偏置量", .en = sizes + ", no bias"});
    layers.values.push_back(static_cast<double>(c.sizes.size() - 1));
    products.values.push_back(static_cast<double>(found.multiply_adds));
    count.values.push_back(parameters_of(c.sizes, c.bias));
    count.expected.push_back(golden(c.parameters));
  }
  lesson.table({.name = "architectures",
                .title = {.zh = "几种架构", .en = "Some architectures"},
                .columns = {name, layers, products, count}});
  lesson.text({.zh = "同样的数也由 `percept summary --model mlp:8 --input 2 --outputs 2` 给出。",
               .en = "`percept summary --model mlp:8 --input 2 --outputs 2` gives the same."});

  lesson.text({.zh = "大部分参数在前两层，那里两边都宽。",
               .en = "Most parameters are in the first two layers, which are wide on both sides."});
  nn::Sequential classifier = mlp({784, 512, 512, 10});
  Column which{.name = "layer", .title = {.zh = "层", .en = "layer"}};
  Column shape{.name = "weight", .title = {.zh = "权值", .en = "weights"}};
  Column own{.name = "parameters", .title = {.zh = "参数", .en = "parameters"}};
  own.expected = golden({"401920", "262656", "5130"});
  for (const auto& [path, module] : classifier.named_children()) {
    const auto* linear = dynamic_cast<const nn::Linear*>(module);
    if (!linear) continue;
    which.words.push_back(both(path + " Linear"));
    shape.words.push_back(both(linear->weight.shape().str()));
    own.values.push_back(static_cast<double>(linear->weight.numel() + linear->bias.numel()));
  }
  lesson.table({.name = "classifier",
                .title = {.zh = "784-512-512-10 的各层", .en = "The layers of 784-512-512-10"},
                .columns = {which, shape, own}});
}

void without_activation(Lesson& lesson) {
  lesson.heading({.zh = "激活函数为什么不能少", .en = "Why the activation cannot be left out"});
  lesson.text({.zh = "去掉激活函数，两个线性层合起来仍是一个线性层，层数就白加了。",
               .en = "Without an activation two linear layers make one linear layer, and depth is "
                     "in vain."});
  lesson.formula("W⁽²⁾(W⁽¹⁾x + b⁽¹⁾) + b⁽²⁾ = (W⁽²⁾W⁽¹⁾) x + (W⁽²⁾b⁽¹⁾ + b⁽²⁾)");
  manual_seed(0);
  nn::Linear first{2, 8, {.dtype = f64}}, second{8, 2, {.dtype = f64}};
  nn::Linear merged =
      layer(matmul(second.weight, first.weight).detach(), second(first.bias).detach());
  const Tensor x = randn({100, 2}, {.dtype = f64});
  lesson.claim(allclose(merged(x), second(first(x)), {.rtol = 0, .atol = 1e-12}),
               {.zh = "在 100 个随机点上，无激活函数的 `2-8-2` 与一个 `2-2` 线性层给出相同的输出",
                .en = "At 100 random points `2-8-2` without an activation gives what one linear "
                      "layer `2-2` gives"});
  lesson.claim(!allclose(merged(x), second(relu(first(x))), {.rtol = 0, .atol = 1e-2}),
               {.zh = "中间加上 `ReLU`，就不再相同", .en = "With `ReLU` between them it does not"});
}

}  // namespace

Lesson multi_layer_perceptron(const Options&) {
  Lesson lesson;
  lesson.text({.zh = "多层感知机在输入与输出之间加入一个或多个隐含层。相邻两层的单元两两相连，"
                     "因此叫全连接层，也叫线性层或密集层；激活函数在其后另算一步。",
               .en = "A multi-layer perceptron has hidden layers, one or several, between input "
                     "and output. Every unit is connected with every unit of the layer before: a "
                     "fully connected layer, also called linear or dense; the activation is a step "
                     "of its own behind it."});
  lesson.figure("layers",
                {.zh = "两个隐含层，各 8 个单元", .en = "Two hidden layers, 8 units each"},
                layers_figure);
  composition(lesson);

  lesson.heading({.zh = "架构设计", .en = "Designing an architecture"});
  lesson.text({.zh = "要定的有四项：层数，每层的单元数，每层的激活函数，是否用偏置量。"
                     "写成代码，就是一层接一层：",
               .en = "There are four things to choose: how many layers, how many units in each, "
                     "the activation of each, and whether there is a bias. As code it is one layer "
                     "after another:"});
  lesson.code(
      "nn::Sequential net{nn::Linear{2, 8}, nn::ReLU{},\n"
      "                   nn::Linear{8, 8}, nn::ReLU{},\n"
      "                   nn::Linear{8, 2}};\n"
      "const Tensor y = net(x);  // x (N, 2), y (N, 2)");
  counting(lesson);
  without_activation(lesson);
  return lesson;
}

}  // namespace percept::lessons
