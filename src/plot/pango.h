// Pango's side of text, shared by measuring and by drawing.
#pragma once

#include <pango/pangocairo.h>

#include <memory>
#include <string>

namespace percept::plot {

struct Unref {
  void operator()(gpointer object) const { g_object_unref(object); }
};
using Layout = std::unique_ptr<PangoLayout, Unref>;

/// A context whose text is as wide at every scale as it is at scale 1.
std::unique_ptr<PangoContext, Unref> make_context();

/// One line of text set in the figures' fonts.
Layout make_layout(PangoContext* context, const std::string& text, double size, bool bold);

/// UTF-8 that XML and Pango both take: one line, no control characters, single spaces.
std::string clean_text(const std::string& text);

}  // namespace percept::plot
