// What the C++ peers share: the pictures and the weights.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "../timing.h"

namespace peer {

constexpr int kPixels = 784;

/// The bytes of DATA/NAME.gz after the first `skip`.
inline std::vector<unsigned char> bytes(const std::string& name, std::size_t skip) {
  const char* folder = std::getenv("PERCEPT_DATA");
  const std::string path =
      std::string(folder ? folder : "/usr/share/datasets/fashion-mnist") + "/" + name + ".gz";
  gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw std::runtime_error("cannot open " + path);
  std::vector<unsigned char> all(skip + std::size_t{60000} * kPixels);
  const int n = gzread(file, all.data(), static_cast<unsigned>(all.size()));
  gzclose(file);
  if (n < static_cast<int>(skip)) throw std::runtime_error("cannot read " + path);
  return {all.begin() + static_cast<std::ptrdiff_t>(skip), all.begin() + n};
}

/// Pictures x [n, 784] in [0, 1] and classes y [n], in memory as floats: peers gather nothing.
struct Pictures {
  std::vector<float> x;
  std::vector<std::int64_t> y;
  std::int64_t size() const { return static_cast<std::int64_t>(y.size()); }
};

inline Pictures pictures(bool train) {
  const std::string stem = train ? "train" : "t10k";
  Pictures p;
  {
    const auto pixels = bytes(stem + "-images-idx3-ubyte", 16);
    p.x.resize(pixels.size());
    std::transform(pixels.begin(), pixels.end(), p.x.begin(),
                   [](unsigned char v) { return static_cast<float>(v) / 255.0f; });
  }
  const auto classes = bytes(stem + "-labels-idx1-ubyte", 8);
  p.y.assign(classes.begin(), classes.end());
  return p;
}

struct Array {
  std::vector<std::int64_t> shape;
  std::vector<float> values;
};

/// The F32 tensors of a safetensors file by name; of a Sequential: 0.bias, 0.weight, 2.bias, ...
inline std::map<std::string, Array> weights(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::uint64_t length = 0;
  file.read(reinterpret_cast<char*>(&length), 8);
  std::string header(length, ' ');
  file.read(header.data(), static_cast<std::streamsize>(length));
  if (!file) throw std::runtime_error("cannot read " + path);
  const auto entries = nlohmann::json::parse(header);
  std::map<std::string, Array> arrays;
  for (const auto& [name, entry] : entries.items()) {
    if (name == "__metadata__") continue;
    const std::size_t from = entry["data_offsets"][0], to = entry["data_offsets"][1];
    Array& array = arrays[name];
    array.shape = entry["shape"].get<std::vector<std::int64_t>>();
    array.values.resize((to - from) / 4);
    file.seekg(static_cast<std::streamoff>(8 + length + from));
    file.read(reinterpret_cast<char*>(array.values.data()),
              static_cast<std::streamsize>(to - from));
  }
  return arrays;
}

}  // namespace peer
