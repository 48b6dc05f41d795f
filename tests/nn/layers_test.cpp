// Every layer without a child: how it is printed, what it gives (PyTorch 2.13, f64), its gradients,
// and that visit() leaves nothing out.
#include <gtest/gtest.h>

#include <cmath>

#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

struct LayerRow {
  std::string text;  // as PyTorch prints it
  AnyModule module;
  void (*audit)(const Module&);
  std::vector<double> expected;  // for the row's input: kLine, or kMatrix for Linear
};

const std::vector<double> kLine{-2.5, -0.75, 0.0, 0.4, 1.25, 3.0};              // (1, 6)
const std::vector<double> kMatrix{0.2, -1.0, 0.5, 1.5, 0.3, -0.7};              // (2, 3)
const std::vector<double> kNoKink{-2.5, -0.75, -0.2, 0.4, 1.25, 3.0, 0.9, -1};  // (2, 4)

template <class M>
LayerRow layer_row(std::string text, M module, std::vector<double> expected) {
  return {std::move(text), AnyModule(std::move(module)),
          [](const Module& m) { audit(static_cast<const M&>(m)); }, std::move(expected)};
}

Linear linear_3_2(bool bias) {
  Linear layer{3, 2, {.bias = bias}};
  layer.weight = tensor({{0.5, -1.0, 2.0}, {1.5, 0.25, -0.75}});
  if (bias) layer.bias = tensor({0.1, -0.2});
  return layer;
}

const std::vector<LayerRow>& layer_rows() {
  static const std::vector<LayerRow> table{
      layer_row("Sigmoid()", Sigmoid{},
                {0.07585818002124355, 0.320821300824607, 0.5, 0.598687660112452, 0.7772998611746911,
                 0.9525741268224334}),
      layer_row("Tanh()", Tanh{},
                {-0.9866142981514303, -0.6351489523872873, 0.0, 0.3799489622552249,
                 0.8482836399575129, 0.9950547536867305}),
      layer_row("ReLU()", ReLU{}, {0.0, 0.0, 0.0, 0.4, 1.25, 3.0}),
      layer_row("LeakyReLU(negative_slope=0.01)", LeakyReLU{},
                {-0.025, -0.0075, 0.0, 0.4, 1.25, 3.0}),
      layer_row("LeakyReLU(negative_slope=0.2)", LeakyReLU{0.2},
                {-0.5, -0.15, 0.0, 0.4, 1.25, 3.0}),
      layer_row("LeakyReLU(negative_slope=1e-05)", LeakyReLU{1e-5},
                {-2.5e-5, -7.5e-6, 0.0, 0.4, 1.25, 3.0}),
      layer_row("PReLU(num_parameters=1)", PReLU{}, {-0.625, -0.1875, 0.0, 0.4, 1.25, 3.0}),
      layer_row("PReLU(num_parameters=6)", PReLU{6, 0.5}, {-1.25, -0.375, 0.0, 0.4, 1.25, 3.0}),
      layer_row("ELU(alpha=1.0)", ELU{},
                {-0.9179150013761013, -0.5276334472589853, 0.0, 0.4, 1.25, 3.0}),
      layer_row("ELU(alpha=0.5)", ELU{0.5},
                {-0.45895750068805063, -0.26381672362949266, 0.0, 0.4, 1.25, 3.0}),
      layer_row("GELU(approximate='none')", GELU{},
                {-0.015524163314440398, -0.16997051428265111, 0.0, 0.2621686966441297,
                 1.117937782916431, 2.99595030590511}),
      layer_row("GELU(approximate='tanh')", GELU{{.tanh = true}},
                {-0.015084266089998577, -0.17003944483437966, 0.0, 0.2621611694273562,
                 1.1177142029697147, 2.996362607918227}),
      layer_row("SiLU()", SiLU{},
                {-0.18964545005310887, -0.24061597561845527, 0.0, 0.2394750640449808,
                 0.9716248264683639, 2.8577223804672998}),
      layer_row("Softplus(beta=1.0, threshold=20.0)", Softplus{},
                {0.07888973429254963, 0.38687100611489994, 0.6931471805599453, 0.9130152523999526,
                 1.501929081345373, 3.048587351573742}),
      layer_row("Softplus(beta=2.0, threshold=1.0)", Softplus{2, 1},
                {0.003357674244559034, 0.1007066389913762, 0.34657359027997264, 0.5855503329738889,
                 1.25, 3.0}),
      layer_row("Softmax(dim=1)", Softmax{1},
                {0.0030833339803180097, 0.01774336197415742, 0.037562697594055956,
                 0.056036959980843, 0.13110669701068206, 0.7544669494599435}),
      layer_row("LogSoftmax(dim=-1)", LogSoftmax{-1},
                {-5.781743806293067, -4.031743806293067, -3.2817438062930666, -2.881743806293067,
                 -2.0317438062930666, -0.28174380629306683}),
      layer_row("Step()", Step{}, {0, 0, 0, 1, 1, 1}),
      layer_row("Identity()", Identity{}, kLine),
      layer_row("Flatten(start_dim=1, end_dim=-1)", Flatten{}, kLine),
      layer_row("Flatten(start_dim=0, end_dim=1)", Flatten{0, 1}, kLine),
      layer_row("Unflatten(dim=1, unflattened_size=(2, 3))", Unflatten{1, {2, 3}}, kLine),
      layer_row("Unflatten(dim=1, unflattened_size=(6,))", Unflatten{1, {6}}, kLine),
      layer_row("Dropout(p=0.0, inplace=False)", Dropout{0}, kLine),
      layer_row("Dropout(p=1.0, inplace=False)", Dropout{1}, {0, 0, 0, 0, 0, 0}),
      layer_row("Linear(in_features=3, out_features=2, bias=True)", linear_3_2(true),
                {2.2, -0.525, -0.85, 2.65}),
      layer_row("Linear(in_features=3, out_features=2, bias=False)", linear_3_2(false),
                {2.1, -0.325, -0.95, 2.85}),
  };
  return table;
}

