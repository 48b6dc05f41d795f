// Gallery, 2018: a Transformer writes, character by character. Counting pairs of characters beside
// it.
#include <algorithm>
#include <cmath>
#include <sstream>

#include "lessons/lesson.h"
#include "percept/percept.h"
#include "percept/plot/plot.h"

namespace percept::lessons {
namespace {

// Bierce, "The Devil's Dictionary", 1911, in the public domain: Debian's package dict-devil.
constexpr const char* kDictionary = "/usr/share/dictd/devil.dict.dz";
constexpr const char* kFirstEntry = "ABASEMENT, n.";

std::string dictionary_file() {
  try {
    return io::load_text(kDictionary);
  } catch (const IoError& error) {
    throw IoError(std::string(error.what()) + "; hint: Debian's package dict-devil has it");
  }
}

/// The entries, a paragraph a line, white space between words a single blank.
std::string dictionary() {
  const std::string file = dictionary_file();
  const std::size_t first = file.find(kFirstEntry), last = file.rfind("\n\n");
  if (first == std::string::npos || last == std::string::npos || last < first)
    throw FormatError(fmt::format("{}: no entry '{}' in it", kDictionary, kFirstEntry));
  std::istringstream lines(file.substr(first, last - first));
  std::string text;
  for (std::string line, word; std::getline(lines, line);) {
    std::istringstream words(line);
    bool empty = true;
    while (words >> word) {
      if (!text.empty() && text.back() != '\n') text += ' ';
      text += word;
      empty = false;
    }
    if (empty && !text.empty() && text.back() != '\n') text += '\n';
  }
  return text + '\n';
}

/// A text as numbers: places in the alphabet of its own characters.
struct Characters {
  std::string alphabet;
  Tensor codes;  // i64

