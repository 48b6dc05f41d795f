// Layer norm, embedding, attention and the Transformer's parts as modules: how they are printed,
// what they give (PyTorch 2.13, f64), the names of their state, and that visit() leaves nothing
// out.
#include "percept/nn/transformer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "percept/autograd/gradcheck.h"
#include "percept/base/error.h"
#include "percept/base/random.h"
#include "percept/nn/embedding.h"
#include "percept/nn/position.h"
#include "percept/nn/summary.h"
#include "percept/ops/arithmetic.h"
#include "percept/ops/attention.h"
#include "percept/ops/reduce.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

/// Parameters that PyTorch was given too: sin(0.7 i + 0.3) / 2 for the i-th number of all.
template <class M>
M with_sines(M module) {
  module.to(f64);
  double i = 0;
  for (Tensor& p : module.parameters())
    for (double& x : p.detach().template span<double>()) x = std::sin(0.7 * i++ + 0.3) * 0.5;
  return module;
}

/// cos(1.3 i + start)
Tensor cosines(const Shape& shape, double start = 0) {
  const Tensor x = empty(shape, {.dtype = f64});
  double i = 0;
  for (double& value : x.span<double>()) value = std::cos(1.3 * i++ + start);
  return x;
}

void expect_near(const Tensor& found, const std::vector<double>& expected) {
  const std::vector<double> numbers = found.to_vector<double>();
  ASSERT_EQ(numbers.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i)
    EXPECT_NEAR(numbers[i], expected[i], 1e-11) << "element " << i;
}

const TransformerLayerOptions kSmall{.dim_feedforward = 6, .dropout = 0};

// -- a printed example
TEST(Attention, GivesTheLecturesTable) {
  const Tensor q = tensor({{1, 0}, {0, 1}, {1, 1}}, {.dtype = f64}),
               v = tensor({{1, 0}, {0, 1}, {0.5, 0.5}}, {.dtype = f64});
  for (const Dtype dtype : {f32, f64}) {
    const Tensor x = q.to(dtype), w = percept::detail::attention_weights(x, x),
                 y = scaled_dot_product_attention(x, x, v.to(dtype));
    const auto rows = [](const Tensor& t, std::int64_t i) {
      return t.select(0, i).to(f64).to_vector<double>();
    };
    const std::vector<double> first{.401112, .197776, .401112}, third{.248255, .248255, .503490},
        output{.601668, .398332};
    for (std::size_t i = 0; i < 3; ++i) {
      EXPECT_NEAR(rows(w, 0)[i], first[i], 1e-6);
      EXPECT_NEAR(rows(w, 2)[i], third[i], 1e-6);
    }
    for (std::size_t i = 0; i < 2; ++i) EXPECT_NEAR(rows(y, 0)[i], output[i], 1e-6);
  }
}

TEST(Attention, DropoutKeepsTheMean) {
  manual_seed(4);
  const Tensor q = zeros({1, 8}), k = zeros({20000, 8}), v = ones({20000, 2});
  const Tensor y = scaled_dot_product_attention(q, k, v, {.dropout_p = 0.25});
  EXPECT_NEAR(y.select(0, 0).to_vector<float>()[0], 1, 5 * std::sqrt(1.0 / 3 / 20000));
  EXPECT_FALSE(equal(y, scaled_dot_product_attention(q, k, v, {.dropout_p = 0.25})));
  EXPECT_TRUE(equal(scaled_dot_product_attention(q, k, v, {.dropout_p = 1}), zeros({1, 2})));
}

