// The layers of moving kernels: how they print, what they start with, their state dict, and that
// visit() leaves nothing out.
#include "percept/nn/conv.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

TEST(ConvLayers, PrintAsPyTorchDoes) {
  EXPECT_EQ((Conv2d{1, 6, 5, {.padding = 2}}.str()),
            "Conv2d(1, 6, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))");
  EXPECT_EQ((Conv2d{6, 16, {5, 3}}.str()), "Conv2d(6, 16, kernel_size=(5, 3), stride=(1, 1))");
  EXPECT_EQ(
      (Conv2d{4, 8, 3, {.stride = {2, 1}, .padding = "valid", .dilation = 2, .groups = 4}}.str()),
      "Conv2d(4, 8, kernel_size=(3, 3), stride=(2, 1), padding=valid, dilation=(2, 2), "
      "groups=4)");
  EXPECT_EQ((Conv2d{4, 8, 3, {.padding = "same", .bias = false}}.str()),
            "Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=same, bias=False)");
  EXPECT_EQ((Conv1d{2, 3, 7, {.stride = 3, .padding = 1}}.str()),
            "Conv1d(2, 3, kernel_size=(7,), stride=(3,), padding=(1,))");
  EXPECT_EQ(
      (ConvTranspose2d{8, 4, 4, {.stride = 2, .padding = 1, .output_padding = {1, 0}, .groups = 2}}
           .str()),
      "ConvTranspose2d(8, 4, kernel_size=(4, 4), stride=(2, 2), padding=(1, 1), "
      "output_padding=(1, 0), groups=2)");
  EXPECT_EQ(
      (Conv2d{4, 8, 3, {.padding = 1, .bias = false, .padding_mode = PadMode::reflect}}.str()),
      "Conv2d(4, 8, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False, "
      "padding_mode=reflect)");
  EXPECT_EQ((Conv1d{4, 8, 3, {.padding = "same", .padding_mode = PadMode::circular}}.str()),
            "Conv1d(4, 8, kernel_size=(3,), stride=(1,), padding=same, padding_mode=circular)");
  EXPECT_EQ((Unfold{{2, 3}, {.padding = 1}}.str()),
            "Unfold(kernel_size=(2, 3), dilation=1, padding=1, stride=1)");
  EXPECT_EQ((Fold{{4, 5}, 2, {.stride = {2, 1}}}.str()),
            "Fold(output_size=(4, 5), kernel_size=2, dilation=1, padding=0, stride=(2, 1))");
}

TEST(ConvLayers, StateDictAndShapes) {
  const NamedTensors state = Conv2d{4, 8, {3, 2}, {.groups = 2}}.state_dict();
  EXPECT_EQ(state.at("weight").shape(), (Shape{8, 2, 3, 2}));
  EXPECT_EQ(state.at("bias").shape(), (Shape{8}));
  EXPECT_EQ((Conv1d{4, 8, 3, {.bias = false}}.state_dict().size()), 1u);
  EXPECT_EQ((ConvTranspose2d{4, 6, 3, {.groups = 2}}.state_dict().at("weight").shape()),
            (Shape{4, 3, 3, 3}));
  EXPECT_EQ((Conv2d{3, 16, 5, {.padding = 2}}(zeros({7, 3, 28, 30})).shape()),
            (Shape{7, 16, 28, 30}));
  EXPECT_EQ((Conv2d{3, 16, 5}(zeros({3, 28, 30})).shape()), (Shape{16, 24, 26}));
  EXPECT_EQ((Conv1d{3, 5, 4, {.stride = 2}}(zeros({2, 3, 11})).shape()), (Shape{2, 5, 4}));
  EXPECT_EQ((ConvTranspose2d{8, 3, 4, {.stride = 2, .padding = 1}}(zeros({2, 8, 7, 7})).shape()),
            (Shape{2, 3, 14, 14}));
  EXPECT_EQ((Unfold{3}(zeros({2, 3, 5, 6})).shape()), (Shape{2, 27, 12}));
  EXPECT_EQ((Fold{{5, 6}, 3}(zeros({2, 27, 12})).shape()), (Shape{2, 3, 5, 6}));
  EXPECT_EQ((Conv2d{1, 2, 3, {.dtype = f64}}(zeros({1, 1, 3, 3}, {.dtype = f64})).dtype()), f64);
}

