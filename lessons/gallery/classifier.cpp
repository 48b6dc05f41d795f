#include "lessons/gallery/classifier.h"

#include <numeric>

#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

data::Subset first_of(const data::FashionMNIST& set, std::int64_t count) {
  return {set, arange(count).to_vector<std::int64_t>()};
}

}  // namespace

std::vector<double> train_classifier(const ClassifierTraining& course, nn::Module& net,
                                     const Options& options) {
  data::Transform shown = transforms::ToTensor();
  if (course.mirrored) shown = transforms::Compose{shown, transforms::RandomHorizontalFlip()};
  const data::FashionMNIST train_set{{.root = options.data_dir, .train = true, .transform = shown}},
      test_set{{.root = options.data_dir, .train = false}};
  data::DataLoader loader(first_of(train_set, course.pictures),
                          {.batch_size = course.batch,
                           .shuffle = true,
                           .seed = static_cast<std::uint64_t>(options.seed)}),
      judge(first_of(test_set, course.judged), {.batch_size = 500});
  optim::Adam optimizer(net.parameters(), {.lr = course.rate});
  optim::OneCycleLR schedule(optimizer, course.rate, course.epochs * loader.size());
  const double temperature = course.temperature;
  train::Trainer trainer(
      net,
      [temperature](const Tensor& z, const Tensor& t) { return cross_entropy(z / temperature, t); },
      optimizer,
      {.epochs = course.epochs, .scheduler_every_step = true, .clip_grad_norm = course.clip});
  trainer.set_scheduler(schedule);
  std::vector<double> accuracy;
  for (const train::EpochResult& epoch : trainer.fit(loader, &judge))
    accuracy.push_back(epoch.val_accuracy);
  net.eval();
  return accuracy;
}

double parameter_count(const nn::Module& module) {
  std::int64_t count = 0;
  for (const Tensor& parameter : module.parameters()) count += parameter.numel();
  return static_cast<double>(count);
}

plot::Image map_picture(const Tensor& map, plot::Levels levels) {
  return plot::gray_image((levels.low + levels.high - map).to_vector<float>(),
                          static_cast<int>(map.size(1)), static_cast<int>(map.size(0)), levels);
}

Table accuracy_history(const std::string& name, const std::vector<TrainedClassifier>& trained) {
  Table history{.name = name, .columns = {{.name = "epoch"}}};
  for (std::size_t epoch = 1; epoch <= trained.front().accuracy.size(); ++epoch)
    history.columns[0].values.push_back(static_cast<double>(epoch));
  for (const TrainedClassifier& one : trained)
    history.columns.push_back({.name = one.key, .values = one.accuracy});
  return history;
}

void show_accuracy(Lesson& lesson, const std::vector<TrainedClassifier>& trained) {
  Column name{.name = "network", .title = {.zh = "网络", .en = "network"}};
  Column parameters{.name = "parameters", .title = {.zh = "参数", .en = "parameters"}};
  Column epochs{.name = "epochs", .title = {.zh = "轮数", .en = "epochs"}};
  Column first{.name = "first", .title = {.zh = "一轮之后", .en = "after one epoch"}, .digits = 3};
  Column last{.name = "accuracy", .title = {.zh = "最后", .en = "at the end"}, .digits = 4};
  for (const TrainedClassifier& one : trained) {
    name.words.push_back(one.name);
    parameters.values.push_back(one.parameters);
    epochs.values.push_back(static_cast<double>(one.accuracy.size()));
    first.values.push_back(one.accuracy.front());
    last.values.push_back(one.accuracy.back());
  }
  lesson.table({.name = "result",
                .title = {.zh = "测试正确率", .en = "Test accuracy"},
                .columns = {name, parameters, epochs, first, last}});
  lesson.figure("accuracy", {.zh = "每轮之后的测试正确率", .en = "Test accuracy after each epoch"},
                [trained](Language language) {
                  plot::Panel panel{.x_label = Text{"训练轮数", "epoch"}.in(language),
                                    .y_label = Text{"测试正确率", "test accuracy"}.in(language),
                                    .y_range = plot::Range{0.4, 1},
                                    .whole_x = true};
                  for (const TrainedClassifier& one : trained)
                    panel.series.push_back({.name = one.name.in(language), .y = one.accuracy});
                  return plot::curves({panel}, {.panel_width = 620});
                });
  lesson.history(accuracy_history("accuracy", trained));
}

}  // namespace percept::lessons
