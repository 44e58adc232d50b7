// The receiving side of one stream at one replica: what it holds, and what it says of it.
//
// Invariant: what Report() claims is held, and nothing that is held is denied.
// Source: the Picsou paper, sections 4.1 (cumulative ACK) and 4.3 (φ-list).

#pragma once

#include <cstdint>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/log.h"
#include "protocols/core/records.h"
#include "protocols/core/seq_set.h"
#include "protocols/core/time.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

class Inbound {
 public:
  // `period`: of a core::SeqSet. `phi`: length of the φ-list, in positions; 0: none.
  // `phi_runs_max`: a list that would need more runs on our wire covers fewer positions instead.
  // `proofs`: of its certificates, where it has some; outlives it.
  Inbound(std::uint64_t period, std::uint64_t phi, std::uint64_t phi_runs_max,
          const core::StreamProofs* proofs = nullptr)
      : held_(period), phi_(phi), phi_runs_max_(phi_runs_max), proofs_(proofs) {}

  // Stores messages; returns those that were not held before.
  std::vector<core::Records> Store(const core::Records& records);
  // The same of what came of `stream`: spends the work on it, and notes and delivers what is new.
  std::vector<core::Records> Receive(const core::Now& now, core::StreamId stream,
                                     const std::vector<core::Records>& data, core::LogOwner& owner,
                                     core::Effects& out);
  // Goes past what is missing below `to`, as if it were held; returns what that is.
  std::vector<core::Run> Skip(std::uint64_t to);
  // The least of what is missing below `end`, at most `most` positions.
  std::vector<core::Run> Missing(std::uint64_t end, std::uint64_t most) const;
  std::uint64_t cumulative() const { return held_.Frontier(); }
  // The stream is sent by another schedule from now on: its period is that of what comes.
  void OnView(std::uint64_t period);
  // How many positions are held.
  std::uint64_t count() const { return held_.Count(); }
  Ack Report() const;

 private:
  // Of what is held densely, in ascending order, as many runs as there may be.
  Ack ReportDense() const;

  core::SeqSet held_;
  std::uint64_t phi_;
  std::uint64_t phi_runs_max_;
  const core::StreamProofs* proofs_;
};

}  // namespace lockstep::picsou
