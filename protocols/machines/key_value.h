// A machine that keeps values under keys: commands and answers are those of core/operation.h.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "protocols/core/operation.h"
#include "protocols/core/state_machine.h"

namespace lockstep::machines {

class KeyValue : public core::StateMachine {
 public:
  core::Bytes Apply(const core::Bytes& command) override;
  core::Bytes Snapshot() const override;
  bool Restore(const core::Bytes& snapshot) override;
  // Of the set of pairs, kept up to date: their order does not matter to it.
  std::uint64_t Digest() const override { return digest_; }

  std::size_t size() const { return values_.size(); }

 private:
  void Add(const std::string& key, const std::string& value);

  std::map<std::string, std::string, std::less<>> values_;
  std::uint64_t digest_ = 0;  // the sum over all pairs
};

}  // namespace lockstep::machines