TEST(Layers, PrintAsPyTorchDoes) {
  for (const LayerRow& r : layer_rows()) EXPECT_EQ(r.module->str(), r.text);
}

TEST(Layers, GiveWhatPyTorchGives) {
  for (const LayerRow& r : layer_rows()) {
    AnyModule module = r.module;
    module->to(f64);
    const bool matrix = module->name() == "Linear";
    const Tensor x = matrix ? from_vector(kMatrix, {2, 3}) : from_vector(kLine, {1, 6});
    const std::vector<double> y = (*module)(x).to_vector<double>();
    ASSERT_EQ(y.size(), r.expected.size()) << r.text;
    // Parameters are made in f32: 0.1 has 24 bits.
    const double allowed = matrix ? 1e-7 : 1e-14;
    for (std::size_t i = 0; i < y.size(); ++i)
      EXPECT_NEAR(y[i], r.expected[i], allowed) << r.text << " element " << i;
  }
}

TEST(Layers, ShapesChange) {
  const Tensor x = zeros({2, 3, 4});
  EXPECT_EQ(Flatten{}(x).shape(), (Shape{2, 12}));
  EXPECT_EQ((Flatten{0, 1}(x).shape()), (Shape{6, 4}));
  EXPECT_EQ((Unflatten{2, {2, -1}}(x).shape()), (Shape{2, 3, 2, 2}));
}

TEST(Layers, GradientsAgreeWithDifferences) {
  for (const LayerRow& r : layer_rows()) {
    if (r.text.starts_with("Unflatten")) continue;  // needs another shape; see below
    AnyModule module = r.module;
    module->to(f64);
    const std::vector<double> few(kNoKink.begin(), kNoKink.begin() + 6);
    Tensor x =
        from_vector(few, r.text.starts_with("PReLU(num_parameters=6)") ? Shape{1, 6} : Shape{2, 3});
    std::vector<Tensor> inputs{x.requires_grad_()};
    for (const Tensor& p : module->parameters()) inputs.push_back(p);
    const auto f = [&](const std::vector<Tensor>& in) { return (*module)(in[0]); };
    const GradcheckResult first = gradcheck(f, inputs), second = gradgradcheck(f, inputs);
    EXPECT_TRUE(first) << r.text << ": " << first.message;
    EXPECT_TRUE(second) << r.text << ", second derivative: " << second.message;
  }
  Tensor x = from_vector(kNoKink, {2, 4}).requires_grad_();
  EXPECT_TRUE(gradcheck([](const auto& in) { return Unflatten{1, {2, 2}}(in[0]); }, {x}));
}

