// Layers of images: how they are printed, what they give (PyTorch 2.13, f64), their gradients,
// their state, and that visit() leaves nothing out.
#include <gtest/gtest.h>

#include <cmath>

#include "percept/nn/batch_norm.h"
#include "percept/nn/dropout.h"
#include "percept/nn/pad.h"
#include "percept/nn/pool.h"
#include "percept/nn/upsample.h"
#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

/// sin(0.7 i + t) + 0.1 i for the i-th element, f64.
Tensor wave(double t, const Shape& shape) {
  Tensor x = empty(shape, {.dtype = f64});
  double i = 0;
  for (double& value : x.span<double>()) value = std::sin(0.7 * i + t) + 0.1 * i, ++i;
  return x;
}

void expect_near(const Tensor& found, const std::vector<double>& expected,
                 const std::string& what) {
  const std::vector<double> y = found.to_vector<double>();
  ASSERT_GE(y.size(), expected.size()) << what;
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(y[i], expected[i], 1e-12) << what << ", element " << i;
}

struct ImageLayer {
  std::string text;  // as PyTorch prints it
  AnyModule module;
  void (*audit)(const Module&);
  Shape input, output;
  std::vector<double> expected;  // the first elements for wave(0, input)
};

template <class M>
ImageLayer image_layer(std::string text, M module, Shape input, Shape output,
                       std::vector<double> expected) {
  return {std::move(text),
          AnyModule(std::move(module)),
          [](const Module& m) { audit(static_cast<const M&>(m)); },
          input,
          output,
          std::move(expected)};
}

