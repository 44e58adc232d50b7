// A receiver's patience: when it has waited so long for a position that its leader must have
// failed.
//
// Silence is no fault. A position is *known* when r_s + 1 senders have said that it is committed,
// one of which does not lie; a timer of suspicion runs only while a known one is missing, and only
// from then on. When it has run out, the receiver asks for the next view, of which replica
// view mod n_s is to be the leader. It follows its peers: when u_r + 1 replicas of its cluster ask
// for a view or a higher one, so does it.
//
// Each view in a row that brings nothing is given twice the time of the one before, up to 64 times
// (as in PBFT); what moves the stream on resets that.
//
// Invariant: view() never decreases.
// Source: GeoBFT's remote view change (ResilientDB, VLDB 2020), from which the rule for joining is.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::c3b {

class Watch {
 public:
  // `self`: index of this receiver in `receivers`. `timeout` is above zero.
  Watch(const core::Cluster& receivers, const core::Cluster& senders, std::uint32_t self,
        core::Duration timeout, core::Instant now);

  // This receiver holds positions 0 .. held - 1.
  void OnHeld(core::Instant now, std::uint64_t held);
  // That sender says that 0 .. end - 1 are committed.
  void OnCommitted(core::Instant now, std::uint32_t sender, std::uint64_t end);
  // That peer asks for this view.
  void OnView(core::Instant now, std::uint32_t peer, std::uint64_t view);
  // Looks at the clock. True if nothing has come for `timeout`, so that this receiver is to ask.
  bool OnTick(core::Instant now);
  // When it is to look again; after `now`.
  core::Instant NextTick(core::Instant now) const;

  std::uint64_t view() const { return views_[self_]; }
  std::uint64_t held() const { return held_; }

 private:
  void Reconsider(core::Instant now);
  core::Duration Patience() const { return timeout_ * patience_; }

  std::uint32_t self_;
  core::Duration timeout_;
  std::uint32_t joined_by_;  // u_r + 1
  std::uint32_t known_by_;   // r_s + 1
  std::uint64_t held_ = 0;
  core::Instant moved_;                   // when `held_` last grew
  std::vector<std::uint64_t> committed_;  // committed_[sender]
  std::vector<std::uint64_t> views_;      // views_[receiver]: which it has asked for
  std::optional<core::Instant> missed_;   // since when a known position has been missing, and
                                          // nothing has changed
  std::int64_t patience_ = 1;             // timeouts that the present view is given
};

}  // namespace lockstep::c3b
