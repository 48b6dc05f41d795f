// RNN, LSTM, GRU, their cells and packed sequences. What PyTorch gives: tests/parity.
#include "percept/nn/rnn.h"

#include <gtest/gtest.h>

#include <cmath>

#include "engine/engine.h"
#include "percept/percept.h"
#include "support/throws.h"

namespace percept::nn {
namespace {

template <class M>
M all_weights_half(M module) {
  for (Tensor& parameter : module.parameters()) parameter.detach().fill_(0.5);
  return module;
}

TEST(LSTM, GivesThePrintedNumbersWithAllWeightsOneHalf) {
  LSTM layer = all_weights_half(LSTM{1, 1, {.bias = false}});
  const auto [output, h_n, c_n] = layer(ones({2, 1, 1}));
  EXPECT_NEAR(output.at<float>(0, 0, 0), 0.174270, 1e-6);
  EXPECT_NEAR(output.at<float>(1, 0, 0), 0.309059, 1e-6);
  EXPECT_NEAR(h_n.item(), 0.309059, 1e-6);
  EXPECT_NEAR(c_n.item(), 0.524116, 1e-6);

  LSTMCell cell = all_weights_half(LSTMCell{1, 1, {.bias = false}});
  LstmState state = cell(ones({1, 1}));
  EXPECT_NEAR(state.h.item(), 0.174270, 1e-6);
  EXPECT_NEAR(state.c.item(), 0.287649, 1e-6);
  state = cell(ones({1, 1}), state);
  EXPECT_NEAR(state.h.item(), 0.309059, 1e-6);
  EXPECT_NEAR(state.c.item(), 0.524116, 1e-6);
}

TEST(Recurrent, PrintAsPyTorchDoes) {
  EXPECT_EQ((RNN{3,
                 4,
                 {.num_layers = 2,
                  .nonlinearity = RnnNonlinearity::relu,
                  .dropout = 0.2,
                  .bidirectional = true}}
                 .str()),
            "RNN(3, 4, num_layers=2, dropout=0.2, bidirectional=True)");
  EXPECT_EQ((LSTM{3, 4, {.bias = false, .batch_first = true}}.str()),
            "LSTM(3, 4, bias=False, batch_first=True)");
  EXPECT_EQ((GRU{3, 4}.str()), "GRU(3, 4)");
  EXPECT_EQ((RNNCell{3, 4, {.nonlinearity = RnnNonlinearity::relu}}.str()),
            "RNNCell(3, 4, nonlinearity=relu)");
  EXPECT_EQ((RNNCell{3, 4, {.bias = false}}.str()), "RNNCell(3, 4, bias=False)");
  EXPECT_EQ((LSTMCell{3, 4}.str()), "LSTMCell(3, 4)");
  EXPECT_EQ((GRUCell{3, 4}.str()), "GRUCell(3, 4)");
}

TEST(Recurrent, StateDictHasPyTorchsNamesAndShapes) {
  const LSTM layer{3, 4, {.num_layers = 2, .bidirectional = true}};
  std::vector<std::string> names;
  for (const auto& [name, tensor] : layer.state_dict())
    names.push_back(name + tensor.shape().str());
  EXPECT_EQ(
      names,
      (std::vector<std::string>{
          "weight_ih_l0[16, 3]", "weight_hh_l0[16, 4]", "bias_ih_l0[16]", "bias_hh_l0[16]",
          "weight_ih_l0_reverse[16, 3]", "weight_hh_l0_reverse[16, 4]", "bias_ih_l0_reverse[16]",
          "bias_hh_l0_reverse[16]", "weight_ih_l1[16, 8]", "weight_hh_l1[16, 4]", "bias_ih_l1[16]",
          "bias_hh_l1[16]", "weight_ih_l1_reverse[16, 8]", "weight_hh_l1_reverse[16, 4]",
          "bias_ih_l1_reverse[16]", "bias_hh_l1_reverse[16]"}));
  EXPECT_EQ((GRU{3, 4, {.bias = false}}.state_dict().size()), 2u);
  EXPECT_EQ((GRUCell{3, 4}.state_dict().at("bias_hh").shape()), Shape{12});
}

TEST(Recurrent, VisitLeavesNothingOut) {
  EXPECT_NO_THROW(audit(RNN{2, 3, {.bias = false}}));
  EXPECT_NO_THROW(audit(LSTM{2, 3, {.num_layers = 2, .bidirectional = true}}));
  EXPECT_NO_THROW(audit(GRU{2, 3}));
  EXPECT_NO_THROW(audit(RNNCell{2, 3}));
  EXPECT_NO_THROW(audit(LSTMCell{2, 3, {.bias = false}}));
  EXPECT_NO_THROW(audit(GRUCell{2, 3}));
}

TEST(Recurrent, StartUniformWithinOneOverTheRootOfHidden) {
  manual_seed(5);
  const LSTM layer{100, 64};
  const GRUCell cell{100, 64};
  std::vector<Tensor> parameters = layer.parameters();
  for (const Tensor& p : cell.parameters()) parameters.push_back(p);
  for (const Tensor& p : parameters) {
    const double bound = 1 / std::sqrt(64.0), largest = p.abs().max().item();
    EXPECT_LE(largest, bound);
    EXPECT_GT(largest, 0.95 * bound);
    EXPECT_NEAR(p.mean().item(), 0, 5 * bound / std::sqrt(3.0 * static_cast<double>(p.numel())));
  }
}

TEST(Recurrent, LayersAreCellsStepByStep) {
  manual_seed(8);
  const Tensor x = randn({5, 2, 3});
  const auto same_weights = [](auto& cell, const auto& layer) {
    cell.weight_ih = layer.directions[0].weight_ih, cell.weight_hh = layer.directions[0].weight_hh;
    cell.bias_ih = layer.directions[0].bias_ih, cell.bias_hh = layer.directions[0].bias_hh;
  };
  GRU gru_layer{3, 4};
  GRUCell gru_cell{3, 4};
  same_weights(gru_cell, gru_layer);
  RNN rnn_layer{3, 4, {.nonlinearity = RnnNonlinearity::relu}};
  RNNCell rnn_cell{3, 4, {.nonlinearity = RnnNonlinearity::relu}};
  same_weights(rnn_cell, rnn_layer);
  const RnnOutput gru = gru_layer(x), rnn = rnn_layer(x);
  Tensor g, r;
  for (std::int64_t t = 0; t < 5; ++t) {
    g = gru_cell(x[t], g), r = rnn_cell(x[t], r);
    EXPECT_TRUE(allclose(gru.output[t], g, {.atol = 1e-6}));
    EXPECT_TRUE(allclose(rnn.output[t], r, {.atol = 1e-6}));
  }
  EXPECT_TRUE(allclose(gru.h_n[0], g, {.atol = 1e-6}));
}

/// All results of a module of two layers in both directions, called plain and packed, end to end.
template <class M>
Tensor everything(M& module, const Tensor& x) {
  const auto plain = module(x);
  const auto packed = module(pack_padded_sequence(x, {1, 3, 2}, {.enforce_sorted = false}));
  std::vector<Tensor> all{flatten(plain.output), flatten(plain.h_n), flatten(packed.output.data),
                          flatten(packed.h_n)};
  if constexpr (requires { plain.c_n; })
    all.push_back(flatten(plain.c_n)), all.push_back(flatten(packed.c_n));
  return cat(all);
}

template <class M>
void check_gradients(M module) {
  Tensor x = rand({3, 3, 2}, {.dtype = f64}).requires_grad_();
  std::vector<Tensor> inputs{x};
  for (const Tensor& p : module.parameters()) inputs.push_back(p);
  const auto f = [&](const std::vector<Tensor>& in) { return everything(module, in[0]); };
  for (const bool fused : {true, false}) {
    const engine::FusionGuard guard(fused);
    const GradcheckResult first = gradcheck(f, inputs);
    EXPECT_TRUE(first) << module.str() << ": " << first.message;
  }
  const GradcheckResult second = gradgradcheck(f, inputs);
  EXPECT_TRUE(second) << module.str() << ", second derivative: " << second.message;
}

TEST(Recurrent, GradientsOfTwoLayersInBothDirectionsEqualDifferences) {
  manual_seed(9);
  check_gradients(RNN{2, 2, {.num_layers = 2, .bidirectional = true, .dtype = f64}});
  check_gradients(LSTM{2, 2, {.num_layers = 2, .bidirectional = true, .dtype = f64}});
  check_gradients(GRU{2, 2, {.num_layers = 2, .bidirectional = true, .dtype = f64}});
}

TEST(Recurrent, NoStepLeavesTheStateAsItIs) {
  LSTM layer{3, 4, {.bidirectional = true}};
  const LstmState initial{randn({2, 5, 4}), randn({2, 5, 4})};
  const auto [output, h_n, c_n] = layer(zeros({0, 5, 3}), initial);
  EXPECT_EQ(output.shape(), (Shape{0, 5, 8}));
  EXPECT_TRUE(equal(h_n, initial.h));
  EXPECT_TRUE(equal(c_n, initial.c));
  EXPECT_EQ((GRU{3, 4}(zeros({6, 0, 3})).output.shape()), (Shape{6, 0, 4}));

  GRU real{3, 2, {.dtype = f64}};
  const auto last = [&](const std::vector<Tensor>& in) {
    return real(zeros({0, 2, 3}, {.dtype = f64}), in[0]).h_n;
  };
  EXPECT_TRUE(gradcheck(last, {rand({1, 2, 2}, {.dtype = f64}).requires_grad_()}));
}

TEST(Recurrent, DropoutLiesBetweenLayersInTrainingOnly) {
  manual_seed(4);
  GRU layer{3, 4, {.num_layers = 2, .dropout = 1.0}};
  const Tensor x = randn({6, 2, 3});
  // The second layer sees zeros, whatever x is; the last outputs are not dropped.
  EXPECT_TRUE(equal(layer(x).output, layer(x * 2).output));
  EXPECT_FALSE(equal(layer(x).h_n, layer(x * 2).h_n));
  EXPECT_GT(layer(x).output.abs().min().item(), 0);
  layer.eval();
  EXPECT_FALSE(equal(layer(x).output, layer(x * 2).output));
}

TEST(Recurrent, ASequentialGetsTheOutput) {
  Sequential net{{"rnn", RNN{3, 4}}, {"out", Linear{4, 2}}};
  const Tensor x = randn({5, 2, 3});
  auto& layer = dynamic_cast<RNN&>(net["rnn"]);
  EXPECT_TRUE(equal(net(x), net["out"](layer(x).output)));
}

TEST(Recurrent, TrainsInABatchFirstModel) {
  manual_seed(2);
  struct LastStep : Module {
    LSTM lstm{2, 8, {.batch_first = true}};
    Linear out{8, 1};
    Tensor forward(const Tensor& x) override { return out(lstm(x).h_n[0]); }
    void visit(Visitor& v) override { v("lstm", lstm), v("out", out); }
  } net;
  optim::Adam optimizer(net.parameters(), {.lr = 0.02});
  const Tensor x = rand({64, 6, 2}), sums = x.sum({1, 2}).unsqueeze(1) / 6;
  double first = 0, last = 0;
  for (int i = 0; i < 150; ++i) {
    const Tensor loss = mse_loss(net(x), sums);
    (i == 0 ? first : last) = loss.item();
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  EXPECT_LT(last, first / 50);
}

/// A module's output and the gradient of its weight_hh_l0 (0 after a single step), fused or written
/// out, rounded or not.
template <class M>
std::pair<Tensor, Tensor> outcome(M module, const Tensor& x, bool fused, bool rounded) {
  const engine::FusionGuard fusion(fused);
  const AutocastGuard products(rounded ? bf16 : f32);
  const Tensor output = module(x).output;
  sum(output * output).backward();
  return {output.detach(), module.directions[0].weight_hh.grad()};
}

template <class M>
void check_rounding(const M& module, const Tensor& x) {
  const auto [plain, plain_grad] = outcome(module, x, true, false);
  const auto [rounded, rounded_grad] = outcome(module, x, true, true);
  const auto [written, written_grad] = outcome(module, x, false, true);
  EXPECT_FALSE(equal(plain, rounded)) << module.str();
  EXPECT_TRUE(allclose(rounded, plain, {.rtol = 0.02, .atol = 0.01})) << module.str();
  EXPECT_TRUE(allclose(rounded, written, {.rtol = 0.005, .atol = 0.003})) << module.str();
  const double size = plain_grad.abs().max().item();
  EXPECT_LE((rounded_grad - plain_grad).abs().max().item(), 0.03 * size) << module.str();
  EXPECT_LE((rounded_grad - written_grad).abs().max().item(), 0.02 * size) << module.str();
}

TEST(Recurrent, AutocastRoundsProductsFusedOrNot) {
  manual_seed(12);
  for (const std::int64_t steps : {1, 2, 9}) {
    const Tensor x = rand({steps, 40, 20});
    check_rounding(RNN{20, 36}, x);
    check_rounding(LSTM{20, 36}, x);
    check_rounding(GRU{20, 36}, x);
  }
}

TEST(Recurrent, RefuseBadArguments) {
  EXPECT_EQ(thrown<ValueError>([] {
              LSTM{0, 4};
            }),
            "LSTM: input_size and hidden_size must be at least 1, found 0 and 4");
  EXPECT_EQ(thrown<ValueError>([] {
              RNN{3, 4, {.num_layers = 0}};
            }),
            "RNN: num_layers must be at least 1, found 0");
  EXPECT_EQ(thrown<ValueError>([] {
              GRU{3, 4, {.dropout = 1.5}};
            }),
            "GRU: dropout must lie between 0 and 1, found 1.5");
  EXPECT_EQ(thrown<ValueError>([] {
              GRUCell{3, 0};
            }),
            "GRUCell: input_size and hidden_size must be at least 1, found 3 and 0");
  LSTM layer{3, 4};
  EXPECT_EQ(thrown<ShapeError>([&] { layer(zeros({2})); }),
            "LSTM: x must be (steps, N, in), or (steps, in), found [2]");
  EXPECT_EQ(thrown<ShapeError>([&] {
              layer(zeros({5, 2, 3}), {zeros({2, 2, 4}), zeros({1, 2, 4})});
            }),
            "LSTM: h_0 must be [1, 2, 4], found [2, 2, 4]");
  EXPECT_EQ(thrown<ValueError>([&] {
              layer(zeros({5, 2, 3}), {zeros({1, 2, 4})});
            }),
            "LSTM: an initial state is h and c, found only h");
  EXPECT_EQ(thrown<ValueError>([&] {
              layer(PackedSequence{zeros({5, 3})});
            }),
            "LSTM: the packed sequence has no step");
}

TEST(Recurrent, AnErrorSaysWhereInTheModelItWas) {
  struct Net : Module {
    LSTM lstm{3, 4};
    Tensor forward(const Tensor& x) override { return lstm(x).output; }
    void visit(Visitor& v) override { v("lstm", lstm); }
  } net;
  EXPECT_EQ(thrown<ShapeError>([&] {
              net(zeros({5, 2, 7}));
            }),
            "Net / lstm (LSTM): lstm: input has 7 features (shape [5, 2, 7]) but weight_ih [16, 3] "
            "takes 3");
}

// -- packed sequences
TEST(PackedSequence, HasTheStepsBelowEachOther) {
  const Tensor x = tensor({{1, 2, 0}, {3, 0, 0}, {4, 5, 6}});  // (N, steps)
  const PackedSequence packed =
      pack_padded_sequence(x, {2, 1, 3}, {.batch_first = true, .enforce_sorted = false});
  EXPECT_EQ(packed.data.to_vector<double>(), (std::vector<double>{4, 1, 3, 5, 2, 6}));
  EXPECT_EQ(packed.batch_sizes, (std::vector<std::int64_t>{3, 2, 1}));
  EXPECT_EQ(packed.sorted_indices.to_vector<std::int64_t>(), (std::vector<std::int64_t>{2, 0, 1}));
  EXPECT_EQ(packed.unsorted_indices.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{1, 2, 0}));

  const PaddedSequence back = pad_packed_sequence(packed, {.batch_first = true});
  EXPECT_TRUE(equal(back.output, x));
  EXPECT_EQ(back.lengths, (std::vector<std::int64_t>{2, 1, 3}));
  const PaddedSequence longer =
      pad_packed_sequence(packed, {.padding_value = 9, .total_length = 4});
  EXPECT_TRUE(equal(longer.output, tensor({{1, 3, 4}, {2, 9, 5}, {9, 9, 6}, {9, 9, 9}})));
}

TEST(PackedSequence, KeepsFurtherDimensionsAndGradients) {
  Tensor x = rand({4, 2, 3, 2}, {.dtype = f64}).requires_grad_();
  const auto f = [](const std::vector<Tensor>& in) {
    return pad_packed_sequence(pack_padded_sequence(in[0], {3, 1}), {.batch_first = true}).output;
  };
  EXPECT_EQ(f({x}).shape(), (Shape{2, 3, 3, 2}));
  EXPECT_TRUE(gradcheck(f, {x}));
  EXPECT_TRUE(gradgradcheck(f, {x}));
}

TEST(PackedSequence, GivesEachSequenceWhatItGivesAlone) {
  manual_seed(6);
  GRU layer{3, 4, {.bidirectional = true}};
  const Tensor x = randn({5, 3, 3}), h_0 = randn({2, 3, 4});
  const std::vector<std::int64_t> lengths{2, 5, 1};
  const PackedRnnOutput y = layer(pack_padded_sequence(x, lengths, {.enforce_sorted = false}), h_0);
  const Tensor output = pad_packed_sequence(y.output).output;
  for (std::int64_t n = 0; n < 3; ++n) {
    const std::int64_t length = lengths[static_cast<std::size_t>(n)];
    const RnnOutput alone = layer(x.select(1, n).narrow(0, 0, length), h_0.select(1, n));
    EXPECT_TRUE(allclose(output.select(1, n).narrow(0, 0, length), alone.output, {.atol = 1e-6}));
    EXPECT_TRUE(allclose(y.h_n.select(1, n), alone.h_n, {.atol = 1e-6}));
  }
}

TEST(PackedSequence, RefusesBadArguments) {
  const Tensor x = zeros({4, 2, 3});
  EXPECT_EQ(thrown<ValueError>([&] {
              pack_padded_sequence(x, {2, 4});
            }),
            "pack_padded_sequence: lengths must not increase, found [2, 4]; hint: enforce_sorted = "
            "false sorts them");
  EXPECT_EQ(thrown<ValueError>([&] {
              pack_padded_sequence(x, {5, 2});
            }),
            "pack_padded_sequence: lengths must lie between 1 and 4, the steps of [4, 2, 3], found "
            "[5, 2]");
  EXPECT_EQ(thrown<ValueError>([&] {
              pack_padded_sequence(x, {2, 0});
            }),
            "pack_padded_sequence: lengths must lie between 1 and 4, the steps of [4, 2, 3], found "
            "[2, 0]");
  EXPECT_EQ(
      thrown<ValueError>([&] { pack_padded_sequence(x, {2}); }),
      "pack_padded_sequence: expects one length a sequence and at least one sequence, found 1 "
      "for a batch of 2 (shape [4, 2, 3])");
  EXPECT_EQ(thrown<ShapeError>([&] { pack_padded_sequence(zeros({4}), {4}); }),
            "pack_padded_sequence: input must be (steps, N, ...), or (N, steps, ...) with "
            "batch_first, found [4]");
  EXPECT_EQ(thrown<ValueError>([&] {
              pad_packed_sequence(pack_padded_sequence(x, {3, 1}), {.total_length = 2});
            }),
            "pad_packed_sequence: total_length must be at least 3, the longest sequence, found 2");
  EXPECT_EQ(thrown<ValueError>([&] {
              pad_packed_sequence({zeros({4, 3}), {2, 1}});
            }),
            "pad_packed_sequence: batch_sizes must be above 0, not increase and add up to the rows "
            "of data, found [2, 1] for data of shape [4, 3]");
}

}  // namespace
}  // namespace percept::nn
