// Rows of layer norm, embedding and attention.
#include "ops/cases.h"

namespace percept::testing {
namespace {

void put_norms(std::vector<Row>& rows) {
  const auto over = [](const Shape& sizes, Args more = Args::object()) {
    more["normalized_shape"] = std::vector<std::int64_t>(sizes.begin(), sizes.end());
    return more;
  };
  rows.push_back(
      {"layer_norm",
       {Draw{}},
       {{{{2, 3}}, over({3})},
        {{{4, 3}, {3}, {3}}, over({3}, {{"weight", 1}, {"bias", 2}})},
        {{{2, 3, 4}, {3, 4}, {3, 4}}, over({3, 4}, {{"weight", 1}, {"bias", 2}, {"eps", 0.1}})},
        {{{3, 4}, {4}}, over({4}, {{"weight", 1}})},
        {{{3, 4}, {4}}, over({4}, {{"bias", 1}})},
        {{{5}, {5}, {5}}, over({5}, {{"weight", 1}, {"bias", 2}, {"eps", 0.5}})},
        {{{3, 1}, {1}, {1}}, over({1}, {{"weight", 1}, {"bias", 2}})},
        {{{0, 3}, {3}, {3}}, over({3}, {{"weight", 1}, {"bias", 2}})}},
       {{{{257, 130}, {130}, {130}}, over({130}, {{"weight", 1}, {"bias", 2}})},
        {{{64, 16, 64}, {64}, {64}}, over({64}, {{"weight", 1}, {"bias", 2}})},
        {{{2000, 7}}, over({7})}},
       2000});
  rows.push_back({"rms_norm",
                  {{-2, 2, {0}, 0.2}},  // a row of zeros has a very large derivative
                  {{{{2, 3}}, over({3})},
                   {{{4, 3}, {3}}, over({3}, {{"weight", 1}})},
                   {{{2, 3, 4}, {3, 4}}, over({3, 4}, {{"weight", 1}, {"eps", 0.1}})},
                   {{{5}, {5}}, over({5}, {{"weight", 1}})},
                   {{{3, 1}, {1}}, over({1}, {{"weight", 1}, {"eps", 0.5}})},
                   {{{0, 3}, {3}}, over({3}, {{"weight", 1}})}},
                  {{{{257, 130}, {130}}, over({130}, {{"weight", 1}})},
                   {{{64, 16, 64}, {64}}, over({64}, {{"weight", 1}})}},
                  2000});
}

/// Without a padding row, which by its meaning has no gradient although it has an effect.
void put_embedding(std::vector<Row>& rows) {
  rows.push_back({"embedding",
                  {integers(0, 4), Draw{}},
                  {{{{3}, {4, 2}}},
                   {{{2, 3}, {4, 2}}},
                   {{{5}, {4, 3}}},
                   {{Shape{}, {4, 3}}},
                   {{{3, 1}, {4, 1}}},
                   {{{0}, {4, 2}}},
                   {{{2}, {4, 0}}}},
                  {{{{500, 30}, {4, 64}}}, {{{300}, {4, 200}}, {{"padding_idx", 0}}}},
                  4000});
}

void put_attentions(std::vector<Row>& rows) {
  const Draw some{-1, 1};
  const std::vector<Sample> small{
      {{{3, 2}, {4, 2}, {4, 3}}},
      {{{2, 3, 2}, {2, 4, 2}, {2, 4, 3}}, {{"scale", 0.7}}},
      {{{2, 1, 3, 2}, {1, 2, 4, 2}, {2, 4, 1}}},
      {{{2, 3, 2}, {2, 3, 2}, {2, 3, 2}}, {{"is_causal", true}}},
      {{{2, 4, 2}, {3, 2}, {3, 2}}, {{"is_causal", true}}},
      {{{2, 1, 2}, {2, 1, 2}, {2, 1, 2}}},
      {{{1, 1}, {1, 1}, {1, 1}}},
      {{{0, 2}, {3, 2}, {3, 2}}},
      {{{2, 2}, {0, 2}, {0, 3}}},
      {{{2, 3, 2}, {2, 4, 2}, {2, 4, 3}, {3, 4}}, {{"attn_mask", 3}}},
      {{{2, 3, 2}, {2, 4, 2}, {2, 4, 3}}, {{"dropout_p", 0.4}, {"seed", 3}}}};
  rows.push_back(
      {"scaled_dot_product_attention",
       {some},
       small,
       {{{{8, 4, 33, 16}, {8, 4, 33, 16}, {8, 4, 33, 16}}},
        {{{3, 70, 24}, {3, 150, 24}, {3, 150, 40}}, {{"is_causal", true}}},
        {{{16, 4, 16, 16}, {16, 4, 16, 16}, {16, 4, 16, 16}}, {{"dropout_p", 0.3}, {"seed", 5}}}},
       150});
  rows.back().bits = true;
  // Boolean masks: true takes part; a row may have nothing that does.
  rows.push_back(
      {"scaled_dot_product_attention",
       {some, some, some, booleans()},
       {{{{3, 2}, {4, 2}, {4, 3}, {3, 4}}, {{"attn_mask", 3}}},
        {{{2, 2, 3, 2}, {2, 2, 5, 2}, {2, 2, 5, 3}, {2, 1, 1, 5}}, {{"attn_mask", 3}}},
        {{{6, 2}, {2, 2}, {2, 1}, {6, 2}}, {{"attn_mask", 3}}},
        {{{3, 2}, {3, 2}, {3, 2}, {3, 3}}, {{"attn_mask", 3}, {"is_causal", true}}}},
       {{{{4, 2, 40, 8}, {4, 2, 60, 8}, {4, 2, 60, 8}, {4, 1, 1, 60}}, {{"attn_mask", 3}}}},
       60});
  const auto heads = [](std::int64_t n, Args more = Args::object()) {
    more["num_heads"] = n;
    return more;
  };
  rows.push_back({"detail::self_attention",
                  {some, booleans()},
                  {{{{3, 6}}, heads(2)},
                   {{{2, 3, 12}}, heads(2, {{"scale", 0.7}})},
                   {{{2, 3, 12}}, heads(4, {{"is_causal", true}})},
                   {{{2, 1, 3}}, heads(1)},
                   {{{0, 3, 6}}, heads(2)},
                   {{{2, 0, 6}}, heads(1)},
                   {{{2, 3, 6}, {2, 1, 1, 3}}, heads(2, {{"attn_mask", 1}})},
                   {{{2, 3, 6}}, heads(2, {{"dropout_p", 0.4}, {"seed", 3}})}},
                  {{{{16, 16, 192}}, heads(4)}, {{{3, 130, 48}}, heads(2, {{"is_causal", true}})}},
                  130});
  std::vector<Sample> scores;
  for (Sample sample : small) {
    if (sample.args.contains("dropout_p")) continue;
    sample.shapes.erase(sample.shapes.begin() + 2);
    if (sample.args.contains("attn_mask")) sample.args["attn_mask"] = 2;
    scores.push_back(sample);
  }
  Row weights{"detail::attention_weights",
              {some},
              scores,
              {{{{3, 70, 24}, {3, 150, 24}}}, {{{3, 70, 24}, {3, 150, 24}}, {{"is_causal", true}}}},
              150};
  weights.bits = false;  // oneDNN's products
  rows.push_back(weights);
}

}  // namespace

std::vector<Row> attention_rows() {
  std::vector<Row> rows;
  put_norms(rows);
  put_embedding(rows);
  put_attentions(rows);
  return rows;
}

}  // namespace percept::testing
