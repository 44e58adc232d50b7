// Keys: only who holds one can sign with it, and nothing signed can be moved.

#include "sim/keys.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Identity;
using core::Tag;
using sim::Keys;

constexpr std::uint64_t kSecret = 0x1234;
constexpr std::uint64_t kDigest = 99;

}  // namespace

TEST_CASE("keys: a signature is verified by anybody, for its signer and content alone") {
  const Keys signer(kSecret, Identity(1));
  const Keys reader(kSecret, Identity(2));
  const Tag tag = signer.Sign(kDigest);
  CHECK(reader.Verify(Identity(1), kDigest, tag));
  CHECK_FALSE(reader.Verify(Identity(2), kDigest, tag));
  CHECK_FALSE(reader.Verify(Identity(1), kDigest + 1, tag));
  CHECK_FALSE(reader.Verify(Identity(1), kDigest, Tag{tag.low, tag.high ^ 1}));
  CHECK_FALSE(reader.Verify(Identity(1), kDigest, Tag{}));
}

TEST_CASE("keys: nobody else signs as the holder of a key") {
  const Keys reader(kSecret, Identity(0));
  for (std::uint32_t other = 0; other < 10; ++other) {
    const Keys forger(kSecret, Identity(other));
    CHECK(reader.Verify(Identity(7), kDigest, forger.Sign(kDigest)) == (other == 7));
    CHECK(reader.VerifyMac(Identity(7), kDigest, forger.Mac(Identity(0), kDigest)) == (other == 7));
  }
}

TEST_CASE("keys: a MAC is for its receiver alone, and is no signature") {
  const Keys sender(kSecret, Identity(1));
  const Keys receiver(kSecret, Identity(2));
  const Keys other(kSecret, Identity(3));
  const Tag tag = sender.Mac(Identity(2), kDigest);
  CHECK(receiver.VerifyMac(Identity(1), kDigest, tag));
  CHECK_FALSE(other.VerifyMac(Identity(1), kDigest, tag));
  CHECK_FALSE(receiver.VerifyMac(Identity(3), kDigest, tag));
  CHECK_FALSE(receiver.VerifyMac(Identity(1), kDigest + 1, tag));
  CHECK_FALSE(receiver.Verify(Identity(1), kDigest, tag));
  CHECK_FALSE(receiver.VerifyMac(Identity(1), kDigest, sender.Sign(kDigest)));
}

TEST_CASE("keys: those of another run are worth nothing") {
  const Keys signer(kSecret + 1, Identity(1));
  const Keys reader(kSecret, Identity(2));
  CHECK_FALSE(reader.Verify(Identity(1), kDigest, signer.Sign(kDigest)));
  CHECK_FALSE(reader.VerifyMac(Identity(1), kDigest, signer.Mac(Identity(2), kDigest)));
}

}  // namespace lockstep::tests
