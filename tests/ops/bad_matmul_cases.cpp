#include "ops/bad_calls.h"

namespace percept::testing {

std::vector<BadCall> bad_matmul_calls() {
  const Tensor undefined;
  return {
      {"mm",
       {of({2, 3}), of({2, 3})},
       Args::object(),
       "ShapeError: mm: expects (m, k) and (k, n), found [2, 3] f32 and [2, 3] f32"},
      {"mm",
       {of({2, 3}), of({3})},
       Args::object(),
       "ShapeError: mm: expects (m, k) and (k, n), found [2, 3] f32 and [3] f32"},
      {"mm",
       {of({2, 3}), of({3, 2}, f64)},
       Args::object(),
       "DtypeError: mm: expects two tensors of f32 or of f64, found [2, 3] f32 and [3, 2] f64; "
       "hint: .to(f32)"},
      {"mm",
       {of({2, 3}, bf16), of({3, 2}, bf16)},
       Args::object(),
       "DtypeError: mm: expects two tensors of f32 or of f64, found [2, 3] bf16 and [3, 2] bf16; "
       "hint: .to(f32)"},
      {"mm",
       {of({2, 3}), undefined},
       Args::object(),
       "ValueError: mm: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"bmm",
       {of({2, 2, 3}), of({3, 3, 2})},
       Args::object(),
       "ShapeError: bmm: expects (b, m, k) and (b, k, n), found [2, 2, 3] f32 and [3, 3, 2] f32"},
      {"bmm",
       {of({2, 3}), of({3, 2})},
       Args::object(),
       "ShapeError: bmm: expects (b, m, k) and (b, k, n), found [2, 3] f32 and [3, 2] f32"},
      {"bmm",
       {of({1, 2, 3}, i64), of({1, 3, 2}, i64)},
       Args::object(),
       "DtypeError: bmm: expects two tensors of f32 or of f64, found [1, 2, 3] i64 and [1, 3, 2] "
       "i64; hint: .to(f32)"},
      {"bmm",
       {undefined, of({1, 3, 2})},
       Args::object(),
       "ValueError: bmm: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"matmul",
       {of({2, 3}), of({4, 2})},
       Args::object(),
       "ShapeError: matmul: the inner sizes differ: 3 of [2, 3] and 4 of [4, 2]"},
      {"matmul",
       {of({}), of({2})},
       Args::object(),
       "ShapeError: matmul: both operands need at least 1 dimension, found [] f32 and [2] f32; "
       "hint: mul"},
      {"matmul",
       {of({2, 3}, i64), of({3, 2}, i64)},
       Args::object(),
       "DtypeError: matmul: expects two tensors of f32 or of f64, found [2, 3] i64 and [3, 2] i64; "
       "hint: .to(f32)"},
      {"matmul",
       {of({2, 2, 3}), of({3, 3, 2})},
       Args::object(),
       "ShapeError: matmul: shapes [2] and [3] do not broadcast: sizes 2 and 3 at dimension 0 must "
       "be equal, or one of them 1"},
      {"matmul",
       {of({3}), of({2})},
       Args::object(),
       "ShapeError: matmul: the inner sizes differ: 3 of [3] and 2 of [2]"},
      {"matmul",
       {undefined, of({2})},
       Args::object(),
       "ValueError: matmul: input 0 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"linear",
       {of({64, 784}), of({128, 512})},
       Args::object(),
       "ShapeError: linear: input has 784 features (shape [64, 784]) but weight [128, 512] takes "
       "512"},
      {"linear",
       {of({64, 784}), of({784})},
       Args::object(),
       "ShapeError: linear: weight must be a matrix (out, in), found [784] f32"},
      {"linear",
       {of({2, 3}), of({4, 3}), of({3})},
       Args::object(),
       "ShapeError: linear: bias has shape [3] but weight [4, 3] gives 4 outputs"},
      {"linear",
       {of({2, 3}), of({4, 3}, f64)},
       Args::object(),
       "DtypeError: linear: expects two tensors of f32 or of f64, found [2, 3] f32 and [4, 3] f64; "
       "hint: .to(f32)"},
      {"linear",
       {of({2, 3}, i64), of({4, 3}, i64)},
       Args::object(),
       "DtypeError: linear: expects two tensors of f32 or of f64, found [2, 3] i64 and [4, 3] i64; "
       "hint: .to(f32)"},
      {"linear",
       {of({}), of({4, 3})},
       Args::object(),
       "ShapeError: linear: input has 0 features (shape []) but weight [4, 3] takes 3"},
      {"linear",
       {of({2, 3}), undefined},
       Args::object(),
       "ValueError: linear: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
      {"detail::linear_relu",
       {of({64, 784}), of({128, 512})},
       Args::object(),
       "ShapeError: linear: input has 784 features (shape [64, 784]) but weight [128, 512] takes "
       "512"},
      {"detail::linear_relu",
       {of({64, 784}), of({784})},
       Args::object(),
       "ShapeError: linear: weight must be a matrix (out, in), found [784] f32"},
      {"detail::linear_relu",
       {of({2, 3}), of({4, 3}), of({3})},
       Args::object(),
       "ShapeError: linear: bias has shape [3] but weight [4, 3] gives 4 outputs"},
      {"detail::linear_relu",
       {of({2, 3}), of({4, 3}, f64)},
       Args::object(),
       "DtypeError: linear: expects two tensors of f32 or of f64, found [2, 3] f32 and [4, 3] f64; "
       "hint: .to(f32)"},
      {"detail::linear_relu",
       {of({2, 3}, i64), of({4, 3}, i64)},
       Args::object(),
       "DtypeError: linear: expects two tensors of f32 or of f64, found [2, 3] i64 and [4, 3] i64; "
       "hint: .to(f32)"},
      {"detail::linear_relu",
       {of({}), of({4, 3})},
       Args::object(),
       "ShapeError: linear: input has 0 features (shape []) but weight [4, 3] takes 3"},
      {"detail::linear_relu",
       {of({2, 3}), undefined},
       Args::object(),
       "ValueError: linear: input 1 is an undefined tensor; a default-constructed Tensor holds "
       "nothing"},
  };
}

}  // namespace percept::testing
