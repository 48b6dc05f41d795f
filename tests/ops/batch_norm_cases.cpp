#include "ops/cases.h"

namespace percept::testing {
namespace {

/// Input and, where asked for, weight and bias: one number for each of its channels.
Sample normalises(const Shape& x, Args args, bool weight, bool bias) {
  Sample sample{{x}, std::move(args)};
  for (const auto& [name, given] : {std::pair{"weight", weight}, {"bias", bias}}) {
    if (!given) continue;
    sample.args[name] = sample.shapes.size();
    sample.shapes.push_back({x[1]});
  }
  return sample;
}

/// Every shape with both, and the first with each of them alone and with neither.
std::vector<Sample> each_affine(const std::vector<Shape>& shapes, const Args& args) {
  std::vector<Sample> samples;
  for (const Shape& shape : shapes) samples.push_back(normalises(shape, args, true, true));
  for (const auto& [weight, bias] : {std::pair{false, false}, {true, false}, {false, true}})
    samples.push_back(normalises(shapes.front(), args, weight, bias));
  return samples;
}

const std::vector<Shape> kNormalised{{3, 2, 4}, {4, 3}, {2, 3, 3, 2}, {3, 1, 2}, {0, 2, 3}};

}  // namespace

std::vector<Row> batch_norm_rows() {
  const Draw wide{-2, 2};
  const Args training{{"training", true}}, running{{"running", true}};
  std::vector<Sample> batches = each_affine(kNormalised, training);
  batches.push_back(
      normalises({3, 2, 4}, {{"training", true}, {"running", true}, {"eps", 0.1}}, true, true));
  const std::vector<Sample> large{normalises({32, 24, 14, 14}, training, true, true),
                                  normalises({64, 17, 40}, training, true, true),
                                  normalises({700, 90}, training, true, true),
                                  normalises({32, 24, 14, 14}, running, true, true)};
  std::vector<Row> rows;
  // A repeated dimension is the channels': equal samples have no variance.
  rows.push_back({"batch_norm", {wide}, batches, large, 6272, 1});
  rows.push_back({"batch_norm", {wide}, each_affine(kNormalised, running)});

  const std::vector<Shape> images{{2, 2, 4}, {2, 3, 3, 2}, {3, 1, 5}, {0, 2, 3}};
  rows.push_back({"instance_norm",
                  {wide},
                  each_affine(images, Args::object()),
                  {normalises({16, 24, 14, 14}, Args::object(), true, true)},
                  3136});
  rows.push_back({"instance_norm",
                  {wide},
                  each_affine(images, {{"running", true}, {"use_input_stats", false}})});

  // A group of two values is -1 and 1 whatever they are: no difference shows a gradient there.
  const std::vector<Shape> groups{{2, 4, 3}, {3, 8}, {2, 4, 2, 3}, {1, 2, 3}, {0, 4, 3}};
  rows.push_back({"group_norm",
                  {wide},
                  each_affine(groups, {{"num_groups", 2}}),
                  {normalises({16, 24, 14, 14}, {{"num_groups", 6}}, true, true)},
                  3136});
  rows.push_back(
      {"group_norm", {wide}, each_affine({{2, 4, 3}, {2, 4, 2, 2}}, {{"num_groups", 1}})});

  const Args half{{"p", 0.5}, {"seed", 3}};
  std::vector<Sample> drops;
  for (const Shape& shape : {Shape{2, 3, 4}, {3, 1, 2, 2}, {0, 2, 3}, {1, 1, 1}})
    drops.push_back({{shape}, half});
  rows.push_back({"dropout2d", {wide}, drops, {{{{16, 24, 14, 14}}, half}}});
  return rows;
}

}  // namespace percept::testing
