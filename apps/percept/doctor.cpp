// percept doctor and percept version.
#include <fmt/format.h>

#include "app.h"
#include "percept/base/build_info.h"
#include "percept/base/parallel.h"
#include "percept/data/catalog.h"

namespace percept::app {
namespace {

int doctor_now(const OutputOptions& output) {
  const BuildInfo build = build_info();
  Json json{{"schema", "percept.doctor.result/1"},
            {"version", build.version},
            {"compiler", build.compiler},
            {"instruction_set", build.instruction_set},
            {"onednn", build.onednn},
            {"onednn_isa", build.onednn_isa},
            {"threads", num_threads()}};
  const auto row = [](const Words& name, const std::string& value) {
    return pad_right(name.str(), 20) + value + "\n";
  };
  std::string page = row(text::kVersionRow, build.version);
  page += row(text::kCompiler, build.compiler);
  page += row(text::kInstructionSet, fmt::format("{} (Highway)", build.instruction_set));
  page += row(text::kEngine, fmt::format("oneDNN {} ({})", build.onednn, build.onednn_isa));
  page += row(text::kThreadsRow, std::to_string(num_threads()));
  Json sets = Json::object();
  for (const data::KnownDataset& set : data::known_datasets()) {
    const auto found = data::find_dataset(set);
    sets[set.name] = found ? Json(found->folder) : Json(nullptr);
    page += pad_right(set.name, 20) + (found ? found->folder : text::kNotHere.str()) + "\n";
  }
  json["data"] = sets;
  print(output.json ? line(json) : page);
  return 0;
}

int version_now(const OutputOptions& output) {
  const std::string version = build_info().version;
  print(output.json ? line({{"schema", "percept.version.result/1"}, {"version", version}})
                    : fmt::format("percept {}\n", version));
  return 0;
}

}  // namespace

void add_doctor(Program& program) {
  CLI::App* command = add_command(program.root, "doctor", text::kAboutDoctor, {"percept doctor"});
  add_output_options(*command, program.output);
  command->callback(
      [&program] { program.action = [&program] { return doctor_now(program.output); }; });
}

void add_version(Program& program) {
  CLI::App* command = add_command(program.root, "version", text::kVersion, {"percept version"});
  add_output_options(*command, program.output);
  command->callback(
      [&program] { program.action = [&program] { return version_now(program.output); }; });
}

}  // namespace percept::app
