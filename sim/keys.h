// Keys of the simulated hosts: a keyed hash, where only the holder of a key can sign.
//
// Nobody but this file sees the secret; a host's node gets a signer for its own identity only, and
// a byzantine filter those of the faulty set.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "protocols/core/certificate.h"
#include "protocols/core/check.h"
#include "protocols/core/crypto.h"

namespace lockstep::sim {

class Keys : public core::Signer, public core::Verifier {
 public:
  Keys(std::uint64_t secret, core::Identity holder) : secret_(secret), holder_(holder) {}

  core::Identity holder() const { return holder_; }
  core::Tag Sign(std::uint64_t digest) const override { return Make(holder_, kAnybody, digest); }
  core::Tag Mac(core::Identity receiver, std::uint64_t digest) const override {
    return Make(holder_, receiver, digest);
  }
  bool Verify(core::Identity signer, std::uint64_t digest, const core::Tag& tag) const override {
    return Make(signer, kAnybody, digest) == tag;
  }
  bool VerifyMac(core::Identity sender, std::uint64_t digest, const core::Tag& tag) const override {
    return Make(sender, holder_, digest) == tag;
  }

 private:
  friend class Notary;
  static constexpr core::Identity kAnybody{~std::uint32_t{0}};

  core::Tag Make(core::Identity signer, core::Identity receiver, std::uint64_t digest) const {
    const std::array<std::uint64_t, 3> words = {signer.value(), receiver.value(), digest};
    return core::HashWords128(words, secret_);
  }

  std::uint64_t secret_;
  core::Identity holder_;
};

// What quorums sign as they commit, for the replica that holds these keys: it stands in for those
// of its cluster that have committed the same. Byzantine filters have none, so that the
// certificates that they make are of signatures of the faulty set.
class Notary final : public core::Certificates {
 public:
  explicit Notary(const Keys& keys) : keys_(keys) {}

  core::Certificate Certify(const core::Cluster& own, std::uint64_t epoch,
                            const core::Committed& entries) const override {
    CHECK(own.Has(core::NodeId(keys_.holder_.value())));  // Identities are numbered as hosts are.
    core::Certificate certificate{epoch, {FirstOf(own)}, {}};
    certificate.tag = Fold(own, certificate.signers, core::SignedDigest(entries, epoch));
    return certificate;
  }
  bool HasSigned(const core::Cluster& by, const core::Committed& entries,
                 const core::Certificate& certificate) const override {
    return Fold(by, certificate.signers, core::SignedDigest(entries, certificate.epoch)) ==
           certificate.tag;
  }
  core::Certificate Part(const core::Cluster& by, const core::Committed& whole,
                         const core::Certificate& certificate,
                         const core::Committed& part) const override {
    core::Certificate of_part = certificate;
    if (HasSigned(by, whole, certificate))
      of_part.tag = Fold(by, certificate.signers, core::SignedDigest(part, certificate.epoch));
    return of_part;
  }

 private:
  // The first replicas that are a quorum together.
  static core::Run FirstOf(const core::Cluster& cluster) {
    core::Run first{0, 0, 1};
    for (std::uint64_t stake = 0; stake < core::QuorumOf(cluster) && first.count < cluster.size;)
      stake += cluster.StakeOf(first.count++);
    return first;
  }
  core::Tag Fold(const core::Cluster& by, const std::vector<core::Run>& signers,
                 std::uint64_t digest) const {
    core::Tag all;
    for (const core::Run& run : signers) {
      // A list of whom there is not has nothing folded in for them.
      for (std::uint64_t i = 0; i < run.count && run.At(i) < by.size; ++i)
        all = core::Folded(all, keys_.Make(by.Speaker(run.At(i)), Keys::kAnybody, digest));
    }
    return all;
  }

  const Keys& keys_;
};

}  // namespace lockstep::sim
