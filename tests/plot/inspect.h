// What the tests read back from a figure's files.
#pragma once

#include <gtest/gtest.h>
#include <png.h>

#include <algorithm>
#include <string>
#include <vector>

#include "percept/base/error.h"
#include "percept/plot/figure.h"
#include "percept/plot/text.h"

namespace percept::plot {

/// The elements of one kind, in drawing order.
template <class T>
std::vector<T> all(const Figure& figure) {
  std::vector<T> out;
  for (const Element& e : figure.elements()) {
    if (const auto* found = std::get_if<T>(&e)) out.push_back(*found);
  }
  return out;
}

/// The texts of a figure, in drawing order.
inline std::vector<std::string> texts(const Figure& figure) {
  std::vector<std::string> out;
  for (const auto& text : all<element::Text>(figure)) out.push_back(text.text);
  return out;
}

inline std::size_t count(const Figure& figure, const std::string& text) {
  const auto found = texts(figure);
  return static_cast<std::size_t>(std::count(found.begin(), found.end(), text));
}

/// The rectangle a text that is not turned fills, from its capitals to its baseline.
inline Rect box_of(const element::Text& text) {
  const double width = text_width(text.text, text.style.size, text.style.bold);
  const double before = text.style.anchor == Anchor::Start    ? 0
                        : text.style.anchor == Anchor::Middle ? width / 2
                                                              : width;
  const double height = 0.7 * text.style.size;
  return {text.baseline.x - before, text.baseline.y - height, width, height};
}

inline bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.right() && b.x < a.right() && a.y < b.bottom() && b.y < a.bottom();
}

/// Two texts (none of them turned) that lie on each other, or "".
inline std::string text_over_text(const Figure& figure) {
  const auto found = all<element::Text>(figure);
  for (std::size_t i = 0; i < found.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (found[i].style.rotate == 0 && found[j].style.rotate == 0 &&
          overlap(box_of(found[i]), box_of(found[j]))) {
        return found[j].text + " | " + found[i].text;
      }
    }
  }
  return "";
}

/// What a call throws, as "ShapeError: text" of the kinds that figures throw, or "".
template <class Call>
std::string thrown(const Call& call) {
  try {
    call();
  } catch (const ShapeError& e) {
    return std::string("ShapeError: ") + e.what();
  } catch (const IndexError& e) {
    return std::string("IndexError: ") + e.what();
  } catch (const ValueError& e) {
    return std::string("ValueError: ") + e.what();
  }
  return "";
}

/// Where an XML document breaks the rules (tags that do not nest, bad attributes, a raw < or &), or
/// "".
inline std::string xml_fault(const std::string& xml) {
  std::vector<std::string> open;
  int roots = 0;
  for (std::size_t i = 0; i < xml.size();) {
    if (xml[i] == '&') {
      const std::size_t end = xml.find(';', i);
      const std::string name = end == std::string::npos ? "" : xml.substr(i, end - i + 1);
      if (name != "&lt;" && name != "&gt;" && name != "&amp;" && name != "&quot;") {
        return "bad entity at " + xml.substr(i, 20);
      }
      i = end + 1;
      continue;
    }
    if (xml[i] != '<') {
      if (open.empty() && xml[i] != '\n') return "text outside of the root";
      ++i;
      continue;
    }
    // A tag ends at the first > outside of quotes.
    std::size_t end = i + 1;
    for (bool quoted = false; end < xml.size() && (quoted || xml[end] != '>'); ++end) {
      if (xml[end] == '"') quoted = !quoted;
      if (xml[end] == '<') return "raw < in " + xml.substr(i, 40);
    }
    if (end == xml.size()) return "unfinished " + xml.substr(i, 40);
    const std::string tag = xml.substr(i + 1, end - i - 1);
    i = end + 1;
    if (tag[0] == '?') continue;
    const std::string name =
        tag.substr(tag[0] == '/', tag.find_first_of(" /", 1) - (tag[0] == '/'));
    if (tag[0] == '/') {
      if (open.empty() || open.back() != name) return "unexpected </" + name + ">";
      open.pop_back();
    } else {
      if (open.empty() && ++roots > 1) return "a second root";
      if (tag.back() != '/') open.push_back(name);
    }
  }
  return open.empty() && roots == 1 ? "" : "no end of <" + (open.empty() ? "?" : open.back()) + ">";
}

/// Pixels of a PNG file's bytes, decoded by libpng.
struct Decoded {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;
  [[nodiscard]] Color at(int x, int y) const {
    const std::uint8_t* p = &rgb[(static_cast<std::size_t>(y) * width + x) * 3];
    return {p[0], p[1], p[2]};
  }
};

inline Decoded decode(const std::string& bytes) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  Decoded out;
  if (!png_image_begin_read_from_memory(&png, bytes.data(), bytes.size())) {
    ADD_FAILURE() << png.message;
    return out;
  }
  png.format = PNG_FORMAT_RGB;
  out.rgb.resize(PNG_IMAGE_SIZE(png));
  out.width = static_cast<int>(png.width);
  out.height = static_cast<int>(png.height);
  EXPECT_TRUE(png_image_finish_read(&png, nullptr, out.rgb.data(), 0, nullptr)) << png.message;
  return out;
}

}  // namespace percept::plot