const std::vector<ImageLayer>& image_layers() {
  const Shape image{1, 2, 4, 4}, signal{1, 2, 5};
  static const std::vector<ImageLayer> table{
      image_layer("MaxPool1d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=False)",
                  MaxPool1d{3}, signal, {1, 2, 1}, {1.18544972998846, 0.14921677231038016}),
      image_layer("MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)",
                  MaxPool2d{2}, image, {1, 2, 2, 2},
                  {0.744217687237691, 1.18544972998846, 2.0545989080882814, 2.0881682338770005,
                   2.9906073556948702, 2.5695697621966014, 3.892766405835907, 3.836655638536056}),
      image_layer("MaxPool2d(kernel_size=(3, 2), stride=(2, 1), padding=(1, 0), dilation=1, "
                  "ceil_mode=False)",
                  MaxPool2d{{3, 2}, {.stride = {{2, 1}}, .padding = {1, 0}}}, image, {1, 2, 2, 3},
                  {0.744217687237691, 1.18544972998846, 1.18544972998846, 2.0545989080882814,
                   1.656986598718789, 2.0881682338770005, 2.9906073556948702, 2.9457468311429342,
                   2.5695697621966014, 3.892766405835907, 3.892766405835907, 3.836655638536056}),
      image_layer("AvgPool1d(kernel_size=(3,), stride=(3,), padding=(0,))", AvgPool1d{3}, signal,
                  {1, 2, 1}, {0.643222472408717, -0.13493720424251333}),
      image_layer("AvgPool2d(kernel_size=3, stride=2, padding=1)",
                  AvgPool2d{3, {.stride = 2, .padding = 1}}, image, {1, 2, 2, 2},
                  {0.18093584552266403, 0.29867390790527615, 0.6270499395017719, 0.836675621497595,
                   0.8487821494943836, 1.4279832742094818, 1.8164323526324648, 2.750359147370743}),
      image_layer("AdaptiveAvgPool1d(output_size=2)", AdaptiveAvgPool1d{2}, signal, {1, 2, 2}, {}),
      image_layer("AdaptiveAvgPool2d(output_size=(3, 2))", AdaptiveAvgPool2d{{3, 2}}, image,
                  {1, 2, 3, 2},
                  {0.40710565242599406, 0.4486576778998535, 0.4924380462695783, 0.7977816118894674,
                   1.1898111332624155, 1.3497449858430481, 1.9097598363623631, 2.2060599372448593}),
      image_layer("AdaptiveAvgPool2d(output_size=(None, 7))", AdaptiveAvgPool2d{{{}, 7}}, image,
                  {1, 2, 4, 7}, {}),
      image_layer("AdaptiveMaxPool1d(output_size=2)", AdaptiveMaxPool1d{2}, signal, {1, 2, 2}, {}),
      image_layer("AdaptiveMaxPool2d(output_size=2)", AdaptiveMaxPool2d{2}, image, {1, 2, 2, 2},
                  {0.744217687237691, 1.18544972998846, 2.0545989080882814, 2.0881682338770005,
                   2.9906073556948702, 2.5695697621966014, 3.892766405835907, 3.836655638536056}),
      image_layer("BatchNorm1d(4, eps=0.001, momentum=0.1, affine=True, bias=True, "
                  "track_running_stats=False)",
                  BatchNorm1d{4, {.eps = 1e-3, .track_running_stats = false}}, {3, 4}, {3, 4}, {}),
      image_layer("BatchNorm2d(2, eps=1e-05, momentum=None, affine=True, bias=True, "
                  "track_running_stats=True)",
                  BatchNorm2d{2, {.momentum = std::nullopt}}, image, image, {}),
      image_layer("BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=False, bias=False, "
                  "track_running_stats=True)",
                  BatchNorm2d{2, {.affine = false}}, image, image, {-1.146449431779283}),
      image_layer("BatchNorm2d(2, eps=1e-05, momentum=0.1, affine=True, bias=False, "
                  "track_running_stats=True)",
                  BatchNorm2d{2, {.bias = false}}, image, image, {-1.146449431779283}),
      image_layer(
          "InstanceNorm1d(2, eps=1e-05, momentum=0.1, affine=False, bias=False, "
          "track_running_stats=False)",
          InstanceNorm1d{2}, {2, 2}, {2, 2},
          {-0.9999638917452305, 0.9999638917452304, 0.9618640381536431, -0.9618640381536485}),
      image_layer(
          "InstanceNorm2d(2, eps=1e-05, momentum=0.1, affine=False, bias=False, "
          "track_running_stats=False)",
          InstanceNorm2d{2}, image, image,
          {-1.1464494317792828, -0.141291646350111, 0.45464665309815727, 0.42460829907228936}),
      image_layer(
          "InstanceNorm2d(2, eps=1e-05, momentum=0.3, affine=True, bias=False, "
          "track_running_stats=True)",
          InstanceNorm2d{
              2, {.momentum = 0.3, .affine = true, .track_running_stats = true, .bias = false}},
          image, image, {-1.1464494317792828}),
      image_layer("GroupNorm(2, 2, eps=1e-05, affine=True, bias=True)", GroupNorm{2, 2}, image,
                  image, {-1.146449431779283, -0.1412916463501112, 0.45464665309815705}),
      image_layer("GroupNorm(1, 2, eps=1e-05, affine=False, bias=False)",
                  GroupNorm{1, 2, {.affine = false}}, image, image, {}),
      image_layer("GroupNorm(2, 4, eps=1e-05, affine=True, bias=False)",
                  GroupNorm{2, 4, {.bias = false}}, {2, 4, 3}, {2, 4, 3}, {}),
      image_layer("Dropout2d(p=0.0, inplace=False)", Dropout2d{0}, image, image, {0.0}),
      image_layer("ZeroPad1d((1, 1))", ZeroPad1d{1}, signal, {1, 2, 7}, {0.0, 0.0}),
      image_layer("ZeroPad2d((1, 1, 1, 1))", ZeroPad2d{1}, image, {1, 2, 6, 6}, {0, 0, 0, 0, 0, 0}),
      image_layer("ConstantPad1d(padding=(2, 2), value=3.5)", ConstantPad1d{2, 3.5}, signal,
                  {1, 2, 9}, {3.5, 3.5, 0.0, 0.744217687237691}),
      image_layer("ConstantPad2d(padding=(1, 2, 3, 4), value=0)", ConstantPad2d{{1, 2, 3, 4}, 0},
                  image, {1, 2, 11, 7}, {0, 0, 0, 0, 0, 0, 0}),
      image_layer("ReflectionPad1d((2, 2))", ReflectionPad1d{2}, signal, {1, 2, 9},
                  {1.18544972998846, 0.744217687237691, 0.0}),
      image_layer("ReflectionPad2d((1, 0, 0, 0))", ReflectionPad2d{{1, 0, 0, 0}}, image,
                  {1, 2, 4, 5},
                  {0.744217687237691, 0.0, 0.744217687237691, 1.18544972998846, 1.163209366648874,
                   0.14921677231038016, 0.7349881501559051}),
      image_layer("ReplicationPad1d((1, 1))", ReplicationPad1d{1}, signal, {1, 2, 7},
                  {0.0, 0.0, 0.744217687237691}),
      image_layer("ReplicationPad2d((1, 2, 3, 4))", ReplicationPad2d{{1, 2, 3, 4}}, image,
                  {1, 2, 11, 7}, {0.0, 0.0, 0.744217687237691}),
      image_layer("CircularPad1d((1, 1))", CircularPad1d{1}, signal, {1, 2, 7},
                  {0.7349881501559051, 0.0, 0.744217687237691}),
      image_layer("CircularPad2d((1, 1, 1, 1))", CircularPad2d{1}, image, {1, 2, 6, 6},
                  {0.62030424002833}),
      image_layer("Upsample(size=(3, 3), mode='bilinear')",
                  Upsample{{.size = {{3, 3}}, .mode = InterpolateMode::bilinear}}, image,
                  {1, 2, 3, 3},
                  {0.20959016553550996, 0.7938315071689623, 0.9256567772396918, 0.46538651951772064,
                   0.6128603747749828, 0.8678324110473784}),
      image_layer("Upsample(scale_factor=0.5, mode='nearest')", Upsample{{.scale_factor = 0.5}},
                  image, {1, 2, 2, 2},
                  {0.0, 1.18544972998846, 0.16873336212767842, 1.656986598718789}),
      image_layer(
          "Upsample(scale_factor=(2.0, 1.5), mode='bilinear')",
          Upsample{{.scale_factor = ScaleFactor{2, 1.5}, .mode = InterpolateMode::bilinear}}, image,
          {1, 2, 8, 6}, {}),
      image_layer("Upsample(scale_factor=2.0, mode='linear')",
                  Upsample{{.scale_factor = 2, .mode = InterpolateMode::linear}}, signal,
                  {1, 2, 10}, {}),
  };
  return table;
}

