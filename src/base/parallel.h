// parallel_for: spreads [0, n) over the threads, or stays on the calling thread when work is small.
#pragma once

#include <algorithm>
#include <cstdint>

#include "percept/base/parallel.h"

namespace percept {

namespace detail {
/// Runs task(context, part) for part in [0, parts), one part a thread.
void run_parts(int parts, void (*task)(void* context, int part), void* context);
}  // namespace detail

/// While it lives, operations of this thread stay on it: for threads that are themselves the
/// parallelism.
class SerialScope {
 public:
  SerialScope();
  ~SerialScope();
  SerialScope(const SerialScope&) = delete;
  SerialScope& operator=(const SerialScope&) = delete;

 private:
  bool before_;
};

/// Calls body(begin, end) on disjoint ranges that cover [0, n). `grain`: the least number of items
/// worth a thread of their own (about 5 us of work; an empty parallel region costs 1.3 us). The
/// split depends on n, grain and num_threads() alone. body must not throw.
template <class Body>
void parallel_for(std::int64_t n, std::int64_t grain, const Body& body) {
  if (n <= 0) return;
  const std::int64_t parts = n <= grain ? 1 : std::min<std::int64_t>(num_threads(), n / grain);
  if (parts <= 1) return body(std::int64_t{0}, n);
  struct Context {
    const Body& body;
    std::int64_t n, parts;
  } context{body, n, parts};
  detail::run_parts(
      static_cast<int>(parts),
      [](void* raw, int part) {
        auto& c = *static_cast<Context*>(raw);
        c.body(c.n * part / c.parts, c.n * (part + 1) / c.parts);
      },
      &context);
}

}  // namespace percept
