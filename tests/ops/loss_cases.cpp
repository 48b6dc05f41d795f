#include "ops/cases.h"

namespace percept::testing {
namespace {

Args with(Args args, const Args& more) {
  args.update(more);
  return args;
}

/// Input and target of one shape, for every reduction; the mean of nothing has no value.
std::vector<Sample> reductions(const Args& more = Args::object()) {
  std::vector<Sample> samples;
  for (const char* reduction : {"mean", "sum", "none"}) {
    const Args args = with({{"reduction", reduction}}, more);
    samples.push_back({{{2, 3}, {2, 3}}, args});
    samples.push_back({{{2, 1, 3}, {2, 1, 3}}, args});
  }
  const Args sum = with({{"reduction", "sum"}}, more);
  samples.push_back({{{1, 1}, {1, 1}}, sum});
  samples.push_back({{{0, 3}, {0, 3}}, sum});
  samples.push_back({{Shape{}, Shape{}}, more});
  return samples;
}

std::vector<Sample> large(const Args& args = Args::object()) {
  return {{{{300, 257}, {300, 257}}, args}};
}

/// Classes as indices: (N, C), (C) and (N, C, d), with and without weights (input 2).
std::vector<Sample> of_classes(const Args& more = Args::object()) {
  std::vector<Sample> samples;
  for (const char* reduction : {"mean", "sum", "none"}) {
    const Args args = with({{"reduction", reduction}}, more);
    samples.push_back({{{4, 3}, {4}}, args});
    samples.push_back({{{4, 3}, {4}, {3}}, with(args, {{"weight", 2}})});
    samples.push_back({{{2, 3, 4}, {2, 4}}, args});
    samples.push_back({{{2, 3, 4}, {2, 4}, {3}}, with(args, {{"weight", 2}})});
    samples.push_back({{{3}, Shape{}}, with(args, {{"ignore_index", -100}})});
  }
  samples.push_back({{{1, 3}, {1}}, with({{"reduction", "sum"}}, more)});
  samples.push_back({{{0, 3}, {0}}, with({{"reduction", "sum"}}, more)});
  samples.push_back({{{0, 3}, {0}}, with({{"reduction", "none"}}, more)});
  return samples;
}

}  // namespace

std::vector<Row> loss_rows() {
  const std::int64_t k = 77100;
  std::vector<Row> rows;
  rows.push_back({"mse_loss", {Draw{}}, reductions(), large(), k});
  rows.push_back({"l1_loss", {distinct(-2, 2)}, reductions(), large(), k});
  rows.push_back({"huber_loss", {{2, 3}, {0, 1}}, reductions({{"delta", 0.5}}), large(), k});
  rows.push_back({"huber_loss", {Draw{}}, reductions({{"delta", 5}}), large(), k});

  const std::vector<Sample> weighted = {
      {{{2, 3}, {2, 3}, {3}}, {{"weight", 2}}},
      {{{2, 3}, {2, 3}, {2, 3}}, {{"weight", 2}, {"reduction", "none"}}}};
  rows.push_back({"binary_cross_entropy",
                  {{0.1, 0.9}, {0, 1}, {0.5, 1.5}},
                  reductions() + weighted,
                  large(),
                  k});
  rows.push_back(
      {"binary_cross_entropy_with_logits",
       {{-3, 3}, {0, 1}, {0.5, 1.5}},
       reductions() + weighted +
           std::vector<Sample>{{{{2, 3}, {2, 3}, {3}}, {{"pos_weight", 2}}},
                               {{{2, 3}, {2, 3}, {2, 1}, {3}}, {{"weight", 2}, {"pos_weight", 3}}}},
       large(),
       k});

  const std::vector<Draw> likelihoods = {{-3, -0.1}, integers(0, 3), {0.5, 1.5}};
  const std::vector<Draw> logits = {{-3, 3}, integers(0, 3), {0.5, 1.5}};
  const std::vector<Sample> many = {{{{4096, 10}, {4096}}}, {{{300, 9, 30}, {300, 30}}}};
  rows.push_back(
      {"nll_loss", likelihoods, of_classes() + of_classes({{"ignore_index", 1}}), many, k});
  rows.push_back({"cross_entropy", logits,
                  of_classes() + of_classes({{"ignore_index", 1}}) +
                      of_classes({{"label_smoothing", 0.1}}) +
                      of_classes({{"label_smoothing", 0.1}, {"ignore_index", 1}}),
                  many, k});
  std::vector<Sample> probabilities;
  for (const char* reduction : {"mean", "sum", "none"})
    for (const double smoothing : {0.0, 0.1}) {
      const Args args = {{"reduction", reduction}, {"label_smoothing", smoothing}};
      probabilities.push_back({{{4, 3}, {4, 3}}, args});
      probabilities.push_back({{{4, 3}, {4, 3}, {3}}, with(args, {{"weight", 2}})});
      probabilities.push_back({{{2, 3, 4}, {2, 3, 4}}, args});
      probabilities.push_back({{{3}, {3}}, args});
    }
  rows.push_back({"cross_entropy",
                  {{-3, 3}, {0, 1}, {0.5, 1.5}},
                  probabilities,
                  {{{{4096, 10}, {4096, 10}}}},
                  k});

  rows.push_back(
      {"kl_div",
       {{-3, -0.1}, {0.1, 1}},
       reductions() + std::vector<Sample>{{{{2, 3}, {2, 3}}, {{"reduction", "batchmean"}}}},
       large(),
       k});
  rows.push_back(
      {"kl_div", {{-3, -0.1}, {-3, -0.1}}, reductions({{"log_target", true}}), large(), k});
  return rows;
}

}  // namespace percept::testing