TEST(ImageLayers, PrintAsPyTorchDoes) {
  for (const ImageLayer& r : image_layers()) EXPECT_EQ(r.module->str(), r.text);
}

TEST(ImageLayers, GiveWhatPyTorchGives) {
  for (const ImageLayer& r : image_layers()) {
    AnyModule module = r.module;
    module->to(f64);
    const Tensor y = (*module)(wave(0, r.input));
    EXPECT_EQ(y.shape(), r.output) << r.text;
    expect_near(y, r.expected, r.text);
  }
}

TEST(ImageLayers, GradientsAgreeWithDifferences) {
  for (const ImageLayer& r : image_layers()) {
    AnyModule module = r.module;
    module->to(f64);
    Tensor x = wave(0, r.input);
    std::vector<Tensor> inputs{x.requires_grad_()};
    for (const Tensor& p : module->parameters()) inputs.push_back(p);
    const auto f = [&](const std::vector<Tensor>& in) { return (*module)(in[0]); };
    // small steps: two values normalised together bend sharply
    const GradcheckResult first = gradcheck(f, inputs, {.eps = 1e-8});
    EXPECT_TRUE(first) << r.text << ": " << first.message;
  }
}

TEST(ImageLayers, VisitLeavesNothingOut) {
  for (const ImageLayer& r : image_layers()) EXPECT_NO_THROW(r.audit(*r.module)) << r.text;
}

std::vector<std::string> state_names(const Module& module) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : module.state_dict()) names.push_back(name);
  return names;
}

