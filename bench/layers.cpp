// Benchmarks of layers: forward alone, and forward and backward.
#include <benchmark/benchmark.h>
#include <percept/percept.h>

using namespace percept;

namespace {

void forward(benchmark::State& state, nn::Module& layer, const Tensor& x) {
  const InferenceGuard inference;
  layer.eval();
  for (auto _ : state) benchmark::DoNotOptimize(layer(x));
  state.SetItemsProcessed(state.iterations() * x.shape()[0]);
}

void both_ways(benchmark::State& state, nn::Module& layer, const Tensor& x) {
  const Tensor dy = ones(layer(x).shape());
  for (auto _ : state) {
    layer.zero_grad();
    layer(x).backward(dy);
  }
  state.SetItemsProcessed(state.iterations() * x.shape()[0]);
}

void BM_linear_forward(benchmark::State& state) {
  nn::Linear layer{state.range(1), state.range(2)};
  forward(state, layer, rand({state.range(0), state.range(1)}));
}
void BM_linear(benchmark::State& state) {
  nn::Linear layer{state.range(1), state.range(2)};
  both_ways(state, layer, rand({state.range(0), state.range(1)}).requires_grad_());
}
void sizes(benchmark::internal::Benchmark* b) {  // batch, inputs, outputs
  b->Args({1, 784, 512})
      ->Args({13, 8, 8})
      ->Args({64, 784, 512})
      ->Args({64, 512, 10})
      ->UseRealTime();
}
BENCHMARK(BM_linear_forward)->Apply(sizes);
BENCHMARK(BM_linear)->Apply(sizes);

/// Linear and ReLU, which Sequential computes as one.
void BM_linear_relu(benchmark::State& state) {
  nn::Sequential layer{nn::Linear{state.range(1), state.range(2)}, nn::ReLU{}};
  both_ways(state, layer, rand({state.range(0), state.range(1)}));
}
BENCHMARK(BM_linear_relu)->Apply(sizes);

void BM_dropout(benchmark::State& state) {
  nn::Dropout layer{0.5};
  both_ways(state, layer, rand({64, state.range(0)}).requires_grad_());
}
BENCHMARK(BM_dropout)->Arg(512)->UseRealTime();

/// A layer of images, 64 of 24 x 24, and the gradient of its input; channels, and whether those lie
/// side by side.
void of_images(benchmark::State& state, nn::Module& layer) {
  const std::int64_t channels = state.range(0);
  const Tensor side_by_side = rand({64, 24, 24, channels}).permute({0, 3, 1, 2});
  Tensor x = (state.range(1) ? side_by_side : side_by_side.contiguous()).detach().requires_grad_();
  const Tensor y = layer(x), dy = y.detach();
  for (auto _ : state) benchmark::DoNotOptimize(grad({layer(x)}, {x}, {dy}));
  state.SetItemsProcessed(state.iterations() * 64);
}
void image_sizes(benchmark::internal::Benchmark* b) {
  b->Args({6, 1})->Args({64, 0})->Args({64, 1})->UseRealTime();
}
void BM_max_pool(benchmark::State& state) {
  nn::MaxPool2d layer{2};
  of_images(state, layer);
}
BENCHMARK(BM_max_pool)->Apply(image_sizes);
void BM_batch_norm(benchmark::State& state) {
  nn::BatchNorm2d layer{state.range(0)};
  of_images(state, layer);
}
BENCHMARK(BM_batch_norm)->Apply(image_sizes);

/// The mean loss of a batch of 10 classes and its gradient.
void BM_cross_entropy(benchmark::State& state) {
  Tensor x = rand({state.range(0), 10}).requires_grad_();
  const Tensor y = randint(0, 10, {state.range(0)});
  for (auto _ : state) {
    x.zero_grad();
    cross_entropy(x, y).backward();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_cross_entropy)->Arg(13)->Arg(64)->Arg(4096)->UseRealTime();

/// The rows of a picture as a sequence: 28 steps of 28 numbers to 128 units, a batch of 64 or 1.
template <class Layer>
void BM_recurrent(benchmark::State& state) {
  Layer layer{28, 128, {.batch_first = true}};
  both_ways(state, layer, rand({state.range(0), 28, 28}));
}
BENCHMARK(BM_recurrent<nn::RNN>)->Arg(64)->UseRealTime();
BENCHMARK(BM_recurrent<nn::LSTM>)->Arg(1)->Arg(64)->UseRealTime();
BENCHMARK(BM_recurrent<nn::GRU>)->Arg(64)->UseRealTime();

/// One picture through 784-512-512-10.
void BM_forward_one(benchmark::State& state) {
  nn::Sequential net{nn::Linear{784, 512}, nn::ReLU{}, nn::Linear{512, 512}, nn::ReLU{},
                     nn::Linear{512, 10}};
  net.eval();
  const Tensor x = rand({1, 784});
  const InferenceGuard inference;
  for (auto _ : state) benchmark::DoNotOptimize(net(x));
}
BENCHMARK(BM_forward_one)->UseRealTime();

}  // namespace
