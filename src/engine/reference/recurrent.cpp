#include "engine/recurrent.h"

#include <cmath>

namespace percept::engine::reference {
namespace {

template <class T>
T logistic(T x) {
  return T(1) / (T(1) + std::exp(-x));
}

/// f(s, s hidden + j, j) for every element j of every sample s.
template <class Rows, class F>
void each_element(const Rows& rows, const F& f) {
  for (std::int64_t s = 0; s < rows.samples; ++s)
    for (std::int64_t j = 0; j < rows.hidden; ++j) f(s, s * rows.hidden + j, j);
}

/// h = act(a); a keeps it
template <class T, class Act>
void plain_forward(const CellRows<T>& r, const Act& act) {
  each_element(r, [&](std::int64_t, std::int64_t i, std::int64_t) {
    if (r.h_before) r.h_before[i] = r.h[i];
    r.y[i] = r.h[i] = r.a[i] = act(r.a[i]);
  });
}

/// da = dh slope(a)
template <class T, class Slope>
void plain_backward(const CellGradientRows<T>& r, const Slope& slope) {
  each_element(r, [&](std::int64_t, std::int64_t i, std::int64_t) {
    r.da[i] = (r.dh[i] + r.dy[i]) * slope(r.a[i]);
  });
}

}  // namespace

template <class T>
void tanh_forward(const CellRows<T>& r) {
  plain_forward(r, [](T x) { return std::tanh(x); });
}
template <class T>
void tanh_backward(const CellGradientRows<T>& r) {
  plain_backward(r, [](T h) { return T(1) - h * h; });
}

template <class T>
void relu_forward(const CellRows<T>& r) {
  plain_forward(r, [](T x) { return x < T(0) ? T(0) : x; });
}
template <class T>
void relu_backward(const CellGradientRows<T>& r) {
  plain_backward(r, [](T h) { return h <= T(0) ? T(0) : T(1); });
}

// c' = f c + i g,  h' = o tanh(c')
template <class T>
void lstm_forward(const CellRows<T>& r) {
  each_element(r, [&](std::int64_t s, std::int64_t at, std::int64_t j) {
    T* a = r.a + s * 4 * r.hidden + j;
    T &i = a[0], &f = a[r.hidden], &g = a[2 * r.hidden], &o = a[3 * r.hidden];
    i = logistic(i), f = logistic(f), g = std::tanh(g), o = logistic(o);
    const T c = f * r.c[at] + i * g, squashed = std::tanh(c);
    if (r.h_before) r.h_before[at] = r.h[at], r.c_before[at] = r.c[at], r.tanh_c[at] = squashed;
    r.c[at] = c;
    r.y[at] = r.h[at] = o * squashed;
  });
}

template <class T>
void lstm_backward(const CellGradientRows<T>& r) {
  each_element(r, [&](std::int64_t s, std::int64_t at, std::int64_t j) {
    const std::int64_t first = s * 4 * r.hidden + j;
    const T* a = r.a + first;
    T* da = r.da + first;
    const T i = a[0], f = a[r.hidden], g = a[2 * r.hidden], o = a[3 * r.hidden];
    const T dh = r.dh[at] + r.dy[at], squashed = r.tanh_c[at];
    const T dc = r.dc[at] + dh * o * (T(1) - squashed * squashed);
    da[0] = dc * g * i * (T(1) - i);
    da[r.hidden] = dc * r.c_before[at] * f * (T(1) - f);
    da[2 * r.hidden] = dc * i * (T(1) - g * g);
    da[3 * r.hidden] = dh * squashed * o * (T(1) - o);
    r.dc[at] = dc * f;
  });
}

// h' = n + z (h - n),  n = tanh(a_n + r b_n)
template <class T>
void gru_forward(const CellRows<T>& rows) {
  each_element(rows, [&](std::int64_t s, std::int64_t at, std::int64_t j) {
    T *a = rows.a + s * 3 * rows.hidden + j, *b = rows.b + s * 3 * rows.hidden + j;
    T &r = a[0], &z = a[rows.hidden], &n = a[2 * rows.hidden];
    r = logistic(r + b[0]), z = logistic(z + b[rows.hidden]);
    n = std::tanh(n + r * b[2 * rows.hidden]);
    if (rows.h_before) rows.h_before[at] = rows.h[at];
    rows.y[at] = rows.h[at] = n + z * (rows.h[at] - n);
  });
}

template <class T>
void gru_backward(const CellGradientRows<T>& rows) {
  each_element(rows, [&](std::int64_t s, std::int64_t at, std::int64_t j) {
    const std::int64_t first = s * 3 * rows.hidden + j;
    const T *a = rows.a + first, *b = rows.b + first;
    T *da = rows.da + first, *db = rows.db + first;
    const T r = a[0], z = a[rows.hidden], n = a[2 * rows.hidden];
    const T dh = rows.dh[at] + rows.dy[at];
    const T dn = dh * (T(1) - z) * (T(1) - n * n);
    da[0] = db[0] = dn * b[2 * rows.hidden] * r * (T(1) - r);
    da[rows.hidden] = db[rows.hidden] = dh * (rows.h_before[at] - n) * z * (T(1) - z);
    da[2 * rows.hidden] = dn;
    db[2 * rows.hidden] = dn * r;
    rows.dh[at] = dh * z;
  });
}

#define PERCEPT_BOTH_TYPES(Cell)                                 \
  template void Cell##_forward(const CellRows<float>&);          \
  template void Cell##_forward(const CellRows<double>&);         \
  template void Cell##_backward(const CellGradientRows<float>&); \
  template void Cell##_backward(const CellGradientRows<double>&);
PERCEPT_BOTH_TYPES(tanh)
PERCEPT_BOTH_TYPES(relu)
PERCEPT_BOTH_TYPES(lstm)
PERCEPT_BOTH_TYPES(gru)
#undef PERCEPT_BOTH_TYPES

}  // namespace percept::engine::reference
