// When rounds begin: on the synchronised clock, or by what is heard of the others.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "protocols/chora/config.h"
#include "protocols/chora/messages.h"
#include "protocols/chora/round_clock.h"
#include "protocols/chora/self_clock.h"
#include "protocols/core/time.h"

namespace lockstep::chora {

class Pacer {
 public:
  Pacer(const Config& config, std::uint32_t self)
      : is_self_aligned_(config.clock == ClockMode::kSelf),
        interval_(config.interval()),
        synced_(config.first_round, config.round_length, config.depth),
        own_(config, self) {}

  // What timers run on.
  core::Clock clock() const {
    return is_self_aligned_ ? core::Clock::kMonotonic : core::Clock::kSynced;
  }
  // The first round whose boundary there is; none while nobody has told.
  std::optional<std::uint64_t> Start(const core::Now& now, bool is_first_start) {
    if (is_self_aligned_) return own_.Start(now.monotonic(), is_first_start);
    const core::Instant synced = now.synced();
    const std::uint64_t begun = synced_.RoundAt(synced);
    return synced_.At(begun) < synced ? begun + 1 : begun;
  }
  // When `next` begins, which is the round after the present one, or one to jump to.
  core::Instant NextAt(std::uint64_t next) const {
    return is_self_aligned_ ? own_.NextAt() : synced_.At(next);
  }
  // The boundary of `next` is handled: it is the one of the round that the clock shows by now.
  std::uint64_t Enter(const core::Now& now, std::uint64_t next) {
    if (is_self_aligned_) return own_.Enter(now.monotonic(), next);
    return std::max(next, synced_.RoundAt(now.synced()));
  }
  core::Instant BeganAt(std::uint64_t round) const {
    return is_self_aligned_ ? own_.At(round) : synced_.At(round);
  }
  // How long ago `round` has begun.
  core::Duration LateBy(const core::Now& now, std::uint64_t round) const {
    return now.On(clock()) - BeganAt(round);
  }
  // Half of an interval later.
  core::Instant HalfAfter(std::uint64_t round) const {
    return BeganAt(round) + core::Duration::Picoseconds(interval_.ps() / 2);
  }

  // A message of a peer's; returns the round to jump to, if any.
  std::optional<std::uint64_t> OnRound(const core::Now& now, const RoundMessage& message) {
    if (!is_self_aligned_) return std::nullopt;
    return own_.OnRound(message.header.sender, message.round,
                        {message.echo_round, message.echo_held_ps}, now.monotonic());
  }
  void PutEcho(const core::Now& now, RoundMessage& message) const {
    if (!is_self_aligned_) return;
    const SelfClock::Echo echo = own_.MakeEcho(now.monotonic());
    message.echo_round = echo.round;
    message.echo_held_ps = echo.held_ps;
  }

 private:
  bool is_self_aligned_;
  core::Duration interval_;
  RoundClock synced_;
  SelfClock own_;
};

}  // namespace lockstep::chora
