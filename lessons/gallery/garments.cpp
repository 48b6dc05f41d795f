#include "lessons/gallery/garments.h"

#include "percept/percept.h"

namespace percept::lessons {

const std::vector<Text>& garment_names() {
  static const std::vector<Text> names{
      {.zh = "T恤", .en = "t-shirt"},   {.zh = "裤子", .en = "trouser"},
      {.zh = "套衫", .en = "pullover"}, {.zh = "连衣裙", .en = "dress"},
      {.zh = "外套", .en = "coat"},     {.zh = "凉鞋", .en = "sandal"},
      {.zh = "衬衫", .en = "shirt"},    {.zh = "运动鞋", .en = "sneaker"},
      {.zh = "包", .en = "bag"},        {.zh = "短靴", .en = "ankle boot"}};
  return names;
}

std::vector<std::string> garment_names(Language language) {
  std::vector<std::string> names;
  for (const Text& name : garment_names()) names.push_back(name.in(language));
  return names;
}

namespace {

Garments chosen_rows(const data::ImageSet& set, const std::vector<std::int64_t>& rows) {
  const Tensor index = from_vector(rows);
  return {index_select(set.images(), 0, index).to(f32).flatten(1) / 255,
          index_select(set.labels(), 0, index)};
}

}  // namespace

Garments garments(const data::ImageSet& set, const std::vector<std::int64_t>& classes,
                  std::int64_t each) {
  std::vector<std::int64_t> rows;
  const auto labels = set.labels().span<std::int64_t>();
  std::vector<std::size_t> next(classes.size(), 0);
  for (std::int64_t nth = 0; nth < each; ++nth)
    for (std::size_t c = 0; c < classes.size(); ++c) {
      while (labels[next[c]] != classes[c]) ++next[c];
      rows.push_back(static_cast<std::int64_t>(next[c]++));
    }
  return chosen_rows(set, rows);
}

Garments garments(const data::ImageSet& set, std::int64_t count) {
  return chosen_rows(set, arange(count).to_vector<std::int64_t>());
}

plot::Image garment_picture(const Tensor& row, plot::Levels levels) {
  return plot::gray_image((levels.low + levels.high - row).to_vector<float>(), 28, 28, levels);
}

}  // namespace percept::lessons
