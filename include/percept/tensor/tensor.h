// Tensor: a cheap handle to an n-dimensional array. Free functions (percept/ops/*.h) carry the
// operations; the class has what reads better as a member.
#pragma once

#include <functional>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "percept/tensor/dtype.h"
#include "percept/tensor/shape.h"
#include "percept/tensor/storage.h"

namespace percept {

class Tensor;
class HookHandle;
struct Node;
struct TensorIndex;

/// What a factory makes; the type is f32 unless given or told by the arguments.
struct TensorOptions {
  std::optional<Dtype> dtype = {};
  bool requires_grad = false;
};

/// An n-dimensional array of one element type. Copying the handle shares the data.
class Tensor {
 public:
  Tensor() = default;  ///< undefined: every use but assignment and defined() throws ValueError
  explicit Tensor(Ref<TensorImpl> impl) : impl_(std::move(impl)) {}

  // -- what it is
  bool defined() const { return static_cast<bool>(impl_); }
  const Shape& shape() const { return impl().shape; }
  std::int64_t size(std::int64_t dim) const;  ///< negative counts from the end
  const Strides& strides() const { return impl().strides; }
  int dim() const { return impl().shape.dim(); }
  std::int64_t numel() const { return impl().numel; }
  Dtype dtype() const { return impl().dtype; }
  bool is_contiguous() const { return impl().contiguous; }
  std::string str() const;  ///< as PyTorch prints it
  /// True when both handles mean the same tensor object.
  bool is_same(const Tensor& other) const { return impl_ == other.impl_; }

  // -- its elements. The engine may keep the numbers in another form as well (rounded to bf16, or
  // packed for inference) until at(), span() or data() is called or an operation writes: ask for
  // the pointer again before writing through it a second time.
  /// The only element, converted to T. Throws ValueError unless there is exactly one.
  template <class T = double>
  T item() const {
    if constexpr (std::is_same_v<T, std::int64_t>) return item_int();
    return static_cast<T>(item_double());
  }
  /// Element (i, j, ...), negative indices from the end. Throws DtypeError, IndexError.
  template <class T, class... Index>
  T& at(Index... index) const {
    return static_cast<T*>(typed(dtype_of<T>))[offset({static_cast<std::int64_t>(index)...})];
  }
  /// All elements in row-major order. Throws DtypeError, and ValueError when not contiguous.
  template <class T>
  std::span<T> span() const {
    return {static_cast<T*>(typed_contiguous(dtype_of<T>)), static_cast<std::size_t>(numel())};
  }
  /// The first element; for strided access together with strides(). Throws DtypeError.
  template <class T>
  T* data() const {
    return static_cast<T*>(typed(dtype_of<T>));
  }
  /// A copy of all elements, converted to T, in row-major order.
  template <class T>
  std::vector<T> to_vector() const {
    const Tensor same = to(dtype_of<T>).contiguous();
    const auto from = same.span<T>();
    return {from.begin(), from.end()};
  }

  // -- copies and conversions
  Tensor to(Dtype dtype) const;  ///< itself when it has that type already
  Tensor contiguous() const;     ///< itself when it is already
  Tensor clone() const;          ///< new memory; differentiable
  Tensor detach() const;         ///< shares the data, outside the graph

  // -- views (share the data) and reshaping
  Tensor view(const Shape& shape) const;     ///< one size may be -1; throws if a copy were needed
  Tensor reshape(const Shape& shape) const;  ///< a view where possible, else a copy
  Tensor flatten(std::int64_t start = 0, std::int64_t end = -1) const;
  Tensor transpose(std::int64_t dim0, std::int64_t dim1) const;
  Tensor permute(const Shape& dims) const;
  Tensor t() const;  ///< of a matrix
  Tensor T() const;  ///< all dimensions reversed
  Tensor squeeze() const;
  Tensor squeeze(std::int64_t dim) const;
  Tensor unsqueeze(std::int64_t dim) const;
  Tensor expand(const Shape& shape) const;  ///< -1 keeps a size
  Tensor narrow(std::int64_t dim, std::int64_t start, std::int64_t length) const;
  Tensor select(std::int64_t dim, std::int64_t index) const;
  Tensor operator[](std::int64_t index) const { return select(0, index); }
  Tensor operator[](const Tensor& index) const;
  /// x[i, 2:5, ..., None, mask]: see percept/ops/indexing.h.
  Tensor index(std::initializer_list<TensorIndex> indices) const;
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Tensor& values);
  Tensor& index_put_(std::initializer_list<TensorIndex> indices, const Scalar& value);

