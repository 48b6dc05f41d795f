#include "ops/cases.h"

namespace percept::testing {

std::vector<Row> matmul_rows() {
  std::vector<Row> rows;
  const auto product = [&](const char* op, const std::vector<Sample>& samples,
                           const std::vector<Sample>& large, std::int64_t k) {
    rows.push_back({op, {Draw{}}, samples});
    // Small numbers, whose sums of k terms stay near 1, where the tolerance is meant; oneDNN shares
    // a long sum out among the threads, which changes its last bits.
    Row many{op, {{-0.5, 0.5}}, {}, large, k};
    many.bits = false;
    rows.push_back(many);
  };
  product("mm",
          {{{{2, 3}, {3, 4}}},
           {{{1, 3}, {3, 1}}},
           {{{4, 1}, {1, 2}}},
           {{{1, 1}, {1, 1}}},
           {{{0, 3}, {3, 2}}},
           {{{2, 0}, {0, 3}}}},
          {{{{130, 257}, {257, 90}}}, {{{1, 500}, {500, 300}}}, {{{64, 784}, {784, 512}}}}, 784);
  product("bmm",
          {{{{2, 2, 3}, {2, 3, 4}}},
           {{{3, 1, 2}, {3, 2, 1}}},
           {{{1, 1, 1}, {1, 1, 1}}},
           {{{0, 2, 3}, {0, 3, 2}}},
           {{{2, 2, 0}, {2, 0, 3}}}},
          {{{{5, 60, 70}, {5, 70, 80}}}}, 80);
  product("matmul",
          {{{{3}, {3}}},
           {{{2, 3}, {3, 4}}},
           {{{3}, {3, 4}}},
           {{{2, 3}, {3}}},
           {{{2, 2, 3}, {3, 4}}},
           {{{2, 2, 3}, {3}}},
           {{{2, 3}, {2, 3, 2}}},
           {{{3}, {2, 3, 2}}},
           {{{2, 1, 2, 3}, {3, 3, 2}}},
           {{{1, 1}, {1, 1}}},
           {{{0, 3}, {3, 2}}},
           {{{2, 0}, {0, 3}}}},
          {{{{7, 40, 50}, {50, 60}}}, {{{3, 1, 40, 50}, {2, 50, 60}}}, {{{4000}, {4000}}}}, 4000);
  for (const char* op : {"linear", "detail::linear_relu"})
    product(op,
            {{{{2, 3}, {4, 3}, {4}}},
             {{{2, 3}, {4, 3}}},
             {{{3}, {2, 3}, {2}}},
             {{{2, 2, 3}, {4, 3}, {4}}},
             {{{2, 1, 3}, {1, 3}}},
             {{{1, 1}, {1, 1}, {1}}},
             {{{0, 3}, {2, 3}, {2}}},
             {{{2, 0}, {3, 0}, {3}}}},
            {{{{64, 784}, {512, 784}, {512}}}, {{{33, 257}, {130, 257}}}}, 784);
  return rows;
}

}  // namespace percept::testing
