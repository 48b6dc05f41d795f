#include "engine/unfold.h"

#include "tensor/tape.h"

namespace percept::engine {

void unfold(const Tensor& x, const Tensor& y, const Patches& patches) {
  taped(reference::unfold, x, y, patches);
}
void fold(const Tensor& y, const Tensor& x, const Patches& patches) {
  taped(reference::fold, y, x, patches);
}

}  // namespace percept::engine
