#include "percept/io/npz.h"

#include <fmt/format.h>

#include "base/file.h"
#include "base/text.h"
#include "io/block.h"
#include "io/format_error.h"
#include "io/npy_stream.h"
#include "io/zip.h"
#include "percept/base/error.h"

namespace percept::io {
namespace {

constexpr std::string_view kSuffix = ".npy";

}  // namespace

NamedTensors load_npz(const std::string& path, const LoadOptions& options) {
  const std::string archive = read_file(path, {.max_bytes = options.max_bytes});
  NamedTensors tensors;
  LoadOptions left = options;
  for (const ZipEntry& entry : zip_entries(archive, path)) {
    if (!entry.name.ends_with(kSuffix))
      bad_format(path, entry.header_offset, "entry name", in_quotes(entry.name),
                 "every entry must be a .npy file");
    const auto in = open_zip_entry(archive, path, entry);
    Tensor tensor = read_npy(*in, left);
    left.max_bytes -= static_cast<std::uint64_t>(tensor.numel()) * size_of(tensor.dtype());
    tensors.add(entry.name.substr(0, entry.name.size() - kSuffix.size()), std::move(tensor));
  }
  return tensors;
}

void save_npz(const std::string& path, const NamedTensors& tensors, const SaveNpzOptions& options) {
  AtomicFile file(path);
  ZipWriter zip(file, options.compress);
  for (const auto& [name, tensor] : tensors) {
    if (name.find('\0') != name.npos || find_bad_utf8(name) != name.npos)
      throw ValueError(fmt::format("npz: name {} is no UTF-8 text without NUL", in_quotes(name)));
    zip.add(name + std::string(kSuffix), npy_header(tensor), element_bytes(tensor).bytes);
  }
  zip.finish();
  file.commit();
}

}  // namespace percept::io
