// What percept costs around its arithmetic: compiling a program, starting one, memory. Each is a
// program run once an iteration and measured from outside; MiB is its peak.
#include <benchmark/benchmark.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <chrono>
#include <string>
#include <vector>

namespace {

void run(benchmark::State& state, std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t quiet;
  posix_spawn_file_actions_init(&quiet);
  posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1 /*O_WRONLY*/, 0);
  long peak_kib = 0;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    pid_t child = 0;
    int status = 0;
    rusage usage{};
    if (posix_spawnp(&child, arguments[0], &quiet, nullptr, arguments.data(), environ) != 0 ||
        wait4(child, &status, 0, &usage) != child || status != 0) {
      state.SkipWithError((command[0] + " failed").c_str());
      break;
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    state.SetIterationTime(seconds.count());
    peak_kib = std::max(peak_kib, usage.ru_maxrss);
  }
  posix_spawn_file_actions_destroy(&quiet);
  state.counters["MiB"] = static_cast<double>(peak_kib) / 1024;
}

/// examples/xor.cpp, to an object file.
void BM_compile_xor(benchmark::State& state) {
  const std::string source = PERCEPT_SOURCE_DIR;
  run(state, {"g++", "-std=c++20", "-O2", "-I" + source + "/include", "-c",
              source + "/examples/xor.cpp", "-o", "/dev/null"});
}
BENCHMARK(BM_compile_xor)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

/// From nothing to the first gradient of XOR.
void BM_start(benchmark::State& state) { run(state, {PERCEPT_FIGURES, "eager", "start"}); }
BENCHMARK(BM_start)->UseManualTime()->Iterations(20)->Unit(benchmark::kMillisecond);

/// 1,000 steps of 784-512-512-10 with batches of 1 to 256.
void BM_memory(benchmark::State& state) { run(state, {PERCEPT_FIGURES, "eager", "memory"}); }
BENCHMARK(BM_memory)->UseManualTime()->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
