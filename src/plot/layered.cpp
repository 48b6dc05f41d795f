#include "plot/layered.h"

#include <algorithm>
#include <numeric>

#include "percept/base/error.h"

namespace percept::plot {
namespace {

constexpr int kSweeps = 24;
constexpr double kLight = 1e-3;  // how much a node without an origin pulls at the others
constexpr double kPort = 16;     // between two edges at one side of a box

// A box, or a place where an edge passes a column.
struct Item {
  double width, height;
  int column;
  double y = 0;  // of its middle
  double weight = 1;
  std::vector<int> before = {}, after = {};
};

// Columns: a node is right of all it depends on; what depends on nothing is as far right as can be.
std::vector<int> columns_of(std::size_t n, const std::vector<std::pair<int, int>>& edges) {
  std::vector<int> column(n, 0);
  std::vector<bool> source(n, true);
  for (const auto& edge : edges) source[static_cast<std::size_t>(edge.second)] = false;
  bool moved = true;
  for (std::size_t round = 0; moved; ++round) {
    if (round > n) throw ValueError("computation_graph: the arrows form a circle");
    moved = false;
    for (const auto& [from, to] : edges) {
      const int least = column[static_cast<std::size_t>(from)] + 1;
      if (column[static_cast<std::size_t>(to)] >= least) continue;
      column[static_cast<std::size_t>(to)] = least;
      moved = true;
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    int nearest = static_cast<int>(n);
    for (const auto& [from, to] : edges) {
      if (static_cast<std::size_t>(from) == i) {
        nearest = std::min(nearest, column[static_cast<std::size_t>(to)]);
      }
    }
    if (source[i] && nearest < static_cast<int>(n)) column[i] = nearest - 1;
  }
  return column;
}

class Layering {
 public:
  Layering(const std::vector<BoxSize>& sizes, const std::vector<std::pair<int, int>>& edges,
           double gap_x, double gap_y)
      : nodes_(sizes.size()), gap_x_(gap_x), gap_y_(gap_y) {
    const auto column = columns_of(sizes.size(), edges);
    for (std::size_t i = 0; i < sizes.size(); ++i) {
      items_.push_back({sizes[i].width, sizes[i].height, column[i]});
    }
    for (const auto& [from, to] : edges) add_chain(from, to);
    // The chain of operations runs straight, and what it takes in fans out beside it.
    for (Item& i : items_) i.weight = i.before.empty() ? kLight : 1;
    order();
    place();
  }

  Layered result() const;

 private:
  Item& item(int i) { return items_[static_cast<std::size_t>(i)]; }
  const Item& item(int i) const { return items_[static_cast<std::size_t>(i)]; }
  void add_chain(int from, int to);
  double mean_of(const std::vector<int>& neighbours, double otherwise) const;
  void order();
  void place();
  void place_column(const std::vector<int>& column, const std::vector<double>& wanted);

  std::size_t nodes_;
  double gap_x_, gap_y_;
  std::vector<Item> items_;               // the nodes, then the places that edges pass
  std::vector<std::vector<int>> chains_;  // of each edge: its items from end to end
  std::vector<std::vector<int>> columns_;
};

void Layering::add_chain(int from, int to) {
  std::vector<int> chain = {from};
  for (int column = item(from).column + 1; column < item(to).column; ++column) {
    chain.push_back(static_cast<int>(items_.size()));
    items_.push_back({0, 0, column});
  }
  chain.push_back(to);
  for (std::size_t i = 1; i < chain.size(); ++i) {
    item(chain[i - 1]).after.push_back(chain[i]);
    item(chain[i]).before.push_back(chain[i - 1]);
  }
  chains_.push_back(std::move(chain));
}

double Layering::mean_of(const std::vector<int>& neighbours, double otherwise) const {
  if (neighbours.empty()) return otherwise;
  double sum = 0;
  double weight = 0;
  for (const int i : neighbours) {
    sum += item(i).weight * item(i).y;
    weight += item(i).weight;
  }
  return sum / weight;
}

// Sorts each column by the mean place of what it is joined to, from left to right and back.
void Layering::order() {
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const auto column = static_cast<std::size_t>(items_[i].column);
    if (columns_.size() <= column) columns_.resize(column + 1);
    items_[i].y = static_cast<double>(columns_[column].size());
    columns_[column].push_back(static_cast<int>(i));
  }
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    const bool forward = sweep % 2 == 1;
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      auto& column = columns_[forward ? c : columns_.size() - 1 - c];
      std::vector<double> key(items_.size());
      for (const int i : column) {
        key[static_cast<std::size_t>(i)] =
            mean_of(forward ? item(i).before : item(i).after, item(i).y);
      }
      std::stable_sort(column.begin(), column.end(), [&](int a, int b) {
        return key[static_cast<std::size_t>(a)] < key[static_cast<std::size_t>(b)];
      });
      for (std::size_t place = 0; place < column.size(); ++place) {
        item(column[place]).y =
            static_cast<double>(place) - (static_cast<double>(column.size()) - 1) / 2;
      }
    }
  }
}

