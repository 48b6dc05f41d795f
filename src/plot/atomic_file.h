#pragma once

#include <string>
#include <string_view>

namespace percept::plot {

/// Writes `path` through a file beside it that is synced and renamed, so that a reader finds the
/// old content or the new. Throws IoError and leaves nothing behind.
void write_file(const std::string& path, std::string_view content);

}  // namespace percept::plot
