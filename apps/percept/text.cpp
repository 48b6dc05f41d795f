#include "text.h"

#include <cstdlib>
#include <string_view>

namespace percept::app {
namespace {

std::string_view environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Language find_language() {
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
    if (locale.empty()) locale = environment(name);
  // LANGUAGE says what the user would rather read, unless the locale is none at all.
  const bool none = locale == "C" || locale == "POSIX";
  if (const std::string_view wish = environment("LANGUAGE"); !wish.empty() && !none) locale = wish;
  return locale.starts_with("zh") ? Language::zh : Language::en;
}

}  // namespace

Language language() {
  static const Language found = find_language();
  return found;
}

}  // namespace percept::app