/// 1, 2, 3, ... as a kernel.
void count_up(Parameter& weight) {
  const NoGradGuard no_grad;
  weight.copy_(arange(1, weight.numel() + 1).to(weight.dtype()).view(weight.shape()));
}

/// (7 i mod 11) - 5
Tensor spread(const Shape& shape) {
  return (remainder(arange(shape.numel()) * 7, full({}, 11)) - 5).to(f32).view(shape);
}

// Numbers of PyTorch 2.13.
TEST(ConvLayers, PadAsTheModeSays) {
  struct Case {
    PadMode mode;
    Padding padding;
    std::vector<std::int64_t> expected;
  };
  const std::vector<Case> images{
      {PadMode::reflect, {1, 2}, {-27, -15, -15, 33,  21,  21, -6, -27, 6,  21, 42, 9,
                                  -12, 0,   0,   -18, -19, -8, 0,  -21, 12, -6, 26, 4}},
      {PadMode::reflect, "same", {-27, 6, 21, 42, 0, 0, -18, -19, -21, 12, -6, 26}},
      {PadMode::replicate, {1, 2}, {-105, -42, -29, 41,  70,  105, -15, -18, 6,  21,  39,  30,
                                    -54,  -24, 0,   -18, -55, -75, -84, -21, -8, -37, -85, -105}},
      {PadMode::replicate, "same", {-18, 6, 21, 39, -24, 0, -18, -55, -21, -8, -37, -85}},
      {PadMode::circular, {1, 2}, {-36, 3,   -23, 14,  -36, 3,   15,  -12, 6,   21, 15,  -12,
                                   -46, -29, 0,   -18, -46, -29, -36, 3,   -23, 14, -36, 3}},
      {PadMode::circular, "same", {-12, 6, 21, 15, -29, 0, -18, -46, 3, -23, 14, -36}},
  };
  for (const Case& c : images) {
    Conv2d layer{1, 1, {2, 3}, {.padding = c.padding, .bias = false, .padding_mode = c.mode}};
    count_up(layer.weight);
    const Tensor y = layer(spread({1, 1, 3, 4}));
    EXPECT_EQ(y.to_vector<std::int64_t>(), c.expected) << layer.str();
    Sequential fused{layer, ReLU{}};
    EXPECT_TRUE(equal(fused(spread({1, 1, 3, 4})), relu(y))) << layer.str();
    EXPECT_TRUE(equal(layer(spread({1, 3, 4})), y[0])) << layer.str();
  }
  const std::vector<Case> signals{
      {PadMode::reflect, "same", {-10, 13, 17, 31, 14}},
      {PadMode::replicate, "same", {-17, 13, 17, 15, 14}},
      {PadMode::circular, "same", {-11, 13, 17, -9, 0}},
  };
  for (const Case& c : signals) {
    Conv1d layer{1, 1, 4, {.padding = c.padding, .bias = false, .padding_mode = c.mode}};
    count_up(layer.weight);
    EXPECT_EQ(layer(spread({1, 1, 5})).to_vector<std::int64_t>(), c.expected) << layer.str();
  }
  Conv1d apart{
      1,
      1,
      2,
      {.stride = 2, .padding = 2, .dilation = 2, .bias = false, .padding_mode = PadMode::reflect}};
  count_up(apart.weight);
  EXPECT_EQ(apart(spread({1, 1, 5})).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{-12, -9, 0, -3}));
}

