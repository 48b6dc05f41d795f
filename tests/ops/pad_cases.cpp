#include "ops/cases.h"

namespace percept::testing {

std::vector<Row> pad_rows() {
  const Draw any;
  std::vector<Row> rows;
  rows.push_back({"pad",
                  {any},
                  {{{{2, 3}}, {{"pad", {1, 2}}, {"value", 0.5}}},
                   {{{2, 1, 3}}, {{"pad", {0, 1, 2, 1, 1, 0}}}},
                   {{{3, 4}}, {{"pad", {-1, 2, 1, -2}}}},
                   {{{1, 1}}, {{"pad", {1, 1}}}},
                   {{{0, 3}}, {{"pad", {1, 1, 2, 0}}}},
                   {{{4}}, {{"pad", {-3, -1}}}},
                   {{Shape{}}, {{"pad", Args::array()}}}},
                  {{{{7, 130, 90}}, {{"pad", {3, 4, 5, 6}}}}}});
  for (const char* mode : {"reflect", "replicate", "circular"})
    rows.push_back({"pad",
                    {any},
                    {{{{2, 2, 4}}, {{"pad", {2, 3}}, {"mode", mode}}},
                     {{{2, 3}}, {{"pad", {1, 0}}, {"mode", mode}}},
                     {{{1, 2, 3, 3}}, {{"pad", {1, 2, 2, 1}}, {"mode", mode}}},
                     {{{2, 4, 3}}, {{"pad", {-1, 1, 0, 2}}, {"mode", mode}}},
                     {{{0, 2, 4}}, {{"pad", {1, 1}}, {"mode", mode}}}},
                    {{{{16, 24, 20, 20}}, {{"pad", {3, 4, 5, 6}}, {"mode", mode}}}}});

  std::vector<Sample> nearest, linear, bilinear;
  for (const Shape& shape : {Shape{2, 2, 4}, {1, 1, 3}, {0, 2, 4}, {2, 2, 3, 4}, {0, 1, 2, 3}}) {
    const bool image = shape.dim() == 4;
    for (const Args& size : {Args{{"size", 7}}, Args{{"size", 2}}, Args{{"scale_factor", 1.7}},
                             Args{{"scale_factor", 2}}}) {
      nearest.push_back({{shape}, size});
      for (const bool corners : {false, true}) {
        Args args = size;
        args["mode"] = image ? "bilinear" : "linear";
        args["align_corners"] = corners;
        (image ? bilinear : linear).push_back({{shape}, args});
      }
    }
  }
  const std::vector<Sample> large{{{{8, 12, 20, 20}}, {{"scale_factor", 2}}}},
      large_bilinear{{{{8, 12, 20, 20}}, {{"scale_factor", 2}, {"mode", "bilinear"}}}};
  rows.push_back({"interpolate", {any}, nearest, large});
  rows.push_back({"interpolate", {any}, linear});
  rows.push_back({"interpolate", {any}, bilinear, large_bilinear});
  return rows;
}

}  // namespace percept::testing
