// How often the engine did what should happen once, and what oneDNN chose: for tests.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace percept::engine {

struct Counters {
  std::atomic<std::uint64_t> primitives{0};  ///< of oneDNN made
  std::atomic<std::uint64_t> rounded{0};     ///< storages rounded to bf16 and kept so
  std::atomic<std::uint64_t> packed{0};      ///< weights packed for inference
  std::atomic<std::uint64_t> kernels{0};     ///< weights of convolutions laid out anew
};
/// Since the program began, over all threads.
Counters& counters();

namespace onednn {
/// A product whose primitive the calling thread keeps.
struct KeptProduct {
  std::int64_t batch, m, n, k;
  bool rounded, packed;
  std::string implementation;  ///< as oneDNN names it; empty: it has none for this machine
};
std::vector<KeptProduct> kept_products();

/// A convolution of any kind whose primitive the calling thread keeps.
struct KeptConvolution {
  std::string form;  ///< its kind and sizes, for messages
  bool rounded;
  std::string implementation;  ///< as oneDNN names it; empty: it has none for this machine
};
std::vector<KeptConvolution> kept_convolutions();
}  // namespace onednn

}  // namespace percept::engine
