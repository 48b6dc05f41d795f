// Whole files: read with a limit, written so that a crash leaves the old file or the new one.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace percept {

struct ReadFileOptions {
  std::uint64_t max_bytes = std::numeric_limits<std::uint64_t>::max();
};

/// All bytes of a file; a pipe or device such as /dev/stdin is read to its end. Throws IoError with
/// the path and the reason, LimitError for more than `max_bytes`.
std::string read_file(const std::string& path, const ReadFileOptions& options = {});

/// Replaces the file at `path` by `bytes`: temporary file beside it, fsync, rename, fsync of the
/// folder. A symbolic link is followed; a pipe or device is written to directly. Throws IoError
/// with the path and the reason; then no temporary file is left and the old file is untouched
/// (unless it was only the last step, the fsync of the folder, that failed: then the new one is in
/// place).
void write_atomic(const std::string& path, std::string_view bytes);

}  // namespace percept
