// One program serves every x86-64 machine: the tests that compare the engines, run again with older
// instruction sets, in SIMD loops and in oneDNN.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string_view>

#include "percept/base/build_info.h"
#include "support/process.h"

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace percept {
namespace {

constexpr struct {
  const char *simd, *onednn;
} kInstructionSets[] = {{"SSE2", "SSE41"},  // Highway may call it EMU128 or SCALAR
                        {"SSSE3", "SSE41"},
                        {"SSE4", "SSE41"},
                        {"AVX2", "AVX2"},
                        {"AVX3", "AVX512_CORE"}};

bool machine_has(std::string_view simd) {
  if (simd == "AVX3") return __builtin_cpu_supports("avx512bw");
  return simd != "AVX2" || __builtin_cpu_supports("avx2");
}

TEST(Dispatch, EverySetOfInstructionsGivesTheSameNumbers) {
  for (const auto& set : kInstructionSets) {
    if (!machine_has(set.simd)) continue;
    const auto result = testing::run_process("/proc/self/exe",
                                             {"--gtest_brief=1",
                                              "--gtest_filter=Dispatch.TakesTheSetThatIsMeant:*"
                                              "EnginesAndThreadsAgree*:*EnginesAgree*:Products.*:"
                                              "Packing.*:Determinism.*"},
                                             {.environment = {{"PERCEPT_SIMD", set.simd},
                                                              {"DNNL_MAX_CPU_ISA", set.onednn},
                                                              {"OMP_WAIT_POLICY", "passive"}}});
    EXPECT_EQ(result.code, 0) << set.simd << "\n" << result.out << result.err;
  }
}

/// The one the environment names, else the newest the machine has.
TEST(Dispatch, TakesTheSetThatIsMeant) {
  const char* const named = std::getenv("PERCEPT_SIMD");
  const std::string_view meant = named                 ? named
                                 : machine_has("AVX3") ? "AVX3"
                                 : machine_has("AVX2") ? "AVX2"
                                                       : "SSE";
  const std::string taken = build_info().instruction_set;
  if (meant == "SSE2")
    EXPECT_TRUE(taken == "SSE2" || taken == "EMU128" || taken == "SCALAR") << taken;
  else if (named)
    EXPECT_EQ(taken, meant);
  else
    EXPECT_TRUE(taken.starts_with(meant)) << taken << " instead of " << meant;  // AVX3_ZEN4 is AVX3
}

}  // namespace
}  // namespace percept

#endif
