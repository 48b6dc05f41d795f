// The jobs that percept and its peers are timed with, and the clock they share. Every program takes
// the same arguments and prints one JSON object:
//
//   train WEIGHTS DTYPE BATCH EPOCHS  784-512-512-10 on unshuffled Fashion-MNIST, SGD 0.1
//                                     {"seconds", "samples", "check", "accuracy"}
//   tiny WEIGHTS                      2-8-8-2, 13 samples, one SGD step   {"us", "check"}
//   one WEIGHTS                       one picture through the classifier  {"us", "p99", "check"}
//   network NAME WEIGHTS BATCHES      lenet5, cnn, lstm or transformer, as percept's models are
//                                     called, batches of 64, SGD 0.01     {"seconds", "samples",
//                                     "check"}
//   picture NAME WEIGHTS              one picture through such a network  {"us", "p99", "check"}
//   start                             to the first gradient of XOR        {}
//
// "check" shows that all did the same work: the mean loss of the first 1,000 training pictures
// after the warm-up (train, network; there without dropout, whose random numbers are everybody's
// own), of the 13 samples after 1,000 steps (tiny), and the sum of the logits of the first 16 test
// pictures (one, picture). DTYPE is f32 or bf16. scripts/bench/peers.py runs and compares.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace timing {

constexpr std::int64_t kChecked = 1000, kWarmUp = 20;

/// Seconds of a steady clock.
inline double now() {
  using namespace std::chrono;
  return duration<double>(steady_clock::now().time_since_epoch()).count();
}

/// {"name": value, ...}
inline std::string json(std::initializer_list<std::pair<const char*, double>> values) {
  std::string text;
  for (const auto& [name, value] : values) {
    char one[64];
    std::snprintf(one, sizeof one, "%s\"%s\": %.9g", text.empty() ? "{" : ", ", name, value);
    text += one;
  }
  return text.empty() ? "{}" : text + "}";
}

/// Calls step(first, n) for the batches of `epochs` passes over `size` samples, the short last one
/// of each included, and returns the samples it handed out.
template <class Step>
std::int64_t epochs(int epochs, std::int64_t size, std::int64_t batch, const Step& step) {
  std::int64_t samples = 0;
  for (int epoch = 0; epoch < epochs; ++epoch)
    for (std::int64_t first = 0; first < size; first += batch) {
      const std::int64_t n = std::min(batch, size - first);
      step(first, n);
      samples += n;
    }
  return samples;
}

/// The first kWarmUp batches and the short last one, so that every shape has been seen.
template <class Step>
void warm_up(std::int64_t size, std::int64_t batch, const Step& step) {
  for (std::int64_t i = 0; i < kWarmUp; ++i) step(i * batch, batch);
  if (size % batch) step(size - size % batch, size % batch);
}

inline double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Microseconds of a step: the median over 20 ms chunks of one second.
template <class Step>
double step_us(const Step& step) {
  const auto chunk = [&](int steps) {
    const double start = now();
    for (int i = 0; i < steps; ++i) step();
    return (now() - start) / steps;
  };
  const int steps = std::max(1, static_cast<int>(0.02 / chunk(200)));
  std::vector<double> times;
  for (const double end = now() + 1; now() < end;) times.push_back(chunk(steps));
  return median(times) * 1e6;
}

/// {"us", "p99"} of 5,000 calls of f(i), each timed alone, after 500 that are not.
template <class F>
std::string latency(const F& f, double check) {
  for (int i = 0; i < 500; ++i) f(i);
  std::vector<double> us(5000);
  for (int i = 0; i < 5000; ++i) {
    const double start = now();
    f(i);
    us[static_cast<std::size_t>(i)] = (now() - start) * 1e6;
  }
  std::sort(us.begin(), us.end());
  return json({{"us", us[2500]}, {"p99", us[4950]}, {"check", check}});
}

/// The main() of such a program: run(arguments) returns the line to print.
template <class Run>
int main(int argc, char** argv, const Run& run) {
  try {
    std::puts(run(std::vector<std::string>(argv + 1, argv + argc)).c_str());
    std::fflush(stdout);  // before what ending the program takes
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", argv[0], error.what());
    return 1;
  }
}

}  // namespace timing
