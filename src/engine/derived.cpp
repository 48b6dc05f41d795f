#include "engine/derived.h"

#include "base/allocator.h"
#include "base/parallel.h"
#include "engine/counters.h"
#include "engine/onednn/convert.h"
#include "engine/pointwise.h"
#include "tensor/make.h"

namespace percept {

void* Derived::operator new(std::size_t bytes) { return allocate(bytes); }
void Derived::operator delete(void* derived, std::size_t bytes) noexcept {
  deallocate(derived, bytes);
}

void destroy_derived(Derived* derived) noexcept { delete derived; }

void forget_derived(Derived& derived) noexcept {
  const std::lock_guard lock(derived.mutex);
  derived.rounded = Tensor();
  derived.packed = nullptr;
  derived.kernels = nullptr;
}

namespace engine {

Counters& counters() {
  static Counters counters;
  return counters;
}

namespace {

/// x's first element, counted from its storage's.
std::int64_t offset_of(const Tensor& x) {
  const TensorImpl& impl = x.impl();
  return static_cast<float*>(impl.data) - static_cast<float*>(impl.storage->data);
}

void round_input(const Tensor& x, const Tensor& y) {
  if (!x.is_contiguous()) return copy(x, y);
  const auto* from = static_cast<const float*>(x.impl().data);
  auto* to = static_cast<bfloat16*>(y.impl().data);
  parallel_for(x.numel(), 32768, [&](std::int64_t begin, std::int64_t end) {
    onednn::round_input(end - begin, from + begin, to + begin);
  });
}

}  // namespace

Derived& derived_of(const Tensor& x) {
  std::atomic<Derived*>& place = x.impl().storage->derived;
  Derived* derived = place.load(std::memory_order_acquire);
  if (derived) return *derived;
  auto made = std::make_unique<Derived>();
  if (place.compare_exchange_strong(derived, made.get(), std::memory_order_acq_rel))
    derived = made.release();
  return *derived;
}

Tensor rounded(const Tensor& x) {
  const Storage& storage = *x.impl().storage;
  const auto elements = static_cast<std::int64_t>(storage.bytes / sizeof(float));
  if (x.numel() < elements / 4) {  // a batch of a large set
    Tensor copy = make(x.shape(), bf16);
    round_input(x, copy);
    return copy;
  }
  Derived& derived = derived_of(x);
  const std::lock_guard lock(derived.mutex);
  if (!derived.rounded.defined() || derived.rounded_at != storage.version) {
    derived.rounded = make({elements}, bf16);
    round_input(make_view(x, {elements}, {1}, -offset_of(x)), derived.rounded);
    derived.rounded_at = storage.version;
    ++counters().rounded;
  }
  return make_view(derived.rounded, x.shape(), x.strides(), offset_of(x));
}

bfloat16* kept_rounding(const Tensor& x) {
  Derived* derived = x.impl().storage->derived.load(std::memory_order_acquire);
  if (!derived || !fusion() || x.dtype() != f32 || !x.is_contiguous()) return nullptr;
  const std::lock_guard lock(derived->mutex);
  if (!derived->rounded.defined() || derived->rounded_at != x.impl().storage->version)
    return nullptr;
  return static_cast<bfloat16*>(derived->rounded.impl().data) + offset_of(x);
}

void count_write(const Tensor& x, bool rounding_renewed) {
  bump_version(x);
  if (!rounding_renewed) return;
  Derived& derived = derived_of(x);
  const std::lock_guard lock(derived.mutex);
  derived.rounded_at = x.impl().storage->version;
}

}  // namespace engine
}  // namespace percept