// -- modules
TEST(Transformer, PartsPrintAsPyTorchDoes) {
  EXPECT_EQ(LayerNorm{4}.str(), "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)");
  EXPECT_EQ((LayerNorm{Shape{3, 4}, {.bias = false}}.str()),
            "LayerNorm((3, 4), eps=1e-05, elementwise_affine=True, bias=False)");
  EXPECT_EQ((LayerNorm{4, {.elementwise_affine = false}}.str()),
            "LayerNorm((4,), eps=1e-05, elementwise_affine=False, bias=False)");
  EXPECT_EQ(RMSNorm{4}.str(), "RMSNorm((4,), eps=None, elementwise_affine=True)");
  EXPECT_EQ((RMSNorm{Shape{2, 3}, {.eps = 1e-6, .elementwise_affine = false}}.str()),
            "RMSNorm((2, 3), eps=1e-06, elementwise_affine=False)");
  EXPECT_EQ((Embedding{10, 3}.str()), "Embedding(10, 3)");
  EXPECT_EQ((Embedding{10, 3, {.padding_idx = -1}}.str()), "Embedding(10, 3, padding_idx=9)");
  EXPECT_EQ((PositionalEncoding{4, {.max_len = 7}}.str()),
            "PositionalEncoding(\n  (dropout): Dropout(p=0.0, inplace=False)\n)");
  EXPECT_EQ((LearnedPositions{4, {.max_len = 7}}.str()),
            "LearnedPositions(\n  7, 4\n  (dropout): Dropout(p=0.0, inplace=False)\n)");
  EXPECT_EQ(
      (TransformerEncoder{TransformerEncoderLayer{8, 2, {.dim_feedforward = 16}}, 2, LayerNorm{8}}
           .str()),
      "TransformerEncoder(\n"
      "  (layers): ModuleList(\n"
      "    (0-1): 2 x TransformerEncoderLayer(\n"
      "      (self_attn): MultiheadAttention(\n"
      "        (out_proj): NonDynamicallyQuantizableLinear(in_features=8, out_features=8, "
      "bias=True)\n"
      "      )\n"
      "      (linear1): Linear(in_features=8, out_features=16, bias=True)\n"
      "      (dropout): Dropout(p=0.1, inplace=False)\n"
      "      (linear2): Linear(in_features=16, out_features=8, bias=True)\n"
      "      (norm1): LayerNorm((8,), eps=1e-05, elementwise_affine=True, bias=True)\n"
      "      (norm2): LayerNorm((8,), eps=1e-05, elementwise_affine=True, bias=True)\n"
      "      (dropout1): Dropout(p=0.1, inplace=False)\n"
      "      (dropout2): Dropout(p=0.1, inplace=False)\n"
      "    )\n"
      "  )\n"
      "  (norm): LayerNorm((8,), eps=1e-05, elementwise_affine=True, bias=True)\n"
      ")");
}

TEST(Transformer, VisitLeavesNothingOut) {
  audit(LayerNorm{4});
  audit(RMSNorm{4});
  audit(Embedding{5, 4});
  audit(MultiheadAttention{4, 2});
  audit(MultiheadAttention{4, 2, {.kdim = 3}});
  audit(TransformerEncoderLayer{4, 2, kSmall});
  audit(TransformerDecoderLayer{4, 2, kSmall});
  audit(TransformerEncoder{TransformerEncoderLayer{4, 2, kSmall}, 2, LayerNorm{4}});
  audit(TransformerDecoder{TransformerDecoderLayer{4, 2, kSmall}, 2});
  audit(Transformer{{.d_model = 4, .nhead = 2, .layer = kSmall}});
  audit(PositionalEncoding{4});
  audit(LearnedPositions{4});
}

TEST(Transformer, StateHasPyTorchsNames) {
  const auto names = [](const Module& module) {
    std::vector<std::string> list;
    for (const auto& [name, p] : module.named_parameters()) list.push_back(name);
    return list;
  };
  EXPECT_EQ(names(TransformerDecoder{TransformerDecoderLayer{4, 2, kSmall}, 1, LayerNorm{4}}),
            (std::vector<std::string>{"layers.0.self_attn.in_proj_weight",
                                      "layers.0.self_attn.in_proj_bias",
                                      "layers.0.self_attn.out_proj.weight",
                                      "layers.0.self_attn.out_proj.bias",
                                      "layers.0.multihead_attn.in_proj_weight",
                                      "layers.0.multihead_attn.in_proj_bias",
                                      "layers.0.multihead_attn.out_proj.weight",
                                      "layers.0.multihead_attn.out_proj.bias",
                                      "layers.0.linear1.weight",
                                      "layers.0.linear1.bias",
                                      "layers.0.linear2.weight",
                                      "layers.0.linear2.bias",
                                      "layers.0.norm1.weight",
                                      "layers.0.norm1.bias",
                                      "layers.0.norm2.weight",
                                      "layers.0.norm2.bias",
                                      "layers.0.norm3.weight",
                                      "layers.0.norm3.bias",
                                      "norm.weight",
                                      "norm.bias"}));
  EXPECT_EQ(names(MultiheadAttention{4, 2, {.kdim = 3}}),
            (std::vector<std::string>{"q_proj_weight", "k_proj_weight", "v_proj_weight",
                                      "in_proj_bias", "out_proj.weight", "out_proj.bias"}));
  EXPECT_EQ((MultiheadAttention{4, 2}.state_dict().at("in_proj_weight").shape()), (Shape{12, 4}));
}

