// Printing tensors as PyTorch does: all numbers in one width, one way of writing for all of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <mutex>
#include <ostream>

#include "percept/autograd/node.h"
#include "percept/base/error.h"
#include "percept/tensor/tensor.h"

namespace percept {
namespace {

using Int = std::int64_t;

std::mutex options_mutex;
PrintOptions current_options;

class Printer {
 public:
  Printer(const Tensor& x, const PrintOptions& options)
      : x_(x), options_(options), summarise_(x.numel() > options.threshold) {
    if (is_floating(x.dtype()))
      choose_style();
    else
      for_each_shown(0, 0, [this](Int at) { widen(written(at)); });
  }

  /// The elements, `indent` columns from the left margin.
  std::string elements(int indent) const {
    if (x_.numel() == 0) return "[]";
    return x_.dim() == 0 ? padded(0) : rows(0, 0, indent);
  }

 private:
  enum class Style { fixed, scientific, whole };

  Int size(int d) const { return x_.shape()[d]; }
  bool shortened(int d) const { return summarise_ && size(d) > 2 * options_.edgeitems; }

  /// visit(i) for the indices of dimension d that are shown, and gap() where some are left out.
  template <class Visit, class Gap>
  void shown(int d, const Visit& visit, const Gap& gap) const {
    const Int edge = shortened(d) ? options_.edgeitems : size(d);
    for (Int i = 0; i < edge; ++i) visit(i);
    if (!shortened(d)) return;
    gap();
    for (Int i = size(d) - edge; i < size(d); ++i) visit(i);
  }

  /// visit(offset) for every element that is shown.
  template <class Visit>
  void for_each_shown(int d, Int offset, const Visit& visit) const {
    if (x_.numel() == 0) return;
    if (d == x_.dim()) return visit(offset);
    shown(
        d, [&](Int i) { for_each_shown(d + 1, offset + i * x_.strides()[d], visit); }, [] {});
  }

  double real(Int at) const {
    if (x_.dtype() == f64) return x_.data<double>()[at];
    if (x_.dtype() == f32) return static_cast<double>(x_.data<float>()[at]);
    return static_cast<double>(static_cast<float>(x_.data<bfloat16>()[at]));
  }

  std::string written(Int at) const {
    switch (x_.dtype()) {
      case Dtype::boolean:
        return x_.data<bool>()[at] ? "True" : "False";
      case Dtype::u8:
        return fmt::format("{}", x_.data<std::uint8_t>()[at]);
      case Dtype::i64:
        return fmt::format("{}", x_.data<Int>()[at]);
      default:
        return written(real(at));
    }
  }

  std::string written(double value) const {
    if (std::isnan(value)) return "nan";
    if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
    switch (style_) {
      case Style::scientific:
        return fmt::format("{:.{}e}", value, options_.precision);
      case Style::whole:
        return fmt::format("{:.0f}.", value);
      case Style::fixed:
        break;
    }
    return fmt::format("{:.{}f}", value, options_.precision);
  }

  void widen(const std::string& text) { width_ = std::max(width_, text.size()); }

  template <class Visit>
  void for_each_significant(const Visit& visit) const {
    for_each_shown(0, 0, [&](Int at) {
      const double value = real(at);
      if (std::isfinite(value) && value != 0) visit(value);
    });
  }

  /// Scientific when the numbers are too far apart, too large or too small; without decimals when
  /// all of them are whole. Zeros and non-finite numbers have no say, not even in the width.
  void choose_style() {
    style_ = Style::whole;
    double smallest = std::numeric_limits<double>::infinity(), largest = 0;
    for_each_significant([&](double value) {
      smallest = std::min(smallest, std::abs(value));
      largest = std::max(largest, std::abs(value));
      if (value != std::ceil(value)) style_ = Style::fixed;
    });
    if (largest == 0) return;
    const bool wide = largest / smallest > 1000 || largest > 1e8 || smallest < 1e-4;
    if (options_.sci_mode.value_or(wide)) style_ = Style::scientific;
    for_each_significant([this](double value) { widen(written(value)); });
  }

  std::string padded(Int at) const { return fmt::format("{:>{}}", written(at), width_); }

  std::string rows(int d, Int offset, int indent) const {
    const bool innermost = d == x_.dim() - 1;
    std::vector<std::string> items;
    shown(
        d,
        [&](Int i) {
          const Int at = offset + i * x_.strides()[d];
          items.push_back(innermost ? padded(at) : rows(d + 1, at, indent + 1));
        },
        [&] { items.push_back(innermost && options_.edgeitems > 0 ? " ..." : "..."); });
    const std::string margin(static_cast<std::size_t>(indent) + 1, ' ');
    if (!innermost) {
      const std::string lines(static_cast<std::size_t>(x_.dim() - 1 - d), '\n');
      return fmt::format("[{}]", fmt::join(items, "," + lines + margin));
    }
    const auto room = static_cast<std::size_t>(std::max(0, options_.linewidth - indent));
    const std::size_t per_line = std::max<std::size_t>(1, room / (width_ + 2));
    std::string text = "[";
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i > 0) text += i % per_line == 0 ? ",\n" + margin : ", ";
      text += items[i];
    }
    return text + "]";
  }

  const Tensor& x_;
  const PrintOptions& options_;
  bool summarise_;
  Style style_ = Style::fixed;
  std::size_t width_ = 1;
};

std::string python_tuple(const Shape& shape) {
  return fmt::format("({}{})", fmt::join(shape.begin(), shape.end(), ", "),
                     shape.dim() == 1 ? "," : "");
}

}  // namespace

void set_printoptions(const PrintOptions& options) {
  if (options.precision < 0 || options.threshold < 0 || options.edgeitems < 0 ||
      options.linewidth < 1)
    throw ValueError(fmt::format(
        "set_printoptions: precision ({}), threshold ({}) and edgeitems ({}) must not be "
        "negative, linewidth ({}) must be at least 1",
        options.precision, options.threshold, options.edgeitems, options.linewidth));
  const std::lock_guard lock(options_mutex);
  current_options = options;
}

PrintOptions get_printoptions() {
  const std::lock_guard lock(options_mutex);
  return current_options;
}

std::string Tensor::str() const {
  const PrintOptions options = get_printoptions();
  const std::string prefix = "tensor(";
  std::string text = prefix + Printer(*this, options).elements(static_cast<int>(prefix.size()));

  std::vector<std::string> notes;
  if (numel() == 0 ? dim() != 1 : options.edgeitems == 0)
    notes.push_back("size=" + python_tuple(shape()));
  const bool usual = dtype() == f32 || (numel() > 0 && (dtype() == i64 || dtype() == boolean));
  if (!usual) notes.push_back(fmt::format("dtype={}", torch_name(dtype())));
  if (const Node* node = grad_fn())
    notes.push_back(fmt::format("grad_fn=<{}>", node->name()));
  else if (requires_grad())
    notes.push_back("requires_grad=True");

  // A note that does not fit the line goes on one of its own.
  const std::size_t newline = text.rfind('\n');
  std::size_t column = newline == std::string::npos ? text.size() + 2 : text.size() - newline + 1;
  for (const std::string& note : notes) {
    if (column + note.size() + 2 > static_cast<std::size_t>(options.linewidth)) {
      text += ",\n" + std::string(prefix.size(), ' ') + note;
      column = prefix.size() + note.size();
    } else {
      text += ", " + note;
      column += note.size() + 2;
    }
  }
  return text + ")";
}

std::ostream& operator<<(std::ostream& out, const Tensor& tensor) { return out << tensor.str(); }

}  // namespace percept
