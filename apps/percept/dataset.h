// DATA as the user names it: fashion-mnist, mnist, a folder of IDX files, a CSV file.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "percept/data/dataset.h"
#include "percept/data/image_set.h"
#include "percept/data/table.h"
#include "percept/models/model_file.h"
#include "settings.h"

namespace percept::app {

struct Dataset {
  data::AnyDataset train, test;  ///< x as the model wants it; y i64 classes or f32 values
  models::ModelCard card;        ///< without architecture: input, outputs, task, classes, table
  std::map<std::string, std::string> checksums;  ///< SHA-256 of each file, unpacked, by name
  std::string origin;                            ///< where it was found, for the user
  std::vector<std::string> notes = {};           ///< what a user should know
  std::optional<data::TableSchema> schema = {};  ///< of a CSV file
  bool is_table() const { return schema.has_value(); }
};

/// Whether DATA will be read as a table.
bool is_csv(const std::string& data);

/// Opens DATA for training. Throws UsageError without DATA or target, FormatError when settings
/// has checksums and the data have others, and what the readers throw.
Dataset open_dataset(const Settings& settings);

/// What a model is to be judged by.
struct Part {
  data::AnyDataset examples;
  std::string description;  ///< "the test part of iris.csv"
};

/// DATA for a trained model, encoded as its card says: `part` is test, train or all; empty means
/// test, but all rows of a CSV file that the model was not trained on. Throws FormatError when the
/// data do not fit the model.
Part open_part(const Settings& settings, const models::ModelCard& card, const std::string& part);

/// Throws UsageError unless `part` is empty, test, train or all.
void check_part(const std::string& part);

}  // namespace percept::app
