// Notes: what a node says about itself, for the trace. Nothing in the world acts on them.
//
// One closed list for all protocols, so that checkers and pictures need no protocol's header.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocols/core/ids.h"
#include "protocols/core/run.h"

namespace lockstep::core {

// `values` and `detail` mean what is said beside each kind.
enum class NoteKind : std::uint8_t {
  kCommitted,     // values: log indices; digest: of the content. By the state machine.
  kState,         // values: log index; digest: of the state after it. By the state machine.
  kDelivered,     // values: k′ of `stream`; digest: of the contents. By a C3B layer.
  kAcknowledged,  // values.first: cumulative ACK of `stream`, how many are held without a gap.
  kQuacked,       // values.first: QUACK of `stream`, how many a quorum has acknowledged.
  kComplaint,     // values: k′ declared lost; detail: the attempt that this orders.
  kResent,        // values: k′; detail: attempt. To `peer`.
  kDiscarded,     // values.first: everything below is forgotten.
  kMalformed,     // A message of `peer` that could not be decoded or verified.
  kInvoked,       // values.first: request; detail: its client; digest: of it. By the client.
  kReturned,  // values.first: request; detail: its client; digest: of the answer. By the client.
};

inline constexpr std::array<std::string_view, 11> kNoteNames = {
    "committed", "state",     "delivered", "acknowledged", "quacked", "complaint",
    "resent",    "discarded", "malformed", "invoked",      "returned"};

constexpr std::string_view Name(NoteKind kind) {
  return kNoteNames[static_cast<std::size_t>(kind)];
}

}  // namespace lockstep::core
