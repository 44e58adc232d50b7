// Keys for tests: a signer and a verifier for each node, apart from those of the simulator.

#pragma once

#include <array>
#include <cstdint>

#include "protocols/core/crypto.h"
#include "protocols/core/hash.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"

namespace lockstep::tests {

// One node's view of a world where everybody has a key with everybody.
class Keys : public core::Signer, public core::Verifier {
 public:
  explicit Keys(core::Identity self) : self_(self) {}
  explicit Keys(core::NodeId host) : Keys(core::SpeakerOf(host)) {}

  core::Tag Sign(std::uint64_t digest) const override { return Of(self_, self_, digest, kSigned); }
  core::Tag Mac(core::Identity receiver, std::uint64_t digest) const override {
    return Of(self_, receiver, digest, kMac);
  }
  bool Verify(core::Identity signer, std::uint64_t digest, const core::Tag& tag) const override {
    return tag == Of(signer, signer, digest, kSigned);
  }
  bool VerifyMac(core::Identity sender, std::uint64_t digest, const core::Tag& tag) const override {
    return tag == Of(sender, self_, digest, kMac);
  }

 private:
  static constexpr std::uint64_t kSigned = 1;
  static constexpr std::uint64_t kMac = 2;
  static core::Tag Of(core::Identity from, core::Identity to, std::uint64_t digest,
                      std::uint64_t use) {
    const std::array<std::uint64_t, 3> words = {from.value(), to.value(), digest};
    return core::HashWords128(words, use);
  }

  core::Identity self_;
};

}  // namespace lockstep::tests