TEST(Transformer, AttentionGivesWhatPyTorchGives) {
  MultiheadAttention attention = with_sines(MultiheadAttention{4, 2});
  const Tensor q = cosines({2, 1, 4}), k = cosines({3, 1, 4}, 0.5);
  AttentionResult found = attention.forward(q, k, k);
  expect_near(found.output, {-0.473740191782, -0.0221885095904, -0.700574752536, -0.359508480804,
                             -0.488546892706, -0.00362474887836, -0.720750431752, -0.340052290126});
  expect_near(found.weights, {0.257302536088, 0.418538687959, 0.324158775953, 0.299305082028,
                              0.344749222058, 0.355945695914});
  EXPECT_EQ(found.weights.shape(), (Shape{1, 2, 3}));

  const Tensor padding = tensor({{false, true, false}}),
               mask = tensor({{0., 1., -1.}, {.5, 0., 0.}}, {.dtype = f64});
  const std::vector<double> masked{-0.532077577164, 0.0208325693825, -0.72330821061,
                                   -0.359689615621, -0.511955398016, 0.0164097455558,
                                   -0.735095822921, -0.33305368847};
  found = attention.forward(
      q, k, k, {.key_padding_mask = padding, .attn_mask = mask, .average_attn_weights = false});
  expect_near(found.output, masked);
  expect_near(found.weights,
              {0.735869327272, 0.0, 0.264130672728, 0.593676942925, 0.0, 0.406323057075,
               0.619053963003, 0.0, 0.380946036997, 0.566140140647, 0.0, 0.433859859353});
  found = attention.forward(
      q, k, k, {.key_padding_mask = padding, .need_weights = false, .attn_mask = mask});
  expect_near(found.output, masked);
  EXPECT_FALSE(found.weights.defined());

  // Without a batch, and with a mask for every head.
  found = attention.forward(
      q.select(1, 0), k.select(1, 0), k.select(1, 0),
      {.key_padding_mask = padding.select(0, 0), .attn_mask = expand(mask, {2, 2, 3})});
  expect_near(found.output, masked);
  EXPECT_EQ(found.output.shape(), (Shape{2, 4}));
  EXPECT_EQ(found.weights.shape(), (Shape{2, 3}));
}

TEST(Transformer, KeysAndValuesMayHaveFeaturesOfTheirOwn) {
  MultiheadAttention attention = with_sines(
      MultiheadAttention{4, 2, {.bias = false, .kdim = 3, .vdim = 2, .batch_first = true}});
  const AttentionResult found =
      attention.forward(cosines({2, 2, 4}), cosines({2, 3, 3}, 0.5), cosines({2, 3, 2}, 0.9));
  expect_near(found.output,
              {-0.00401613917209, 0.00126712517148, 0.00162831188211, -0.00433558883728,
               -0.0037309126474, 0.0294713154187, -0.0518061509454, 0.0681545101909, 0.173122168255,
               -0.189449484845, 0.183884905844, -0.157071447951, 0.227971393643, -0.257602434443,
               0.257466143843, -0.227578270946});
  expect_near(found.weights, {0.266535767397, 0.464434394682, 0.269029837921, 0.271011331718,
                              0.386125802744, 0.342862865538, 0.292618348741, 0.317314484149,
                              0.39006716711, 0.326632207037, 0.256248858886, 0.417118934077});
}

