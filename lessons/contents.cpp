// The table of contents: every lesson, in the lecture's order, in one place.
#include <algorithm>
#include <cctype>

#include "lessons/lesson.h"

namespace percept::lessons {

Lesson neuron(const Options& options);                  // L02_neuron.cpp
Lesson xor_network(const Options& options);             // L07_xor.cpp
Lesson multi_layer_perceptron(const Options& options);  // L08_mlp.cpp
Lesson universal(const Options& options);               // L09_universal.cpp
Lesson mean_square_error(const Options& options);       // L11_mse.cpp

const std::vector<Entry>& contents() {
  static const std::vector<Entry> all{
      {"L02", "neuron", {.zh = "人工神经元", .en = "The artificial neuron"}, neuron, 1},
      {"L07", "xor", {.zh = "求解异或问题", .en = "Solving XOR"}, xor_network, 1},
      {"L08",
       "mlp",
       {.zh = "多层感知机", .en = "The multi-layer perceptron"},
       multi_layer_perceptron,
       1},
      {"L09",
       "universal",
       {.zh = "前馈神经网络的拟合能力", .en = "What networks can represent"},
       universal,
       10},
      {"L11", "mse", {.zh = "均方误差", .en = "The mean square error"}, mean_square_error, 1},
  };
  return all;
}

const Entry* find(std::string_view id_or_name) {
  std::string id(id_or_name);
  if (!id.empty()) id[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(id[0])));
  for (const Entry& entry : contents())
    if (id == entry.id || id_or_name == entry.name) return &entry;
  return nullptr;
}

}  // namespace percept::lessons
