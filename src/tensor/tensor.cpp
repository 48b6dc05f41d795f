// Storage, TensorImpl and what a Tensor knows of itself.
#include "percept/tensor/tensor.h"

#include <fmt/format.h>

#include <new>

#include "base/allocator.h"
#include "percept/base/error.h"
#include "tensor/make.h"

namespace percept {
namespace {

constexpr std::size_t kHeader = 64;  // Storage sits in front of its data, which stays aligned
static_assert(sizeof(Storage) <= kHeader);

bool row_major(const Shape& shape, const Strides& strides) {
  std::int64_t step = 1;
  for (int i = shape.dim() - 1; i >= 0; --i) {
    if (shape[i] == 1) continue;
    if (strides[i] != step) return false;
    step *= shape[i];
  }
  return true;
}

}  // namespace

Ref<Storage> Storage::allocate(std::size_t bytes) {
  void* block = percept::allocate(kHeader + bytes);
  auto* storage = new (block) Storage;
  storage->data = static_cast<char*>(block) + kHeader;
  storage->bytes = bytes;
  return storage;
}

Ref<Storage> Storage::alias(void* data, std::size_t bytes, std::shared_ptr<void> owner) {
  auto* storage = new (percept::allocate(kHeader)) Storage;
  storage->data = data;
  storage->bytes = bytes;
  storage->owner = std::move(owner);
  return storage;
}

void Storage::destroy(Storage* storage) noexcept {
  const bool own = storage->data == reinterpret_cast<char*>(storage) + kHeader;
  const std::size_t block = own ? kHeader + storage->bytes : kHeader;
  if (Derived* derived = storage->derived.load(std::memory_order_acquire)) destroy_derived(derived);
  storage->~Storage();
  deallocate(storage, block);
}

void TensorImpl::destroy(TensorImpl* impl) noexcept {
  if (impl->autograd) destroy_autograd_meta(impl->autograd);
  impl->~TensorImpl();
  deallocate(impl, sizeof(TensorImpl));
}

Tensor make(const Shape& shape, Dtype dtype) {
  std::int64_t numel = 1, bytes = 0;
  bool overflow = false;
  for (std::int64_t size : shape) {
    if (size < 0)
      throw ShapeError(fmt::format("shape {}: sizes must not be negative", shape.str()));
    overflow |= __builtin_mul_overflow(numel, size, &numel);
  }
  const auto width = static_cast<std::int64_t>(size_of(dtype));
  if (overflow || __builtin_mul_overflow(numel, width, &bytes))
    throw LimitError(fmt::format("shape {}: more elements than can be addressed", shape.str()));
  auto* impl = new (allocate(sizeof(TensorImpl))) TensorImpl;
  Ref<TensorImpl> owner(impl);
  impl->storage = Storage::allocate(static_cast<std::size_t>(bytes));
  impl->data = impl->storage->data;
  impl->shape = shape;
  impl->strides = contiguous_strides(shape);
  impl->numel = numel;
  impl->dtype = dtype;
  return Tensor(std::move(owner));
}

Tensor make_view(const Tensor& base, const Shape& shape, const Strides& strides,
                 std::int64_t offset) {
  auto* impl = new (allocate(sizeof(TensorImpl))) TensorImpl;
  Ref<TensorImpl> owner(impl);
  const TensorImpl& from = base.impl();
  impl->storage = from.storage;
  impl->data =
      static_cast<char*>(from.data) + offset * static_cast<std::int64_t>(size_of(from.dtype));
  impl->shape = shape;
  impl->strides = strides;
  impl->numel = shape.numel();
  impl->dtype = from.dtype;
  impl->contiguous = row_major(shape, strides);
  impl->view = true;
  impl->inference = from.inference;
  impl->rewritten = from.storage->rewritten;
  return Tensor(std::move(owner));
}

Tensor alias(const Tensor& tensor) {
  Tensor same = make_view(tensor, tensor.shape(), tensor.strides());
  same.mutable_impl().view = tensor.impl().view;
  return same;
}

void Tensor::throw_undefined() {
  throw ValueError("an undefined tensor was used; a default-constructed Tensor holds nothing");
}

std::int64_t Tensor::size(std::int64_t d) const {
  if (dim() == 0) throw IndexError("size: a 0-dim tensor has no dimensions");
  return shape()[wrap_dim(d, dim(), "size")];
}

void* Tensor::typed(Dtype wanted) const {
  if (dtype() != wanted)
    throw DtypeError(fmt::format("element access as {} to a tensor of {} (shape {}); hint: .to({})",
                                 name_of(wanted), name_of(dtype()), shape().str(),
                                 name_of(wanted)));
  // Whoever asks may write: what was made of the numbers is made anew.
  if (Derived* derived = impl().storage->derived.load(std::memory_order_acquire))
    forget_derived(*derived);
  return impl().data;
}

void* Tensor::typed_contiguous(Dtype wanted) const {
  void* data = typed(wanted);
  if (!is_contiguous())
    throw ValueError(
        fmt::format("span: the tensor of shape {} is not contiguous (strides {}); "
                    "hint: .contiguous()",
                    shape().str(), strides().str()));
  return data;
}

std::int64_t Tensor::offset(std::initializer_list<std::int64_t> index) const {
  const TensorImpl& self = impl();
  if (static_cast<int>(index.size()) != self.shape.dim())
    throw IndexError(fmt::format("at: {} indices for a tensor of {} dimensions (shape {})",
                                 index.size(), self.shape.dim(), self.shape.str()));
  std::int64_t offset = 0;
  int d = 0;
  for (std::int64_t i : index) {
    const std::int64_t size = self.shape[d];
    if (i < -size || i >= size)
      throw IndexError(
          fmt::format("at: index {} is out of range for dimension {} of size {}", i, d, size));
    offset += (i < 0 ? i + size : i) * self.strides[d++];
  }
  return offset;
}

namespace {
const void* only_element(const Tensor& tensor) {
  if (tensor.numel() != 1)
    throw ValueError(fmt::format("item: only a tensor of one element has an item, found shape {}",
                                 tensor.shape().str()));
  return tensor.impl().data;
}

template <class T>
T convert_item(const Tensor& tensor) {
  const void* element = only_element(tensor);
  switch (tensor.dtype()) {
    case Dtype::boolean:
      return static_cast<T>(*static_cast<const bool*>(element));
    case Dtype::u8:
      return static_cast<T>(*static_cast<const std::uint8_t*>(element));
    case Dtype::i64:
      return static_cast<T>(*static_cast<const std::int64_t*>(element));
    case Dtype::bf16:
      return static_cast<T>(*static_cast<const bfloat16*>(element));
    case Dtype::f32:
      return static_cast<T>(*static_cast<const float*>(element));
    case Dtype::f64:
      return static_cast<T>(*static_cast<const double*>(element));
  }
  return T{};
}
}  // namespace

double Tensor::item_double() const { return convert_item<double>(*this); }
std::int64_t Tensor::item_int() const { return convert_item<std::int64_t>(*this); }

}  // namespace percept
