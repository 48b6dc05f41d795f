// Before any header of Highway: the instruction sets that its loops are not compiled for.
#pragma once

// SVE's vectors have no size that the compiler knows, so they can be no members, captures or
// elements of arrays; NEON serves there.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
