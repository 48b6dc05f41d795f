// What families of primitives share: primitives kept by signature, and memory for one call.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <unordered_map>

#include "base/allocator.h"
#include "engine/onednn/onednn.h"

namespace percept::engine::onednn {

/// Primitives of one thread, each made when its signature comes for the first time. One holds about
/// 0.3 MiB of code, so a program of ever new shapes keeps those used last.
template <class Signature, class Primitive>
class Kept {
 public:
  Kept() { dnnl::set_primitive_cache_capacity(kMost); }  // oneDNN's own, of all threads
  template <class Build>
  Primitive& find(const Signature& signature, const Build& build) {
    auto found = known_.find(signature);
    if (found == known_.end()) {
      if (known_.size() >= std::size_t{kMost})
        known_.erase(std::min_element(
            known_.begin(), known_.end(),
            [](const auto& a, const auto& b) { return a.second.last_use < b.second.last_use; }));
      found = known_.emplace(signature, Entry{build(signature)}).first;
    }
    found->second.last_use = ++now_;
    return found->second.primitive;
  }
  template <class F>
  void for_each(const F& f) const {
    for (const auto& [signature, entry] : known_) f(signature, entry.primitive);
  }

 private:
  static constexpr int kMost = 128;
  static_assert(std::has_unique_object_representations_v<Signature>);
  struct Same {
    bool operator()(const Signature& a, const Signature& b) const {
      return std::memcmp(&a, &b, sizeof a) == 0;
    }
  };
  struct Hash {
    std::size_t operator()(const Signature& s) const {
      const auto* words = reinterpret_cast<const std::uint64_t*>(&s);
      std::uint64_t h = 0x9e3779b97f4a7c15;
      for (std::size_t i = 0; i < sizeof s / 8; ++i)
        h = (h ^ words[i]) * 0xff51afd7ed558ccd, h ^= h >> 32;
      return h;
    }
  };
  struct Entry {
    Primitive primitive;
    std::uint64_t last_use = 0;
  };
  std::unordered_map<Signature, Entry, Hash, Same> known_;
  std::uint64_t now_ = 0;
};

/// Memory for one call, or as long as it is kept.
class Block {
 public:
  explicit Block(std::size_t bytes) : bytes_(bytes), data_(bytes ? allocate(bytes) : nullptr) {}
  ~Block() {
    if (data_) deallocate(data_, bytes_);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  void* data() const { return data_; }

 private:
  std::size_t bytes_;
  void* data_;
};

}  // namespace percept::engine::onednn