TEST(ConvLayers, TransposedGivesTheSizeThatIsAskedFor) {
  ConvTranspose2d layer{1, 1, 2, {.stride = {2, 3}, .padding = {0, 1}, .bias = false}};
  count_up(layer.weight);
  const Tensor x = tensor({{{{1.F, 2.F}, {3.F, 4.F}}}});
  const auto check = [&](const PerDim& size, const Shape& shape,
                         const std::vector<std::int64_t>& expected) {
    const Tensor y = layer(x, size);
    EXPECT_EQ(y.shape(), shape);
    EXPECT_EQ(y.to_vector<std::int64_t>(), expected) << shape.str();
    EXPECT_TRUE(equal(layer(x[0], size), y[0]));
  };
  check({4, 3}, {1, 1, 4, 3}, {2, 0, 2, 4, 0, 6, 6, 0, 4, 12, 0, 12});
  check({5, 5}, {1, 1, 5, 5},
        {2, 0, 2, 4, 0, 4, 0, 6, 8, 0, 6, 0, 4, 8, 0, 12, 0, 12, 16, 0, 0, 0, 0, 0, 0});
  check({4, 4}, {1, 1, 4, 4}, {2, 0, 2, 4, 4, 0, 6, 8, 6, 0, 4, 8, 12, 0, 12, 16});
  EXPECT_EQ(layer(x).shape(), (Shape{1, 1, 4, 3}));
  for (const auto& [size, text] :
       {std::pair(Shape{6, 3}, "[6, 3]"), std::pair(Shape{4, 2}, "[4, 2]")})
    EXPECT_EQ(
        thrown<ValueError>([&, &wanted = size] { layer(x, PerDim(wanted)); }),
        "ConvTranspose2d: output_size must be between [4, 3] and [5, 5] for an input of shape "
        "[1, 1, 2, 2], found " +
            std::string(text));
  EXPECT_EQ(thrown<ValueError>([&] {
              layer(x, {4, 3, 2});
            }),
            "ConvTranspose2d: output_size takes one number or 2, found [4, 3, 2]");
  EXPECT_EQ(thrown<ShapeError>([&] { layer(x[0][0], 4); }),
            "conv_transpose2d: expects an input (N, C, H, W) or (C, H, W), found shape [2, 2]");
}

TEST(ConvLayers, VisitLeavesNothingOut) {
  EXPECT_NO_THROW((audit(Conv1d{2, 3, 3})));
  EXPECT_NO_THROW((audit(Conv2d{2, 3, 3})));
  EXPECT_NO_THROW((audit(Conv2d{2, 3, 3, {.bias = false}})));
  EXPECT_NO_THROW((audit(ConvTranspose2d{2, 3, 3})));
  EXPECT_NO_THROW((audit(Unfold{3})));
  EXPECT_NO_THROW((audit(Fold{4, 3})));
}

TEST(ConvLayers, StartUniformWithinOneOverTheRootOfTheFanIn) {
  manual_seed(5);
  const auto check = [](const Convolution& layer, double fan_in) {
    const double bound = 1 / std::sqrt(fan_in);
    double squares = 0, largest = 0;
    const auto weights = layer.weight.to_vector<double>();
    for (const double w : weights) squares += w * w, largest = std::max(largest, std::abs(w));
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.99 * bound);
    EXPECT_NEAR(std::sqrt(squares / static_cast<double>(weights.size())), bound / std::sqrt(3.0),
                0.02 * bound);
    for (const double b : layer.bias.to_vector<double>()) EXPECT_LE(std::abs(b), bound);
  };
  check(Conv2d{20, 40, 5}, 20 * 25);
  check(Conv2d{20, 400, {3, 5}, {.groups = 5}}, 4 * 15);
  check(Conv1d{20, 400, 7}, 20 * 7);
  check(ConvTranspose2d{50, 40, 3}, 40 * 9);  // PyTorch counts dimension 1, here the outputs
}

TEST(ConvLayers, CountTheirMultiplyAdds) {
  Sequential lenet{Conv2d{1, 6, 5, {.padding = 2}}, ReLU{}, Conv2d{6, 16, 5, {.stride = 2}}};
  const Summary s = summary(lenet, {3, 1, 28, 28});
  EXPECT_EQ(s.parameters, 156 + 2416);
  EXPECT_EQ(s.multiply_adds, 3 * (28 * 28 * 6 * 25 + 12 * 12 * 16 * 150));
  Sequential back{ConvTranspose2d{8, 4, 3, {.stride = 2, .groups = 2}}};
  EXPECT_EQ(summary(back, {1, 8, 5, 5}).multiply_adds, 8 * 25 * 2 * 9);
}