// As near to the wanted heights as order and gaps allow, in the sense of least squares: heights
// less what must lie above them never fall, so neighbours that would are set to their mean.
void Layering::place_column(const std::vector<int>& column, const std::vector<double>& wanted) {
  struct Block {
    double mean, weight;
    std::size_t size;
  };
  std::vector<double> offset;
  std::vector<Block> blocks;
  double below = 0;
  for (std::size_t i = 0; i < column.size(); ++i) {
    const double half = item(column[i]).height / 2;
    if (i > 0) below += half + gap_y_;
    offset.push_back(below);
    below += half;
    blocks.push_back({wanted[i] - offset[i], item(column[i]).weight, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean > blocks.back().mean) {
      const Block last = blocks.back();
      blocks.pop_back();
      Block& block = blocks.back();
      block.mean =
          (block.mean * block.weight + last.mean * last.weight) / (block.weight + last.weight);
      block.weight += last.weight;
      block.size += last.size;
    }
  }
  std::size_t i = 0;
  for (const Block& block : blocks) {
    for (std::size_t k = 0; k < block.size; ++k, ++i) item(column[i]).y = block.mean + offset[i];
  }
}

void Layering::place() {
  for (const auto& column : columns_) place_column(column, std::vector<double>(column.size(), 0));
  for (int sweep = 0; sweep < kSweeps; ++sweep) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const auto& column = columns_[sweep % 2 == 0 ? c : columns_.size() - 1 - c];
      std::vector<double> wanted;
      for (const int i : column) {
        std::vector<int> neighbours = item(i).before;
        neighbours.insert(neighbours.end(), item(i).after.begin(), item(i).after.end());
        wanted.push_back(mean_of(neighbours, item(i).y));
      }
      place_column(column, wanted);
    }
  }
}

Layered Layering::result() const {
  Layered out;
  double top = items_[0].y, bottom = top;
  for (const Item& i : items_) {
    top = std::min(top, i.y - i.height / 2);
    bottom = std::max(bottom, i.y + i.height / 2);
  }
  std::vector<double> left, width;
  for (const auto& column : columns_) {
    left.push_back(left.empty() ? 0 : left.back() + width.back() + gap_x_);
    width.push_back(0);
    for (const int i : column) width.back() = std::max(width.back(), item(i).width);
  }
  out.width = left.back() + width.back();
  out.height = bottom - top;
  const auto box = [&](const Item& i) {
    const auto c = static_cast<std::size_t>(i.column);
    return Rect{left[c] + (width[c] - i.width) / 2, i.y - i.height / 2 - top, i.width, i.height};
  };
  for (std::size_t i = 0; i < nodes_; ++i) out.boxes.push_back(box(items_[i]));
  // Where one of a node's edges meets its side: they keep the order of what they lead to.
  const auto port = [&](const Item& node, std::vector<int> neighbours, int neighbour) {
    std::sort(neighbours.begin(), neighbours.end(),
              [&](int a, int b) { return item(a).y < item(b).y; });
    const auto n = static_cast<double>(neighbours.size());
    const auto rank = static_cast<double>(
        std::find(neighbours.begin(), neighbours.end(), neighbour) - neighbours.begin());
    return node.y - top + (rank - (n - 1) / 2) * std::min(kPort, node.height / (n + 1));
  };
  for (const auto& chain : chains_) {
    std::vector<Point> route;
    for (std::size_t k = 0; k < chain.size(); ++k) {
      const Item& here = item(chain[k]);
      const Rect r = box(here);
      const auto c = static_cast<std::size_t>(here.column);
      const bool first = k == 0, last = k + 1 == chain.size();
      // A narrow box keeps its edges level as far as its column reaches, away from the others.
      if (first) {
        const double y = port(here, here.after, chain[k + 1]);
        route.push_back({r.right(), y});
        if (r.right() < left[c] + width[c]) route.push_back({left[c] + width[c], y});
      }
      if (!first && !last) {
        route.push_back({left[c], here.y - top});
        route.push_back({left[c] + width[c], here.y - top});
      }
      if (last) {
        const double y = port(here, here.before, chain[k - 1]);
        if (r.x > left[c]) route.push_back({left[c], y});
        route.push_back({r.x, y});
      }
    }
    out.routes.push_back(std::move(route));
  }
  return out;
}

}  // namespace

Layered layered_layout(const std::vector<BoxSize>& sizes,
                       const std::vector<std::pair<int, int>>& edges, double gap_x, double gap_y) {
  return Layering(sizes, edges, gap_x, gap_y).result();
}

}  // namespace percept::plot
