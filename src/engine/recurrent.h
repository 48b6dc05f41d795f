// Recurrent layers: all steps of one layer in one direction, fused.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/engine.h"
#include "percept/tensor/tensor.h"

namespace percept::engine {

/// Samples of one step. Every row is dense: a and b of gates · hidden numbers, all others of
/// hidden. What a cell has not is null, and so is what is kept for backward where there will be
/// none.
template <class T>
struct CellRows {
  std::int64_t samples, hidden;
  T *a, *b;     // W_ih x + b_ih (+ W_hh h + b_hh), or that of h in b; then the gates
  T *h, *c;     // the state: before and then after the step
  T* y;         // h once more, where outputs are kept
  T* h_before;  // kept: the state before, and
  T* c_before;  //
  T* tanh_c;    // tanh of c after the step
};

/// Their gradients; what forward kept is read.
template <class T>
struct CellGradientRows {
  std::int64_t samples, hidden;
  const T *a, *b, *h_before, *c_before, *tanh_c;
  const T* dy;  // of the step's output
  T *da, *db;   // of the products; db null where they are added in a
  T *dh, *dc;   // of the state after the step, then of that before; without what W_hh gives to h
};

/// What is done to one step's products, element by element.
template <class T>
struct CellLoops {
  void (*forward)(const CellRows<T>& rows);
  void (*backward)(const CellGradientRows<T>& rows);
};
struct CellKind {
  std::int64_t gates;
  bool apart;  // the state's products stand apart, in b
  bool has_c;
  CellLoops<float> fast, reference;
  CellLoops<double> reference64;
};
extern const CellKind tanh_cell, relu_cell, lstm_cell, gru_cell;

/// How the rows of a layer lie: sizes[t] samples of step t from row starts[t] on.
struct RecurrentLayer {
  const CellKind* kind;
  std::vector<std::int64_t> sizes, starts;
  bool reverse;  // from the last step to the first
  bool rounded;  // products of inputs rounded to bf16
};

/// a (rows, gates hidden) holds W_ih x + b_ih, and b_hh too unless the kind keeps it apart; it
/// becomes the gates. y (rows + N, hidden), or rows + 2 N with c, begins with the outputs; behind
/// them stands the initial state h, c and becomes the last one. w_hh (gates hidden, hidden), b_hh
/// (gates hidden) or undefined. Of the shapes of a and of outputs: b for kinds that have it, and,
/// undefined when no gradient is wanted, h_before, c_before and tanh_c. All dense but w_hh.
void recurrent(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& b_hh, const Tensor& a,
               const Tensor& b, const Tensor& y, const Tensor& h_before, const Tensor& c_before,
               const Tensor& tanh_c);
/// dy of y's shape. dh (N, hidden), and dc, hold the gradients of the last state and become those
/// of the initial one; da, and db for kinds that have b, become those of the products.
void recurrent_backward(const RecurrentLayer& layer, const Tensor& w_hh, const Tensor& dy,
                        const Tensor& a, const Tensor& b, const Tensor& h_before,
                        const Tensor& c_before, const Tensor& tanh_c, const Tensor& da,
                        const Tensor& db, const Tensor& dh, const Tensor& dc);

namespace reference {
template <class T>
void tanh_forward(const CellRows<T>& rows);
template <class T>
void tanh_backward(const CellGradientRows<T>& rows);
template <class T>
void relu_forward(const CellRows<T>& rows);
template <class T>
void relu_backward(const CellGradientRows<T>& rows);
template <class T>
void lstm_forward(const CellRows<T>& rows);
template <class T>
void lstm_backward(const CellGradientRows<T>& rows);
template <class T>
void gru_forward(const CellRows<T>& rows);
template <class T>
void gru_backward(const CellGradientRows<T>& rows);
}  // namespace reference

namespace onednn {
void tanh_forward(const CellRows<float>& rows);
void tanh_backward(const CellGradientRows<float>& rows);
void relu_forward(const CellRows<float>& rows);
void relu_backward(const CellGradientRows<float>& rows);
void lstm_forward(const CellRows<float>& rows);
void lstm_backward(const CellGradientRows<float>& rows);
void gru_forward(const CellRows<float>& rows);
void gru_backward(const CellGradientRows<float>& rows);
}  // namespace onednn

}  // namespace percept::engine