TEST(ImageLayers, StateDictNamesArePyTorchs) {
  using Names = std::vector<std::string>;
  const Names all{"weight", "bias", "running_mean", "running_var", "num_batches_tracked"};
  EXPECT_EQ(state_names(BatchNorm2d{3}), all);
  EXPECT_EQ(state_names(BatchNorm1d{3, {.affine = false}}), Names(all.begin() + 2, all.end()));
  EXPECT_EQ(state_names(BatchNorm2d{3, {.track_running_stats = false}}), (Names{"weight", "bias"}));
  EXPECT_EQ(state_names(InstanceNorm2d{3}), Names{});
  EXPECT_EQ(state_names(InstanceNorm2d{3, {.affine = true, .track_running_stats = true}}), all);
  EXPECT_EQ(state_names(GroupNorm{1, 3}), (Names{"weight", "bias"}));
  const NamedTensors state = BatchNorm2d{3}.state_dict();
  EXPECT_EQ(state.at("running_var").shape(), (Shape{3}));
  EXPECT_EQ(state.at("num_batches_tracked").shape(), Shape{});
  EXPECT_EQ(state.at("num_batches_tracked").dtype(), i64);
}

/// Three steps of training, one of evaluation and one more of training, as PyTorch 2.13 goes.
TEST(BatchNorm, FollowsItsBatchesInTrainingAlone) {
  struct Expected {
    std::optional<double> momentum;
    std::vector<double> mean, var, eval, later_mean, later_var;
  };
  const std::vector<Expected> rows{
      {0.1,
       {0.07683419236251986, 0.09522310737664083},
       {0.8415486262385201, 0.8660828066484723},
       {-1.443587202379712, -0.6125569576049901, 0.631089442585019, 0.2483318704189411,
        2.411150285584819, 2.247546549095725, 0.35905077807145847, 0.6708927033585482},
       {0.1100307854974585, 0.1350329707828966},
       {0.7845615884710516, 0.8442602520560712}},
      {std::nullopt,
       {0.29226189741748376, 0.3563229485427439},
       {0.4045781328894352, 0.508896432455135},
       {-2.7005747730860112, -1.5020350073819364, 0.7778770943496449, 0.2785478102319921,
        2.858857262902211, 2.62290245231273, 0.42298699815857826, 0.8298027390733262},
       {0.3213964539910894, 0.3905726467668575},
       {0.37135316180803507, 0.5436366395224667}}};
  const std::vector<double> third{2.15174447760167,   1.1840469338593347,  1.0189941380193983,
                                  1.36386792278725,   -1.6627749837518044, -0.673016427709201,
                                  0.5923500466859353, 0.02478789250741623};
  for (const Expected& row : rows) {
    BatchNorm1d layer{2, {.momentum = row.momentum, .dtype = f64}};
    layer.weight = tensor({1.5, -0.5}, {.dtype = f64});
    layer.bias = tensor({0.25, 0.75}, {.dtype = f64});
    Tensor y;
    for (int t = 0; t < 3; ++t) y = layer(wave(t, {2, 2, 2}));
    expect_near(y, third, "third step");
    expect_near(layer.running_mean, row.mean, "running_mean");
    expect_near(layer.running_var, row.var, "running_var");
    EXPECT_EQ(layer.num_batches_tracked.item<std::int64_t>(), 3);
    layer.eval();
    expect_near(layer(wave(5, {2, 2, 2})), row.eval, "eval");
    EXPECT_EQ(layer.num_batches_tracked.item<std::int64_t>(), 3);
    layer.train();
    layer(wave(6, {2, 2, 2}));
    expect_near(layer.running_mean, row.later_mean, "running_mean, fourth step");
    expect_near(layer.running_var, row.later_var, "running_var, fourth step");
    layer.reset_running_stats();
    EXPECT_EQ(layer.running_mean.to_vector<double>(), (std::vector<double>{0, 0}));
    EXPECT_EQ(layer.running_var.to_vector<double>(), (std::vector<double>{1, 1}));
    EXPECT_EQ(layer.num_batches_tracked.item<std::int64_t>(), 0);
  }
}

