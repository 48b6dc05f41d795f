// Models by name, and models in files.
#include "percept/models/model_file.h"

#include <gtest/gtest.h>

#include "percept/base/error.h"
#include "percept/base/random.h"
#include "percept/io/safetensors.h"
#include "percept/models/mlp.h"
#include "percept/ops/loss.h"
#include "percept/optim/adam.h"
#include "percept/tensor/factory.h"
#include "support/files.h"
#include "support/throws.h"

namespace percept::models {
namespace {

using percept::testing::TempFolder;

ModelCard card(const std::string& architecture = "mlp:4,tanh") {
  return {.architecture = architecture,
          .input = {1, 2, 3},
          .outputs = 2,
          .task = "classification",
          .classes = {"cat", "dog"},
          .data = "pets"};
}

std::int64_t parameters(const nn::AnyModule& model) {
  std::int64_t n = 0;
  for (const Tensor& p : model->parameters()) n += p.numel();
  return n;
}

TEST(Models, ParameterCountsByHand) {
  struct Row {
    const char* architecture;
    Shape input;
    std::int64_t outputs, expected;
  };
  const Row rows[] = {
      {"mlp", {1, 28, 28}, 10, 669706},  // 784·512+512 + 512·512+512 + 512·10+10
      {"mlp:256", {784}, 10, 203530},
      {"mlp:8", {2}, 2, 42},
      {"mlp:32", {2}, 2, 162},
      {"mlp:8,8", {2}, 2, 114},
      {"mlp:8", {2}, 1, 33},
      {"mlp:8,4,4", {1}, 1, 77},
      {"linear", {3}, 2, 8},
      {"mlp:8,gelu", {2}, 2, 42},
      {"mlp:8,tanh,dropout=0.5", {2}, 2, 42},
      {"lenet5", {1, 28, 28}, 10, 61706},         // dense C3
      {"lenet5-sparse", {1, 28, 28}, 10, 60000},  // that of the paper, without the fixed outputs
      {"cnn", {1, 28, 28}, 10, 421738},           // 288 + 64 + 18432 + 128 + 3136·128+128 + 1290
      {"rnn", {1, 28, 28}, 10, 21514},            // 128·(28+128) + 256 + 1290
      {"lstm", {1, 28, 28}, 10, 82186},           // four times that, and 1290
      {"gru", {1, 28, 28}, 10, 61962},            // three times that, and 1290
      {"transformer", {1, 28, 28}, 10, 71946},    // 3200 + 1024 + 2·33472 + 128 + 650
      {"mixer", {1, 28, 28}, 10, 558158},         // 2176 + 4·138609 + 256 + 1290
  };
  for (const Row& row : rows)
    EXPECT_EQ(parameters(make_model(
                  {.architecture = row.architecture, .input = row.input, .outputs = row.outputs})),
              row.expected)
        << row.architecture;
}

TEST(Models, OfImagesGiveAnOutputAClassAndLearn) {
  for (const char* name :
       {"lenet5", "lenet5-sparse", "cnn", "rnn", "lstm", "gru", "transformer", "mixer"}) {
    manual_seed(1);
    const nn::AnyModule model =
        make_model({.architecture = name, .input = {1, 28, 28}, .outputs = 10});
    const Tensor x = rand({6, 1, 28, 28}), y = tensor({0, 1, 2, 3, 4, 5});
    optim::Adam optimizer{model->parameters(), {.lr = 0.003}};
    double first = 0, last = 0;
    for (int step = 0; step < 60; ++step) {
      optimizer.zero_grad();
      const Tensor logits = (*model)(x);
      ASSERT_EQ(logits.shape(), (Shape{6, 10})) << name;
      const Tensor loss = cross_entropy(logits, y);
      loss.backward();
      optimizer.step();
      last = loss.item();
      if (step == 0) first = last;
    }
    EXPECT_LT(last, first / 2) << name;
  }
}

TEST(Models, OfImagesTakeImagesOnly) {
  EXPECT_EQ(thrown<ValueError>(
                [] { make_model({.architecture = "lenet5", .input = {784}, .outputs = 10}); }),
            "model lenet5 takes images (1, H, W), H and W multiples of 28, found [784]");
  EXPECT_EQ(thrown<ValueError>([] { check_architecture("lenet5:8"); }),
            "model 'lenet5:8' takes nothing behind the ':'");
}

TEST(Models, NamesThatMeanNothing) {
  for (const char* name :
       {"", "mpl", "mlp:", "mlp:0", "mlp:-3", "mlp:8,", "mlp:8,foo", "mlp:tanh,8",
        "mlp:8,dropout=1", "mlp:8,dropout=x", "mlp:99999999999", "mlp:8 8"})
    EXPECT_NE(thrown<ValueError>([&] { check_architecture(name); }).find("model '"),
              std::string::npos)
        << name;
  EXPECT_EQ(thrown<ValueError>([] { Mlp net(0, 2); }),
            "mlp: needs at least 1 input and output, found 0 and 2");
  EXPECT_NE(thrown<ValueError>([] { Mlp net(1, 2, {.activation = "relo"}); }).find("relu, tanh"),
            std::string::npos);
}

TEST(Models, MlpNamesAllItsParts) { nn::audit(Mlp(3, 2, {.hidden = {4}, .dropout = 0.1})); }

TEST(ModelFile, ThereAndBack) {
  const TempFolder folder;
  const std::string path = folder.path("m.safetensors");
  manual_seed(3);
  ModelCard full = card();
  full.table = "{\"a\":1}";
  full.training = "{\"seed\":3}";
  full.dtype = bf16;
  const nn::AnyModule model = make_model(full);
  save_model(path, *model, full);
  const Model read = load_model(path);
  EXPECT_EQ(read.card.architecture, full.architecture);
  EXPECT_EQ(read.card.input, full.input);
  EXPECT_EQ(read.card.outputs, full.outputs);
  EXPECT_EQ(read.card.task, full.task);
  EXPECT_EQ(read.card.classes, full.classes);
  EXPECT_EQ(read.card.data, full.data);
  EXPECT_EQ(read.card.table, full.table);
  EXPECT_EQ(read.card.training, full.training);
  EXPECT_EQ(read.card.dtype, bf16);
  for (const Tensor& p : read.module->parameters()) EXPECT_EQ(p.dtype(), f32);
  EXPECT_FALSE(read.module->is_training());
  const Tensor x = ones({5, 1, 2, 3});
  EXPECT_EQ((*read.module)(x).to_vector<float>(), (*model)(x).to_vector<float>());
}

TEST(ModelFile, OfACheckpoint) {
  const TempFolder folder;
  const std::string path = folder.path("c.safetensors");
  const nn::AnyModule model = make_model(card());
  NamedTensors tensors;
  for (const auto& [name, t] : model->state_dict()) tensors.add("model." + name, t);
  tensors.add("optimizer.state.0.momentum_buffer", ones({3}));
  io::Metadata metadata = to_metadata(card());
  metadata["format"] = "percept.checkpoint/1";
  metadata["state"] = "{}";
  io::save_safetensors(path, tensors, metadata);
  const Tensor x = ones({1, 6});
  EXPECT_EQ((*load_model(path).module)(x).to_vector<float>(), (*model)(x).to_vector<float>());
}

TEST(ModelFile, BadFiles) {
  const TempFolder folder;
  const std::string path = folder.path("m.safetensors");
  const nn::AnyModule model = make_model(card());
  const NamedTensors weights = model->state_dict();
  struct Row {
    const char* expected;
    std::function<void(io::Metadata&)> spoil;
  };
  const auto replace = [](const char* from, const char* to) {
    return [=](io::Metadata& m) {
      std::string& text = m["percept.model"];
      const std::size_t at = text.find(from);
      ASSERT_NE(at, std::string::npos) << from;
      text.replace(at, std::string_view(from).size(), to);
    };
  };
  const Row rows[] = {
      {"carries no architecture", [](io::Metadata& m) { m.clear(); }},
      {"carries no architecture", [](io::Metadata& m) { m["percept.format"] = "other"; }},
      {"cannot be read", [](io::Metadata& m) { m["percept.model"] = "{"; }},
      {"cannot be read", [](io::Metadata& m) { m["percept.model"] = "{}"; }},
      {"cannot be read", replace("\"outputs\":2", "\"outputs\":\"2\"")},
      {"not sensible", replace("\"outputs\":2", "\"outputs\":0")},
      {"not sensible", replace("[1,2,3]", "[1,-2,3]")},
      {"not sensible", replace("[1,2,3]", "[99999,99999,99999]")},
      {"not sensible", replace("\"classification\"", "\"cooking\"")},
      {"a dtype of 'f16' is not sensible", replace("\"f32\"", "\"f16\"")},
      {"model 'mpl:4' is unknown", replace("mlp:4,tanh", "mpl:4")},
      {"linear_relu_stack.0.weight", replace("mlp:4,tanh", "mlp:5,tanh")},
  };
  for (const Row& row : rows) {
    io::Metadata metadata = to_metadata(card());
    row.spoil(metadata);
    io::save_safetensors(path, weights, metadata);
    const std::string what = thrown<FormatError>([&] { load_model(path); });
    EXPECT_EQ(what.find(path + ": "), 0u) << what;
    EXPECT_NE(what.find(row.expected), std::string::npos) << what;
  }
  EXPECT_NE(thrown<IoError>([&] { load_model(folder.path("none")); }).find("none"),
            std::string::npos);
}

}  // namespace
}  // namespace percept::models
