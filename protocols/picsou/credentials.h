// What a replica wants to see before it believes a message: that it is from whom it says, and that
// what it carries of the other stream was committed by the other cluster.
//
// Without certificates it takes contents from anybody, as the published artifact does, and peers of
// its own cluster at their word; batches bear codes in any case.
//
// Source: the Picsou paper, sections 2 (a receiver can verify what was committed) and 4.1 (it
// checks that before it stores, passes on or acknowledges anything).

#pragma once

#include <optional>

#include "protocols/core/certificate.h"
#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "protocols/picsou/messages.h"

namespace lockstep::picsou {

class Credentials {
 public:
  // `other`: whose stream comes in, as `in_stream`.
  Credentials(const core::Seat& seat, const core::Cluster& other, core::StreamId in_stream,
              bool has_certificates);

  // Whether `from` has said all of it. One record that nobody has committed makes a message worth
  // nothing: whoever sends it lies, since a correct replica passes on what it has checked. Spends
  // the work that it takes to see that.
  bool AreIn(core::NodeId from, const Codec::Decoded& decoded, core::Effects& out) const;

  // Of the other stream; null where it has none.
  const core::StreamProofs* proofs() const { return proofs_ ? &*proofs_ : nullptr; }

 private:
  bool AreProven(const std::vector<core::Records>& data, core::Effects& out) const;

  const core::Verifier* verifier_;
  std::optional<core::StreamProofs> proofs_;
};

}  // namespace lockstep::picsou
