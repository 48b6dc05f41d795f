#include "ops/bad_calls.h"

namespace percept::testing {

std::vector<BadCall> bad_attention_calls() {
  const Tensor undefined;
  const Args three{{"normalized_shape", {3}}};
  std::vector<BadCall> calls;
  for (const std::string op : {"layer_norm", "rms_norm"}) {
    calls.push_back({op,
                     {of({2, 4})},
                     three,
                     "ShapeError: " + op +
                         ": the last dimensions of input [2, 4] must be normalized_shape [3]"});
    calls.push_back(
        {op,
         {of({})},
         three,
         "ShapeError: " + op + ": the last dimensions of input [] must be normalized_shape [3]"});
    calls.push_back({op,
                     {of({2, 4})},
                     {{"normalized_shape", Args::array()}},
                     "ShapeError: " + op +
                         ": the last dimensions of input [2, 4] must be normalized_shape [], which "
                         "must not be empty"});
    calls.push_back(
        {op,
         {of({2, 3}, i64)},
         three,
         "DtypeError: " + op + ": expects f32 or f64, found i64 (shape [2, 3]); hint: .to(f32)"});
    calls.push_back(
        {op,
         {of({2, 3}), of({2})},
         {{"normalized_shape", {3}}, {"weight", 1}},
         "ShapeError: " + op + ": weight has shape [2], expected normalized_shape [3]"});
    calls.push_back({op,
                     {of({2, 3}, f64), of({3})},
                     {{"normalized_shape", {3}}, {"weight", 1}},
                     "DtypeError: " + op + ": weight is f32, but the input f64; hint: .to(f64)"});
    calls.push_back({op,
                     {undefined},
                     three,
                     "ValueError: " + op +
                         ": input 0 is an undefined tensor; a default-constructed Tensor holds "
                         "nothing"});
  }
  const std::vector<BadCall> more{
      {"layer_norm",
       {of({2, 3}), of({3}), of({1, 3})},
       {{"normalized_shape", {3}}, {"weight", 1}, {"bias", 2}},
       "ShapeError: layer_norm: bias has shape [1, 3], expected normalized_shape [3]"},
      {"scaled_dot_product_attention",
       {of({2, 3}), of({4, 2}), of({4, 2})},
       Args::object(),
       "ShapeError: scaled_dot_product_attention: expects q (..., L, E) and k (..., S, E), found "
       "[2, 3] f32 and [4, 2] f32"},
      {"scaled_dot_product_attention",
       {of({2, 3}), of({4, 3}), of({5, 2})},
       Args::object(),
       "ShapeError: scaled_dot_product_attention: expects a value for every key, v (..., S, D) of "
       "k's type; found v [5, 2] f32 and k [4, 3] f32"},
      {"scaled_dot_product_attention",
       {of({2, 3}, i64), of({4, 3}, i64), of({4, 2}, i64)},
       Args::object(),
       "DtypeError: scaled_dot_product_attention: expects tensors of f32 or of f64, found [2, 3] "
       "i64 and [4, 3] i64; hint: .to(f32)"},
      {"scaled_dot_product_attention",
       {of({2, 3}), of({4, 3}), of({4, 2}), of({2, 3}, boolean)},
       {{"attn_mask", 3}},
       "ShapeError: scaled_dot_product_attention: attn_mask of shape [2, 3] does not broadcast to "
       "the scores' [2, 4]"},
      {"scaled_dot_product_attention",
       {of({2, 3}), of({4, 3}), of({4, 2}), of({2, 4}, i64)},
       {{"attn_mask", 3}},
       "DtypeError: scaled_dot_product_attention: attn_mask must be boolean or f32, found i64 "
       "(shape [2, 4])"},
      {"scaled_dot_product_attention",
       {of({2, 3}), of({4, 3}), of({4, 2})},
       {{"dropout_p", 1.5}},
       "ValueError: scaled_dot_product_attention: dropout_p must lie between 0 and 1, found 1.5"},
      {"scaled_dot_product_attention",
       {of({2, 1, 3}), of({3, 4, 3}), of({4, 2})},
       Args::object(),
       "ShapeError: scaled_dot_product_attention: shapes [2] and [3] do not broadcast: sizes 2 and "
       "3 at dimension 0 must be equal, or one of them 1"},
      {"detail::self_attention",
       {of({2, 6})},
       {{"num_heads", 4}},
       "ShapeError: self_attention: expects (..., L, 3 E) and a number of heads that divides E, "
       "found [2, 6] f32 and 4"},
      {"detail::self_attention",
       {of({2, 6}, i64)},
       {{"num_heads", 2}},
       "DtypeError: self_attention: expects tensors of f32 or of f64, found [2, 2, 1] i64 and [2, "
       "2, 1] i64; hint: .to(f32)"},
      {"detail::self_attention",
       {of({2, 6}), of({3, 2}, boolean)},
       {{"num_heads", 2}, {"attn_mask", 1}},
       "ShapeError: self_attention: attn_mask of shape [3, 2] does not broadcast to the scores' "
       "[2, 2, 2]"},
      {"detail::attention_weights",
       {of({2, 3}), of({4, 2})},
       Args::object(),
       "ShapeError: attention_weights: expects q (..., L, E) and k (..., S, E), found [2, 3] f32 "
       "and [4, 2] f32"},
      {"detail::attention_weights",
       {of({2, 3}), of({4, 3}, f64)},
       Args::object(),
       "DtypeError: attention_weights: expects tensors of f32 or of f64, found [2, 3] f32 and [4, "
       "3] f64; hint: .to(f32)"},
      {"detail::attention_weights",
       {of({2, 3}), of({4, 3}), of({4}, i64)},
       {{"attn_mask", 2}},
       "DtypeError: attention_weights: attn_mask must be boolean or f32, found i64 (shape [4])"},
      {"embedding",
       {of({2}), of({4, 3})},
       Args::object(),
       "DtypeError: embedding: the index must be i64, found f32 (shape [2]); hint: .to(i64)"},
      {"embedding",
       {of({2}, i64, 4), of({4, 3})},
       Args::object(),
       "IndexError: embedding: index 4 is outside [0, 4), the rows of weight [4, 3]"},
      {"embedding",
       {of({2}, i64), of({4})},
       Args::object(),
       "ShapeError: embedding: weight must be a matrix (rows, d), found shape [4]"},
      {"embedding",
       {of({2}, i64), of({4, 3})},
       {{"padding_idx", 4}},
       "IndexError: embedding: padding_idx 4 is out of range for weight [4, 3] of 4 rows"},
      {"embedding",
       {of({2}, i64), of({4, 3}, bf16)},
       Args::object(),
       "DtypeError: embedding: elements of type bf16 are not taken; hint: .to(f32)"},
  };
  calls.insert(calls.end(), more.begin(), more.end());
  return calls;
}

}  // namespace percept::testing