  // -- reductions and mathematics that read well as members
  Tensor add(const Tensor& other) const;
  Tensor sum() const;
  Tensor sum(const Shape& dims, bool keepdim = false) const;
  Tensor mean() const;
  Tensor mean(const Shape& dims, bool keepdim = false) const;
  Tensor max() const;
  Tensor min() const;
  Tensor argmax() const;
  Tensor argmax(std::int64_t dim, bool keepdim = false) const;
  Tensor argmin() const;
  Tensor argmin(std::int64_t dim, bool keepdim = false) const;
  Tensor abs() const;
  Tensor exp() const;
  Tensor log() const;
  Tensor sqrt() const;
  Tensor pow(const Scalar& exponent) const;
  Tensor matmul(const Tensor& other) const;

  // -- in place: the result goes into this tensor's memory
  Tensor& copy_(const Tensor& source);  ///< broadcasts and converts
  Tensor& fill_(const Scalar& value);
  Tensor& zero_();
  Tensor& add_(const Tensor& other, const Scalar& alpha = 1);
  Tensor& add_(const Scalar& other);
  Tensor& sub_(const Tensor& other, const Scalar& alpha = 1);
  Tensor& sub_(const Scalar& other);
  Tensor& mul_(const Tensor& other);
  Tensor& mul_(const Scalar& other);
  Tensor& div_(const Tensor& other);
  Tensor& div_(const Scalar& other);
  Tensor& pow_(const Scalar& exponent);
  Tensor& neg_();
  Tensor& abs_();
  Tensor& exp_();
  Tensor& log_();
  Tensor& sqrt_();
  Tensor& sigmoid_();
  Tensor& tanh_();
  Tensor& relu_();
  Tensor& clamp_(std::optional<Scalar> min, std::optional<Scalar> max);
  Tensor& t_();
  Tensor& unsqueeze_(std::int64_t dim);
  Tensor& squeeze_();
  Tensor& masked_fill_(const Tensor& mask, const Scalar& value);
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Tensor& source);
  Tensor& scatter_(std::int64_t dim, const Tensor& index, const Scalar& value);
  Tensor& operator+=(const Tensor& other) { return add_(other); }
  Tensor& operator-=(const Tensor& other) { return sub_(other); }
  Tensor& operator*=(const Tensor& other) { return mul_(other); }
  Tensor& operator/=(const Tensor& other) { return div_(other); }
  Tensor& operator+=(const Scalar& other) { return add_(other); }
  Tensor& operator-=(const Scalar& other) { return sub_(other); }
  Tensor& operator*=(const Scalar& other) { return mul_(other); }
  Tensor& operator/=(const Scalar& other) { return div_(other); }

  // -- gradients (percept/autograd)
  bool requires_grad() const;
  Tensor& requires_grad_(bool on = true);  ///< throws AutogradError for integers and non-leaves
  bool is_leaf() const;                    ///< not computed from something that needs a gradient
  /// The accumulated gradient; undefined before the first backward().
  Tensor grad() const;
  void set_grad(const Tensor& grad);
  void zero_grad();    ///< forgets the gradient
  void retain_grad();  ///< also keep the gradient of a non-leaf
  /// d(this)/d(leaves), weighted with `gradient`, which may be left out for one element; adds to
  /// each leaf's grad(). Throws AutogradError.
  void backward(const Tensor& gradient = {}, bool retain_graph = false,
                bool create_graph = false) const;
  /// Called with the gradient of this tensor when it is known; a defined result replaces it.
  HookHandle register_hook(std::function<Tensor(const Tensor&)> hook) const;
  const Node* grad_fn() const;  ///< the node that computed it, or null

  const TensorImpl& impl() const {
    if (!impl_) throw_undefined();
    return *impl_;
  }
  TensorImpl& mutable_impl() const {
    if (!impl_) throw_undefined();
    return *impl_;
  }

 private:
  [[noreturn]] static void throw_undefined();
  double item_double() const;
  std::int64_t item_int() const;
  void* typed(Dtype wanted) const;
  void* typed_contiguous(Dtype wanted) const;
  std::int64_t offset(std::initializer_list<std::int64_t> index) const;

  Ref<TensorImpl> impl_;
};

/// Prints as PyTorch does: `tensor([[1., 2.],\n        [3., 4.]])`.
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);

/// How tensors are printed; see torch.set_printoptions.
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;  ///< more elements are summarised
  std::int64_t edgeitems = 3;
  int linewidth = 80;
  std::optional<bool> sci_mode = {};  ///< decided from the numbers when unset
};
/// Throws ValueError for negative numbers.
void set_printoptions(const PrintOptions& options);
PrintOptions get_printoptions();

}  // namespace percept
