#include "support/places.h"

namespace percept::testing {

std::string project_path(const std::string& name) { return SOURCE_FOLDER "/" + name; }
std::string program_path() { return PROGRAM; }

}  // namespace percept::testing
