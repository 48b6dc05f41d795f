// Element types and how they combine (PyTorch's type promotion).
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace percept {

/// f32 is fast, f64 is right; i64, u8 and boolean index and count; bf16 is stored and cast only.
/// The order is that of promotion: the later of two types wins.
enum class Dtype : std::uint8_t { boolean, u8, i64, bf16, f32, f64 };

inline constexpr Dtype boolean = Dtype::boolean, u8 = Dtype::u8, i64 = Dtype::i64,
                       bf16 = Dtype::bf16, f32 = Dtype::f32, f64 = Dtype::f64;

/// The upper 16 bits of an IEEE float, rounded to nearest even.
struct bfloat16 {
  std::uint16_t bits = 0;
  bfloat16() = default;
  explicit bfloat16(float x) {
    const auto word = std::bit_cast<std::uint32_t>(x);
    const bool nan = (word & 0x7fffffffu) > 0x7f800000u;
    bits = static_cast<std::uint16_t>(nan ? (word >> 16) | 0x40u
                                          : (word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
  }
  operator float() const { return std::bit_cast<float>(std::uint32_t{bits} << 16); }
};

std::size_t size_of(Dtype dtype);          ///< bytes of one element
std::string_view name_of(Dtype dtype);     ///< "f32", ...
std::string_view torch_name(Dtype dtype);  ///< "torch.float32", ...
constexpr bool is_floating(Dtype dtype) { return dtype >= Dtype::bf16; }

template <class T>
struct DtypeOf;
template <>
struct DtypeOf<bool> {
  static constexpr Dtype value = Dtype::boolean;
};
template <>
struct DtypeOf<std::uint8_t> {
  static constexpr Dtype value = Dtype::u8;
};
template <>
struct DtypeOf<std::int64_t> {
  static constexpr Dtype value = Dtype::i64;
};
template <>
struct DtypeOf<bfloat16> {
  static constexpr Dtype value = Dtype::bf16;
};
template <>
struct DtypeOf<float> {
  static constexpr Dtype value = Dtype::f32;
};
template <>
struct DtypeOf<double> {
  static constexpr Dtype value = Dtype::f64;
};
template <class T>
inline constexpr Dtype dtype_of = DtypeOf<T>::value;

/// A number with the kind it was written in: int, double or bool.
class Scalar {
 public:
  Scalar(bool x) : kind_(boolean), integer_(x), real_(x) {}
  Scalar(int x) : Scalar(static_cast<std::int64_t>(x)) {}
  Scalar(std::int64_t x) : kind_(i64), integer_(x), real_(static_cast<double>(x)) {}
  Scalar(long long x) : Scalar(static_cast<std::int64_t>(x)) {}
  Scalar(std::size_t x) : Scalar(static_cast<std::int64_t>(x)) {}
  Scalar(float x) : Scalar(static_cast<double>(x)) {}
  Scalar(double x) : kind_(f32), integer_(0), real_(x) {}

  Dtype kind() const { return kind_; }  ///< boolean, i64 or f32
  double to_double() const { return real_; }
  std::int64_t to_int() const { return kind_ == f32 ? static_cast<std::int64_t>(real_) : integer_; }

 private:
  Dtype kind_;
  std::int64_t integer_;
  double real_;
};

/// The type both operands are computed in. https://pytorch.org/docs/stable/tensor_attributes.html
Dtype promote(Dtype a, Dtype b);
/// A number changes a tensor's type only when it is of a higher kind (bool < integer < real).
Dtype promote(Dtype a, const Scalar& b);

}  // namespace percept