  explicit Characters(const std::string& text) : alphabet(text) {
    std::sort(alphabet.begin(), alphabet.end());
    alphabet.erase(std::unique(alphabet.begin(), alphabet.end()), alphabet.end());
    codes = encode(text);
  }
  std::int64_t size() const { return static_cast<std::int64_t>(alphabet.size()); }
  Tensor encode(const std::string& text) const {
    std::vector<std::int64_t> places;
    for (const char c : text) places.push_back(static_cast<std::int64_t>(alphabet.find(c)));
    return from_vector(places);
  }
  std::string decode(const Tensor& places) const {
    std::string text;
    for (const std::int64_t place : places.to_vector<std::int64_t>())
      text += alphabet[static_cast<std::size_t>(place)];
    return text;
  }
};

/// Bits a character that counts of `seen` need for `text`: each character by the `before` ones in
/// front of it, without the first few of the text. `more` is added to every count.
double bits_by_counting(const Tensor& seen, const Tensor& text, std::int64_t size, int before,
                        double more) {
  // a context and its character as one number
  const auto groups = [&](const Tensor& codes) {
    const std::int64_t n = codes.numel() - before;
    Tensor group = codes.narrow(0, 0, n);
    for (int k = 1; k <= before; ++k) group = group * size + codes.narrow(0, k, n);
    return group;
  };
  std::int64_t kinds = size;
  for (int k = 0; k < before; ++k) kinds *= size;
  const Tensor found = groups(seen);
  const Tensor counts =
      scatter_add(zeros({kinds}, {.dtype = f64}), 0, found, ones({found.numel()}, {.dtype = f64}))
          .reshape({-1, size});  // (contexts, size)
  const Tensor p = (counts + more) / (counts.sum({1}, true) + more * static_cast<double>(size));
  return -mean(log(index_select(p.flatten(), 0, groups(text)))).item() / std::log(2.0);
}

void tell_counting(Lesson& lesson) {
  lesson.heading({.zh = "多少比特一个字符", .en = "How many bits a character"});
  lesson.text({.zh =
                   "一个模型给每个字符一个概率 `p`，写下它要 `-log₂ p` 比特（Shannon，1948）。字符"
                   "逐个来猜，模型越好，比特越少。先用 `abracadabra` 数一数：只数字符，或数相邻"
                   "的两个字符。",
               .en = "A model gives each character a probability `p`; to write it takes `-log₂ p` "
                     "bits (Shannon, 1948). The characters are guessed one by one, and the better "
                     "the model, the fewer the bits. First `abracadabra` is counted: the "
                     "characters alone, and pairs of neighbours."});
  const Characters word("abracadabra");
  lesson.numbers(
      "abracadabra",
      {.zh = "`abracadabra` 的比特数，每字符", .en = "Bits a character of `abracadabra`"},
      {{.what = {.zh = "5 个字符同样可能", .en = "5 characters, equally likely"},
        .value = std::log2(static_cast<double>(word.size())),
        .expected = golden("2.321928")},
       {.what = {.zh = "按出现次数", .en = "by how often they come"},
        .value = bits_by_counting(word.codes, word.codes, word.size(), 0, 0),
        .expected = golden("2.040373")},
       {.what = {.zh = "按前一个字符", .en = "by the character before"},
        .value = bits_by_counting(word.codes, word.codes, word.size(), 1, 0),
        .expected = golden("0.600000")}});
}

struct TextSizes {
  models::CausalTransformerOptions net;
  std::int64_t batch, steps;
  double lr;  // the highest
};
const TextSizes kShortText{
    {.max_len = 64, .width = 64, .heads = 4, .layers = 2, .feedforward = 256}, 32, 700, 0.008};
const TextSizes kLongText{
    {.max_len = 128, .width = 128, .heads = 4, .layers = 4, .feedforward = 512, .dropout = 0.1},
    32,
    1500,
    0.003};

/// Windows of `length` characters and one, from the places `starts` on: (N, length + 1).
Tensor windows(const Tensor& codes, const Tensor& starts, std::int64_t length) {
  const Tensor places = starts.unsqueeze(1) + arange(length + 1);
  return index_select(codes, 0, places.flatten()).reshape({-1, length + 1});
}

Tensor prediction_loss(models::CausalTransformer& net, const Tensor& window) {
  const std::int64_t length = window.size(1) - 1;
  return cross_entropy(net(window.narrow(1, 0, length)).flatten(0, 1),
                       window.narrow(1, 1, length).flatten());
}

/// Bits a character of a text in windows, one behind the other.
double bits_of(models::CausalTransformer& net, const Tensor& codes, std::int64_t length) {
  const NoGradGuard no_grad;
  net.eval();
  const Tensor starts = arange(0, codes.numel() - length, length);
  double sum = 0;
  for (const Tensor& part : split(starts, 64))
    sum += prediction_loss(net, windows(codes, part, length)).item() *
           static_cast<double>(part.numel());
  net.train();
  return sum / static_cast<double>(starts.numel()) / std::log(2.0);
}

struct TrainedText {
  models::CausalTransformer net;
  std::vector<double> bits;  // of each step's batch
};

TrainedText train_text(const Characters& characters, const Tensor& seen, const TextSizes& size,
                       std::uint64_t seed) {
  manual_seed(seed);
  TrainedText trained{.net = models::CausalTransformer(characters.size(), size.net), .bits = {}};
  Generator generator(seed);
  optim::AdamW optimizer(trained.net.parameters(), {.lr = size.lr});
  optim::OneCycleLR schedule(optimizer, size.lr, size.steps, {.cycle_momentum = false});
  const std::int64_t length = size.net.max_len;
  for (std::int64_t step = 0; step < size.steps; ++step) {
    const Tensor starts =
        randint(0, seen.numel() - length, {size.batch}, {.dtype = i64}, &generator);
    optimizer.zero_grad();
    const Tensor loss = prediction_loss(trained.net, windows(seen, starts, length));
    trained.bits.push_back(loss.item() / std::log(2.0));
    loss.backward();
    optim::clip_grad_norm_(trained.net.parameters(), 1);
    optimizer.step();
    schedule.step();
  }
  return trained;
}

/// Lines of at most `width` characters, broken between words.
std::string wrapped(const std::string& text, std::size_t width) {
  std::istringstream paragraphs(text);
  std::string page;
  for (std::string paragraph; std::getline(paragraphs, paragraph);) {
    std::istringstream words(paragraph);
    std::string line;
    for (std::string word; words >> word;) {
      if (!line.empty() && line.size() + 1 + word.size() > width) {
        page += line + "\n";
        line.clear();
      }
      line += (line.empty() ? "" : " ") + word;
    }
    page += line + "\n";
  }
  page.pop_back();
  return page;
}

void tell_dictionary(Lesson& lesson, const Options& options) {
  const TextSizes& size = options.full ? kLongText : kShortText;
  const auto seed = static_cast<std::uint64_t>(options.seed);
  const Characters characters(dictionary());
  const std::int64_t all = characters.codes.numel(), cut = all * 9 / 10;
  const Tensor seen = characters.codes.narrow(0, 0, cut),
               held_out = characters.codes.narrow(0, cut, all - cut);
  lesson.heading({.zh = "一本词典", .en = "A dictionary"});
  lesson.text(
      {.zh = "Ambrose Bierce 的 The Devil's Dictionary（1911，已属公有领域，来自 Debian 软件包 "
             "`dict-devil`）：{} 个字符，共 {} 种。前 9/10 用来学习，后 1/10 只用来检验。",
       .en = "Ambrose Bierce's The Devil's Dictionary (1911, in the public domain, from "
             "Debian's package `dict-devil`): {} characters of {} kinds. The first 9/10 are "
             "learned from, the last 1/10 only judges."},
      all, characters.size());
  const double single = bits_by_counting(seen, held_out, characters.size(), 0, 1),
               pairs = bits_by_counting(seen, held_out, characters.size(), 1, 1),
               triples = bits_by_counting(seen, held_out, characters.size(), 2, 1);
  lesson.numbers(
      "counting",
      {.zh = "数出来的模型，检验部分每字符的比特数（每个次数加 1）",
       .en = "Models of counts, bits a character of the held-out part (1 is added to every "
             "count)"},
      {{.what = {.zh = "字符", .en = "characters"},
        .value = single,
        .expected = golden("4.518087")},
       {.what = {.zh = "相邻的两个字符", .en = "pairs of characters"},
        .value = pairs,
        .expected = golden("3.614512")},
       {.what = {.zh = "相邻的三个字符", .en = "triples of characters"},
        .value = triples,
        .expected = golden("3.157685")}});

  lesson.heading({.zh = "学着写", .en = "Learning to write"});
  lesson.text(
      {.zh = "一个解码器：{} 层，宽 {}，看前面至多 {} 个字符。每步从书中任取 {} 段，在每个位置"
             "同时猜下一个字符，共 {} 步。",
       .en = "A decoder of {} layers and width {} that sees at most {} characters before. "
             "Each step takes {} passages anywhere in the book and guesses the next "
             "character at every place at once; {} steps."},
      size.net.layers, size.net.width, size.net.max_len, size.batch, size.steps);
  lesson.code(
      "models::CausalTransformer net(83, {.max_len = 64, .width = 64});\n"
      "cross_entropy(net(window).flatten(0, 1), next.flatten()).backward();\n"
      "net.generate(start, 300, {.temperature = 0.7});");
  TrainedText trained = train_text(characters, seen, size, seed);
  const double learned = bits_of(trained.net, held_out, size.net.max_len);
  lesson.claim(learned < single, {.zh = "它在检验部分需要的比特数少于只数字符的模型",
                                  .en = "On the held-out part it needs fewer bits than counts of "
                                        "characters"});
  lesson.claim(learned < pairs,
               {.zh = "也少于数相邻字符的模型", .en = "It also needs fewer than counts of pairs"});
  lesson.table(
      {.name = "result",
       .title = {.zh = "检验部分，每字符的比特数", .en = "Held-out part, bits a character"},
       .columns = {{.name = "model",
                    .title = {.zh = "模型", .en = "model"},
                    .words = {{"字符", "characters"},
                              {"相邻的两个", "pairs"},
                              {"相邻的三个", "triples"},
                              both("Transformer")}},
                   {.name = "bits",
                    .title = {.zh = "比特", .en = "bits"},
                    .values = {single, pairs, triples, learned},
                    .digits = 2}}});
  lesson.figure(
      "bits", {.zh = "训练中每字符的比特数", .en = "Bits a character in training"},
      [bits = trained.bits, single, pairs](Language language) {
        const auto level = [&](const Text& name, double y, plot::Dash dash) {
          return plot::Series{.name = name.in(language),
                              .x = {1, static_cast<double>(bits.size())},
                              .y = {y, y},
                              .dash = dash,
                              .markers = false};
        };
        return plot::curves(
            {{.x_label = Text{"训练步数", "training step"}.in(language),
              .y_label = Text{"比特", "bits"}.in(language),
              .series = {{.name = "Transformer", .y = bits, .smoothing = 0.9, .markers = false},
                         level({"字符", "characters"}, single, plot::Dash::Dashed),
                         level({"相邻的两个", "pairs"}, pairs, plot::Dash::Dotted)},
              .y_range = plot::Range{0, std::log2(83.0)}}},
            {.panel_width = 620});
      });
  lesson.text({.zh = "它自己写的，从 `LOVE, n.` 开始，每个字符按概率随机抽取：",
               .en = "What it writes by itself from `LOVE, n.` on, each character drawn by its "
                     "probability:"});
  Generator generator(seed + 1);
  trained.net.eval();
  const Tensor text = trained.net.generate(characters.encode("LOVE, n. ").unsqueeze(0), 300,
                                           {.temperature = 0.7, .generator = &generator});
  lesson.written(wrapped(characters.decode(text[0]), 72));
  Table history{.name = "bits",
                .columns = {{.name = "step"}, {.name = "bits", .values = trained.bits}}};
  for (std::int64_t step = 0; step < size.steps; ++step)
    history.columns[0].values.push_back(static_cast<double>(step));
  lesson.history(history);
}

}  // namespace

Lesson character_model(const Options& options) {
  Lesson lesson;
  lesson.text(
      {.zh = "语言模型猜下一个字。Markov（1913）数过字母的前后，Shannon（1951）让人来猜，测出"
             "英文每个字母约 1 比特。2018 年，Radford 等只用 Transformer 的解码器，在大量文本上"
             "学习猜下一个词（GPT）；Al-Rfou 等用它猜字符。这里是同样的网络，小得多。",
       .en = "A language model guesses what comes next. Markov (1913) counted which letter "
             "follows which; Shannon (1951) let people guess and found about 1 bit a letter "
             "of English. In 2018 Radford et al. trained a Transformer's decoder alone on "
             "much text to guess the next word (GPT), and Al-Rfou et al. characters. This "
             "is the same network, much smaller."});
  lesson.formula("p(x₁ … xₙ) = Π p(xᵢ | x₁ … xᵢ₋₁),  bits = -1/n Σ log₂ p(xᵢ | x₁ … xᵢ₋₁)");
  tell_counting(lesson);
  tell_dictionary(lesson, options);
  return lesson;
}

}  // namespace percept::lessons
