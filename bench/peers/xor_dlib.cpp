// examples/xor.cpp written with dlib, to compare what compiling it costs.
#include <dlib/dnn.h>

#include <iostream>

using Net =
    dlib::loss_mean_squared<dlib::fc<1, dlib::relu<dlib::fc<8, dlib::input<dlib::matrix<float>>>>>>;

int main() {
  std::vector<dlib::matrix<float>> X;
  for (const float a : {0.f, 1.f})
    for (const float b : {0.f, 1.f}) X.push_back(dlib::matrix<float>({a, b}));
  const std::vector<float> Y{0, 1, 1, 0};
  Net net;
  std::vector<dlib::sgd> solvers(Net::num_computational_layers, dlib::sgd(0, 0));
  for (int step = 0; step < 1000; ++step) {
    net.compute_parameter_gradients(X.begin(), X.end(), Y.begin());
    net.update_parameters(solvers, 0.1);
  }
  for (const float y : net(X)) std::cout << y << "\n";
}
