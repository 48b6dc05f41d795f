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
