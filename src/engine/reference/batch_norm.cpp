#include "engine/batch_norm.h"

#include "base/parallel.h"

namespace percept::engine::reference {
namespace {

template <class T>
T* channel_data(const Tensor& x) {
  return static_cast<T*>(x.impl().data);
}

/// per_channel(c, each), where each(f) calls f(i) for every element i of channel c.
template <class PerChannel>
void for_each_channel(const Tensor& x, const PerChannel& per_channel) {
  const auto [outer, channels, inner] = channel_walk(x);
  const std::int64_t grain =
      std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(1, outer * inner));
  parallel_for(
      channels, grain,
      [&, outer = outer, channels = channels, inner = inner](std::int64_t begin, std::int64_t end) {
        for (std::int64_t c = begin; c < end; ++c)
          per_channel(c, [&](const auto& f) {
            for (std::int64_t o = 0; o < outer; ++o)
              for (std::int64_t i = 0; i < inner; ++i) f((o * channels + c) * inner + i);
          });
      });
}

/// f.template operator()<T>() for the type of x.
template <class F>
void with_real_type(const Tensor& x, const F& f) {
  x.dtype() == f64 ? f.template operator()<double>() : f.template operator()<float>();
}

}  // namespace

void channel_moments(const Tensor& in, const Tensor& mean, const Tensor& var) {
  const double n = static_cast<double>(in.numel()) / static_cast<double>(in.shape()[1]);
  with_real_type(in, [&]<class T>() {
    const T* x = channel_data<T>(in);
    for_each_channel(in, [&](std::int64_t c, const auto& each) {
      double sum = 0, squares = 0;
      each([&](std::int64_t i) { sum += static_cast<double>(x[i]); });
      const double m = sum / n;
      each([&](std::int64_t i) {
        const double d = static_cast<double>(x[i]) - m;
        squares += d * d;
      });
      channel_data<T>(mean)[c] = static_cast<T>(m);
      channel_data<T>(var)[c] = static_cast<T>(squares / n);
    });
  });
}

void scale_channels(const Tensor& in, const Tensor& mean, const Tensor& scale, const Tensor& shift,
                    const Tensor& out) {
  with_real_type(in, [&]<class T>() {
    const T* x = channel_data<T>(in);
    T* y = channel_data<T>(out);
    for_each_channel(in, [&](std::int64_t c, const auto& each) {
      const T m = channel_data<T>(mean)[c], a = channel_data<T>(scale)[c],
              b = channel_data<T>(shift)[c];
      each([&](std::int64_t i) { y[i] = (x[i] - m) * a + b; });
    });
  });
}

void channel_sums(const Tensor& grad, const Tensor& in, const Tensor& mean, const Tensor& sum,
                  const Tensor& product) {
  with_real_type(in, [&]<class T>() {
    const T *dy = channel_data<T>(grad), *x = channel_data<T>(in);
    for_each_channel(in, [&](std::int64_t c, const auto& each) {
      const auto m = static_cast<double>(channel_data<T>(mean)[c]);
      double s = 0, p = 0;
      each([&](std::int64_t i) {
        s += static_cast<double>(dy[i]);
        p += static_cast<double>(dy[i]) * (static_cast<double>(x[i]) - m);
      });
      channel_data<T>(sum)[c] = static_cast<T>(s);
      channel_data<T>(product)[c] = static_cast<T>(p);
    });
  });
}

void scale_channels_backward(const Tensor& grad, const Tensor& in, const Tensor& mean,
                             const Tensor& scale, const Tensor& a, const Tensor& b,
                             const Tensor& out) {
  with_real_type(in, [&]<class T>() {
    const T *dy = channel_data<T>(grad), *x = channel_data<T>(in);
    T* dx = channel_data<T>(out);
    for_each_channel(in, [&](std::int64_t c, const auto& each) {
      const T m = channel_data<T>(mean)[c], s = channel_data<T>(scale)[c];
      const T of_one = channel_data<T>(a)[c], of_x = channel_data<T>(b)[c];
      each([&](std::int64_t i) { dx[i] = s * (dy[i] - of_one - (x[i] - m) * of_x); });
    });
  });
}

}  // namespace percept::engine::reference
