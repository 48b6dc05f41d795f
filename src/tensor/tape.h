// A tape: the calls of the engine that one thread makes, written down while they happen, to be made
// again without the library around them. What a call computed with is kept: a storage that dies
// while the tape is written serves later ones of its size (the calls come again in the same order)
// and is freed with the tape.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "percept/base/random.h"
#include "percept/tensor/tensor.h"

namespace percept {

class Tape {
 public:
  Tape() = default;
  ~Tape();
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  /// The tape this thread writes, or null.
  static Tape* current() noexcept { return current_; }

  /// This thread writes the tape while it lives.
  class Recording {
   public:
    explicit Recording(Tape& tape) : before_(std::exchange(current_, &tape)) {}
    ~Recording() { current_ = before_; }
    Recording(const Recording&) = delete;
    Recording& operator=(const Recording&) = delete;

   private:
    Tape* before_;
  };
  /// Nothing is written while it lives.
  class Pause {
   public:
    Pause() : before_(std::exchange(current_, nullptr)) {}
    ~Pause() { current_ = before_; }
    Pause(const Pause&) = delete;
    Pause& operator=(const Pause&) = delete;

   private:
    Tape* before_;
  };

  // -- while it is written
  /// Writes down a call, which returns false to end the replay.
  template <class F>
  void add(F call) {
    calls_.push_back(std::make_unique<CallOf<F>>(std::move(call)));
  }
  /// The same for a call whose result the program looked at: another one ends the replay.
  template <class F>
  void add_check(F call) {
    checks_ = true;
    add(std::move(call));
  }
  struct Foreign;
  /// The tensor's data stay where they are as long as the tape lives. Null when the tape made them.
  Foreign* hold(const Tensor& tensor);
  /// The tensor as it is now, for a later call.
  Tensor keep(const Tensor& tensor);
  template <class T>
  const T& keep(const T& value) {
    return value;
  }
  /// The step cannot be replayed, and why; the first reason counts.
  void refuse(const char* why) {
    if (refused_.empty()) refused_ = why;
  }
  /// The program has looked at a number, which may decide what it does next.
  void looked_at(const Tensor& number);
  void drew() { draws_ = true; }      ///< from the default generator
  void wrote(const Tensor& tensor);   ///< its version has been raised
  Storage* reuse(std::size_t bytes);  ///< a dead storage of that size, or null
  void made(Storage* storage);        ///< a new one
  /// Nobody holds it any more; true when the tape takes it over.
  bool died(Storage* storage);

  // -- when it is written
  /// Says what may stay of what the tape made, and looks for a reason not to replay it.
  void finish(const std::vector<Tensor>& results);
  /// Why it cannot be replayed; empty when it can.
  const std::string& refused() const { return refused_; }
  /// Makes all calls again. False when the program would have gone another way; then nothing that
  /// the tape did not make itself has been changed.
  bool replay();
  /// True when a tensor that the tape reads has been let go by everybody else.
  bool outlived() const;

  /// A storage the tape did not make: an input, a parameter, a constant.
  struct Foreign {
    Ref<Storage> storage;
    int holders = 1;  // this and the kept tensors
    bool written = false;
    std::vector<char> before = {};  // the replay: what it held
  };

 private:
  struct Call {
    virtual ~Call() = default;
    virtual bool run() = 0;
  };
  template <class F>
  struct CallOf final : Call {
    explicit CallOf(F f) : call(std::move(f)) {}
    bool run() override {
      if constexpr (std::is_void_v<decltype(call())>) {
        call();
        return true;
      } else {
        return call();
      }
    }
    F call;
  };

  Ref<Storage> storage_for(Foreign* foreign, const Storage& storage);
  void save();
  void roll_back();

  static constinit thread_local Tape* current_;

  std::vector<std::unique_ptr<Call>> calls_;
  std::string refused_;
  std::unordered_map<Storage*, bool> made_;               // while it is written: alive?
  std::unordered_multimap<std::size_t, Storage*> spare_;  // the dead of made_, by size
  std::vector<Storage*> dead_;                            // freed with the tape
  std::vector<Ref<Storage>> kept_;                        // made here and alive at the end
  std::vector<Ref<Storage>> aliases_;                     // of those made here, for kept tensors
  std::vector<Foreign> foreign_;
  bool checks_ = false, draws_ = false;
  bool careful_ = false;  // a replay that ends early has something to put back
  GeneratorState generator_;
};

/// Makes a call of the engine, and writes it down where a tape is running.
template <class F, class... Args>
void taped(const F& f, const Args&... args) {
  Tape* const tape = Tape::current();
  if (!tape) [[likely]]
    return f(args...);
  {
    const Tape::Pause pause;
    f(args...);
  }
  tape->add([f, ... kept = std::decay_t<Args>(tape->keep(args))] { f(kept...); });
}

/// The same for a call whose result decides what the program does.
template <class F, class... Args>
auto taped_result(const F& f, const Args&... args) {
  Tape* const tape = Tape::current();
  if (!tape) [[likely]]
    return f(args...);
  const auto result = [&] {
    const Tape::Pause pause;
    return f(args...);
  }();
  tape->add_check([f, result, ... kept = std::decay_t<Args>(tape->keep(args))] {
    return f(kept...) == result;
  });
  return result;
}

}  // namespace percept
