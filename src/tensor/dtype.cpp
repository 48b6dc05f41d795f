#include "percept/tensor/dtype.h"

#include <algorithm>
#include <array>

namespace percept {
namespace {

struct Row {
  std::size_t size;
  std::string_view name, torch_name;
};

constexpr std::array<Row, 6> kTable = {{
    {1, "bool", "torch.bool"},
    {1, "u8", "torch.uint8"},
    {8, "i64", "torch.int64"},
    {2, "bf16", "torch.bfloat16"},
    {4, "f32", "torch.float32"},
    {8, "f64", "torch.float64"},
}};

const Row& row(Dtype dtype) { return kTable[static_cast<std::size_t>(dtype)]; }

}  // namespace

std::size_t size_of(Dtype dtype) { return row(dtype).size; }
std::string_view name_of(Dtype dtype) { return row(dtype).name; }
std::string_view torch_name(Dtype dtype) { return row(dtype).torch_name; }

Dtype promote(Dtype a, Dtype b) { return std::max(a, b); }

Dtype promote(Dtype a, const Scalar& b) {
  const auto kind = [](Dtype d) { return is_floating(d) ? 2 : d == boolean ? 0 : 1; };
  return kind(b.kind()) > kind(a) ? b.kind() : a;
}

}  // namespace percept
