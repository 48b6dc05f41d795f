#include "engine/reference/loss.h"

#include "engine/onednn/pointwise.h"

namespace percept::engine::onednn {

void cross_entropy(const CrossEntropy& how, const Tensor& x, const Tensor& t, const Tensor& q,
                   const Tensor& y) {
  reference::softmax_loss<float>(how, x, t, q, y, [](std::int64_t n, float* numbers) {
    char* const at[] = {reinterpret_cast<char*>(numbers), reinterpret_cast<char*>(numbers)};
    const std::int64_t step[] = {sizeof(float), sizeof(float)};
    exp(n, at, step, nullptr);
  });
}

}  // namespace percept::engine::onednn
