// The programs shown in README.md are the examples that the tests compile and run, letter by
// letter.
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>
#include <string>

#include "support/places.h"

namespace {

std::string read(const std::string& name) {
  std::ifstream file(percept::testing::project_path(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Readme, ShowsTheExamplesAsTheyAre) {
  const std::string readme = read("README.md");
  const std::regex block("<!-- (examples/[a-z_0-9]+\\.cpp) -->\n```cpp\n([\\s\\S]*?)```");
  int found = 0;
  for (std::sregex_iterator it(readme.begin(), readme.end(), block), end; it != end; ++it, ++found)
    EXPECT_EQ((*it)[2].str(), read((*it)[1].str())) << (*it)[1];
  EXPECT_EQ(found, 2);
}

}  // namespace
