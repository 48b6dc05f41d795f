// Learn the basics, 2: datasets and loaders. A dataset that comes with percept, one of your own,
// and batches of them. https://pytorch.org/tutorials/beginner/basics/data_tutorial.html
#include <percept/percept.h>

#include <iostream>

using namespace percept;

/// A picture as text, four shades, every second row.
void show(const Tensor& image) {
  const Tensor pixels = image.squeeze();
  for (std::int64_t row = 0; row < pixels.size(0); row += 2) {
    for (std::int64_t column = 0; column < pixels.size(1); ++column)
      std::cout << " .+#"[static_cast<int>(pixels.at<float>(row, column) * 3.99f)];
    std::cout << "\n";
  }
}

/// A dataset of one's own: two numbers and whether their sum is above 1.
class SumDataset : public data::Dataset {
 public:
  explicit SumDataset(std::int64_t size) : numbers_(rand({size, 2})) {}
  std::int64_t size() const override { return numbers_.size(0); }
  data::Example get(std::int64_t i) const override {
    const Tensor x = numbers_[i];
    return {x, (x.sum() > 1).to(i64)};
  }

 private:
  Tensor numbers_;  // (size, 2)
};

int main() {
  manual_seed(0);
  const data::FashionMNIST training_data{{.train = true}};
  std::cout << "Samples: " << training_data.size() << "\n";

  // One sample at random, with its label's name.
  const auto index = randint(0, training_data.size(), {1}).item<std::int64_t>();
  const auto [img, label] = training_data.get(index);
  std::cout << "Label: " << training_data.class_names()[label.item<std::size_t>()] << "\n";
  show(img);

  // Batches; shuffle draws a new order every epoch, the same for any number of workers.
  data::DataLoader train_dataloader{training_data, {.batch_size = 64, .shuffle = true}};
  for (auto& [train_features, train_labels] : train_dataloader) {
    std::cout << "Feature batch shape: " << train_features.shape().str() << "\n"
              << "Labels batch shape: " << train_labels.shape().str() << "\n"
              << "Label: " << train_labels[0].item<std::int64_t>() << "\n";
    break;
  }

  data::DataLoader own{SumDataset{10}, {.batch_size = 4, .num_workers = 2}};
  for (auto& [x, y] : own) std::cout << "own batch " << x.shape().str() << ", labels " << y << "\n";
}
