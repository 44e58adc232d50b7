// The digest of a run: one hash chain over its observable events, in blocks of them.
//
// Two runs did the same if and only if their digests are equal. It is folded field by field and
// never from `index`, nor from a fact or comment, so it depends neither on the trace level nor on
// who listens. FORMAT.md says how; changing that changes every digest ever printed.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "protocols/core/hash.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

namespace lockstep::trace {

class Digest : public Sink {
 public:
  Interest Wants() const override { return kObservableKinds; }
  void OnEvent(const Event& event) override;
  void Finish() override {}

  // Of what has been folded in so far.
  core::Hash128 value() const;
  // How many were folded in.
  std::uint64_t events() const { return events_; }
  // The value as 32 hexadecimal digits, most significant first.
  std::string Hex() const;

 private:
  static constexpr std::size_t kWords = 11;  // of an event
  static constexpr std::size_t kBlock = 64;  // events

  core::Hash128 chain_;  // over the blocks that are full
  // Words of the block that is not, behind room for the chain.
  std::array<std::uint64_t, 2 + kBlock * kWords> block_{};
  std::size_t filled_ = 2;
  std::uint64_t events_ = 0;
};

}  // namespace lockstep::trace
