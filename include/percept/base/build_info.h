// What this percept is and what it runs on.
#pragma once

#include <string>

namespace percept {

struct BuildInfo {
  std::string version;          ///< percept's, "0.1.0"
  std::string compiler;         ///< "gcc 12.2.0"
  std::string instruction_set;  ///< the one the SIMD kernels run with on this machine: "AVX2"
  std::string onednn;           ///< oneDNN's version
  std::string onednn_isa;       ///< the instruction set oneDNN runs with
};

/// Asks the libraries and the processor.
BuildInfo build_info();

}  // namespace percept
