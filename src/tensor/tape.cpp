#include "tensor/tape.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/allocator.h"
#include "tensor/structure.h"

namespace percept {

std::atomic<std::uint64_t> detail::structure_changes{0};
constinit thread_local Tape* Tape::current_ = nullptr;

Tape::~Tape() {
  const Pause pause;  // what is freed now is not for another tape to keep
  for (Storage* storage : dead_) Storage::destroy(storage);
}

Tensor Tape::keep(const Tensor& tensor) {
  if (!tensor.defined()) return tensor;
  const Pause pause;
  const TensorImpl& impl = tensor.impl();
  auto* same = new (allocate(sizeof(TensorImpl))) TensorImpl;
  same->storage = storage_for(hold(tensor), *impl.storage);
  same->data = impl.data;
  same->shape = impl.shape;
  same->strides = impl.strides;
  same->numel = impl.numel;
  same->dtype = impl.dtype;
  same->contiguous = impl.contiguous;
  return Tensor(same);
}

Tape::Foreign* Tape::hold(const Tensor& tensor) {
  const Ref<Storage>& storage = tensor.impl().storage;
  if (made_.contains(storage.get())) return nullptr;
  for (Foreign& known : foreign_)
    if (known.storage == storage) return &known;
  return &foreign_.emplace_back(Foreign{storage});
}

/// A storage made here is written anew by every replay, which its version has to show.
Ref<Storage> Tape::storage_for(Foreign* foreign, const Storage& storage) {
  if (foreign) {
    ++foreign->holders;
    return foreign->storage;
  }
  return aliases_.emplace_back(Storage::alias(storage.data, storage.bytes, nullptr));
}

void Tape::looked_at(const Tensor& number) {
  const void* const data = number.impl().data;
  hold(number);
  std::string before(static_cast<const char*>(data), size_of(number.dtype()));
  add_check([data, before = std::move(before)] {
    return std::memcmp(data, before.data(), before.size()) == 0;
  });
}

void Tape::wrote(const Tensor& tensor) {
  Foreign* const foreign = hold(tensor);
  if (!foreign) return;
  foreign->written = true;
  add([storage = foreign->storage.get()] { ++storage->version; });
}

Storage* Tape::reuse(std::size_t bytes) {
  const auto found = spare_.find(bytes);
  if (found == spare_.end()) return nullptr;
  Storage* const storage = found->second;
  spare_.erase(found);
  made_[storage] = true;
  std::erase(dead_, storage);
  return storage;
}

void Tape::made(Storage* storage) { made_[storage] = true; }

bool Tape::died(Storage* storage) {
  const auto found = made_.find(storage);
  if (found == made_.end()) return false;
  found->second = false;
  dead_.push_back(storage);
  spare_.emplace(storage->bytes, storage);
  return true;
}

void Tape::finish(const std::vector<Tensor>& results) {
  for (const auto& [storage, alive] : made_) {
    if (!alive) continue;
    kept_.emplace_back(storage);
    const auto mine = [&, s = storage](const Tensor& x) {
      return x.defined() && x.impl().storage.get() == s;
    };
    if (std::none_of(results.begin(), results.end(), mine))
      refuse("the model or the loss keeps a tensor that was made in the step");
  }
  if (outlived()) refuse("the step replaced a tensor that it had read");
  const auto written = [](const Foreign& f) { return f.written; };
  careful_ = checks_ && (draws_ || std::any_of(foreign_.begin(), foreign_.end(), written));
  made_.clear();
  spare_.clear();
}

bool Tape::outlived() const {
  return std::any_of(foreign_.begin(), foreign_.end(), [](const Foreign& foreign) {
    return foreign.storage->use_count() == foreign.holders;
  });
}

void Tape::save() {
  generator_ = default_generator().state();
  for (Foreign& f : foreign_) {
    if (!f.written) continue;
    f.before.resize(f.storage->bytes);
    std::memcpy(f.before.data(), f.storage->data, f.storage->bytes);
  }
}

void Tape::roll_back() {
  if (draws_) default_generator().set_state(generator_);
  for (Foreign& f : foreign_)
    if (f.written) std::memcpy(f.storage->data, f.before.data(), f.storage->bytes);
}

bool Tape::replay() {
  for (const Ref<Storage>& alias : aliases_) ++alias->version;
  if (careful_) save();
  for (const auto& call : calls_)
    if (!call->run()) {
      if (careful_) roll_back();
      return false;
    }
  return true;
}

}  // namespace percept
