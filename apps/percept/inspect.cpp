// percept summary and percept export.
#include <fmt/format.h>

#include <charconv>
#include <cstring>
#include <filesystem>

#include "app.h"
#include "assessment.h"
#include "percept/autograd/grad_mode.h"
#include "percept/io/npz.h"
#include "percept/io/safetensors.h"
#include "percept/models/model_file.h"
#include "percept/nn/summary.h"
#include "percept/tensor/factory.h"
#include "run_folder.h"

namespace percept::app {
namespace {

namespace fs = std::filesystem;

struct SummaryOptions {
  std::string file, architecture, input;
  std::int64_t outputs = 10, batch_size = 1;
};

/// "1x28x28", "1,28,28" or "784".
Shape parse_shape(const std::string& text) {
  Shape shape;
  const char* at = text.data();
  const char* end = at + text.size();
  while (true) {
    std::int64_t size = 0;
    const auto [stop, error] = std::from_chars(at, end, size);
    if (error != std::errc() || size < 1 || size > (1 << 24) || shape.dim() == 7 ||
        (stop != end && *stop != 'x' && *stop != ','))
      throw UsageError(
          fmt::format("--input: found '{}', allowed the sizes of one sample, such as "
                      "1x28x28 or 784",
                      text));
    shape.push_back(size);
    if (stop == end) return shape;
    at = stop + 1;
  }
}

models::Model model_of(const SummaryOptions& options) {
  if (!options.file.empty() == !options.architecture.empty())
    throw UsageError("either MODEL or --model NAME --input SHAPE is needed");
  if (!options.file.empty()) return models::load_model(model_path(options.file));
  if (options.input.empty()) throw UsageError("--model NAME needs --input SHAPE, such as 1x28x28");
  models::ModelCard card{.architecture = options.architecture,
                         .input = parse_shape(options.input),
                         .outputs = options.outputs};
  try {
    return {card, models::make_model(card)};
  } catch (const ValueError& error) {
    throw UsageError(fmt::format("--model: {}", error.what()));
  }
}

int summary_now(const SummaryOptions& options, const OutputOptions& output) {
  models::Model model = model_of(options);
  Shape input{options.batch_size};
  for (const std::int64_t size : model.card.input) input.push_back(size);
  const nn::Summary found = nn::summary(*model.module, input);
  if (!output.json) {
    print(found.str() + "\n");
    return 0;
  }
  const auto sizes = [](const Shape& shape) {
    return std::vector<std::int64_t>(shape.begin(), shape.end());
  };
  Json layers = Json::array();
  for (const nn::SummaryRow& row : found.rows)
    layers.push_back({{"name", row.name},
                      {"type", row.type},
                      {"output", sizes(row.output)},
                      {"parameters", row.parameters},
                      {"multiply_adds", row.multiply_adds}});
  print(line({{"schema", "percept.summary.result/1"},
              {"model", model.card.architecture},
              {"input", sizes(found.input)},
              {"output", sizes(found.output)},
              {"parameters", found.parameters},
              {"trainable", found.trainable},
              {"multiply_adds", found.multiply_adds},
              {"parameter_bytes", found.parameter_bytes},
              {"activation_bytes", found.activation_bytes},
              {"layers", layers}}));
  return 0;
}

struct ExportOptions {
  std::string model, format, output;
  bool check = false;
};

bool same_bits(const Tensor& a, const Tensor& b) {
  if (a.shape() != b.shape() || a.dtype() != b.dtype()) return false;
  const Tensor x = a.contiguous(), y = b.contiguous();
  return x.dtype() == f64 ? std::memcmp(x.data<double>(), y.data<double>(),
                                        sizeof(double) * static_cast<std::size_t>(x.numel())) == 0
                          : std::memcmp(x.data<float>(), y.data<float>(),
                                        sizeof(float) * static_cast<std::size_t>(x.numel())) == 0;
}

/// Reads the file again: every weight and a prediction must be the same to the bit.
void check_export(const ExportOptions& options, const models::Model& model) {
  const NamedTensors weights = model.module->state_dict();
  const NamedTensors read = options.format == "npz" ? io::load_npz(options.output)
                                                    : io::load_safetensors(options.output).tensors;
  if (read.size() != weights.size())
    throw CheckFailed(fmt::format("{}: holds {} tensors, the model has {}", options.output,
                                  read.size(), weights.size()));
  for (const auto& [name, tensor] : weights)
    if (!read.contains(name) || !same_bits(tensor, read.at(name)))
      throw CheckFailed(fmt::format("{}: {} is not the model's", options.output, name));
  const nn::AnyModule again = models::make_model(model.card);
  again->load_state_dict(read);
  again->eval();
  Shape input{2};
  for (const std::int64_t size : model.card.input) input.push_back(size);
  Generator generator(0);
  const Tensor x = rand(input, {}, &generator);
  const NoGradGuard no_grad;
  if (!same_bits((*model.module)(x), (*again)(x)))
    throw CheckFailed(fmt::format("{}: predictions differ from the model's", options.output));
}

int export_now(ExportOptions options, const OutputOptions& output) {
  const std::vector<std::string> formats{"safetensors", "npz"};
  if (std::find(formats.begin(), formats.end(), options.format) == formats.end())
    throw UsageError(fmt::format("--format: found '{}', allowed {}; the nearest is {}",
                                 options.format, fmt::join(formats, ", "),
                                 nearest(options.format, formats)));
  const std::string source = model_path(options.model);
  const models::Model model = models::load_model(source);
  if (options.output.empty())
    options.output =
        fs::path(options.model).lexically_normal().stem().string() + "." + options.format;
  if (fs::exists(options.output) && fs::equivalent(options.output, source))
    throw UsageError(fmt::format("-o: found '{}', which is the model itself, allowed another file",
                                 options.output));
  if (options.format == "npz")
    io::save_npz(options.output, model.module->state_dict());
  else
    models::save_model(options.output, *model.module, model.card);
  if (options.check) check_export(options, model);
  if (output.json)
    print(line({{"schema", "percept.export.result/1"},
                {"file", options.output},
                {"format", options.format},
                {"bytes", fs::file_size(options.output)},
                {"checked", options.check}}));
  else if (!output.quiet)
    note(fmt::format(fmt::runtime((options.check ? text::kWroteAndChecked : text::kWrote).str()),
                     options.output));
  return 0;
}

}  // namespace

void add_summary(Program& program) {
  CLI::App* command = add_command(program.root, "summary", text::kAboutSummary,
                                  {"percept summary runs/fashion-mnist-1",
                                   "percept summary --model mlp:512,512 --input 1x28x28"});
  auto options = std::make_shared<SummaryOptions>();
  command->add_option("MODEL", options->file, text::kModelArgument.str());
  command->add_option("--model", options->architecture, text::kModel.str())->type_name("NAME");
  command->add_option("--input", options->input, text::kInputShape.str())->type_name("SHAPE");
  command->add_option("--outputs", options->outputs, text::kOutputs.str())
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 24));
  command->add_option("--batch-size", options->batch_size, text::kSummaryBatch.str())
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return summary_now(*options, program.output); };
  });
}

void add_export(Program& program) {
  CLI::App* command =
      add_command(program.root, "export", text::kAboutExport,
                  {"percept export runs/fashion-mnist-1 --format npz -o weights.npz",
                   "percept export runs/fashion-mnist-1 --format safetensors --check"});
  auto options = std::make_shared<ExportOptions>();
  command->add_option("MODEL", options->model, text::kModelArgument.str())->required();
  command->add_option("--format", options->format, text::kFormat.str())
      ->type_name("NAME")
      ->required();
  command->add_option("-o,--output", options->output, text::kExportOutput.str())->type_name("FILE");
  command->add_flag("--check", options->check, text::kExportCheck.str());
  add_output_options(*command, program.output);
  command->callback([&program, options] {
    program.action = [&program, options] { return export_now(*options, program.output); };
  });
}

}  // namespace percept::app
