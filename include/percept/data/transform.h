// Transforms: what is done to one example's tensor on its way into a batch.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept::data {

/// Where a random transform takes its numbers: a pure function of these four, so neither the order
/// of work nor the number of workers can change them.
struct Draw {
  std::uint64_t seed = 0;
  std::uint32_t stream = 0;  ///< tells apart the transforms that one example goes through
  std::uint64_t epoch = 0;
  std::uint64_t sample = 0;

  Draw with_sample(std::uint64_t index) const { return {seed, stream, epoch, index}; }
  /// The same example and epoch in the stream of its k-th part.
  Draw with_part(std::uint32_t k) const { return {seed, stream * 31 + k + 1, epoch, sample}; }
  /// Four random 32-bit words.
  std::array<std::uint32_t, 4> words() const {
    return RandomBlock(seed, stream, epoch).words(sample);
  }
};

/// Any callable `Tensor(const Tensor&)`, or `Tensor(const Tensor&, const Draw&)` when it is random.
/// It must be safe to call from several threads at once. A default-made one changes nothing.
class Transform {
 public:
  Transform() = default;
  template <class F>
  requires(!std::same_as<std::remove_cvref_t<F>, Transform> &&
           (std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Draw&> ||
            std::is_invocable_r_v<Tensor, const F&, const Tensor&>)) Transform(F callable)
      : self_(std::make_shared<const Model<F>>(std::move(callable))) {}

  Tensor operator()(const Tensor& x, const Draw& draw = {}) const {
    return self_ ? self_->apply(x, draw) : x;
  }
  explicit operator bool() const { return self_ != nullptr; }
  /// The callable inside when it is an F, else null.
  template <class F>
  const F* as() const {
    const auto* model = dynamic_cast<const Model<F>*>(self_.get());
    return model ? &model->callable : nullptr;
  }

 private:
  struct Concept {
    virtual ~Concept() = default;
    virtual Tensor apply(const Tensor& x, const Draw& draw) const = 0;
  };
  template <class F>
  struct Model final : Concept {
    explicit Model(F f) : callable(std::move(f)) {}
    Tensor apply(const Tensor& x, const Draw& draw) const override {
      if constexpr (std::is_invocable_r_v<Tensor, const F&, const Tensor&, const Draw&>)
        return callable(x, draw);
      else
        return callable(x);
    }
    F callable;
  };
  std::shared_ptr<const Concept> self_;
};

}  // namespace percept::data

namespace percept::transforms {

using data::Draw;
using data::Transform;

/// One transform after the other; the k-th draws from the k-th stream.
class Compose {
 public:
  Compose(std::initializer_list<Transform> steps) : steps_(steps) {}
  explicit Compose(std::vector<Transform> steps) : steps_(std::move(steps)) {}
  Tensor operator()(const Tensor& x, const Draw& draw = {}) const;
  const std::vector<Transform>& steps() const { return steps_; }

 private:
  std::vector<Transform> steps_;
};

/// A picture of bytes to numbers: u8 [H, W] or [H, W, C] in 0..255 gives f32 [C, H, W] in 0..1
/// (torchvision's ToTensor). Throws DtypeError, ShapeError.
struct ToTensor {
  Tensor operator()(const Tensor& picture) const;
};

/// (x - mean) / std by channel: f32 [..., C, H, W] with C values each, or any shape with one value.
class Normalize {
 public:
  /// Throws ValueError unless both have the same number of values (>= 1) and every std is positive.
  Normalize(std::vector<float> mean, std::vector<float> std);
  /// Throws DtypeError, ShapeError.
  Tensor operator()(const Tensor& x) const;
  const std::vector<float>& mean() const { return mean_; }
  const std::vector<float>& std() const { return std_; }

 private:
  std::vector<float> mean_, std_;
};

/// A function as a transform, under PyTorch's name for it.
struct Lambda {
  std::function<Tensor(const Tensor&)> function;
  Tensor operator()(const Tensor& x) const { return function(x); }
};

/// Class numbers i64 [...] to f32 [..., classes] with a single 1. Throws DtypeError, IndexError.
class OneHot {
 public:
  explicit OneHot(std::int64_t classes);
  Tensor operator()(const Tensor& labels) const;

 private:
  std::int64_t classes_;
};

/// Mirrors left and right with probability p: [..., H, W], or u8 [H, W, C]. Throws ValueError
/// unless 0 <= p <= 1, ShapeError.
class RandomHorizontalFlip {
 public:
  explicit RandomHorizontalFlip(double p = 0.5);
  Tensor operator()(const Tensor& picture, const Draw& draw) const;

 private:
  double p_;
};

/// Moves by up to `pixels` rows and columns either way, each equally likely; zeros move in. Shapes
/// as RandomHorizontalFlip. Throws ValueError for pixels < 0, ShapeError.
class RandomShift {
 public:
  explicit RandomShift(std::int64_t pixels);
  Tensor operator()(const Tensor& picture, const Draw& draw) const;

 private:
  std::int64_t pixels_;
};

}  // namespace percept::transforms
