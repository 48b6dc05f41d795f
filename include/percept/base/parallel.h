// The one thread pool (OpenMP's) and how many threads it may use.
#pragma once

namespace percept {

/// Uses `n` threads from now on; the default is PERCEPT_THREADS, else OMP_NUM_THREADS, else every
/// core this process may run on. Throws ValueError when n < 1.
void set_num_threads(int n);

/// The number of threads an operation of enough work is spread over.
int num_threads();

}  // namespace percept
