#include "percept/ops/per_dim.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "percept/base/error.h"

namespace percept {

Shape PerDim::of(int dims, const char* op, const char* what, std::int64_t least) const {
  if (given_.dim() != 1 && given_.dim() != dims)
    throw ValueError(fmt::format("{}: {} takes one number{}, found {}", op, what,
                                 dims == 1 ? "" : fmt::format(" or {}", dims), given_.str()));
  for (const std::int64_t size : given_)
    if (size < least)
      throw ValueError(
          fmt::format("{}: {} must be at least {}, found {}", op, what, least, given_.str()));
  return given_.dim() == dims ? given_ : Shape::filled(dims, given_[0]);
}

std::string PerDim::str() const {
  if (given_.dim() == 1) return std::to_string(given_[0]);
  return fmt::format("({})", fmt::join(given_.begin(), given_.end(), ", "));
}

Padding::Padding(const char* name) : PerDim(0), name_(name) {
  if (name_ != "same" && name_ != "valid")
    throw ValueError(fmt::format(
        "padding: '{}' is not known; it is a number, one a dimension, 'same' or 'valid'", name_));
}

}  // namespace percept
