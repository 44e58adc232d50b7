// How long a receiver has to miss a position before it may complain that it is lost: less, and what
// is only late is sent again; more, and what is lost waits for nothing.
//
// Either fixed (0: the paper and its artifact), or measured, as TCP measures its timeouts (RFC
// 6298): the smoothed time R from sending to acknowledgement plus four times its mean deviation,
// from two kinds of samples, the greater of which counts:
//
// - *QUACK*: from this replica's own send of a position to the QUACK that passes it. Positions of
//   senders that have fallen behind hold it up, so it says how long others may be late. Karn's
//   rule: no sample of a position during whose flight any attempt was noted, else recovery measures
//   itself, and feeds on it.
// - *held*: from the same send to the report by which a QUACK's worth of receivers say that they
//   hold the position. A hole below does not hold that up as long as φ-lists reach the position, so
//   there are samples during recovery, too: one counts if no attempt on it was noted, and either
//   none at all, or no receiver's list ended below it or left it to the cumulative ACK to say so.
//
// Where there is neither, as without φ-lists among the dead, the time from this replica's own
// resend of the position that holds up the QUACK to the QUACK that passes it stands in: too short
// if that was only late, but then nothing is lost any more, and samples of the first kind come.
//
// It is never below `floor`, the time in which the acknowledgements of all receivers come round. As
// long as there is no sample it is ten of these, at least kInitial and at most a second, the
// initial timeout of TCP: large clusters have long queues from the beginning. Each attempt on a
// position doubles the interval for the next one, at most kDoublings times, and to no more than the
// greater of kBackedOff and twice the interval.
//
// Source: decided here; the paper, section 4.2, has repeats count at
// once.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/run.h"
#include "protocols/core/time.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

class RepeatInterval {
 public:
  static constexpr core::Duration kInitial = core::Duration::Milliseconds(250);
  static constexpr core::Duration kBackedOff = core::Duration::Seconds(1);
  static constexpr std::uint64_t kDoublings = 6;
  // A clock that has jumped is no measurement.
  static constexpr core::Duration kSampleMax = core::Duration::Seconds(60);

  // The same always. Implicit, since a time is such an interval.
  RepeatInterval(core::Duration fixed) : base_(fixed) {}  // NOLINT(google-explicit-constructor)
  // Measured, from the reports of `receivers`, of which `acks_needed` make a QUACK (or their stake,
  // where `stake` says that of each), and whose lists reach `phi` positions beyond the cumulative
  // ACK.
  RepeatInterval(core::Duration floor, std::uint32_t receivers, std::uint64_t acks_needed,
                 std::uint64_t phi, std::vector<std::uint32_t> stake = {});

  // From the first report that misses a position to one that counts, where `attempts` on the
  // position have been noted.
  core::Duration After(std::uint64_t attempts) const;

  // This replica has sent `position`, its own, for the first time. One at a time is timed.
  void OnSent(core::Instant now, std::uint64_t position);
  // This replica has sent `position` again, while the QUACK stood at `quack`. One at a time is
  // timed.
  void OnResent(core::Instant now, std::uint64_t position, std::uint64_t quack);
  // A report, after it has entered the QUACK.
  void OnReport(core::Instant now, std::uint32_t receiver, const Ack& ack, std::uint64_t quack);
  // Another view begins, and all is sent anew: what was timed says nothing, what was learned stays.
  void OnView(std::uint64_t acks_needed, std::vector<std::uint32_t> stake);
  // An attempt on these was noted.
  void OnAttempt(const core::Run& positions);

 private:
  struct Estimate {
    bool has_sample = false;
    core::Duration smoothed;
    core::Duration deviation;

    void Take(core::Duration sample);
    core::Duration Timeout() const { return smoothed + deviation * 4; }
  };
  struct Probe {
    std::uint64_t position = 0;
    core::Instant sent;
  };

  void OnHeld(core::Instant now, std::uint32_t receiver, const Ack& ack);
  void Rebase();

  bool is_measured_ = false;
  core::Duration floor_;
  core::Duration base_;  // without doubling
  std::uint64_t acks_needed_ = 0;
  std::vector<std::uint32_t> stake_;  // stake_[receiver]; empty: one each
  std::uint64_t phi_ = 0;

  std::optional<Probe> until_quack_;
  std::optional<Probe> until_held_;
  std::optional<Probe> resent_until_quack_;
  std::vector<bool> holds_;        // by receiver, of until_held_
  std::uint64_t holders_ = 0;      // how many of them, or their stake
  bool is_attempt_noted_ = false;  // since until_held_ was sent
  bool is_held_up_ = false;        // some receiver could not say that it holds it, for a hole below
  Estimate quack_;
  Estimate held_;
  Estimate resent_;
};

}  // namespace lockstep::picsou
