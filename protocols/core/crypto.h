// Signing and verifying: handed in, like time and randomness.
//
// A node signs as itself only: whoever holds a Signer holds the key of one identity. What is signed
// is a digest; binding it to sender, receiver and meaning is the codec's business.

#pragma once

#include <cstdint>

#include "protocols/core/hash.h"
#include "protocols/core/ids.h"

namespace lockstep::core {

using Tag = Hash128;

// Signatures of several on one digest as one tag, the way aggregate signatures work (Boneh, Lynn
// and Shacham, 2003): it begins at zero, in any order, and who is folded in twice counts twice. So
// it proves nothing of how many they are: whoever checks one looks at the list of its signers, too.
constexpr Tag Folded(const Tag& all, const Tag& one) {
  return {all.low + one.low, all.high + one.high};
}

class Signer {
 public:
  virtual ~Signer() = default;
  // A signature that anybody can verify.
  virtual Tag Sign(std::uint64_t digest) const = 0;
  // A message authentication code that only `receiver` can verify.
  virtual Tag Mac(Identity receiver, std::uint64_t digest) const = 0;
};

class Verifier {
 public:
  virtual ~Verifier() = default;
  virtual bool Verify(Identity signer, std::uint64_t digest, const Tag& tag) const = 0;
  // Checks a Mac that `sender` made for the holder of this verifier.
  virtual bool VerifyMac(Identity sender, std::uint64_t digest, const Tag& tag) const = 0;
};

}  // namespace lockstep::core
