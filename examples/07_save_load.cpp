// Learn the basics, 7: saving and loading.
// https://pytorch.org/tutorials/beginner/basics/saveloadrun_tutorial.html
//
// The weights alone are a safetensors file: names, shapes and numbers, and no code, so that a file
// from anybody can be loaded without being run. For a model that percept knows by name, the
// architecture travels in the file's metadata, and load_model() builds it again.
#include <percept/percept.h>

#include <iostream>

using namespace percept;

int main() {
  manual_seed(0);
  const Tensor picture = rand({1, 1, 28, 28});
  std::cout << std::boolalpha;

  // Weights only: make the same model, then load.
  nn::Sequential model{nn::Flatten{}, nn::Linear{784, 32}, nn::ReLU{}, nn::Linear{32, 10}};
  io::save_safetensors("model_weights.safetensors", model.state_dict());

  nn::Sequential fresh{nn::Flatten{}, nn::Linear{784, 32}, nn::ReLU{}, nn::Linear{32, 10}};
  std::cout << "before loading, equal: " << equal(model(picture), fresh(picture)) << "\n";
  fresh.load_state_dict(io::load_safetensors("model_weights.safetensors").tensors);
  fresh.eval();
  std::cout << "after loading, equal: " << equal(model(picture), fresh(picture)) << "\n";

  // Weights and architecture.
  const models::ModelCard card{.architecture = "mlp:32", .input = {1, 28, 28}, .outputs = 10};
  const nn::AnyModule named = models::make_model(card);
  models::save_model("model.safetensors", *named, card);
  const models::Model loaded = models::load_model("model.safetensors");
  std::cout << *loaded.module << "\n"
            << "equal: " << equal((*named)(picture), (*loaded.module)(picture)) << "\n";

  // A file that does not fit says what is wrong.
  nn::Sequential other{nn::Flatten{}, nn::Linear{784, 16}, nn::ReLU{}, nn::Linear{16, 10}};
  try {
    other.load_state_dict(io::load_safetensors("model_weights.safetensors").tensors);
  } catch (const Error& error) {
    std::cout << "error: " << error.what() << "\n";
  }
}
