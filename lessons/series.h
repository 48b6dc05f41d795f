// A series to be fitted: the epidemic's, or one of the reader's own.
#pragma once

#include <string>

#include "percept/tensor/tensor.h"

namespace percept::lessons {

struct Series {
  Tensor x, y;  ///< (N, 1), f64; x rises
  std::string x_name, y_name;
  bool ours = true;  ///< not the reader's
  double unit = 1;   ///< y is shown in units of this

  double range() const;  ///< largest minus smallest y
};

/// Confirmed cases by day; or, from a CSV file, its last column over its first one. Throws what
/// read_csv throws, and FormatError for fewer than 2 columns or 8 rows, a field that is no number,
/// x that does not rise, or y that does not change.
Series read_series(const std::string& csv);

}  // namespace percept::lessons
