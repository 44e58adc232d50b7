// A machine that keeps values under keys.
//
// A command is an operation (one byte), the length of the key (two bytes, little-endian), the key,
// and, to put, the value to the end. The answer is the value that was there before, behind one byte
// that says whether there was one; a command that is none is answered with kRefused alone.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "protocols/core/state_machine.h"

namespace lockstep::machines {

class KeyValue : public core::StateMachine {
 public:
  static constexpr char kAbsent = 0;
  static constexpr char kPresent = 1;
  static constexpr char kRefused = 2;

  static core::Bytes Get(std::string_view key);
  static core::Bytes Put(std::string_view key, std::string_view value);
  static core::Bytes Delete(std::string_view key);

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