TEST(Layers, VisitLeavesNothingOut) {
  for (const LayerRow& r : layer_rows()) EXPECT_NO_THROW(r.audit(*r.module)) << r.text;
}

TEST(Layers, StateDictNames) {
  EXPECT_EQ(PReLU{3}.state_dict().at("weight").shape(), (Shape{3}));
  const NamedTensors state = Linear{3, 2}.state_dict();
  EXPECT_EQ(state.size(), 2u);
  EXPECT_EQ(state.at("weight").shape(), (Shape{2, 3}));
  EXPECT_EQ(state.at("bias").shape(), (Shape{2}));
  EXPECT_EQ((Linear{3, 2, {.bias = false}}.state_dict().size()), 1u);
}

TEST(Layers, RefuseBadArguments) {
  EXPECT_EQ(thrown<ValueError>([] { Dropout{1.5}; }),
            "Dropout: p must lie between 0 and 1, found 1.5");
  EXPECT_EQ(thrown<ValueError>([] { Dropout{-0.1}; }),
            "Dropout: p must lie between 0 and 1, found -0.1");
  EXPECT_EQ(thrown<ValueError>([] { PReLU{0}; }),
            "PReLU: num_parameters must be at least 1, found 0");
  EXPECT_EQ(thrown<ValueError>([] { Softplus{0}; }), "Softplus: beta must not be 0");
  EXPECT_EQ(thrown<ValueError>([] {
              Linear{-1, 2};
            }),
            "Linear: features must not be negative, found -1 and 2");
  EXPECT_EQ(thrown<IndexError>([] { Softmax{2}(zeros({2, 3})); }).substr(0, 8), "softmax:");
  EXPECT_EQ(thrown<ShapeError>([] {
              Linear{3, 2}(zeros({4, 5}));
            }),
            "linear: input has 5 features (shape [4, 5]) but weight [2, 3] takes 3");
}

TEST(Linear, StartsUniformWithinOneOverTheRootOfItsInputs) {
  manual_seed(3);
  const Linear layer{400, 300};
  const double bound = 1 / std::sqrt(400.0);
  double sum = 0, squares = 0, largest = 0;
  for (const double w : layer.weight.to_vector<double>())
    sum += w, squares += w * w, largest = std::max(largest, std::abs(w));
  const double n = 400 * 300;
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.999 * bound);
  EXPECT_NEAR(sum / n, 0, 5 * bound / std::sqrt(3 * n));
  EXPECT_NEAR(std::sqrt(squares / n), bound / std::sqrt(3.0), 0.01 * bound);
  for (const double b : layer.bias.to_vector<double>()) EXPECT_LE(std::abs(b), bound);
  EXPECT_FALSE(allclose(layer.weight.select(0, 0), layer.weight.select(0, 1)));
}

TEST(Dropout, KeepsTheShareAndTheMean) {
  manual_seed(11);
  for (const double p : {0.1, 0.5, 0.8}) {
    Dropout layer{p};
    const std::vector<double> y = layer(ones({50, 1000})).to_vector<double>();
    const double n = static_cast<double>(y.size());
    double zeros_seen = 0;
    for (const double v : y) {
      if (v == 0)
        ++zeros_seen;
      else
        EXPECT_FLOAT_EQ(static_cast<float>(v), static_cast<float>(1 / (1 - p)));
    }
    EXPECT_NEAR(zeros_seen / n, p, 5 * std::sqrt(p * (1 - p) / n)) << "p " << p;
  }
}

TEST(Dropout, DrawsAnewInTrainingAndIsTheIdentityOtherwise) {
  Dropout layer{0.5};
  const Tensor x = rand({50, 50});
  EXPECT_FALSE(equal(layer(x), layer(x)));
  layer.eval();
  EXPECT_TRUE(layer(x).is_same(x));
  layer.train();
  manual_seed(5);
  const Tensor a = layer(x);
  manual_seed(5);
  EXPECT_TRUE(equal(layer(x), a));
}

}  // namespace
}  // namespace percept::nn
