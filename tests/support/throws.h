// The text of the exception that a wrong call throws.
#pragma once

#include <exception>
#include <string>

namespace percept {

/// What `call` threw as an E; another exception, or none, is told instead.
template <class E, class Call>
std::string thrown(const Call& call) {
  try {
    call();
  } catch (const E& error) {
    return error.what();
  } catch (const std::exception& other) {
    return std::string("another type of exception: ") + other.what();
  }
  return "nothing was thrown";
}

}  // namespace percept
