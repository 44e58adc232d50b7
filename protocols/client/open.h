// Clients in an open loop: requests come at the instants of a Poisson process, whatever has become
// of those before.
//
// The clients of a host take turns, so that all of its requests together are the process, of the
// sum of their rates. A request that comes when its client's window is full is not made; it is
// noted as `turned_away`, since a latency that left it out in silence would be too good.

#pragma once

#include <array>
#include <cstdint>

#include "protocols/client/requester.h"
#include "protocols/core/node.h"
#include "protocols/core/note.h"
#include "protocols/core/program.h"
#include "protocols/core/random.h"

namespace lockstep::client {

inline constexpr std::array<core::NoteSpec, 1> kNotes = {
    {{"turned_away", "detail: a client whose window was full when a request came."}}};
inline constexpr core::NoteKind kTurnedAway = kNotes[0].kind();

// A draw of the exponential distribution with this mean, which is above zero; in steps of the mean
// by 2^32. By comparisons alone, without a logarithm (von Neumann, "Various techniques used in
// connection with random digits", 1951).
core::Duration DrawExponential(core::Duration mean, core::Random& random);

class OpenLoop : public core::Node {
 public:
  OpenLoop(const Config& config, const core::Seat& seat);

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override;
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override;
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override;
  void OnWritable(const core::Now&, core::NodeId, core::Effects&) override {}
  void OnSubmit(const core::Now&, core::ClientId, core::RequestId, core::RequestId,
                const core::Bytes&, core::Effects&) override {}
  void OnAnswer(const core::Now& now, core::ClientId client, core::RequestId id,
                const core::Bytes& answer, core::Effects& out) override;

 private:
  static constexpr core::TimerId kArrival = core::TimerId(0);

  void OnArrivals(const core::Now& now, core::Effects& out);

  Requester requester_;
  core::Random random_;
  core::Duration mean_gap_;
  core::Instant next_;  // when the next request comes, on the own clock
  std::uint32_t next_client_ = 0;
};

}  // namespace lockstep::client
