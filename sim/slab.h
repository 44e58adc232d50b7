// Numbered slots that are reused: things that queue entries refer to without owning.

#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "protocols/core/check.h"

namespace lockstep::sim {

template <typename T>
class Slab {
 public:
  std::uint32_t Put(T value) {
    if (free_.empty()) {
      slots_.push_back(std::move(value));
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    slots_[slot] = std::move(value);
    return slot;
  }
  // A slot to be filled in; it may still hold what was in it before.
  std::uint32_t Add() {
    if (free_.empty()) {
      slots_.emplace_back();
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  // What is in it stays there until the slot is used again.
  void Free(std::uint64_t slot) { free_.push_back(static_cast<std::uint32_t>(slot)); }
  T& operator[](std::uint64_t slot) {
    CHECK(slot < slots_.size());
    return slots_[slot];
  }
  // Empties a slot and gives back what was in it; the slot keeps what a move leaves.
  T Take(std::uint64_t slot) {
    CHECK(slot < slots_.size());
    free_.push_back(static_cast<std::uint32_t>(slot));
    return std::move(slots_[slot]);
  }
  // Empties all slots and gives back what was in them, in order of their numbers.
  std::vector<T> TakeAll() {
    std::vector<bool> is_free(slots_.size());
    for (const std::uint32_t slot : free_) is_free[slot] = true;
    std::vector<T> taken;
    for (std::size_t slot = 0; slot < slots_.size(); ++slot)
      if (!is_free[slot]) taken.push_back(std::move(slots_[slot]));
    slots_.clear();
    free_.clear();
    return taken;
  }
  // All that there are, also those that are free.
  std::size_t slots() const { return slots_.size(); }
  std::size_t used() const { return slots_.size() - free_.size(); }

 private:
  std::vector<T> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace lockstep::sim
