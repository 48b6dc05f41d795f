#include "dataset.h"

#include <fmt/format.h>

#include <filesystem>

#include "data/checksum.h"
#include "percept/base/error.h"
#include "percept/base/file.h"
#include "percept/data/catalog.h"
#include "percept/data/csv.h"

namespace percept::app {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> catalogue_names() {
  std::vector<std::string> names;
  for (const data::KnownDataset& set : data::known_datasets()) names.push_back(set.name);
  return names;
}

const data::KnownDataset* in_catalogue(const std::string& name) {
  for (const data::KnownDataset& set : data::known_datasets())
    if (set.name == name) return &set;
  return nullptr;
}

/// Train and test part of pictures, from the catalogue or a folder.
struct Pictures {
  data::ImageSet train, test;
};

Pictures open_pictures(const Settings& settings) {
  const auto load = [&](bool train) -> data::ImageSet {
    const data::IdxOptions options{.root = settings.data_dir, .train = train};
    if (in_catalogue(settings.data)) return data::CatalogSet(settings.data, options);
    return data::IdxFolder(settings.data, {.train = train});
  };
  return {load(true), load(false)};
}

/// A name that is no file: says what there is.
[[noreturn]] void no_such_data(const std::string& name) {
  throw IoError(
      fmt::format("{}: no such dataset, folder or CSV file; the nearest dataset is {}; "
                  "hint: percept data list",
                  name, nearest(name, catalogue_names())));
}

void compare_checksums(const Settings& settings, const Dataset& found) {
  for (const auto& [file, sum] : settings.checksums) {
    const auto at = found.checksums.find(file);
    if (at == found.checksums.end())
      throw FormatError(
          fmt::format("{}: checksums: found no file {}, allowed the data of the "
                      "configuration, which have it",
                      settings.data, file));
    if (at->second != sum)
      throw FormatError(
          fmt::format("{}: checksums: {}: found SHA-256 {}, allowed {}: these are not "
                      "the data the configuration was written for",
                      settings.data, file, at->second, sum));
  }
}

Dataset open_image_dataset(const Settings& settings) {
  Pictures pictures = open_pictures(settings);
  const data::ImageSet& train = pictures.train;
  Dataset result{.train = train, .test = pictures.test, .card = {}, .checksums = {}, .origin = {}};
  result.card = {.input = train.get(0).x.shape(),
                 .outputs = train.classes(),
                 .task = "classification",
                 .classes = train.class_names(),
                 .data = settings.data};
  if (train.source()) {
    const data::FoundDataset& source = *train.source();
    result.origin = source.folder;
    for (const std::string& path : source.files) {
      std::string name = fs::path(path).filename();
      if (name.ends_with(".gz")) name.resize(name.size() - 3);
      result.checksums[name] = data::checksum_of_file(path, std::uint64_t{1} << 33).sha256;
    }
  }
  return result;
}

std::optional<data::TableTask> task_named(const std::string& name) {
  if (name == "classification") return data::TableTask::classification;
  if (name == "regression") return data::TableTask::regression;
  return {};
}

Dataset open_table_dataset(const Settings& settings) {
  if (settings.target.empty())
    throw UsageError(
        fmt::format("{}: a CSV file needs --target COLUMN, the column to predict", settings.data));
  data::TableData table = data::load_table(
      settings.data, {.target = settings.target,
                      .task = task_named(settings.task),
                      .split = {.test_fraction = settings.test_split,
                                .seed = static_cast<std::uint64_t>(settings.seed)}});
  const std::string name = fs::path(settings.data).filename();
  const std::string sum = data::checksum_of_file(settings.data, std::uint64_t{1} << 33).sha256;
  const data::TableSchema& schema = table.schema;
  const bool classes = schema.task == data::TableTask::classification;
  const Json training{
      {"checksum", sum}, {"test_split", settings.test_split}, {"seed", settings.seed}};
  Dataset result{
      .train = table.train, .test = table.test, .card = {}, .checksums = {}, .origin = {}};
  result.card = {.input = {schema.features()},
                 .outputs = schema.outputs(),
                 .task = classes ? "classification" : "regression",
                 .classes = schema.class_names,
                 .table = schema.to_json(),
                 .data = name,
                 .training = training.dump()};
  result.checksums = {{name, sum}};
  result.origin = settings.data;
  result.notes = table.notes;
  result.schema = schema;
  return result;
}

/// Which rows of a CSV file a model was not trained on; nothing when it was not this file.
std::optional<data::RowSplit> split_of_training(const models::ModelCard& card,
                                                const std::string& path,
                                                const data::EncodedTable& table) {
  if (card.training.empty()) return {};
  const Json training = Json::parse(card.training, nullptr, false);
  if (!training.is_object()) return {};
  if (training.value("checksum", "") != data::checksum_of_file(path, std::uint64_t{1} << 33).sha256)
    return {};
  const data::SplitRowsOptions options{.test_fraction = training.value("test_split", 0.2),
                                       .seed = training.value("seed", std::uint64_t{0})};
  if (card.task == "classification")
    return data::split_rows(std::span<const std::int64_t>(table.y.span<std::int64_t>()), options);
  return data::split_rows(table.x.size(0), options);
}

Part open_table_part(const Settings& settings, const models::ModelCard& card,
                     const std::string& wanted) {
  if (card.table.empty())
    throw FormatError(
        fmt::format("{}: found a table, allowed pictures of shape {}: the model was "
                    "trained on {}",
                    settings.data, card.input.str(), card.data));
  const auto schema = data::TableSchema::from_json(card.table, "the model's table schema");
  const data::Table table = data::read_csv(settings.data, {.known_names = schema.column_names()});
  const data::EncodedTable encoded = schema.encode(table);
  const data::TensorDataset rows(encoded.x, encoded.y);
  const auto split = split_of_training(card, settings.data, encoded);
  if (wanted == "all" || (wanted.empty() && !split))
    return {rows, fmt::format(fmt::runtime(text::kAllRows.str()), table.rows(), settings.data)};
  if (!split)
    throw UsageError(
        fmt::format("--part {}: {} is not the file the model was trained on, so it has "
                    "no such part; leave --part out to take all rows",
                    wanted, settings.data));
  const bool train = wanted == "train";
  return {
      data::Subset(rows, train ? split->train : split->test),
      fmt::format(fmt::runtime((train ? text::kTrainPart : text::kTestPart).str()), settings.data)};
}

}  // namespace

