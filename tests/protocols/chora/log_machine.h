// A machine for tests that remembers every command it has applied, so that a second time is seen.

#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "protocols/core/hash.h"
#include "protocols/core/state_machine.h"
#include "protocols/core/wire.h"

namespace lockstep::tests {

class LogMachine : public core::StateMachine {
 public:
  core::Bytes Apply(const core::Bytes& command) override {
    if (!seen_.insert(command.ToString()).second) is_twice_ = true;
    digest_ = core::Mix(digest_, command.Digest());
    return Number(digest_);
  }
  core::Bytes Snapshot() const override {
    core::Encoder encoder;
    encoder.U64(digest_);
    encoder.U32(static_cast<std::uint32_t>(seen_.size()));
    for (const std::string& command : seen_) {
      encoder.U32(static_cast<std::uint32_t>(command.size()));
      encoder.Content(core::Bytes::Copy(command));
    }
    return encoder.Take();
  }
  bool Restore(const core::Bytes& snapshot) override {
    core::Decoder decoder(snapshot);
    digest_ = decoder.U64();
    seen_.clear();
    const std::uint32_t count = decoder.U32();
    for (std::uint32_t i = 0; i < count && decoder.ok(); ++i) {
      const std::uint32_t size = decoder.U32();
      seen_.insert(decoder.Content(size).ToString());
    }
    return decoder.ok() && decoder.remaining() == 0;
  }
  std::uint64_t Digest() const override { return digest_; }

  bool is_twice() const { return is_twice_; }
  const std::set<std::string>& seen() const { return seen_; }

 private:
  static core::Bytes Number(std::uint64_t number) {
    core::Encoder encoder;
    encoder.U64(number);
    return encoder.Take();
  }
  std::set<std::string> seen_;
  std::uint64_t digest_ = 0;
  bool is_twice_ = false;
};

}  // namespace lockstep::tests
