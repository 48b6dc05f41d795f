// How the speed of a training step grows with batch, width, depth and threads: a JSON object on
// standard output, a table with every cliff on standard error, and a picture.
//
//   percept_growth PICTURE.svg|.png THREADS...
#include <percept/percept.h>
#include <percept/plot/plot.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "timing.h"

namespace {

using namespace percept;

/// A step of `depth` layers: 784-width-...-width-10.
struct Size {
  std::int64_t batch = 64, width = 512, depth = 3;
};

struct Point {
  std::int64_t size = 0;  ///< the one that varies
  int threads = 1;
  double seconds = 0;  ///< of a step
  double flop = 0;     ///< of its matrix products
  double samples_per_s = 0;
};

/// Floating point operations: forward, weight gradients, and data gradients but the first layer's.
double products(const Size& s) {
  const double inner = static_cast<double>(s.depth - 2) * static_cast<double>(s.width * s.width);
  const double first = 784.0 * static_cast<double>(s.width),
               last = 10.0 * static_cast<double>(s.width);
  return 2 * static_cast<double>(s.batch) * (2 * first + 3 * (inner + last));
}

nn::Sequential network(const Size& s) {
  nn::Sequential net{nn::Linear{784, s.width}, nn::ReLU{}};
  for (std::int64_t i = 0; i + 2 < s.depth; ++i) {
    net.push_back(nn::Linear{s.width, s.width});
    net.push_back(nn::ReLU{});
  }
  net.push_back(nn::Linear{s.width, 10});
  return net;
}

/// Seconds of a step: the best of five groups of steps, of 20 ms or more each.
double measure(const Size& s) {
  nn::Sequential net = network(s);
  optim::SGD optimizer{net.parameters(), {.lr = 0.01}};
  const Tensor x = rand({s.batch, 784}), y = randint(0, 10, {s.batch});
  const auto step = [&] {
    optimizer.zero_grad();
    cross_entropy(net(x), y).backward();
    optimizer.step();
  };
  for (int i = 0; i < 3; ++i) step();
  const auto group = [&](int steps) {
    const double start = timing::now();
    for (int i = 0; i < steps; ++i) step();
    return (timing::now() - start) / steps;
  };
  const int steps = std::max(1, static_cast<int>(0.02 / group(1)));
  double best = group(steps);
  for (int i = 0; i < 4; ++i) best = std::min(best, group(steps));
  return best;
}

/// One question: what varies, and over which sizes.
struct Sweep {
  const char* name;
  std::vector<std::int64_t> sizes;
  std::int64_t Size::*varies;
  Size base = {};
};

Point measured(const Sweep& question, std::int64_t size, int threads) {
  Size s = question.base;
  s.*question.varies = size;
  set_num_threads(threads);
  Point p{size, threads, measure(s), products(s)};
  p.samples_per_s = static_cast<double>(s.batch) / p.seconds;
  return p;
}

/// True when `p` takes over 1.3 times as long as the arithmetic it has beyond `before` explains.
bool is_cliff(const Point& before, const Point& p) {
  return p.seconds / before.seconds > 1.3 * p.flop / before.flop;
}

/// The points of one number of threads, sizes ascending. What looks like a cliff is measured up to
/// five times again: other programs make steps slow, none makes one fast.
std::vector<Point> sweep(const Sweep& question, int threads) {
  std::vector<Point> points;
  for (const std::int64_t size : question.sizes) {
    points.push_back(measured(question, size, threads));
    Point& p = points.back();
    for (int again = 0; again < 5 && points.size() > 1 && is_cliff(*(&p - 1), p); ++again) {
      const Point next = measured(question, size, threads);
      if (next.seconds < p.seconds) p = next;
    }
    std::fprintf(stderr, "%-6s %5lld, %d threads: %10.0f samples/s, %7.1f GFLOP/s\n", question.name,
                 static_cast<long long>(size), threads, p.samples_per_s, p.flop / p.seconds / 1e9);
  }
  return points;
}

/// Names the cliffs and counts them.
int report_cliffs(const Sweep& question, const std::vector<Point>& points) {
  int cliffs = 0;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const Point &before = points[i - 1], &p = points[i];
    if (!is_cliff(before, p)) continue;
    std::fprintf(stderr,
                 "cliff: %s %lld -> %lld, %d threads: %.2f times as long, %.2f times the work\n",
                 question.name, static_cast<long long>(before.size), static_cast<long long>(p.size),
                 p.threads, p.seconds / before.seconds, p.flop / before.flop);
    ++cliffs;
  }
  return cliffs;
}

plot::Panel panel(const Sweep& question, const std::vector<Point>& points,
                  const std::vector<int>& threads) {
  plot::Panel panel{.x_label = question.name, .y_label = "GFLOP/s", .log_x = true, .log_y = true};
  for (const int n : threads) {
    plot::Series series{.name = std::to_string(n) + (n == 1 ? " thread" : " threads")};
    for (const Point& p : points)
      if (p.threads == n) {
        series.x.push_back(static_cast<double>(p.size));
        series.y.push_back(p.flop / p.seconds / 1e9);
      }
    panel.series.push_back(series);
  }
  return panel;
}

std::string run(const std::vector<std::string>& arguments) {
  if (arguments.size() < 2) throw std::invalid_argument("usage: percept_growth PICTURE THREADS...");
  std::vector<int> threads;
  for (std::size_t i = 1; i < arguments.size(); ++i) threads.push_back(std::stoi(arguments[i]));
  // Powers of two and halfway between, and one beside a power.
  const std::vector<Sweep> questions{
      {"batch",
       {1,  2,  3,   4,   6,   8,   12,  16,  24,   32,   48,   63,   64,
        65, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048, 3072, 4096},
       &Size::batch},
      {"width",
       {64, 96, 128, 192, 256, 384, 511, 512, 513, 768, 1024, 1536, 2048, 3072, 4096},
       &Size::width},
      {"depth", {2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64}, &Size::depth, {.width = 256}}};
  std::string json;
  std::vector<plot::Panel> panels;
  int cliffs = 0;
  for (const Sweep& question : questions) {
    std::vector<Point> points;
    for (const int n : threads) {
      const std::vector<Point> some = sweep(question, n);
      cliffs += report_cliffs(question, some);
      points.insert(points.end(), some.begin(), some.end());
    }
    json += (json.empty() ? "{\"" : ", \"") + std::string(question.name) + "\": [";
    for (std::size_t i = 0; i < points.size(); ++i) {
      const Point& p = points[i];
      json += (i ? ", " : "") + timing::json({{"size", static_cast<double>(p.size)},
                                              {"threads", p.threads},
                                              {"seconds", p.seconds},
                                              {"samples_per_s", p.samples_per_s},
                                              {"gflop_per_s", p.flop / p.seconds / 1e9}});
    }
    json += "]";
    panels.push_back(panel(question, points, threads));
  }
  std::fprintf(stderr, "%d cliffs\n", cliffs);
  plot::curves(panels, {.title = "Matrix products of a training step",
                        .columns = 3,
                        .panel_width = 400,
                        .panel_height = 340})
      .save(arguments[0]);
  return json + "}";
}

}  // namespace

int main(int argc, char** argv) { return timing::main(argc, argv, run); }
