// Files from the network, through the curl or wget of the machine.
#pragma once

#include <string>
#include <vector>

#include "data/checksum.h"
#include "percept/data/catalog.h"

namespace percept::data {

/// Empty when `found` is what `file` should be, else what is wrong with it.
std::string complaint_about(const Checksum& found, const KnownFile& file);

/// Fetches mirror + name + ".gz" for every file from the first mirror that has the right bytes into
/// `folder`, which is made if need be; files that are there already are left alone. A file has its
/// name only once its bytes are right. Throws IoError with the reason for each mirror.
void download(const KnownDataset& set, const std::string& folder);

}  // namespace percept::data
