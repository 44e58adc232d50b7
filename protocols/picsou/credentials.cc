// Credentials: see credentials.h.

#include "protocols/picsou/credentials.h"

#include <vector>

#include "protocols/core/check.h"

namespace lockstep::picsou {

Credentials::Credentials(const core::Seat& seat, const core::Cluster& other,
                         core::StreamId in_stream, bool has_certificates)
    : verifier_(seat.verifier) {
  if (!has_certificates) return;
  CHECK(seat.certificates != nullptr);
  proofs_.emplace(*seat.certificates, other, in_stream);
}

bool Credentials::AreIn(core::NodeId from, const Codec::Decoded& decoded,
                        core::Effects& out) const {
  const core::Identity speaker = core::SpeakerOf(from);
  if (decoded.batch) {
    return verifier_->VerifyMac(speaker, decoded.signed_digest, decoded.mac) &&
           AreProven(decoded.batch->data, out);
  }
  if (!proofs_) return true;
  if (decoded.broadcast) {
    return verifier_->Verify(speaker, decoded.signed_digest, decoded.mac) &&
           AreProven(decoded.broadcast->data, out);
  }
  if (!verifier_->VerifyMac(speaker, decoded.signed_digest, decoded.mac)) return false;
  return !decoded.supply || AreProven(decoded.supply->data, out);
}

bool Credentials::AreProven(const std::vector<core::Records>& data, core::Effects& out) const {
  if (!proofs_ || data.empty()) return true;
  out.Spend(core::Work::kVerify, core::CountOf(data),
            core::ByteCount(static_cast<std::int64_t>(core::BytesOf(data))));
  return core::AreProven(data, *proofs_);
}

}  // namespace lockstep::picsou
