// The program as a script sees it: streams, exit codes, files, JSON.
#include "app/app.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "percept/io/npz.h"
#include "percept/io/png.h"
#include "percept/io/safetensors.h"
#include "percept/ops/join.h"
#include "percept/tensor/factory.h"

namespace percept {
namespace {

/// progression = 2 bmi + age / 2 + noise of deviation 4.
std::string patients(int rows) {
  std::mt19937 random(2);
  std::uniform_real_distribution<double> age(20, 80), bmi(18, 40);
  std::normal_distribution<double> noise(0, 4);
  std::string text = "age,bmi,progression\n";
  for (int i = 0; i < rows; ++i) {
    const double a = age(random), b = bmi(random);
    text += std::to_string(a) + "," + std::to_string(b) + "," +
            std::to_string(2 * b + a / 2 + noise(random)) + "\n";
  }
  return text;
}

std::string big_endian(std::uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
          static_cast<char>(n)};
}

/// Pictures of 4 x 4: class 0 is bright on the left, class 1 on the right.
void write_pictures(const std::string& folder, const std::string& part, std::uint32_t n) {
  std::string images = big_endian(0x803) + big_endian(n) + big_endian(4) + big_endian(4);
  std::string labels = big_endian(0x801) + big_endian(n);
  std::mt19937 random(3);
  for (std::uint32_t i = 0; i < n; ++i) {
    const bool right = i % 2 == 1;
    for (int pixel = 0; pixel < 16; ++pixel)
      images +=
          static_cast<char>((pixel % 4 >= 2) == right ? 150 + random() % 100 : random() % 100);
    labels += static_cast<char>(right);
  }
  std::ofstream(folder + "/" + part + "-images-idx3-ubyte", std::ios::binary) << images;
  std::ofstream(folder + "/" + part + "-labels-idx1-ubyte", std::ios::binary) << labels;
}

TEST_F(App, WrongCallsSayOneLineAndLeaveNothing) {
  file("iris.csv", flowers(30));
  file("ragged.csv", "a,b\n1,2\n3\n");
  file("typo.toml", "# settings\nepoch = 3\n");
  file("negative.toml", "lr = -1\n");
  file("broken.toml", "epochs = 3\nlr = \n");
  file("model.safetensors", "\x01\x02\x03");
  fs::create_directory(path("full"));
  file("full/something", "x");
  struct Row {
    int code;
    Words words;
    std::string expected;
    Environment environment = {};
  };
  const Row rows[] = {
      {2, {"trian"}, "unknown command 'trian'; the nearest is 'train'; see percept --help"},
      {2, {"train"}, "DATA is missing: fashion-mnist, mnist, a folder of IDX files or a CSV file"},
      {2,
       {"train", "iris.csv", "--epoch", "3"},
       "unknown option '--epoch'; the nearest is --epochs; see percept train --help"},
      {2,
       {"train", "iris.csv", "--epochs", "many"},
       "--epochs: found 'many', allowed a whole number from 0 to 1000000"},
      {2, {"train", "iris.csv", "--lr", "0"}, "--lr: found '0', allowed a number above 0"},
      {2, {"train", "iris.csv", "--lr", "nan"}, "--lr: found 'nan', allowed a number above 0"},
      {2,
       {"train", "iris.csv", "--optimizer", "adma"},
       "--optimizer: found 'adma', allowed sgd, adam, adamw, rmsprop; the nearest is adam"},
      {2,
       {"train", "iris.csv", "--dtype", "f16"},
       "--dtype: found 'f16', allowed f32, bf16; the nearest is bf16"},
      {2,
       {"train", "iris.csv"},
       "iris.csv: a CSV file needs --target COLUMN, the column to predict"},
      {2,
       {"eval", "model.safetensors", "--data", "iris.csv", "--part", "half"},
       "--part: found 'half', allowed test, train and all"},
      {2, {"summary"}, "either MODEL or --model NAME --input SHAPE is needed"},
      {2,
       {"summary", "--model", "mlp", "--input", "28x"},
       "--input: found '28x', allowed the sizes of one sample, such as 1x28x28 or 784"},
      {2, {"completion", "tcsh"}, "SHELL: found 'tcsh', allowed bash, zsh and fish"},
      {2,
       {"plot", "x", "--what", "curve", "-o", "x.svg"},
       "--what: found 'curve', allowed curves, confusion, mistakes, weights, surface, values; the "
       "nearest is curves"},
      {2,
       {"plot", "x", "--what", "curves", "-o", "x.gif"},
       "-o: found 'x.gif', allowed a name that ends in .svg or .png"},
      {3,
       {"train", "iris.csv", "--target", "kind"},
       "iris.csv: there is no column 'kind'; the columns are 'sepal', 'petal', 'colour', 'species' "
       "(or a number, 1 to 4)"},
      {3, {"train", "ragged.csv", "--target", "b"}, "ragged.csv: row 3, "},
      {3,
       {"train", "iris.csv", "--target", "species", "--config", "typo.toml"},
       "typo.toml: line 2: unknown key 'epoch'; the nearest is 'epochs'"},
      {3,
       {"train", "iris.csv", "--target", "species", "--config", "negative.toml"},
       "negative.toml: line 1: lr: found '-1', allowed a number above 0"},
      {3,
       {"train", "iris.csv", "--target", "species", "--config", "broken.toml"},
       "broken.toml: line 2: "},
      {3,
       {"train", "iris.csv", "--target", "species"},
       "PERCEPT_EPOCH: unknown setting in the environment; the nearest is PERCEPT_EPOCHS",
       {{"PERCEPT_EPOCH", "3"}}},
      {3,
       {"train", "iris.csv", "--target", "species"},
       "PERCEPT_SEED: found '-1', allowed a whole number from 0 to ",
       {{"PERCEPT_SEED", "-1"}}},
      {3, {"eval", "model.safetensors", "--data", "iris.csv"}, "model.safetensors: offset 0: "},
      {3, {"resume", "full"}, "full: found no config.toml, allowed the folder of a run"},
      {4,
       {"train", "nowhere"},
       "nowhere: no such dataset, folder or CSV file; the nearest dataset is "},
      {4, {"train", "iris.csv", "--target", "species", "--config", "none.toml"}, "none.toml: "},
      {4,
       {"train", "iris.csv", "--target", "species", "--out", "full"},
       "full: is there already and not empty; hint: another --out DIR, or percept resume full to "
       "go "
       "on with that run"},
      {4, {"predict", "none.safetensors", "iris.csv"}, "none.safetensors: "},
      {4, {"resume", "none"}, "none: no such run folder"},
      {4, {"train", "a\nb\x1b[31m"}, "a\\nb\\x1b[31m: no such dataset"},
  };
  const std::set<std::string> before = files();
  for (const Row& row : rows) {
    const ProcessResult result = run_in(row.words, row.environment);
    const std::string expected = "percept: error: " + row.expected;
    EXPECT_EQ(result.code, row.code) << expected << "\n" << result.err;
    EXPECT_EQ(result.err.substr(0, expected.size()), expected);
    EXPECT_EQ(count(result.err, '\n'), 1u) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(files(), before) << expected;
  }
}

TEST_F(App, DivergenceHasItsOwnCodeAndLeavesNoRun) {
  file("iris.csv", flowers(60));
  const std::set<std::string> before = files();
  const ProcessResult result =
      run({"train", "iris.csv", "--target", "species", "--optimizer", "sgd", "--lr", "1e30", "-q"});
  EXPECT_EQ(result.code, 6);
  EXPECT_EQ(
      result.err.find("percept: error: training diverged at step 2 (epoch 1): the loss is nan; "
                      "first not finite: "),
      0u)
      << result.err;
  EXPECT_EQ(count(result.err, '\n'), 1u);
  EXPECT_EQ(files(), before);
}

TEST_F(App, TrainsAClassifierAndWritesARunFolder) {
  file("iris.csv", flowers(150));
  const ProcessResult result =
      run({"train", "iris.csv", "--target", "species", "--epochs", "30", "--lr", "0.01"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.err.find('\r'), std::string::npos);
  EXPECT_EQ(result.err.find('\x1b'), std::string::npos);
  EXPECT_NE(result.err.find("\nepoch 30/30 ━━━━━━━━ 4/4 "), std::string::npos) << result.err;
  EXPECT_EQ(result.out.find("epoch"), std::string::npos);  // progress is no result
  EXPECT_NE(result.out.find("accuracy              1.0000"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("virginica         10      1.000     1.000   1.000"), std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("run folder runs/iris-1\n"), std::string::npos);
  for (const char* name : {"config.toml", "events.ndjson", "last/checkpoint.safetensors",
                           "best/checkpoint.safetensors", "model.safetensors", "curves.svg",
                           "curves.png", "confusion.svg", "confusion.png"})
    EXPECT_TRUE(fs::exists(path("runs/iris-1/" + std::string(name)))) << name;
  const Json last = lines_of(text("runs/iris-1/events.ndjson")).back();
  EXPECT_EQ(last["schema"], "percept.train.result/1");

  // The configuration repeats the run to the bit; the next run has the next number.
  const ProcessResult again = run({"train", "--config", "runs/iris-1/config.toml", "-q"});
  ASSERT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(again.err, "");
  EXPECT_EQ(text("runs/iris-2/model.safetensors"), text("runs/iris-1/model.safetensors"));
  EXPECT_EQ(text("runs/iris-2/config.toml"), text("runs/iris-1/config.toml"));

  // Other data under the same name are refused.
  file("iris.csv", flowers(153));
  const ProcessResult other = run({"train", "--config", "runs/iris-1/config.toml"});
  EXPECT_EQ(other.code, 3);
  EXPECT_NE(other.err.find("these are not the data the configuration was written for"),
            std::string::npos)
      << other.err;
  EXPECT_FALSE(fs::exists(path("runs/iris-3")));
}

TEST_F(App, JsonHoldsTheContract) {
  file("iris.csv", flowers(60));
  const ProcessResult result = run({"train", "iris.csv", "--target", "species", "--epochs", "2",
                                    "--seed", "5", "--json", "--out", "r"});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::vector<Json> lines = lines_of(result.out);
  ASSERT_EQ(lines.size(), 5u);
  for (const Json& line : lines) EXPECT_TRUE(line["schema"].is_string());
  EXPECT_EQ(lines[1]["schema"], "percept.train.epoch/1");
  EXPECT_EQ(lines[2]["epoch"], 2);
  const Json& last = lines.back();
  EXPECT_EQ(last["schema"], "percept.train.result/1");
  for (const char* name : {"test_accuracy", "test_loss", "train_samples_per_second", "seconds",
                           "epochs", "parameters", "seed", "threads"})
    EXPECT_TRUE(last[name].is_number()) << name;
  EXPECT_EQ(last["seed"], 5);
  EXPECT_EQ(last["epochs"], 2);
  EXPECT_EQ(last["threads"], 1);
  EXPECT_EQ(last["dtype"], "f32");
  EXPECT_EQ(last["run"], "r");
  EXPECT_EQ(last["parameters"], (4 * 64 + 64) + (64 * 64 + 64) + (64 * 3 + 3));
  EXPECT_TRUE(last["test_r2"].is_null());
}

TEST_F(App, ARunInBf16StaysInBf16) {
  file("iris.csv", flowers(60));
  const auto train = [&](const char* dtype) {
    const ProcessResult result = run({"train", "iris.csv", "--target", "species", "--epochs", "2",
                                      "--dtype", dtype, "--json", "--out", dtype});
    EXPECT_EQ(result.code, 0) << result.err;
    return lines_of(result.out).back();
  };
  const Json half = train("bf16"), full = train("f32");
  EXPECT_EQ(half["dtype"], "bf16");
  EXPECT_NE(half["test_loss"], full["test_loss"]);
  EXPECT_NEAR(half["test_loss"], full["test_loss"], 0.02);
  EXPECT_NE(text("bf16/config.toml").find("dtype = 'bf16'"), std::string::npos);
  for (const auto& [name, tensor] : io::load_safetensors(path("bf16/model.safetensors")).tensors)
    EXPECT_EQ(tensor.dtype(), f32) << name;
  // What judges the model computes as what trained it did.
  for (const Json& trained : {half, full}) {
    const ProcessResult eval =
        run({"eval", trained["dtype"].get<std::string>(), "--data", "iris.csv", "--json"});
    ASSERT_EQ(eval.code, 0) << eval.err;
    EXPECT_EQ(Json::parse(eval.out)["loss"], trained["test_loss"]);
  }
}

TEST_F(App, EvaluatesAndPredicts) {
  train_flowers();
  const ProcessResult eval = run({"eval", "run", "--data", "iris.csv", "--json"});
  ASSERT_EQ(eval.code, 0) << eval.err;
  const Json found = Json::parse(eval.out);
  EXPECT_EQ(found["schema"], "percept.eval.result/1");
  EXPECT_EQ(found["samples"], 30);  // the rows it was not trained on
  EXPECT_EQ(found["accuracy"], 1.0);
  EXPECT_EQ(found["confusion"], Json::parse("[[10,0,0],[0,10,0],[0,0,10]]"));
  const Json trained = lines_of(text("run/events.ndjson")).back();
  EXPECT_NEAR(found["loss"], trained["test_loss"], 1e-7);
  const ProcessResult all =
      run({"eval", "run/model.safetensors", "--data", "iris.csv", "--part", "all", "--json"});
  EXPECT_EQ(Json::parse(all.out)["samples"], 150);

  // Labels that are wrong: a check that does not hold, after the result.
  file("wrong.csv", "sepal,petal,colour,species\n5,1.5,red,virginica\n5,1.4,red,setosa\n");
  const ProcessResult check =
      run({"eval", "run", "--data", "wrong.csv", "--min-accuracy", "0.75", "--json"});
  EXPECT_EQ(check.code, 1);
  EXPECT_EQ(Json::parse(check.out)["accuracy"], 0.5);
  EXPECT_EQ(
      check.err,
      "percept: error: --min-accuracy: the accuracy is 0.5000, at least 0.75 was asked for\n");
  EXPECT_EQ(run({"eval", "run", "--data", "wrong.csv", "--min-accuracy", "0.5"}).code, 0);

  // Rows from standard input, without the column that is predicted.
  const ProcessResult rows = run({"predict", "run", "-", "--json", "--top-k", "2"},
                                 {.input = "sepal,petal,colour\n5,1.5,red\n7,5.5,blue\n"});
  ASSERT_EQ(rows.code, 0) << rows.err;
  const std::vector<Json> guesses = lines_of(rows.out);
  ASSERT_EQ(guesses.size(), 2u);
  EXPECT_EQ(guesses[0]["classes"][0], "setosa");
  EXPECT_EQ(guesses[1]["classes"][0], "virginica");
  EXPECT_EQ(guesses[1]["classes"].size(), 2u);
  EXPECT_GT(guesses[0]["probabilities"][0], 0.5);

  // One bad input of two: nothing is printed.
  file("good.csv", "sepal,petal,colour\n5,1.5,red\n");
  file("bad.csv", "sepal,colour\n5,red\n");
  const ProcessResult bad = run({"predict", "run", "good.csv", "bad.csv"});
  EXPECT_EQ(bad.code, 3);
  EXPECT_EQ(bad.out, "");
  EXPECT_EQ(count(bad.err, '\n'), 1u) << bad.err;
}

TEST_F(App, RegressionInTheTargetsUnits) {
  file("patients.csv", patients(300));
  const ProcessResult result = run({"train", "patients.csv", "--target", "progression", "--epochs",
                                    "40", "--lr", "0.005", "--json", "--out", "run"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json last = lines_of(result.out).back();
  EXPECT_TRUE(last["test_accuracy"].is_null());
  EXPECT_GT(last["test_r2"], 0.85);
  // Noise of deviation 4 has a mean magnitude of 3.2: no model can do better, a good one comes
  // near.
  EXPECT_GT(last["test_mae"], 2.4);
  EXPECT_LT(last["test_mae"], 4.5);
  const ProcessResult value = run({"predict", "run", "-", "--json"}, {.input = "age,bmi\n50,30\n"});
  ASSERT_EQ(value.code, 0) << value.err;
  EXPECT_NEAR(Json::parse(value.out)["value"], 2 * 30 + 50 / 2.0, 6);
  EXPECT_EQ(run({"eval", "run", "--min-r2", "0.99"}).code, 1);
  EXPECT_EQ(run({"eval", "run", "--min-accuracy", "0.5"}).code, 2);
  EXPECT_TRUE(fs::exists(path("run/values.svg")));
}

TEST_F(App, PicturesFromAFolder) {
  fs::create_directory(path("two"));
  write_pictures(path("two"), "train", 64);
  write_pictures(path("two"), "t10k", 32);
  const ProcessResult result = run({"train", "two", "--model", "mlp:8", "--epochs", "3",
                                    "--batch-size", "8", "--out", "run", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(lines_of(result.out).back()["test_accuracy"], 1.0);
  EXPECT_EQ(lines_of(result.out).back()["data"], "two");

  const Tensor right = cat({zeros({4, 2}), full({4, 2}, 250)}, 1).to(u8);
  io::save_png(path("right.png"), right);
  const ProcessResult png = run({"predict", "run", "right.png", "--json"});
  ASSERT_EQ(png.code, 0) << png.err;
  EXPECT_EQ(Json::parse(png.out)["classes"][0], "1");
  const ProcessResult idx = run({"predict", "run", "two/t10k-images-idx3-ubyte"});
  EXPECT_EQ(count(idx.out, '\n'), 32u) << idx.err;
  io::save_png(path("large.png"), zeros({5, 5}).to(u8));
  const ProcessResult large = run({"predict", "run", "large.png"});
  EXPECT_EQ(large.code, 3);
  EXPECT_NE(large.err.find("found a picture of shape [1, 5, 5], allowed [1, 4, 4]"),
            std::string::npos);

  const ProcessResult info = run({"data", "info", "two", "--json"});
  ASSERT_EQ(info.code, 0) << info.err;
  EXPECT_EQ(Json::parse(info.out)["train"], 64);
  EXPECT_EQ(Json::parse(info.out)["classes"][1]["test"], 16);
  for (const char* what : {"weights", "confusion", "curves"})
    EXPECT_EQ(run({"plot", "run", "--what", what, "-o", std::string(what) + ".png"}).code, 0)
        << what;
  EXPECT_GT(io::load_png(path("weights.png")).size(2), 100);
}

TEST_F(App, OrderOfSettings) {
  file("iris.csv", flowers(60));
  file("given.toml", "epochs = 3\nseed = 3\nlr = 0.03\n");
  file("percept.toml", "epochs = 4\nseed = 4\nlr = 0.04\nmomentum = 0.4\n\"batch-size\" = 7\n");
  const ProcessResult result =
      run({"train", "iris.csv", "--target", "species", "--epochs", "1", "--config", "given.toml",
           "--out", "r", "-q"},
          {.environment = {{"PERCEPT_EPOCHS", "2"}, {"PERCEPT_SEED", "2"}}});
  ASSERT_EQ(result.code, 0) << result.err;
  const std::string config = text("r/config.toml");
  for (const char* line : {"\nepochs = 1\n", "\nseed = 2\n", "\nlr = 0.03\n", "\nmomentum = 0.4\n",
                           "\nbatch_size = 7\n", "\nweight_decay = 0.0\n"})
    EXPECT_NE(config.find(line), std::string::npos) << line << config;
}

TEST_F(App, StoppedAndResumedToTheSameBits) {
  file("iris.csv", flowers(600));
  const Words base{"train",       "iris.csv",     "--target", "species", "--epochs",
                   "60",          "--batch-size", "8",        "--model", "mlp:32,dropout=0.2",
                   "--optimizer", "sgd",          "--lr",     "0.01",    "--momentum",
                   "0.9",         "--schedule",   "cosine",   "--json"};
  const auto with_out = [&](const std::string& out) {
    Words words = base;
    words.insert(words.end(), {"--out", out});
    return words;
  };
  const ProcessResult whole = run(with_out("whole"));
  ASSERT_EQ(whole.code, 0) << whole.err;
  const ProcessResult stopped =
      run(with_out("parts"),
          {.interrupt_when = [](const std::string& out) { return count(out, '\n') >= 4; }});
  ASSERT_EQ(stopped.code, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("go on with: percept resume parts\n"), std::string::npos);
  EXPECT_FALSE(fs::exists(path("parts/model.safetensors")));
  EXPECT_EQ(run({"eval", "parts", "-q"}).code, 0);  // by its last checkpoint
  const ProcessResult resumed = run({"resume", "parts", "--json"});
  ASSERT_EQ(resumed.code, 0) << resumed.err;
  EXPECT_EQ(text("parts/model.safetensors"), text("whole/model.safetensors"));

  const auto epochs = [&](const std::string& name) {
    std::vector<Json> list;
    for (const Json& event : lines_of(text(name + "/events.ndjson")))
      if (event["schema"] == "percept.train.epoch/1")
        list.push_back({event["epoch"], event["loss"], event["val_loss"], event["lr"]});
    return list;
  };
  EXPECT_EQ(epochs("parts").size(), 60u);
  EXPECT_EQ(epochs("parts"), epochs("whole"));
  // The end of a finished run can be had again.
  EXPECT_EQ(run({"resume", "parts", "-q"}).code, 0);
  EXPECT_EQ(epochs("parts").size(), 60u);
  // A damaged last checkpoint: the best one takes its place, with a message.
  file("parts/last/checkpoint.safetensors", "not a checkpoint");
  const ProcessResult fallen = run({"resume", "parts"});
  EXPECT_EQ(fallen.code, 0);
  EXPECT_NE(fallen.err.find("going on from parts/best/checkpoint.safetensors"), std::string::npos);
  EXPECT_EQ(text("parts/model.safetensors"), text("whole/model.safetensors"));
  // A schedule made for 60 epochs cannot go on to 70.
  EXPECT_EQ(run({"resume", "parts", "--epochs", "70"}).code, 2);
}

TEST_F(App, TerminatedWithinTheFirstEpochItCanGoOn) {
  file("iris.csv", flowers(600));
  const ProcessResult result = run(
      {"train", "iris.csv", "--target", "species", "--epochs", "100000", "--json", "--out", "run"},
      {.interrupt_when = [](const std::string& out) { return count(out, '\n') >= 1; },
       .signal = SIGTERM});
  EXPECT_EQ(result.code, 143) << result.err;
  EXPECT_EQ(lines_of(result.out).back()["interrupted"], true);
  EXPECT_TRUE(fs::exists(path("run/last/checkpoint.safetensors")));
  EXPECT_EQ(run({"summary", "run"}).code, 0);
}

TEST_F(App, ValidationKeepsTheBestEpoch) {
  file("iris.csv", flowers(150));
  const ProcessResult result = run({"train", "iris.csv", "--target", "species", "--epochs", "200",
                                    "--lr", "0.5", "--optimizer", "sgd", "--val-split", "0.2",
                                    "--early-stop", "2", "--out", "run", "--json"});
  ASSERT_EQ(result.code, 0) << result.err;
  const Json last = lines_of(result.out).back();
  EXPECT_LT(last["best_epoch"], 201);
  const auto best = io::load_safetensors(path("run/best/checkpoint.safetensors")).tensors;
  for (const auto& [name, tensor] : io::load_safetensors(path("run/model.safetensors")).tensors)
    EXPECT_EQ(tensor.to_vector<float>(), best.at("model." + name).to_vector<float>()) << name;
}

TEST_F(App, MoreEpochsForARunWithoutSchedule) {
  train_flowers();
  ASSERT_EQ(run({"resume", "run", "--epochs", "32", "-q"}).code, 0);
  ASSERT_EQ(run({"train", "iris.csv", "--target", "species", "--epochs", "32", "--lr", "0.01",
                 "--out", "whole", "-q"})
                .code,
            0);
  EXPECT_EQ(text("run/model.safetensors"), text("whole/model.safetensors"));
  EXPECT_EQ(text("run/config.toml"), text("whole/config.toml"));
  EXPECT_EQ(run({"resume", "run", "--epochs", "10"}).code, 2);
}

TEST_F(App, SummaryAndExport) {
  const ProcessResult mlp = run({"summary", "--model", "mlp", "--input", "1x28x28", "--json"});
  ASSERT_EQ(mlp.code, 0) << mlp.err;
  EXPECT_EQ(Json::parse(mlp.out)["parameters"], 669706);
  EXPECT_EQ(Json::parse(mlp.out)["multiply_adds"], 784 * 512 + 512 * 512 + 512 * 10);
  train_flowers();
  EXPECT_NE(run({"summary", "run"}).out.find("4,675"), std::string::npos);
  for (const char* format : {"safetensors", "npz"}) {
    const std::string name = std::string("out.") + format;
    const ProcessResult result = run({"export", "run", "--format", format, "-o", name, "--check"});
    EXPECT_EQ(result.code, 0) << result.err;
    EXPECT_EQ(result.out, "");
    EXPECT_TRUE(fs::exists(path(name)));
  }
  const NamedTensors arrays = io::load_npz(path("out.npz"));
  EXPECT_EQ(arrays.at("linear_relu_stack.0.weight").shape(), (Shape{64, 4}));
  EXPECT_EQ(run({"eval", "out.safetensors", "--data", "iris.csv", "--min-accuracy", "1"}).code, 0);
  const ProcessResult itself =
      run({"export", "run", "--format", "safetensors", "-o", "run/model.safetensors"});
  EXPECT_EQ(itself.code, 2);
}

}  // namespace
}  // namespace percept
