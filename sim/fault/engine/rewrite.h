// Rewrites what a node on a target wants sent, through its MessageFields, and signs it anew with
// the key of its own host, which is all that a liar has.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "protocols/core/crypto.h"
#include "protocols/core/fields.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

// Tells that a message says other than its node did: both values, or digests of both.
void TellTampered(const FaultScene& scene, std::size_t index, const SendCase& send,
                  std::uint64_t honest, std::uint64_t lie);

// What becomes of a number of a message; nothing where it is to stay.
using ChangeNumber =
    std::function<std::optional<std::uint64_t>(const core::TypeSpec&, const core::Field&)>;
// Lets `change` look at each field; how many it changed. Each is told as tampered with. Nothing
// where the payload is no message of the node's protocol.
std::uint64_t RewriteNumbers(const FaultScene& scene, std::size_t index, const SendCase& send,
                             const ChangeNumber& change);

// Whether a group is the certificate of what the group around it carries.
bool IsOfCertificate(const core::TypeSpec& type, std::uint32_t group);

// Whoever changes what a certificate covers leaves the message with one that is none, whatever keys
// sign it: no host believes any of it. Its marks say so.

// Changes a message as a whole; whether it has.
using ChangeMessage = std::function<bool(const core::TypeSpec&, core::FieldedMessage&)>;
// The payload of what `change` makes of a message, signed by the host, or by `signer` if that is
// given; nothing where it changes nothing, or the payload is no message.
std::optional<core::Bytes> Rewritten(const FaultScene& scene, const SendCase& send,
                                     const ChangeMessage& change,
                                     const core::Signer* signer = nullptr);
// Whether the message bears a signature. One that bears none says what it says, whoever sends it in
// whose name.
bool IsSigned(const FaultScene& scene, const SendCase& send);
// Puts it in the place of the message, and tells that it was tampered with; whether it was.
bool Rewrite(const FaultScene& scene, std::size_t index, const SendCase& send,
             const ChangeMessage& change, const core::Signer* signer = nullptr);

// Makes signatures that nobody takes for one.
class Forger final : public core::Signer {
 public:
  explicit Forger(std::uint64_t seed) : seed_(seed) {}
  core::Tag Sign(std::uint64_t digest) const override { return {seed_ ^ digest, ~seed_}; }
  core::Tag Mac(core::Identity receiver, std::uint64_t digest) const override {
    return {seed_ ^ digest, ~seed_ ^ receiver.value()};
  }

 private:
  std::uint64_t seed_;
};

}  // namespace lockstep::sim
