#include "engine/engine.h"

#include <atomic>
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

}  // namespace

bool fast(Dtype dtype) { return dtype == f32 && !reference_only().load(std::memory_order_relaxed); }

ReferenceGuard::ReferenceGuard() : before_(reference_only().exchange(true)) {}
ReferenceGuard::~ReferenceGuard() { reference_only() = before_; }

bool fusion() { return fusing().load(std::memory_order_relaxed); }

FusionGuard::FusionGuard(bool on) : before_(fusing().exchange(on)) {}
FusionGuard::~FusionGuard() { fusing() = before_; }

}  // namespace percept::engine
