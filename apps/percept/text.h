// Every sentence the program says, in English and Chinese, once.
#pragma once

#include <string>

#include "lessons/text.h"

namespace percept::app {

using lessons::Language;

/// Chinese where LANGUAGE, or else LC_ALL, LC_MESSAGES or LANG, begins with zh.
Language language();

/// One sentence in both languages.
struct Words {
  const char* english;
  const char* chinese;
  std::string in(Language language) const { return language == Language::zh ? chinese : english; }
  std::string str() const { return in(language()); }
};

namespace text {

// Texts with {} are filled in by fmt.
inline constexpr Words kAbout{"Trains, examines and uses neural networks.",
                              "训练、检验和使用神经网络。"};
inline constexpr Words kAboutTrain{
    "Trains a model on DATA, shows the progress, judges it by the test part and writes a run "
    "folder. By default it does what the lecture does: a 784-512-512-10 network, batches of 64, "
    "SGD with step 0.1, 5 epochs, not shuffled, and the test part looked at after each epoch.",
    "用 DATA "
    "训练模型，显示进度，用测试集评估，并写出运行文件夹。默认设置与课程一致：784-512-512-10 "
    "网络，每批 64 个样本，SGD 步长 0.1，5 轮，不打乱顺序，每轮之后查看测试集。"};
inline constexpr Words kAboutResume{
    "Goes on with a run from its last good checkpoint, to the same bits as if it had never "
    "stopped.",
    "从最近的检查点继续一次运行，结果与从未中断时逐位相同。"};
inline constexpr Words kAboutEval{
    "Judges a model by DATA: loss, accuracy or R², each class, confusion matrix.",
    "用 DATA 评估模型：损失、准确率或 R²、各类别指标、混淆矩阵。"};
inline constexpr Words kAboutPredict{
    "Predicts pictures (PNG, IDX) or rows of a CSV file: the likeliest classes with their "
    "probabilities, or values.",
    "对图片（PNG、IDX）或 CSV 的各行做预测：给出最可能的类别及概率，或给出数值。"};
inline constexpr Words kAboutSummary{
    "Shows a model's layers, shapes, parameters, multiply-adds and memory.",
    "显示模型的各层、形状、参数个数、乘加次数和内存。"};
inline constexpr Words kAboutExport{"Writes a model as a file that other programs read.",
                                    "把模型写成其他程序可读的文件。"};
inline constexpr Words kAboutPlot{"Draws a picture of a run or a model as SVG or PNG.",
                                  "把运行或模型画成 SVG 或 PNG 图片。"};
inline constexpr Words kAboutData{"Shows the datasets percept knows and finds on this machine.",
                                  "显示 percept 认识的、以及在本机找到的数据集。"};
inline constexpr Words kAboutDataList{"Which datasets are here, and where they come from.",
                                      "本机有哪些数据集，来自何处。"};
inline constexpr Words kAboutDataInfo{
    "Files, checksums, sizes and classes of a dataset, a folder of IDX files or a CSV file.",
    "数据集、IDX 文件夹或 CSV 文件的文件、校验和、大小和类别。"};
inline constexpr Words kAboutDataVerify{"Compares a dataset's files with their known checksums.",
                                        "把数据集的文件与已知的校验和比较。"};
inline constexpr Words kAboutDoctor{
    "Shows the engine, instruction set, threads, versions and data of this machine.",
    "显示本机的计算引擎、指令集、线程、版本和数据。"};
inline constexpr Words kAboutSelftest{"The installed library checks itself on this machine.",
                                      "已安装的库在本机上自检。"};
inline constexpr Words kAboutGradcheck{
    "Compares the gradients of many operations with finite differences.",
    "把许多运算的梯度与有限差分比较。"};
inline constexpr Words kAboutCompletion{
    "Prints a script that completes commands and options in a shell.",
    "打印 shell 的命令补全脚本。"};
inline constexpr Words kVersion{"Shows the version.", "显示版本。"};
inline constexpr Words kHelp{"Shows this page.", "显示本页。"};
inline constexpr Words kExamples{"Examples:", "示例："};
inline constexpr Words kUsage{"Usage:", "用法："};
inline constexpr Words kCommandWord{"COMMAND", "命令"};
inline constexpr Words kOptionsWord{"OPTION...", "选项..."};
inline constexpr Words kCommands{"Commands:", "命令："};
inline constexpr Words kArguments{"Arguments:", "参数："};
inline constexpr Words kOptions{"Options:", "选项："};
inline constexpr Words kExitCodes{"Exit codes:", "退出码："};
inline constexpr Words kExitCodesList{
    "0 done; 1 a check that was asked for did not hold; 2 usage; 3 bad input; 4 cannot read or "
    "write; 5 over a limit; 6 training diverged; 130, 143 stopped by a signal, after a checkpoint.",
    "0 完成；1 所要求的检查未通过；2 用法错误；3 输入有误；4 无法读写；5 超出限制；6 "
    "训练发散；130、143 收到信号，写好检查点后停止。"};
inline constexpr Words kJson{"One JSON object a line on stdout.",
                             "在标准输出上每行一个 JSON 对象。"};
inline constexpr Words kQuiet{"No progress, no messages.", "不显示进度和消息。"};
inline constexpr Words kVerbose{"More messages.", "显示更多消息。"};
inline constexpr Words kColor{"auto, always or never.",
                              "auto（自动）、always（总是）或 never（从不）。"};
inline constexpr Words kConfig{
    "A file of settings; config.toml of a run repeats it. ./percept.toml is read anyway.",
    "设置文件；用某次运行的 config.toml 可重复该运行。./percept.toml 总会被读取。"};
inline constexpr Words kModel{
    "mlp (512 and 512 units), mlp:A,B,... (any sizes, then perhaps an activation: tanh, sigmoid, "
    "leaky_relu, elu, gelu, silu; then perhaps dropout=P), linear. [mlp; tables: mlp:64,64]",
    "mlp（512 和 512 个单元）、mlp:A,B,...（任意大小，其后可加激活函数 "
    "tanh、sigmoid、leaky_relu、elu、gelu、silu，再可加 "
    "dropout=P）、linear。[mlp；表格：mlp:64,64]"};
inline constexpr Words kEpochs{"Epochs. [5; tables: 100]", "训练轮数。[5；表格：100]"};
inline constexpr Words kBatchSize{"Examples in a batch. [64; tables: 32]",
                                  "每批样本数。[64；表格：32]"};
inline constexpr Words kShuffle{
    "A new order each epoch. [no, as the lecture's loaders; tables: yes]",
    "每轮换一个顺序。[否，与课程的加载器一致；表格：是]"};
inline constexpr Words kLr{"Learning rate. [sgd: 0.1; others: 0.001]",
                           "学习率。[sgd：0.1；其他：0.001]"};
inline constexpr Words kOptimizer{"sgd, adam, adamw or rmsprop. [sgd; tables: adam]",
                                  "sgd、adam、adamw 或 rmsprop。[sgd；表格：adam]"};
inline constexpr Words kMomentum{"Momentum of sgd and rmsprop. [0]", "sgd 和 rmsprop 的动量。[0]"};
inline constexpr Words kWeightDecay{"Weight decay. [0; adamw: 0.01]", "权重衰减。[0；adamw：0.01]"};
inline constexpr Words kClipGrad{"Largest norm of the gradient; 0: any. [0]",
                                 "梯度范数的上限；0 表示不限。[0]"};
inline constexpr Words kSchedule{
    "Learning rate over time: none; step (a tenth after each third of the epochs); exponential "
    "(0.9 an epoch); cosine; onecycle; plateau (a tenth after 2 epochs without gain). [none]",
    "学习率的变化：none；step（每三分之一轮数降为十分之一）；exponential（每轮乘 "
    "0.9）；cosine；onecycle；plateau（2 轮无改进后降为十分之一）。[none]"};
inline constexpr Words kSeed{"Seed of weights, order and splits. [0]",
                             "权重、顺序和划分的随机种子。[0]"};
inline constexpr Words kThreads{"Threads. [all cores]", "线程数。[全部核心]"};
inline constexpr Words kDtype{
    "What matrices are rounded to before they are multiplied: f32, or bf16, which is faster; all "
    "else is f32. [f32]",
    "矩阵相乘前舍入到的类型：f32，或更快的 bf16；其余一律为 f32。[f32]"};
inline constexpr Words kValSplit{
    "Share of the training part to validate on after each epoch; the model kept is then that of "
    "the best epoch. [0: the test part is looked at]",
    "训练集中用于每轮验证的比例；此时保留最好一轮的模型。[0：查看测试集]"};
inline constexpr Words kEarlyStop{
    "Stop after N epochs without a better validation loss; 0: never. [0]",
    "验证损失连续 N 轮无改进则停止；0 表示从不。[0]"};
inline constexpr Words kTarget{"CSV: the column to predict, by name or number.",
                               "CSV：要预测的列，用列名或序号。"};
inline constexpr Words kTask{
    "CSV: auto, classification or regression. [auto]",
    "CSV：auto（自动）、classification（分类）或 regression（回归）。[auto]"};
inline constexpr Words kTestSplit{"CSV: share of the rows kept to test on. [0.2]",
                                  "CSV：留作测试的行的比例。[0.2]"};
inline constexpr Words kDataDir{"Folder to look for datasets in first; also PERCEPT_DATA.",
                                "首先在此文件夹中查找数据集；也可用 PERCEPT_DATA。"};
inline constexpr Words kData{
    "fashion-mnist, mnist, a folder of IDX files, or a CSV file (with --target).",
    "fashion-mnist、mnist、IDX 文件夹，或 CSV 文件（加 --target）。"};
inline constexpr Words kDataOption{"Data to judge by. [the run's own]",
                                   "用于评估的数据。[该运行自己的数据]"};
inline constexpr Words kDataName{"A dataset's name; for info also a folder or a CSV file.",
                                 "数据集名称；info 还接受文件夹或 CSV 文件。"};
inline constexpr Words kOut{"The run folder; it must be new or empty. [runs/NAME-N]",
                            "运行文件夹；必须是新的或空的。[runs/NAME-N]"};
inline constexpr Words kRunArgument{"A run folder.", "运行文件夹。"};
inline constexpr Words kMoreEpochs{"Train to N epochs in all. [as the run was started]",
                                   "总共训练到 N 轮。[与运行开始时相同]"};
inline constexpr Words kModelArgument{"A run folder or a .safetensors file written by percept.",
                                      "运行文件夹，或 percept 写出的 .safetensors 文件。"};
inline constexpr Words kInputArgument{"Pictures (PNG, IDX) or CSV files; - is standard input. [-]",
                                      "图片（PNG、IDX）或 CSV 文件；- 表示标准输入。[-]"};
inline constexpr Words kPart{
    "test, train or all. [test; all for a CSV file the model was not trained on]",
    "test（测试）、train（训练）或 all（全部）。[test；对模型未见过的 CSV 文件为 all]"};
inline constexpr Words kMinAccuracy{"Exit with 1 below this accuracy.",
                                    "准确率低于此值时以 1 退出。"};
inline constexpr Words kMinR2{"Exit with 1 below this R².", "R² 低于此值时以 1 退出。"};
inline constexpr Words kTopK{"Classes to show. [3]", "显示的类别数。[3]"};
inline constexpr Words kInputShape{"Sizes of one sample, such as 1x28x28 or 784.",
                                   "一个样本的形状，如 1x28x28 或 784。"};
inline constexpr Words kOutputs{"Classes or values the model gives. [10]",
                                "模型输出的类别数或数值个数。[10]"};
inline constexpr Words kSummaryBatch{"Samples at once. [1]", "一次处理的样本数。[1]"};
inline constexpr Words kFormat{"safetensors or npz.", "safetensors 或 npz。"};
inline constexpr Words kExportOutput{"The file to write. [NAME.FORMAT]",
                                     "要写的文件。[NAME.FORMAT]"};
inline constexpr Words kExportCheck{"Read the file again and compare weights and predictions.",
                                    "重新读取文件，比较权重和预测。"};
inline constexpr Words kWhat{
    "curves, confusion, mistakes, weights, surface (tables of two columns) or values (regression).",
    "curves（曲线）、confusion（混淆矩阵）、mistakes（错误）、weights（权重）、surface（决策面，两"
    "列的表格）或 values（回归值）。"};
inline constexpr Words kFigureOutput{"The picture to write: .svg or .png.",
                                     "要写的图片：.svg 或 .png。"};
inline constexpr Words kShell{"bash, zsh or fish.", "bash、zsh 或 fish。"};
inline constexpr Words kStarting{"{}: {}; {} examples to train on; {}, {} parameters; {}",
                                 "{}：{}；{} 个训练样本；{}，{} 个参数；{}"};
inline constexpr Words kResuming{"going on: {}: {}; {} examples to train on; {}, {} parameters; {}",
                                 "继续：{}：{}；{} 个训练样本；{}，{} 个参数；{}"};
inline constexpr Words kStopped{"stopped after step {}; go on with: percept resume {}",
                                "在第 {} 步之后停止；继续请用：percept resume {}"};
inline constexpr Words kFellBack{"{}; going on from {}", "{}；改从 {} 继续"};
inline constexpr Words kRunFolder{"run folder", "运行文件夹"};
inline constexpr Words kWrote{"wrote {}", "已写出 {}"};
inline constexpr Words kWroteAndChecked{
    "wrote {}; read again: weights and predictions are the same",
    "已写出 {}；重新读取：权重和预测相同"};
inline constexpr Words kAllRows{"all {} examples of {}", "全部 {} 个样本（{}）"};
inline constexpr Words kTestPart{"the test part of {}", "{} 的测试集"};
inline constexpr Words kTrainPart{"the training part of {}", "{} 的训练集"};
inline constexpr Words kAccuracy{"accuracy", "准确率"};
inline constexpr Words kLoss{"loss", "损失"};
inline constexpr Words kR2{"R²", "R²"};
inline constexpr Words kMae{"mean absolute error", "平均绝对误差"};
inline constexpr Words kSamples{"samples", "样本数"};
inline constexpr Words kClass{"class", "类别"};
inline constexpr Words kCount{"samples", "样本数"};
inline constexpr Words kPrecision{"precision", "精确率"};
inline constexpr Words kRecall{"recall", "召回率"};
inline constexpr Words kConfusionHeading{"true class down, predicted class across:",
                                         "行为真实类别，列为预测类别："};
inline constexpr Words kTooManyClasses{
    "(too many classes for a terminal; percept plot --what confusion draws them)",
    "（类别太多，终端显示不下；请用 percept plot --what confusion）"};
inline constexpr Words kTrainSeries{"training", "训练"};
inline constexpr Words kTestSeries{"test", "测试"};
inline constexpr Words kValSeries{"validation", "验证"};
inline constexpr Words kEpochAxis{"epoch", "轮"};
inline constexpr Words kLossAxis{"loss", "损失"};
inline constexpr Words kAccuracyAxis{"accuracy", "准确率"};
inline constexpr Words kConfusionTitle{"{}: accuracy {:.4f}", "{}：准确率 {:.4f}"};
inline constexpr Words kTrueClass{"true class", "真实类别"};
inline constexpr Words kPredictedClass{"predicted class", "预测类别"};
inline constexpr Words kShareOfClass{"share of the true class", "占真实类别的比例"};
inline constexpr Words kMistakesTitle{
    "the {} worst of {} mistakes in {} pictures: true → predicted, probability",
    "{2} 张图片中 {1} 个错误里最严重的 {0} 个：真实 → 预测，概率"};
inline constexpr Words kTrueValue{"true {}", "真实的 {}"};
inline constexpr Words kPredictedValue{"predicted {}", "预测的 {}"};
inline constexpr Words kUnit{"unit", "单元"};
inline constexpr Words kInput{"input", "输入"};
inline constexpr Words kNotHere{"not on this machine", "本机没有"};
inline constexpr Words kDataAlso{
    "DATA may also be a folder of IDX files (train-images-idx3-ubyte, ...) or a CSV file with "
    "--target COLUMN.",
    "DATA 也可以是 IDX 文件夹（train-images-idx3-ubyte 等），或带 --target COLUMN 的 CSV 文件。"};
inline constexpr Words kFoundIn{"folder", "文件夹"};
inline constexpr Words kOrigin{"found by", "来源"};
inline constexpr Words kPicturesRow{"pictures", "图片"};
inline constexpr Words kPixels{"pixels", "像素"};
inline constexpr Words kFiles{"files", "文件"};
inline constexpr Words kClassesRow{"classes", "类别"};
inline constexpr Words kOk{"ok ", "通过"};
inline constexpr Words kBad{"BAD", "错误"};
inline constexpr Words kVersionRow{"percept", "percept"};
inline constexpr Words kCompiler{"compiler", "编译器"};
inline constexpr Words kInstructionSet{"instruction set", "指令集"};
inline constexpr Words kEngine{"engine", "计算引擎"};
inline constexpr Words kThreadsRow{"threads", "线程"};
inline constexpr Words kChecksDone{"{} checks, {} failed", "{} 项检查，{} 项失败"};

}  // namespace text
}  // namespace percept::app
