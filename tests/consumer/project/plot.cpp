// A user's figure: two panels, as SVG and as PNG.
#include <percept/plot/plot.h>

#include <iostream>

int main() {
  const auto figure = percept::plot::curves(
      {{.title = "loss", .series = {{.name = "train", .y = {2.3, 0.7, 0.5}}}},
       {.title = "accuracy", .series = {{.name = "train", .y = {0.1, 0.7, 0.8}}}}});
  if (figure.svg().find(">accuracy</text>") == std::string::npos ||
      figure.png().compare(1, 3, "PNG") != 0) {
    std::cerr << figure.svg() << '\n';
    return 1;
  }
}