TEST(ConvLayers, RefuseBadArguments) {
  EXPECT_EQ(thrown<ValueError>([] { Conv2d(-1, 2, 3); }),
            "Conv2d: channels must not be negative, found -1 and 2");
  EXPECT_EQ(thrown<ValueError>([] { Conv2d(3, 4, 3, {.groups = 2}); }),
            "Conv2d: 3 and 4 channels cannot be parted into 2 groups");
  EXPECT_EQ(thrown<ValueError>([] { Conv2d(3, 4, 0); }),
            "Conv2d: kernel_size must be at least 1, found [0]");
  EXPECT_EQ(thrown<ValueError>([] {
              Conv1d(3, 4, {3, 3});
            }),
            "Conv1d: kernel_size takes one number, found [3, 3]");
  EXPECT_EQ(thrown<ValueError>([] { Conv2d(3, 4, 3, {.stride = 2, .padding = "same"}); }),
            "Conv2d: padding 'same' asks for stride 1, found 2");
  EXPECT_EQ(thrown<ValueError>([] { Conv2d(3, 4, 3, {.padding = "reflect"}); }),
            "padding: 'reflect' is not known; it is a number, one a dimension, 'same' or 'valid'");
  EXPECT_EQ(thrown<ValueError>([] { ConvTranspose2d(3, 4, 3, {.stride = 0}); }),
            "ConvTranspose2d: stride must be at least 1, found [0]");
  EXPECT_EQ(thrown<ValueError>([] {
              Conv2d(3, 4, 3, {.stride = 2, .padding = "same", .padding_mode = PadMode::circular});
            }),
            "Conv2d: padding 'same' asks for stride 1, found 2");
  EXPECT_EQ(thrown<ValueError>([] {
              Conv2d{3, 2, 3, {.padding = 2, .padding_mode = PadMode::reflect}}(zeros({3, 2, 5}));
            }),
            "pad: 2 before and 2 behind do not fit dimension 1 of shape [3, 2, 5], which has 1 to "
            "give");
  EXPECT_EQ(thrown<ShapeError>([] {
              Conv2d{3, 2, 3}(zeros({4, 1, 5, 5}));
            }),
            "conv2d: input has 1 channels (shape [4, 1, 5, 5]) but weight [2, 3, 3, 3] takes 3");
}

TEST(ConvFusion, GivesValuesAndGradientsOfTheUnfusedPair) {
  manual_seed(4);
  for (const Dtype dtype : {f64, f32})
    for (const bool bias : {true, false}) {
      Sequential fused{Conv2d{3, 5, 3, {.padding = 1, .bias = bias}}, ReLU{}};
      fused.to(dtype);
      Sequential pair(fused);
      pair[0].register_forward_hook(  // keeps the two apart
          [](Module&, const Tensor&, const Tensor&) -> std::optional<Tensor> { return {}; });
      const Tensor x = randn({4, 3, 9, 8}, {.dtype = dtype}).requires_grad_();
      const Tensor y = fused(x), y2 = pair(x);
      const Tensor w = randn(y.shape(), {.dtype = dtype});
      std::vector<Tensor> inputs{x}, inputs2{x};
      for (const Tensor& p : fused.parameters()) inputs.push_back(p);
      for (const Tensor& p : pair.parameters()) inputs2.push_back(p);
      const auto dx = grad({y}, inputs, {w}), dx2 = grad({y2}, inputs2, {w});
      const double allowed = dtype == f64 ? 0 : 1e-5;
      EXPECT_LE((y - y2).abs().max().item(), allowed);
      for (std::size_t i = 0; i < dx.size(); ++i)
        EXPECT_LE((dx[i] - dx2[i]).abs().max().item(), allowed * 10) << i;
    }
}

TEST(ConvFusion, IsUsedAndHasSecondDerivatives) {
  manual_seed(6);
  Sequential net{Conv2d{1, 2, 2}, ReLU{}, Conv2d{2, 1, 2}, ReLU{}, Flatten{}};
  net.to(f64);
  const Tensor x = randn({2, 1, 4, 4}, {.dtype = f64}).requires_grad_();
  const std::string graph = graph_text(net(x));
  EXPECT_NE(graph.find("ConvolutionRelu"), std::string::npos) << graph;
  std::vector<Tensor> inputs{x};
  for (const Tensor& p : net.parameters()) inputs.push_back(p);
  const auto f = [&](const std::vector<Tensor>& in) { return net(in[0]); };
  const GradcheckResult first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
  EXPECT_TRUE(first) << first.message;
  EXPECT_TRUE(second) << second.message;
}

}  // namespace
}  // namespace percept::nn
