#include "base/parallel.h"

#include <omp.h>
#include <sched.h>

#include <atomic>
#include <cstdlib>
#include <string>
#include <utility>

#include "percept/base/error.h"

namespace percept {
namespace {

int cores_allowed() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
  return std::max(1, omp_get_num_procs());
}

int default_threads() {
  for (const char* name : {"PERCEPT_THREADS", "OMP_NUM_THREADS"})
    if (const char* text = std::getenv(name))
      if (int n = std::atoi(text); n >= 1) return n;
  return cores_allowed();
}

thread_local bool serial = false;

std::atomic<int>& threads() {
  static std::atomic<int> n = [] {
    const int count = default_threads();
    omp_set_num_threads(count);
    return count;
  }();
  return n;
}

}  // namespace

void set_num_threads(int n) {
  if (n < 1) throw ValueError("set_num_threads: n must be at least 1, found " + std::to_string(n));
  threads() = n;
  omp_set_num_threads(n);  // oneDNN asks OpenMP
}

int num_threads() {
  return serial || omp_in_parallel() ? 1 : threads().load(std::memory_order_relaxed);
}

SerialScope::SerialScope() : before_(std::exchange(serial, true)) {}
SerialScope::~SerialScope() { serial = before_; }

namespace detail {

void run_parts(int parts, void (*task)(void*, int), void* context) {
#pragma omp parallel for num_threads(parts) schedule(static, 1)
  for (int part = 0; part < parts; ++part) {
    omp_set_num_threads(1);  // of this part: oneDNN plans a product for as many threads
    task(context, part);
  }
}

}  // namespace detail
}  // namespace percept
