#include "autograd/unvisited.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <vector>

#include "autograd/meta.h"
#include "percept/base/error.h"

namespace percept {
namespace {

struct Noted {
  std::mutex mutex;
  std::vector<TensorImpl*> leaves;
  std::atomic<std::size_t> count{0};  // leaves.size(), to be read without the mutex
};

/// Never destroyed: tensors of static storage die late.
Noted& noted() {
  static Noted& all = *new Noted;
  return all;
}

}  // namespace

void note_unvisited(TensorImpl& leaf) {
  if (leaf.autograd->noted) return;
  Noted& all = noted();
  const std::lock_guard lock(all.mutex);
  all.leaves.push_back(&leaf);
  leaf.autograd->noted = true;
  all.count = all.leaves.size();
}

void forget_unvisited(const AutogradMeta* meta) noexcept {
  Noted& all = noted();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.leaves, [meta](const TensorImpl* leaf) { return leaf->autograd == meta; });
  all.count = all.leaves.size();
}

void check_unvisited(const char* where) {
  Noted& all = noted();
  if (all.count.load(std::memory_order_relaxed) == 0) return;
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.leaves, [](TensorImpl* leaf) {
    if (leaf->autograd->visited) leaf->autograd->noted = false;
    return leaf->autograd->visited;
  });
  all.count = all.leaves.size();
  for (const TensorImpl* leaf : all.leaves)
    if (leaf->autograd->grad.defined())
      throw AutogradError(
          fmt::format("{}: a Parameter of shape {} received a gradient, but no module's visit() "
                      "names it and no "
                      "optimiser was given it; hint: add the member to visit()",
                      where, leaf->shape.str()));
}

}  // namespace percept
