#include "percept/ops/indexing.h"

#include <fmt/format.h>

#include "engine/pointwise.h"
#include "ops/promote.h"
#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/ops/view.h"
#include "percept/tensor/factory.h"
#include "tensor/make.h"

namespace percept {
namespace {

void must_be_boolean(const Tensor& mask, const char* op, const char* name) {
  if (mask.dtype() != boolean)
    throw DtypeError(fmt::format("{}: {} must be boolean, found {} (shape {}); hint: x != 0", op,
                                 name, name_of(mask.dtype()), mask.shape().str()));
}

Tensor number(const Scalar& value, Dtype dtype) {
  Tensor y = make({}, dtype);
  engine::fill(y, value);
  return y;
}

// y = condition ? a : b:  da = condition ? dy : 0,  db = condition ? 0 : dy
struct WhereBackward final : Node {
  Saved condition{this};
  void backward(const Tensor& dy, Gradients& dx) override {
    if (dx.wanted(0)) dx[0] = where(condition, dy, 0);
    if (dx.wanted(1)) dx[1] = where(condition, 0, dy);
  }
};

}  // namespace

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  must_be_boolean(condition, "where", "the condition");
  const Dtype dtype = common_dtype(a, b);
  Tensor y = engine::map(engine::where, "where", condition, a.to(dtype), b.to(dtype));
  if (auto* node = record<WhereBackward>(y, a, b)) node->condition = condition;
  return y;
}

Tensor where(const Tensor& condition, const Scalar& a, const Tensor& b) {
  return where(condition, number(a, promote(b.dtype(), a)), b);
}

Tensor where(const Tensor& condition, const Tensor& a, const Scalar& b) {
  return where(condition, a, number(b, promote(a.dtype(), b)));
}

}  // namespace percept
