// percept data list, info and verify.
#include "percept/data/image_set.h"

#include <fmt/format.h>

#include <filesystem>

#include "app.h"
#include "data/checksum.h"
#include "dataset.h"
#include "percept/data/catalog.h"
#include "percept/data/csv.h"
#include "percept/data/table.h"

namespace percept::app {
namespace {

struct DataOptions {
  std::string name;
  SettingFlags flags;
};

data::FindOptions where(const DataOptions& options) {
  return {.root = options.flags.load().data_dir};
}

data::FoundDataset found_or_throw(const data::KnownDataset& set, const data::FindOptions& options) {
  auto found = data::find_dataset(set, options);
  if (!found)
    throw IoError(fmt::format("{}: is not on this machine{}; hint: percept train {} downloads it",
                              set.name,
                              set.debian_package.empty()
                                  ? std::string()
                                  : fmt::format("; Debian's package {} has it", set.debian_package),
                              set.name));
  return *found;
}

const data::KnownDataset& known(const std::string& name) {
  for (const data::KnownDataset& set : data::known_datasets())
    if (set.name == name) return set;
  std::vector<std::string> names;
  for (const data::KnownDataset& set : data::known_datasets()) names.push_back(set.name);
  throw UsageError(fmt::format("NAME: found '{}', allowed {}; the nearest is {}", name,
                               fmt::join(names, ", "), nearest(name, names)));
}

int list_now(const DataOptions& options, const OutputOptions& output) {
  const data::FindOptions places = where(options);
  std::string page;
  for (const data::KnownDataset& set : data::known_datasets()) {
    const auto found = data::find_dataset(set, places);
    if (output.json) {
      page += line({{"schema", "percept.data.entry/1"},
                    {"name", set.name},
                    {"found", found.has_value()},
                    {"folder", found ? Json(found->folder) : Json(nullptr)},
                    {"origin", found ? Json(found->origin) : Json(nullptr)}});
    } else {
      page +=
          pad_right(set.name, 16) + set.description + "\n" + std::string(16, ' ') +
          (found ? fmt::format("{} ({})", found->folder, found->origin) : text::kNotHere.str()) +
          "\n";
    }
  }
  if (!output.json)
    for (const std::string& row : wrap(text::kDataAlso.str(), 80)) page += row + "\n";
  print(page);
  return 0;
}

struct Counted {
  std::string name;
  std::int64_t train, test;
};

int image_info(const DataOptions& options, const OutputOptions& output) {
  const std::string root = where(options).root;
  const auto load = [&](bool train) -> data::ImageSet {
    for (const data::KnownDataset& set : data::known_datasets())
      if (set.name == options.name)
        return data::CatalogSet(options.name, {.root = root, .train = train, .download = false});
    return data::IdxFolder(options.name, {.train = train});
  };
  const data::ImageSet train = load(true), test = load(false);
  const auto counts = train.class_counts(), test_counts = test.class_counts();
  std::vector<Counted> classes;
  for (std::size_t c = 0; c < train.class_names().size(); ++c)
    classes.push_back({train.class_names()[c], counts[c], test_counts[c]});
  const data::FoundDataset& source = *train.source();
  const auto pixels = train.pixel_statistics();
  if (output.json) {
    Json files = Json::array(), list = Json::array();
    for (const std::string& path : source.files) {
      const data::Checksum sum = data::checksum_of_file(path, std::uint64_t{1} << 33);
      files.push_back({{"path", path}, {"bytes", sum.bytes}, {"sha256", sum.sha256}});
    }
    for (const Counted& c : classes)
      list.push_back({{"name", c.name}, {"train", c.train}, {"test", c.test}});
    const Shape shape = train.get(0).x.shape();
    print(line({{"schema", "percept.data.info/1"},
                {"name", options.name},
                {"folder", source.folder},
                {"origin", source.origin},
                {"train", train.size()},
                {"test", test.size()},
                {"shape", std::vector<std::int64_t>(shape.begin(), shape.end())},
                {"mean", pixels.mean},
                {"std", pixels.std},
                {"files", files},
                {"classes", list}}));
    return 0;
  }
  const auto row = [](const Words& name, const std::string& value) {
    return pad_right(name.str(), 16) + value + "\n";
  };
  std::string page = row(text::kFoundIn, source.folder) + row(text::kOrigin, source.origin);
  page += row(text::kPicturesRow,
              fmt::format("{} + {}, {}", train.size(), test.size(), train.get(0).x.shape().str()));
  page += row(text::kPixels, fmt::format("{:.6f} ± {:.6f}", pixels.mean[0], pixels.std[0]));
  page += text::kFiles.str() + "\n";
  for (const std::string& path : source.files) {
    const data::Checksum sum = data::checksum_of_file(path, std::uint64_t{1} << 33);
    page += fmt::format("  {:<32} {:>12}  {}...\n", std::filesystem::path(path).filename().string(),
                        sum.bytes, sum.sha256.substr(0, 16));
  }
  page += text::kClassesRow.str() + "\n";
  for (const Counted& c : classes)
    page += "  " + pad_right(cut(c.name, 30), 32) + fmt::format("{:>8} {:>8}\n", c.train, c.test);
  print(page);
  return 0;
}

int table_info(const DataOptions& options, const OutputOptions& output) {
  const data::Table table = data::read_csv(options.name);
  const data::Checksum sum = data::checksum_of_file(options.name, std::uint64_t{1} << 33);
  if (output.json) {
    print(line({{"schema", "percept.data.info/1"},
                {"name", options.name},
                {"rows", table.rows()},
                {"columns", table.names()},
                {"header", table.has_header()},
                {"bytes", sum.bytes},
                {"sha256", sum.sha256}}));
    return 0;
  }
  std::string page = fmt::format("{}: {} x {}\n", options.name, table.rows(), table.columns());
  for (std::int64_t c = 0; c < table.columns(); ++c) {
    std::string samples;
    for (std::int64_t r = 0; r < std::min<std::int64_t>(table.rows(), 5); ++r)
      samples += (r ? ", " : "") + std::string(table.cell(r, c));
    page += "  " + pad_right(cut(table.names()[static_cast<std::size_t>(c)], 24), 26) +
            cut(samples, 50) + "\n";
  }
  page += "SHA-256 " + sum.sha256 + "\n";
  print(page);
  return 0;
}

int info_now(const DataOptions& options, const OutputOptions& output) {
  if (is_csv(options.name)) return table_info(options, output);
  if (!std::filesystem::exists(options.name)) found_or_throw(known(options.name), where(options));
  return image_info(options, output);
}

int verify_now(const DataOptions& options, const OutputOptions& output) {
  const data::KnownDataset& set = known(options.name);
  const data::FoundDataset found = found_or_throw(set, where(options));
  std::string page, complaint;
  for (const data::FileCheck& file : data::verify_dataset(set, found)) {
    if (!file.complaint.empty() && complaint.empty())
      complaint = fmt::format("{}: {}", file.path, file.complaint);
    if (output.json)
      page += line({{"schema", "percept.data.check/1"},
                    {"path", file.path},
                    {"bytes", file.bytes},
                    {"sha256", file.sha256},
                    {"ok", file.complaint.empty()}});
    else
      page += fmt::format("{}  {}\n", file.complaint.empty() ? text::kOk.str() : text::kBad.str(),
                          file.path);
  }
  print(page);
  if (!complaint.empty()) throw CheckFailed(complaint);
  return 0;
}

}  // namespace

void add_data(Program& program) {
  CLI::App* command = add_command(program.root, "data", text::kAboutData,
                                  {"percept data list", "percept data info fashion-mnist",
                                   "percept data verify fashion-mnist"});
  command->require_subcommand(1);
  struct Action {
    const char* name;
    const Words& about;
    int (*run)(const DataOptions&, const OutputOptions&);
  };
  static const Action actions[] = {{"list", text::kAboutDataList, list_now},
                                   {"info", text::kAboutDataInfo, info_now},
                                   {"verify", text::kAboutDataVerify, verify_now}};
  for (const Action& action : actions) {
    const bool list = action.run == list_now;
    CLI::App* sub =
        add_command(*command, action.name, action.about,
                    {fmt::format("percept data {}{}", action.name, list ? "" : " fashion-mnist")});
    auto options = std::make_shared<DataOptions>();
    if (!list) sub->add_option("NAME", options->name, text::kDataName.str())->required();
    options->flags.add_to(*sub, {"data_dir"});
    add_output_options(*sub, program.output);
    sub->callback([&program, options, run = action.run] {
      program.action = [&program, options, run] { return run(*options, program.output); };
    });
  }
}

}  // namespace percept::app