TEST(InstanceNorm, TracksTheMeanOverSamples) {
  InstanceNorm1d layer{2, {.affine = true, .track_running_stats = true, .dtype = f64}};
  layer(wave(0, {2, 2, 2}));
  expect_near(layer(wave(1, {2, 2, 2})),
              {-0.9996806486602776, 0.9996806486602768, 0.9999298394656674, -0.9999298394656678},
              "second step");
  expect_near(layer.running_mean, {0.0677332033846532, 0.07187200407183812}, "running_mean");
  expect_near(layer.running_var, {0.8335116987058178, 0.8264291878900565}, "running_var");
  EXPECT_EQ(layer.num_batches_tracked.item<std::int64_t>(), 0);
  layer.eval();
  expect_near(layer(wave(5, {2, 2, 2})),
              {-1.1245198339389775, -0.5678351101590289, 0.26914607585269124, 1.0528112576260016},
              "eval");
}

TEST(BatchNorm, GivesACompiledStepTheSameNumbers) {
  Sequential eager{BatchNorm1d{3}, Linear{3, 2}};
  Sequential compiled = eager;
  optim::SGD a(eager.parameters(), {.lr = 0.1}), b(compiled.parameters(), {.lr = 0.1});
  const auto loss = [](const Tensor& y, const Tensor& t) { return mse_loss(y, t); };
  train::CompiledStep step = train::compile(compiled, loss, b);
  for (int t = 0; t < 6; ++t) {
    const Tensor x = wave(t, {5, 3}).to(f32), target = wave(t + 0.5, {5, 2}).to(f32);
    a.zero_grad();
    loss(eager(x), target).backward();
    a.step();
    step(x, target);
  }
  EXPECT_GT(step.replays(), 3);
  for (const auto& [name, expected] : eager.state_dict())
    EXPECT_TRUE(equal(compiled.state_dict().at(name), expected)) << name;
}

TEST(ImageLayers, RefuseBadArguments) {
  EXPECT_EQ(thrown<ShapeError>([] {
              BatchNorm2d{3}(zeros({2, 3, 4}));
            }),
            "BatchNorm2d: expects input (N, C, H, W), found shape [2, 3, 4]");
  EXPECT_EQ(thrown<ShapeError>([] {
              BatchNorm1d{3}(zeros({2, 3, 4, 4}));
            }),
            "BatchNorm1d: expects input (N, C) or (N, C, L), found shape [2, 3, 4, 4]");
  EXPECT_EQ(thrown<ShapeError>([] {
              BatchNorm2d{3}(zeros({2, 4, 5, 5}));
            }),
            "batch_norm: running_mean must have one number for each of the 4 channels of input "
            "[2, 4, 5, 5], found shape [3]");
  EXPECT_EQ(thrown<ShapeError>([] {
              InstanceNorm2d{3}(zeros({2, 3}));
            }),
            "InstanceNorm2d: expects input (N, C, H, W) or (C, H, W), found shape [2, 3]");
  EXPECT_EQ(thrown<ValueError>([] { GroupNorm(2, 3); }),
            "GroupNorm: num_groups must divide num_channels, found 2 and 3");
  EXPECT_EQ(thrown<ValueError>([] { BatchNorm1d{-1}; }),
            "BatchNorm: num_features must not be negative, found -1");
  EXPECT_EQ(thrown<ValueError>([] {
              ReflectionPad1d{{1, 2, 3}};
            }),
            "Pad: padding takes one number or 2, found [1, 2, 3]");
  EXPECT_EQ(thrown<ValueError>([] { Dropout2d{2}; }),
            "Dropout2d: p must lie between 0 and 1, found 2");
}

TEST(Dropout2d, DropsWholeChannels) {
  manual_seed(4);
  Dropout2d layer{0.4};
  const Tensor y = layer(ones({100, 50, 3, 2}));
  std::int64_t gone = 0;
  for (std::int64_t n = 0; n < 100; ++n)
    for (std::int64_t c = 0; c < 50; ++c) {
      const std::vector<float> plane = y[n][c].to_vector<float>();
      for (const float v : plane) EXPECT_EQ(v, plane[0]);
      EXPECT_TRUE(plane[0] == 0 || plane[0] == 1 / 0.6f);
      gone += plane[0] == 0;
    }
  EXPECT_NEAR(static_cast<double>(gone) / 5000, 0.4, 5 * std::sqrt(0.24 / 5000));
  layer.eval();
  const Tensor x = rand({2, 3, 4, 4});
  EXPECT_TRUE(layer(x).is_same(x));
}

}  // namespace
}  // namespace percept::nn
