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
      optimizer, {.epochs = course.epochs, .scheduler_every_step = true});
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

plot::Figure accuracy_chart(const std::vector<Text>& names,
                            const std::vector<std::vector<double>>& accuracy, Language language) {
  plot::Panel panel{.x_label = Text{"训练轮数", "epoch"}.in(language),
                    .y_label = Text{"测试正确率", "test accuracy"}.in(language),
                    .y_range = plot::Range{0.4, 1},
                    .whole_x = true};
  for (std::size_t i = 0; i < names.size(); ++i)
    panel.series.push_back({.name = names[i].in(language), .y = accuracy[i]});
  return plot::curves({panel}, {.panel_width = 620});
}

Table accuracy_history(const std::vector<std::string>& keys,
                       const std::vector<std::vector<double>>& accuracy) {
  Table history{.name = "accuracy", .columns = {{.name = "epoch"}}};
  for (std::size_t epoch = 1; epoch <= accuracy.front().size(); ++epoch)
    history.columns[0].values.push_back(static_cast<double>(epoch));
  for (std::size_t i = 0; i < keys.size(); ++i)
    history.columns.push_back({.name = keys[i], .values = accuracy[i]});
  return history;
}

}  // namespace percept::lessons