TEST(Transformer, EncoderGivesWhatPyTorchGives) {
  TransformerEncoderLayer layer = with_sines(TransformerEncoderLayer{4, 2, kSmall});
  const Tensor padding = tensor({{false, false, true}, {false, false, false}});
  expect_near(layer.forward(cosines({3, 2, 4}), {.src_key_padding_mask = padding}),
              {-1.15185529359,  -0.458774611542,  -0.189856543553, 0.0141741560309, -1.21643190649,
               -0.404612623511, -0.139383065964,  -0.125767204123, -1.28563961797,  -0.297717286398,
               -0.135412501359, -0.0120287155163, -1.23202195157,  -0.258356379338, -0.183394698938,
               0.273954754596,  -1.08382770247,   -0.302756024092, -0.220889269284, 0.457584927017,
               -1.05099698509,  -0.437024774229,  -0.233779186443, 0.295802061116});
  const TransformerEncoderLayer first = with_sines(TransformerEncoderLayer{
      4, 2, {.dim_feedforward = 6, .dropout = 0, .activation = "gelu", .norm_first = true}});
  LayerNorm norm{4};
  norm.to(f64);
  TransformerEncoder encoder{first, 2, norm};
  expect_near(encoder(cosines({3, 4})),
              {-0.156973053952, 1.67295037325, -0.874992937513, -0.640984381781, -0.84798814198,
               1.61541531807, 0.0503590077799, -0.817786183867, -1.52688970035, 1.10711781155,
               0.631058692392, -0.21128680359});
}

TEST(Transformer, EncoderShowsWhatItsHeadsLookAt) {
  for (const bool norm_first : {true, false}) {
    TransformerLayerOptions options = kSmall;
    options.norm_first = norm_first;
    TransformerEncoder encoder{with_sines(TransformerEncoderLayer{4, 2, options}), 2};
    const Tensor x = cosines({3, 2, 4});
    const auto weights = encoder.attention(x, {.is_causal = true});
    ASSERT_EQ(weights.size(), 2u);
    Tensor seen = x;
    for (std::size_t i = 0; i < 2; ++i) {
      TransformerEncoderLayer& layer = encoder.layers[i];
      const Tensor in = norm_first ? layer.norm1(seen) : seen;
      EXPECT_TRUE(allclose(sum(weights[i], {3}), ones({2, 2, 3}, {.dtype = f64})));
      EXPECT_EQ(weights[i][1][1][0][1].item(), 0);  // nobody looks ahead
      EXPECT_TRUE(allclose(mean(weights[i], {1}),
                           layer.self_attn.forward(in, in, in, {.is_causal = true}).weights));
      seen = layer.forward(seen, {.is_causal = true});
    }
  }
}

TEST(Transformer, DecoderGivesWhatPyTorchGives) {
  TransformerDecoderLayer layer = with_sines(
      TransformerDecoderLayer{4, 2, {.dim_feedforward = 6, .dropout = 0, .activation = "gelu"}});
  const std::vector<double> expected{-0.771481871299, -0.171911877697, -0.303379881282,
                                     -0.190752893549, -0.772543771047, -0.192421937388,
                                     -0.277592374666, -0.193236242,    -0.771850434712,
                                     -0.188011449106, -0.289616281911, -0.190608396436};
  const Tensor tgt = cosines({3, 1, 4}), memory = cosines({2, 1, 4}, 0.5);
  expect_near(layer.forward(tgt, memory, {.tgt_mask = generate_square_subsequent_mask(3, f64)}),
              expected);
  expect_near(layer.forward(tgt, memory, {.tgt_is_causal = true}), expected);

  TransformerDecoderLayer first = with_sines(TransformerDecoderLayer{4,
                                                                     2,
                                                                     {.dim_feedforward = 6,
                                                                      .dropout = 0,
                                                                      .batch_first = true,
                                                                      .norm_first = true,
                                                                      .bias = false}});
  expect_near(first.forward(cosines({1, 3, 4}), cosines({1, 2, 4}, 0.5),
                            {.memory_key_padding_mask = tensor({{false, true}})}),
              {1.21377151949, 0.0763299464063, -0.765059721695, -0.736198696035, 0.785313009413,
               0.662613915187, 0.164252098492, -0.853490872105, -0.308318987044, 0.587353023977,
               0.836047833503, -0.14610694821});
}

