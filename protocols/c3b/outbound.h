// The sending side of a baseline at one replica: walks along the log, and sends what it finds
// there, in batches, to one group of receivers, all of which are sent the same.
//
// Source: the Picsou artifact (one batch is duplicated to all receivers).

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "protocols/c3b/config.h"
#include "protocols/core/batcher.h"
#include "protocols/core/credit_waits.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/log.h"
#include "protocols/core/pace.h"
#include "protocols/core/program.h"
#include "protocols/core/time.h"

namespace lockstep::c3b {

// Replicas first .. first + count - 1 of the other cluster are sent the positions next,
// next + stride, ...; nobody is sent anything where `count` is 0.
struct Route {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
  std::uint64_t stride = 1;
  std::uint64_t next = 0;
};

class Outbound {
 public:
  // Timers that are its own; the layer hands them to OnTimer.
  static constexpr core::TimerId kFlush{0};
  static constexpr core::TimerId kPace{1};
  static constexpr core::TimerId kGiveUp{2};

  // `log` outlives this. A receiver that has taken nothing for `patience`, while another one could
  // be sent more, is not waited for until it is writable again; without one all wait for the
  // slowest.
  Outbound(const Config& config, const core::Seat& seat, core::Log& log, const Route& route,
           std::optional<core::Duration> patience = std::nullopt);

  // Sends whatever log and credit allow.
  void Pump(const core::Now& now, core::Effects& out);
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out);
  // `receiver` is an index.
  void OnWritable(const core::Now& now, std::uint32_t receiver, core::Effects& out);

  // Forgets what waits, and goes on along another route.
  void Take(const Route& route);
  // Leaves out what lies below `position`.
  void SkipTo(std::uint64_t position);

 private:
  // Walks on along the stream, by about one batch; false if nothing may follow yet.
  bool Walk(const core::Now& now, core::Effects& out);
  bool SendBatch(const core::Now& now, core::Effects& out);
  // Towards whoever has least of those that are waited for.
  std::int64_t CreditLeft(const core::Effects& out) const;
  void Want(const core::Now& now, std::uint64_t bytes, const core::Effects& out);
  // Waits no longer for who has taken nothing for so long, as long as another one is left.
  void GiveUp(const core::Now& now);
  void SetGiveUp(const core::Now& now, core::Effects& out);

  // Calls `visit(receiver)` for each that is waited for.
  template <typename Visit>
  void ForEachReceiver(Visit&& visit) const {
    for (std::uint32_t i = 0; i < route_.count; ++i)
      if (!is_given_up_[route_.first + i]) visit(route_.first + i);
  }

  Config config_;
  core::Log& log_;
  Route route_;
  std::optional<core::Duration> patience_;
  core::Batcher batcher_;
  core::CreditWaits waits_;
  core::Pace pace_;
  std::optional<core::Instant> flush_timer_;
  std::optional<core::Instant> give_up_timer_;
  std::vector<bool> is_given_up_;                           // is_given_up_[receiver]
  std::vector<std::optional<core::Instant>> wanted_since_;  // the same: since credit is lacking
};

}  // namespace lockstep::c3b
