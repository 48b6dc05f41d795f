#include "ops/cases.h"

namespace percept::testing {
namespace {

std::vector<Sample> of_each_shape(const std::vector<Shape>& shapes, const Args& args) {
  std::vector<Sample> samples;
  for (const Shape& shape : shapes) samples.push_back({{shape}, args});
  return samples;
}

const std::vector<Shape> kPooledSignals{{2, 3, 7}, {3, 6}, {1, 1, 5}, {0, 2, 6}};
const std::vector<Shape> kPooledImages{{2, 2, 5, 6}, {2, 4, 5}, {1, 1, 4, 4}, {0, 2, 4, 5}};

/// The usual shapes, windows that overlap, reach beyond the edge, leave gaps or lie far apart.
std::vector<Sample> pool_windows1d(bool dilates) {
  std::vector<Sample> samples = of_each_shape(kPooledSignals, {{"kernel_size", 2}});
  samples.push_back({{{2, 2, 9}}, {{"kernel_size", 3}, {"stride", 1}, {"padding", 1}}});
  samples.push_back(
      {{{1, 2, 8}}, {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}, {"ceil_mode", true}}});
  samples.push_back({{{2, 1, 8}}, {{"kernel_size", 2}, {"stride", 4}, {"ceil_mode", true}}});
  samples.push_back({{{1, 2, 1}}, {{"kernel_size", 1}}});
  if (!dilates) return samples;
  samples.push_back(
      {{{2, 2, 9}}, {{"kernel_size", 3}, {"stride", 2}, {"dilation", 3}, {"padding", 1}}});
  samples.push_back({{{1, 1, 300}}, {{"kernel_size", 280}, {"stride", 7}}});
  return samples;
}

std::vector<Sample> pool_windows2d(bool dilates) {
  std::vector<Sample> samples = of_each_shape(kPooledImages, {{"kernel_size", 2}});
  samples.push_back({{{2, 2, 5, 4}}, {{"kernel_size", 3}, {"stride", {1, 2}}, {"padding", 1}}});
  samples.push_back(
      {{{1, 2, 5, 6}},
       {{"kernel_size", {3, 2}}, {"stride", 2}, {"padding", {1, 0}}, {"ceil_mode", true}}});
  samples.push_back({{{1, 1, 6, 7}}, {{"kernel_size", {1, 2}}, {"stride", {3, 4}}}});
  samples.push_back({{{2, 3, 1, 1}}, {{"kernel_size", 1}}});
  if (!dilates) return samples;
  samples.push_back(
      {{{1, 2, 7, 6}},
       {{"kernel_size", {3, 2}}, {"stride", 1}, {"padding", 1}, {"dilation", {2, 3}}}});
  samples.push_back({{{1, 1, 18, 17}}, {{"kernel_size", 17}, {"stride", 1}}});
  return samples;
}

std::vector<Sample> large_signals() {
  return {{{{16, 24, 300}}, {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}}}};
}
std::vector<Sample> large_images() {
  return {{{{16, 24, 20, 20}}, {{"kernel_size", 2}}},
          {{{8, 13, 21, 20}}, {{"kernel_size", 3}, {"stride", 2}, {"padding", 1}}}};
}

std::vector<Sample> adaptive1d() {
  std::vector<Sample> samples;
  for (const int size : {1, 3, 5, 9})
    samples = samples + of_each_shape(kPooledSignals, {{"output_size", size}});
  return samples;
}
std::vector<Sample> adaptive2d() {
  std::vector<Sample> samples;
  for (const Args& size : {Args(1), Args{2, 3}, Args{nullptr, 4}, Args{7, 5}})
    samples = samples + of_each_shape(kPooledImages, {{"output_size", size}});
  return samples;
}

}  // namespace

std::vector<Row> pool_rows() {
  const Draw different = distinct(-2, 2);
  std::vector<Row> rows;
  for (const char* op : {"max_pool1d", "max_pool1d_with_indices"})
    rows.push_back({op, {different}, pool_windows1d(true), large_signals()});
  for (const char* op : {"max_pool2d", "max_pool2d_with_indices"})
    rows.push_back({op, {different}, pool_windows2d(true), large_images()});
  const Args indices{{"kernel_size", 2}, {"output", "indices"}};
  rows.push_back({"max_pool1d_with_indices", {different}, of_each_shape(kPooledSignals, indices)});
  rows.push_back({"max_pool2d_with_indices", {different}, of_each_shape(kPooledImages, indices)});

  std::vector<Sample> means = pool_windows1d(false), means2d = pool_windows2d(false);
  means.push_back(
      {{{1, 2, 8}},
       {{"kernel_size", 4}, {"stride", 3}, {"padding", 2}, {"count_include_pad", false}}});
  means2d.push_back({{{1, 2, 5, 6}},
                     {{"kernel_size", 4},
                      {"stride", 3},
                      {"padding", 2},
                      {"ceil_mode", true},
                      {"count_include_pad", false}}});
  means2d.push_back({{{1, 2, 5, 6}}, {{"kernel_size", 3}, {"divisor_override", 4}}});
  rows.push_back({"avg_pool1d", {Draw{}}, means, large_signals()});
  rows.push_back({"avg_pool2d", {Draw{}}, means2d, large_images()});

  const std::vector<Sample> large_adaptive1d{{{{16, 24, 300}}, {{"output_size", 7}}}};
  const std::vector<Sample> large_adaptive2d{{{{16, 24, 20, 20}}, {{"output_size", {7, 3}}}}};
  const auto adaptive = [&](const char* op, const Draw& draw, bool image) {
    rows.push_back({op,
                    {draw},
                    image ? adaptive2d() : adaptive1d(),
                    image ? large_adaptive2d : large_adaptive1d,
                    60});
  };
  adaptive("adaptive_avg_pool1d", Draw{}, false);
  adaptive("adaptive_avg_pool2d", Draw{}, true);
  adaptive("adaptive_max_pool1d", different, false);
  adaptive("adaptive_max_pool1d_with_indices", different, false);
  adaptive("adaptive_max_pool2d", different, true);
  adaptive("adaptive_max_pool2d_with_indices", different, true);
  return rows;
}

}  // namespace percept::testing
