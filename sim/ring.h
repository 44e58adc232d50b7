// A FIFO queue in one piece of memory, which grows by doubling and is never given back: no
// allocation once it has been as long as it gets.

#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "protocols/core/check.h"

namespace lockstep::sim {

template <typename T>
class Ring {
 public:
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // Whether one more needs more memory.
  bool is_full() const { return size_ == slots_.size(); }
  T& front() { return slots_[first_]; }
  const T& front() const { return slots_[first_]; }
  // The i-th from the front.
  const T& operator[](std::size_t i) const { return slots_[(first_ + i) & (slots_.size() - 1)]; }
  T& operator[](std::size_t i) { return slots_[(first_ + i) & (slots_.size() - 1)]; }

  void push_back(T value) { Add() = std::move(value); }
  // A new last one, to be filled in; it may still hold what was in its slot before.
  T& Add() {
    if (size_ == slots_.size()) Grow();
    return slots_[(first_ + size_++) & (slots_.size() - 1)];
  }
  // A new first one, in the same way.
  T& AddFront() {
    if (size_ == slots_.size()) Grow();
    first_ = (first_ + slots_.size() - 1) & (slots_.size() - 1);
    ++size_;
    return slots_[first_];
  }
  // What was there stays in its slot until it is written over: move it out first where it owns
  // much.
  void pop_front() {
    CHECK(size_ > 0);
    first_ = (first_ + 1) & (slots_.size() - 1);
    --size_;
  }
  void pop_back() {
    CHECK(size_ > 0);
    --size_;
  }
  T Take() {
    T value = std::move(front());
    pop_front();
    return value;
  }
  void clear() { *this = Ring(); }
  // Makes room for twice as many.
  void Grow() {
    std::vector<T> larger(slots_.empty() ? 4 : 2 * slots_.size());
    for (std::size_t i = 0; i < size_; ++i) {
      larger[i] = std::move(slots_[(first_ + i) & (slots_.size() - 1)]);
    }
    slots_.swap(larger);
    first_ = 0;
  }

 private:
  std::vector<T> slots_;  // a power of two of them
  std::size_t first_ = 0;
  std::size_t size_ = 0;
};

}  // namespace lockstep::sim
