// Keys of the simulated hosts: a keyed hash, where only the holder of a key can sign.
//
// Nobody but this file sees the secret; a host's node gets a signer for its own identity only, and
// a byzantine filter those of the faulty set.

#pragma once

#include <array>
#include <cstdint>

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
  static constexpr core::Identity kAnybody{~std::uint32_t{0}};

  core::Tag Make(core::Identity signer, core::Identity receiver, std::uint64_t digest) const {
    const std::array<std::uint64_t, 3> words = {signer.value(), receiver.value(), digest};
    return core::HashWords128(words, secret_);
  }

  std::uint64_t secret_;
  core::Identity holder_;
};

}  // namespace lockstep::sim
