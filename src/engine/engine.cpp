#include "engine/engine.h"

#include <atomic>
#include <cstdlib>
#include <string_view>

namespace percept::engine {
namespace {

std::atomic<bool>& reference_only() {
  static std::atomic<bool> on = [] {
    const char* name = std::getenv("PERCEPT_ENGINE");
    return name && std::string_view(name) == "reference";
  }();
  return on;
}

}  // namespace

bool fast(Dtype dtype) { return dtype == f32 && !reference_only().load(std::memory_order_relaxed); }

ReferenceGuard::ReferenceGuard() : before_(reference_only().exchange(true)) {}
ReferenceGuard::~ReferenceGuard() { reference_only() = before_; }

}  // namespace percept::engine
