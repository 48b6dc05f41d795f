// Where the tests find the project's files and the program.
#pragma once

#include <string>

namespace percept::testing {

/// A file of the project by its path from the top folder.
std::string project_path(const std::string& name);
/// The percept program; empty where it is not built.
std::string program_path();

}  // namespace percept::testing
