// The table of contents: every lesson in the lecture's order, and the gallery, in one place.
#include <algorithm>
#include <cctype>

#include "lessons/lesson.h"

namespace percept::lessons {

// Each is the whole of its file, Lnn_name.cpp.
Lesson neuron(const Options& options);
Lesson activations(const Options& options);
Lesson logistic(const Options& options);
Lesson one_neuron(const Options& options);
Lesson perceptron(const Options& options);
Lesson xor_network(const Options& options);
Lesson multi_layer_perceptron(const Options& options);
Lesson universal(const Options& options);
Lesson backprop(const Options& options);
Lesson mean_square_error(const Options& options);
Lesson regression(const Options& options);
Lesson softmax_regression(const Options& options);
Lesson cross_entropy_loss(const Options& options);
Lesson ce_options(const Options& options);
Lesson deep_features(const Options& options);
Lesson floating_point(const Options& options);
Lesson nonlinear(const Options& options);
Lesson overfitting(const Options& options);
Lesson fashion_mnist(const Options& options);
Lesson basics(const Options& options);
Lesson summary(const Options& options);
// gallery/name.cpp
Lesson mcculloch_pitts(const Options& options);
Lesson rosenblatt(const Options& options);
Lesson hopfield(const Options& options);
Lesson recurrent(const Options& options);
Lesson lenet(const Options& options);
Lesson deep_belief(const Options& options);
Lesson autoencoder(const Options& options);
Lesson variational(const Options& options);
Lesson adversarial(const Options& options);
Lesson deep_convolutions(const Options& options);
Lesson transformer(const Options& options);
Lesson character_model(const Options& options);
Lesson mixer(const Options& options);

const std::vector<Entry>& contents() {
  static const std::vector<Entry> all{
      {"L02", "neuron", {.zh = "人工神经元", .en = "The artificial neuron"}, neuron, 1},
      {"L03", "activations", {.zh = "激活函数", .en = "Activation functions"}, activations, 1},
      {"L04",
       "logistic",
       {.zh = "基于逻辑回归的线性分类", .en = "Linear classification by logistic regression"},
       logistic,
       1,
       {"epoch"}},
      {"L05",
       "one-neuron",
       {.zh = "单个神经元线性分类的本质", .en = "What one neuron does"},
       one_neuron,
       1},
      {"L06", "perceptron", {.zh = "基于感知机的线性模型", .en = "The perceptron"}, perceptron, 1},
      {"L07", "xor", {.zh = "求解异或问题", .en = "Solving XOR"}, xor_network, 1},
      {"L08",
       "mlp",
       {.zh = "多层感知机", .en = "The multi-layer perceptron"},
       multi_layer_perceptron,
       1},
      {"L09",
       "universal",
       {.zh = "前馈神经网络的拟合能力", .en = "What feed-forward networks can represent"},
       universal,
       5},
      {"L10",
       "backprop",
       {.zh = "误差反向传播", .en = "Back-propagation"},
       backprop,
       1,
       {"model", "sample", "csv"}},
      {"L11", "mse", {.zh = "均方误差", .en = "The mean square error"}, mean_square_error, 1},
      {"L12",
       "regression",
       {.zh = "基于神经网络的非线性回归", .en = "Regression with ReLU networks"},
       regression,
       5,
       {"csv"}},
      {"L13", "softmax", {.zh = "Softmax 回归", .en = "Softmax regression"}, softmax_regression, 1},
      {"L14", "cross-entropy", {.zh = "交叉熵", .en = "Cross entropy"}, cross_entropy_loss, 1},
      {"L15",
       "ce-options",
       {.zh = "PyTorch 中的交叉熵", .en = "Cross entropy in PyTorch"},
       ce_options,
       1},
      {"L16",
       "deep-features",
       {.zh = "二维的深度特征", .en = "Deep features in two dimensions"},
       deep_features,
       20,
       {"data-dir", "seed", "full"}},
      {"L17",
       "floating-point",
       {.zh = "浮点数中的 Softmax", .en = "Softmax in floating point"},
       floating_point,
       1},
      {"L18",
       "nonlinear",
       {.zh = "非线性分类", .en = "Non-linear classification"},
       nonlinear,
       2,
       {"seed"}},
      {"L19",
       "overfitting",
       {.zh = "损失越低越好吗", .en = "Is a lower loss better?"},
       overfitting,
       10,
       {"seed"}},
      {"L20",
       "fashion-mnist",
       {.zh = "Fashion-MNIST：三种方法", .en = "Fashion-MNIST, three ways"},
       fashion_mnist,
       15,
       {"data-dir", "seed"}},
      {"L21",
       "basics",
       {.zh = "八个入门基础", .en = "The eight basics"},
       basics,
       3,
       {"data-dir", "seed"}},
      {"L22", "summary", {.zh = "小结", .en = "Summary"}, summary, 1},
      {"G01",
       "gallery/mcculloch-pitts",
       {.zh = "1943：神经元的逻辑演算", .en = "1943: a logical calculus of neurons"},
       mcculloch_pitts,
       1},
      {"G02",
       "gallery/perceptron",
       {.zh = "1958：感知机", .en = "1958: the perceptron"},
       rosenblatt,
       5,
       {"data-dir", "seed"}},
      {"G03",
       "gallery/hopfield",
       {.zh = "1982：Hopfield 网络", .en = "1982: the Hopfield network"},
       hopfield,
       10,
       {"data-dir", "seed"}},
      {"G04",
       "gallery/lstm",
       {.zh = "1997：长短期记忆", .en = "1997: long short-term memory"},
       recurrent,
       20,
       {"data-dir", "seed", "full"}},
      {"G05",
       "gallery/lenet5",
       {.zh = "1998：卷积网络 LeNet-5", .en = "1998: LeNet-5, a convolutional network"},
       lenet,
       20,
       {"data-dir", "seed", "full"}},
      {"G06",
       "gallery/dbn",
       {.zh = "2006：深度信念网络", .en = "2006: the deep belief network"},
       deep_belief,
       20,
       {"data-dir", "seed", "full"}},
      {"G07",
       "gallery/autoencoder",
       {.zh = "2006：自编码器", .en = "2006: the autoencoder"},
       autoencoder,
       20,
       {"data-dir", "seed", "full"}},
      {"G08",
       "gallery/vae",
       {.zh = "2013：变分自编码器", .en = "2013: the variational autoencoder"},
       variational,
       20,
       {"data-dir", "seed", "full"}},
      {"G09",
       "gallery/gan",
       {.zh = "2014：生成对抗网络", .en = "2014: generative adversarial networks"},
       adversarial,
       20,
       {"seed", "full"}},
      {"G10",
       "gallery/cnn",
       {.zh = "2015：更深的卷积网络", .en = "2015: deeper convolutional networks"},
       deep_convolutions,
       20,
       {"data-dir", "seed", "full"}},
      {"G11",
       "gallery/transformer",
       {.zh = "2017：Transformer", .en = "2017: the Transformer"},
       transformer,
       20,
       {"data-dir", "seed", "full"}},
      {"G12",
       "gallery/text",
       {.zh = "2018：逐字写作", .en = "2018: writing, character by character"},
       character_model,
       20,
       {"seed", "full"}},
      {"G13",
       "gallery/mixer",
       {.zh = "2021：MLP-Mixer", .en = "2021: the MLP-Mixer"},
       mixer,
       20,
       {"data-dir", "seed", "full"}},
  };
  return all;
}

bool in_gallery(const Entry& entry) { return std::string_view(entry.name).starts_with("gallery/"); }

const Entry* find(std::string_view id_or_name) {
  std::string id(id_or_name);
  if (!id.empty()) id[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(id[0])));
  for (const Entry& entry : contents())
    if (id == entry.id || id_or_name == entry.name) return &entry;
  return nullptr;
}

}  // namespace percept::lessons
