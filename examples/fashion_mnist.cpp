#include <percept/percept.h>

#include <cstdio>

using namespace percept;

int main() {
  data::DataLoader train{data::FashionMNIST{{.train = true}}, {.batch_size = 64}};
  data::DataLoader test{data::FashionMNIST{{.train = false}}, {.batch_size = 1000}};
  nn::Sequential net{nn::Flatten{},        nn::Linear{784, 512}, nn::ReLU{},
                     nn::Linear{512, 512}, nn::ReLU{},           nn::Linear{512, 10}};
  optim::SGD optimizer{net.parameters(), {.lr = 0.1}};
  train::Trainer trainer{net, nn::CrossEntropyLoss{}, optimizer, {.epochs = 5}};
  for (const train::EpochResult& epoch : trainer.fit(train, &test))
    std::printf("epoch %ld: loss %.3f, test accuracy %.3f\n", epoch.epoch, epoch.loss,
                epoch.val_accuracy);
}