TEST(Transformer, WholeGivesWhatPyTorchGives) {
  Transformer transformer = with_sines(Transformer{{.d_model = 4,
                                                    .nhead = 2,
                                                    .num_encoder_layers = 1,
                                                    .num_decoder_layers = 1,
                                                    .layer = kSmall}});
  expect_near(transformer.forward(cosines({2, 1, 4}), cosines({3, 1, 4}, 0.5)),
              {-0.309730384883, -0.0596813614942, -0.235750985409, -0.241233478685, -0.309215580028,
               -0.120906068459, -0.168059151867, -0.241257158596, -0.309767875781, -0.0963867347341,
               -0.19383865344, -0.241476526607});
}

TEST(Transformer, GradientsAgreeWithDifferences) {
  for (const bool norm_first : {false, true}) {
    TransformerEncoderLayer layer = with_sines(TransformerEncoderLayer{
        4,
        2,
        {.dim_feedforward = 3, .dropout = 0, .activation = "gelu", .norm_first = norm_first}});
    Tensor x = cosines({3, 2, 4});
    std::vector<Tensor> inputs{x.requires_grad_()};
    for (const Tensor& p : layer.parameters()) inputs.push_back(p);
    const GradcheckResult result =
        gradcheck([&](const std::vector<Tensor>& in) { return layer(in[0]); }, inputs);
    EXPECT_TRUE(result) << result.message;
  }
}

TEST(Transformer, SummaryCountsProducts) {
  TransformerEncoder encoder{
      TransformerEncoderLayer{4, 2, {.dim_feedforward = 6, .batch_first = true}}, 2};
  const Summary found = summary(encoder, {2, 3, 4});
  EXPECT_EQ(found.parameters, 2 * (12 * 5 + 4 * 5 + 6 * 5 + 4 * 7 + 4 * 4));
  // 6 places: three maps of 4 features, 3 scores and 3 weights of each, the map behind, 4 to 6 to 4
  EXPECT_EQ(found.multiply_adds, 2 * 6 * (3 * 4 * 4 + 2 * 3 * 4 + 4 * 4 + 2 * 4 * 6));
}

TEST(Transformer, CopiesOfALayerLearnApart) {
  TransformerEncoder encoder{TransformerEncoderLayer{4, 2, kSmall}, 2};
  EXPECT_TRUE(equal(encoder.layers[0].linear1.weight, encoder.layers[1].linear1.weight));
  encoder.layers[0].linear1.weight = zeros({6, 4});
  EXPECT_FALSE(equal(encoder.layers[0].linear1.weight, encoder.layers[1].linear1.weight));
}

TEST(Transformer, StartsAsPyTorchDoes) {
  manual_seed(2);
  const MultiheadAttention attention{64, 4};
  const double bound = std::sqrt(6.0 / (4 * 64));  // Xavier: in 64, out 3 · 64
  double largest = 0;
  for (const double w : attention.in_proj_weight.to_vector<double>())
    largest = std::max(largest, std::abs(w));
  EXPECT_LE(largest, bound);
  EXPECT_GT(largest, 0.99 * bound);
  EXPECT_TRUE(equal(attention.in_proj_bias, zeros({192})));
  EXPECT_TRUE(equal(attention.out_proj.bias, zeros({64})));
  EXPECT_TRUE(equal(LayerNorm{3}.weight, ones({3})));

  const Embedding table{2000, 20, {.padding_idx = 3}};
  EXPECT_TRUE(equal(table.weight.select(0, 3), zeros({20})));
  EXPECT_NEAR(mean(table.weight).item(), 0, 5 / std::sqrt(40000.0));
  EXPECT_NEAR(std(table.weight).item(), 1, 0.02);
}

