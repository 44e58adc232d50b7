// Rounds without a clock protocol: each replica nudges its next boundary towards those that it
// hears.
//
// A phase-locked loop on the monotonic clock. The offset of a peer is when its message came, less
// when it should have: the own beginning of that round and the way's delay, which is half a
// measured round trip. The next boundary comes a round after this one, and a share of the median
// offset later, the own offset being 0; never more than a quarter of a round. There is no term for
// the frequency. An error E in the delay is no skew, but stretches every round by the gain times E,
// which nobody sees.
//
// Who is far behind jumps to the median of the rounds heard from each replica, itself included, so
// that one runaway clock cannot drag the cluster. Chora-R, a reconstruction; the paper's body was
// not available.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/chora/config.h"
#include "protocols/core/time.h"

namespace lockstep::chora {

class SelfClock {
 public:
  // What a message says of the last one of its receiver.
  struct Echo {
    static constexpr std::uint32_t kNone = ~std::uint32_t{0};
    std::uint16_t round = 0;
    std::uint32_t held_ps = kNone;
  };

  SelfClock(const Config& config, std::uint32_t self);

  // A round to begin with: 0 at a first start, none before enough peers have been heard.
  std::optional<std::uint64_t> Start(core::Instant now, bool is_first_start);
  bool has_started() const { return has_started_; }

  // The boundary of `next` is handled. Returns the round that it is by now, and begins that.
  std::uint64_t Enter(core::Instant now, std::uint64_t next);
  // When the next round begins.
  core::Instant NextAt() const { return next_at_; }
  // When round `q` began, nominally; for rounds that are not long past.
  core::Instant At(std::uint64_t q) const { return began_[q % kHistory]; }

  // A message of `round` came from `peer`. Returns the round to jump to, or to start with.
  std::optional<std::uint64_t> OnRound(std::uint32_t peer, std::uint64_t round, const Echo& echo,
                                       core::Instant now);
  // What the message of this round says to whose turn it is.
  Echo MakeEcho(core::Instant now) const;

 private:
  static constexpr std::size_t kHistory = 256;

  struct Heard {
    bool is_heard = false;
    std::uint64_t newest = 0;  // round of its messages
    core::Instant newest_at;   // when that came
    core::Duration delay;      // of the way
    bool is_measured = false;
    std::optional<core::Duration> offset;  // since the last boundary
  };

  // When `round`, at most the next one, begins here or began.
  core::Instant Expected(std::uint64_t round) const;
  void Measure(Heard& heard, const Echo& echo, core::Instant now);
  // The lower median of the newest rounds heard; of the own one, too, if there is one.
  std::uint64_t MedianRound() const;
  void Begin(std::uint64_t round, core::Instant at);

  std::uint32_t self_;
  std::uint32_t replicas_;
  std::uint32_t quorum_;
  std::uint64_t depth_;
  core::Duration length_;
  core::Duration interval_;
  std::int64_t gain_permille_;
  bool has_started_ = false;
  std::uint64_t round_ = 0;
  core::Instant next_at_;
  std::vector<Heard> heard_;                     // heard_[replica]
  std::array<core::Instant, kHistory> began_;    // began_[round modulo its size], nominally
  std::array<core::Instant, kHistory> entered_;  // when its boundary was handled
};

}  // namespace lockstep::chora
