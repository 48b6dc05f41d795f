// percept's exceptions. Each is thrown before an engine is entered, and says what, where, what was
// expected, what was found, and a hint where one is certain.
#pragma once

#include <stdexcept>
#include <string>

namespace percept {

/// The root of every exception percept throws.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
  const char* what() const noexcept override {
    return located_.empty() ? std::runtime_error::what() : located_.c_str();
  }
  /// Puts "place: " before the text, instead of the place told before.
  void set_place(const std::string& place) { located_ = place + ": " + std::runtime_error::what(); }
  /// The way out through a model, which fills it in.
  struct Way {
    const void* last = nullptr;  ///< the outermost module passed so far
    std::string path, type;      ///< from it to the innermost, and that one's class
  } way;

 private:
  std::string located_;
};

struct ShapeError : Error {  ///< sizes that do not fit together
  using Error::Error;
};
struct DtypeError : Error {  ///< an element type the operation does not take
  using Error::Error;
};
struct IndexError : Error {  ///< an index or dimension out of range
  using Error::Error;
};
struct ValueError : Error {  ///< an argument outside its domain
  using Error::Error;
};
struct AutogradError : Error {  ///< a gradient that cannot be had
  using Error::Error;
};
struct FormatError : Error {  ///< a file or text that breaks its format's rules
  using Error::Error;
};
struct IoError : Error {  ///< a file that cannot be read or written
  using Error::Error;
};
struct LimitError : Error {  ///< more memory or size than is allowed
  using Error::Error;
};
struct DivergedError : Error {  ///< NaN or Inf where training needs a finite number
  using Error::Error;
};

}  // namespace percept
