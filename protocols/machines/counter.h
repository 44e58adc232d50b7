// The smallest machine: counts commands, whatever they say, and remembers which they were by a
// digest, so that two that have counted different ones are told apart.

#pragma once

#include <cstdint>

#include "protocols/core/hash.h"
#include "protocols/core/state_machine.h"

namespace lockstep::machines {

class Counter : public core::StateMachine {
 public:
  // `state_bytes`: of a checkpoint, at least; zeros stand for what a larger machine would hold.
  explicit Counter(std::uint64_t state_bytes = 0) : state_bytes_(state_bytes) {}

  // The answer is how many commands there have been, in eight bytes.
  core::Bytes Apply(const core::Bytes& command) override;
  core::Bytes Snapshot() const override;
  bool Restore(const core::Bytes& snapshot) override;
  std::uint64_t Digest() const override { return core::Mix(history_, applied_); }

  std::uint64_t applied() const { return applied_; }

 private:
  std::uint64_t state_bytes_;
  std::uint64_t applied_ = 0;
  std::uint64_t history_ = 0;  // of the commands, in their order
};

}  // namespace lockstep::machines
