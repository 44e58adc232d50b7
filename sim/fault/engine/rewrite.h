// Rewrites what a node on a target wants sent, through its MessageFields, and signs it anew with
// the key of its own host, which is all that a liar has.

#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "protocols/core/fields.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {

// What becomes of a number of a message; nothing where it is to stay.
using ChangeNumber =
    std::function<std::optional<std::uint64_t>(const core::TypeSpec&, const core::Field&)>;

// Lets `change` look at each field; how many it changed. Each is told as tampered with. Nothing
// where the payload is no message of the node's protocol.
std::uint64_t RewriteNumbers(const FaultScene& scene, std::size_t index, const SendCase& send,
                             const ChangeNumber& change);

}  // namespace lockstep::sim
