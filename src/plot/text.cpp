#include "percept/plot/text.h"

#include <algorithm>

#include "plot/pango.h"

namespace percept::plot {
namespace {

PangoContext* measuring_context() {
  thread_local const auto context = make_context();
  return context.get();
}

double layout_width(const Layout& layout) {
  int width = 0;
  pango_layout_get_size(layout.get(), &width, nullptr);
  return static_cast<double>(width) / PANGO_SCALE;
}

// "T-shirt/top" stays one word.
void keep_hyphens(const Layout& layout, const std::string& text) {
  PangoAttrList* list = pango_attr_list_new();
  for (std::size_t i = text.find_first_of("-/"); i != std::string::npos;
       i = text.find_first_of("-/", i + 1)) {
    PangoAttribute* attribute = pango_attr_allow_breaks_new(FALSE);
    attribute->start_index = static_cast<guint>(i);
    attribute->end_index = static_cast<guint>(i + 2);
    pango_attr_list_insert(list, attribute);
  }
  pango_layout_set_attributes(layout.get(), list);
  pango_attr_list_unref(list);
}

}  // namespace

std::unique_ptr<PangoContext, Unref> make_context() {
  std::unique_ptr<PangoContext, Unref> context(
      pango_font_map_create_context(pango_cairo_font_map_get_default()));
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  pango_cairo_context_set_font_options(context.get(), options);
  cairo_font_options_destroy(options);
  pango_context_set_round_glyph_positions(context.get(), FALSE);
  return context;
}

Layout make_layout(PangoContext* context, const std::string& text, double size, bool bold) {
  Layout layout(pango_layout_new(context));
  PangoFontDescription* font = pango_font_description_new();
  pango_font_description_set_family_static(font, kFonts);
  pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
  if (bold) pango_font_description_set_weight(font, PANGO_WEIGHT_BOLD);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_text(layout.get(), text.c_str(), static_cast<int>(text.size()));
  return layout;
}

std::string clean_text(const std::string& text) {
  const std::unique_ptr<char, decltype(&g_free)> valid(
      g_utf8_make_valid(text.c_str(), static_cast<gssize>(text.size())), g_free);
  std::string clean;
  for (const char* p = valid.get(); *p != 0; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    const bool space = c <= ' ' || c == 0x7f;
    if (space && (clean.empty() || clean.back() == ' ')) continue;
    const auto length = static_cast<std::size_t>(g_utf8_next_char(p) - p);
    clean += space ? " " : c == 0xFFFE || c == 0xFFFF ? "\uFFFD" : std::string(p, length);
  }
  if (!clean.empty() && clean.back() == ' ') clean.pop_back();
  return clean;
}

double text_width(const std::string& text, double size, bool bold) {
  return layout_width(make_layout(measuring_context(), clean_text(text), size, bold));
}

int text_columns(const std::string& text) {
  int columns = 0;
  for (const char* p = text.c_str(); *p != 0; p = g_utf8_next_char(p)) {
    const gunichar c = g_utf8_get_char(p);
    if (!g_unichar_iszerowidth(c)) columns += g_unichar_iswide(c) ? 2 : 1;
  }
  return columns;
}

std::string fit_text(const std::string& text, double width, double size, bool bold) {
  std::string fitted = clean_text(text);
  if (text_width(fitted, size, bold) <= width) return fitted;
  while (!fitted.empty()) {
    fitted.erase(static_cast<std::size_t>(g_utf8_prev_char(fitted.c_str() + fitted.size()) -
                                          fitted.c_str()));
    if (text_width(fitted + "…", size, bold) <= width) break;
  }
  return fitted + "…";
}

std::vector<std::string> wrap_text(const std::string& text, double width, double size,
                                   int max_lines, bool bold) {
  const std::string clean = clean_text(text);
  if (clean.empty() || max_lines < 1) return {};
  const Layout layout = make_layout(measuring_context(), clean, size, bold);
  pango_layout_set_width(layout.get(), static_cast<int>(std::max(width, 1.0) * PANGO_SCALE));
  pango_layout_set_wrap(layout.get(), PANGO_WRAP_WORD_CHAR);
  keep_hyphens(layout, clean);
  const int lines = std::min(pango_layout_get_line_count(layout.get()), max_lines);
  std::vector<std::string> wrapped;
  for (int i = 0; i < lines; ++i) {
    const PangoLayoutLine* line = pango_layout_get_line_readonly(layout.get(), i);
    const auto start = static_cast<std::size_t>(line->start_index);
    const bool last = i + 1 == max_lines;
    wrapped.push_back(
        last ? fit_text(clean.substr(start), width, size, bold)
             : clean_text(clean.substr(start, static_cast<std::size_t>(line->length))));
  }
  return wrapped;
}

}  // namespace percept::plot