TEST(Transformer, EmbeddingsPaddingRowGetsNoGradient) {
  for (const bool twice : {false, true}) {  // the gradient in one pass, and as a formula
    Embedding table{4, 2, {.padding_idx = -3}};
    const Tensor y = table(tensor({{0, 1, 3}, {3, 1, 3}}));
    EXPECT_TRUE(equal(y.select(0, 1).select(0, 0), table.weight.select(0, 3)));
    sum(y).backward({}, false, twice);
    EXPECT_EQ(table.weight.grad().to_vector<float>(), (std::vector<float>{1, 1, 0, 0, 0, 0, 3, 3}));
    table.weight.zero_grad();  // with its graph, which holds the weight
  }
}

TEST(Transformer, PositionsAreWaves) {
  PositionalEncoding positions{6, {.max_len = 50}};
  const std::vector<float> found = positions(zeros({40, 2, 6})).select(1, 1).to_vector<float>();
  for (std::size_t p = 0; p < 40; ++p)
    for (std::size_t i = 0; i < 3; ++i) {
      const double angle =
          static_cast<double>(p) * std::exp(-std::log(10000.0) * 2.0 * static_cast<double>(i) / 6);
      EXPECT_NEAR(found[p * 6 + 2 * i], std::sin(angle), 1e-6);
      EXPECT_NEAR(found[p * 6 + 2 * i + 1], std::cos(angle), 1e-6);
    }
  LearnedPositions learned{6, {.max_len = 50, .batch_first = true}};
  EXPECT_TRUE(equal(learned(zeros({2, 9, 6})).select(0, 1), learned.weight.narrow(0, 0, 9)));
  sum(learned(zeros({2, 9, 6}))).backward();
  EXPECT_EQ(learned.weight.grad().select(0, 8).to_vector<float>(), std::vector<float>(6, 2));
  EXPECT_EQ(learned.weight.grad().select(0, 9).to_vector<float>(), std::vector<float>(6, 0));
}

TEST(Transformer, RefusesBadArguments) {
  EXPECT_EQ(thrown<ValueError>([] { MultiheadAttention(6, 4); }),
            "MultiheadAttention: num_heads must divide embed_dim, found 4 and 6");
  EXPECT_EQ(thrown<ValueError>([] { TransformerEncoderLayer(4, 2, {.activation = "tanh"}); }),
            "Transformer: activation must be \"relu\" or \"gelu\", found \"tanh\"");
  EXPECT_EQ(thrown<ShapeError>([] {
              MultiheadAttention(4, 2).forward(zeros({2, 3, 5}));
            }),
            "MultiheadAttention: expects query (L, N, 4), key (S, N, 4), value (S, N, 4) or all "
            "without N; found [2, 3, 5], [2, 3, 5], [2, 3, 5]");
  EXPECT_EQ(thrown<ShapeError>([] {
              const Tensor x = zeros({2, 3, 4});
              MultiheadAttention(4, 2).forward(x, x, x, {.attn_mask = zeros({3, 3})});
            }),
            "MultiheadAttention: attn_mask has shape [3, 3], expected (L, S) = [2, 2] or (N "
            "num_heads, L, S) = [6, 2, 2]");
  EXPECT_EQ(thrown<ShapeError>([] {
              const Tensor x = zeros({2, 3, 4});
              MultiheadAttention(4, 2).forward(x, x, x, {.key_padding_mask = zeros({2, 3})});
            }),
            "MultiheadAttention: key_padding_mask has shape [2, 3], expected (N, S) = [3, 2]");
  EXPECT_EQ(thrown<ShapeError>([] {
              TransformerEncoder encoder{TransformerEncoderLayer{4, 2, kSmall}, 2};
              encoder(zeros({2, 3, 5}));
            }).substr(0, 60),
            "TransformerEncoder / layers.0.self_attn (MultiheadAttention)");
  EXPECT_EQ(
      thrown<ShapeError>([] {
        PositionalEncoding(4, {.max_len = 5})(zeros({6, 1, 4}));
      }),
      "PositionalEncoding: expects sequences of at most 5 places with 4 features, found shape "
      "[6, 1, 4]");
  EXPECT_EQ(thrown<IndexError>([] { Embedding(5, 2, {.padding_idx = 5}); }),
            "Embedding: padding_idx 5 is out of range for 5 rows");
}

}  // namespace
}  // namespace percept::nn
