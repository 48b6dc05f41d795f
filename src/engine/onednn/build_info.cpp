#include "percept/base/build_info.h"

#include "engine/onednn/simd.h"
// after simd.h

#include <fmt/format.h>
#include <hwy/targets.h>

#include <dnnl.hpp>

namespace percept {
namespace {

std::string compiler() {
#if defined(__clang__)
  return fmt::format("clang {}.{}.{}", __clang_major__, __clang_minor__, __clang_patchlevel__);
#else
  return fmt::format("gcc {}.{}.{}", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
#endif
}

/// The best of the targets this machine has is the one with the lowest bit.
std::string highway_target() {
  const auto targets = static_cast<std::uint64_t>(hwy::SupportedTargets() & HWY_TARGETS);
  return hwy::TargetName(static_cast<std::int64_t>(targets & (~targets + 1)));
}

const char* name_of(dnnl::cpu_isa isa) {
  switch (isa) {
    case dnnl::cpu_isa::sse41:
      return "SSE4.1";
    case dnnl::cpu_isa::avx:
      return "AVX";
    case dnnl::cpu_isa::avx2:
      return "AVX2";
    case dnnl::cpu_isa::avx2_vnni:
      return "AVX2 with VNNI";
    case dnnl::cpu_isa::avx512_core:
      return "AVX-512";
    case dnnl::cpu_isa::avx512_core_vnni:
      return "AVX-512 with VNNI";
    case dnnl::cpu_isa::avx512_core_bf16:
      return "AVX-512 with bfloat16";
    case dnnl::cpu_isa::avx512_core_amx:
      return "AMX";
    default:
      return "any";
  }
}

}  // namespace

BuildInfo build_info() {
  const dnnl_version_t* onednn = dnnl_version();
  return {
      .version = PERCEPT_VERSION,
      .compiler = compiler(),
      .instruction_set = highway_target(),
      .onednn = fmt::format("{}.{}.{}", onednn->major, onednn->minor, onednn->patch),
      .onednn_isa = name_of(dnnl::get_effective_cpu_isa()),
  };
}

}  // namespace percept