bool is_csv(const std::string& data) {
  return data == "-" || data.ends_with(".csv") || data.ends_with(".tsv") ||
         (!in_catalogue(data) && fs::is_regular_file(data));
}

Dataset open_dataset(const Settings& settings) {
  if (settings.data.empty())
    throw UsageError("DATA is missing: fashion-mnist, mnist, a folder of IDX files or a CSV file");
  if (settings.data == "-")
    throw UsageError("DATA: found '-', allowed a file: a run must be repeatable");
  if (!in_catalogue(settings.data) && !fs::exists(settings.data)) no_such_data(settings.data);
  Dataset found =
      is_csv(settings.data) ? open_table_dataset(settings) : open_image_dataset(settings);
  compare_checksums(settings, found);
  return found;
}

Part open_part(const Settings& settings, const models::ModelCard& card, const std::string& part) {
  if (settings.data.empty()) throw UsageError("--data DATA is missing");
  if (!in_catalogue(settings.data) && !fs::exists(settings.data)) no_such_data(settings.data);
  if (is_csv(settings.data)) return open_table_part(settings, card, part);
  if (!card.table.empty())
    throw FormatError(fmt::format("{}: found pictures, allowed a CSV file with the columns of {}",
                                  settings.data, card.data));
  Pictures pictures = open_pictures(settings);
  const Shape input = pictures.train.get(0).x.shape();
  if (input != card.input || pictures.train.classes() != card.outputs)
    throw FormatError(
        fmt::format("{}: found pictures {} of {} classes, allowed pictures {} of {}: "
                    "the model was trained on {}",
                    settings.data, input.str(), pictures.train.classes(), card.input.str(),
                    card.outputs, card.data));
  if (part == "all")
    return {data::ConcatDataset({pictures.train, pictures.test}),
            fmt::format(fmt::runtime(text::kAllRows.str()),
                        pictures.train.size() + pictures.test.size(), settings.data)};
  const bool train = part == "train";
  return {
      train ? pictures.train : pictures.test,
      fmt::format(fmt::runtime((train ? text::kTrainPart : text::kTestPart).str()), settings.data)};
}

void check_part(const std::string& part) {
  if (!part.empty() && part != "test" && part != "train" && part != "all")
    throw UsageError(fmt::format("--part: found '{}', allowed test, train and all", part));
}

}  // namespace percept::app
