#include "engine/engine.h"

#include "engine/onednn/simd.h"
// after simd.h

#include <hwy/targets.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace percept::engine {
namespace {

bool environment_says(const char* name, std::string_view value) {
  const char* text = std::getenv(name);
  return text && text == value;
}

std::atomic<bool>& reference_only() {
  static std::atomic<bool> on = environment_says("PERCEPT_ENGINE", "reference");
  return on;
}

std::atomic<bool>& fusing() {
  static std::atomic<bool> on = !environment_says("PERCEPT_FUSION", "0");
  return on;
}

/// PERCEPT_SIMD=AVX2 keeps the SIMD loops from what is newer, so that one machine can stand in for
/// an older one; a name that Highway does not know leaves what every machine has.
[[maybe_unused]] const bool limited = [] {
  const char* const newest = std::getenv("PERCEPT_SIMD");
  if (!newest) return false;
  std::int64_t newer = 0;  // a set's bit is below those of the sets it goes beyond
  for (std::int64_t set = 1; set > 0 && set != HWY_STATIC_TARGET; set <<= 1) {
    if ((HWY_TARGETS & set) && std::string_view(hwy::TargetName(set)) == newest) break;
    newer |= set;
  }
  hwy::DisableTargets(newer);
  return true;
}();

}  // namespace

bool fast(Dtype dtype) { return dtype == f32 && !reference_only().load(std::memory_order_relaxed); }

ReferenceGuard::ReferenceGuard() : before_(reference_only().exchange(true)) {}
ReferenceGuard::~ReferenceGuard() { reference_only() = before_; }

bool fusion() { return fusing().load(std::memory_order_relaxed); }

FusionGuard::FusionGuard(bool on) : before_(fusing().exchange(on)) {}
FusionGuard::~FusionGuard() { fusing() = before_; }

}  // namespace percept::engine
