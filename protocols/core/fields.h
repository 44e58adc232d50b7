// A codec seen as data: a message is a type and a list of (field, index, value).
//
// Filters, selectors, traces and checkers speak of `picsou.batch` and `ack.cumulative` without
// knowing Picsou. Each field states its role, and each group of fields what its members say
// together: from these the world makes *facts* of every message, so that nobody has to be believed
// about itself.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/crypto.h"
#include "protocols/core/ids.h"
#include "protocols/core/run.h"

namespace lockstep::core {

enum class Role : std::uint8_t {
  kGroup,  // Encloses other fields; a repeated one nests them anew each time.
  // Of streams.
  kStream,   // Sending cluster.
  kSeq,      // A run of k′.
  kContent,  // What these k′ carry, in order; or the value that is proposed, asked or answered.
  kAck,      // Cumulative acknowledgement: how many are held without a gap.
  kPhi,      // A run of k′ above it that are held as well.
  kPhiEnd,  // One past the last k′ that the φ-list judges: below it, what is not set is missing.
  // Of decisions.
  kRound,
  kSlot,  // A position of the log, or a run of them.
  kLane,  // Whose part of the round it is about; the first one of a mask.
  kBallot,
  kVote,  // 0 or 1 of one lane; or a mask of lanes from kLane on.
  kEpoch,
  kSigner,
  // Of clients.
  kClient,
  kRequest,
  kSignature,
  kOther,
};

// What the members of a group say together.
enum class Fact : std::uint8_t {
  kCarries,   // kStream, kSeq, kContent
  kStates,    // kStream, kAck, kPhi, kPhiEnd
  kProposes,  // this and the next four: kRound or kSlot, kLane, kBallot, kVote, kContent
  kVotes,
  kPromises,
  kAccepts,
  kDecides,
  kRequests,  // kClient, kRequest, kContent
  kAnswers,   // the same
};
inline constexpr std::array<std::string_view, 9> kFactNames = {"carries", "states",   "proposes",
                                                               "votes",   "promises", "accepts",
                                                               "decides", "requests", "answers"};

// A field of a type, or a group of them.
struct FieldSpec {
  static constexpr std::uint32_t kMessage = ~0U;

  std::string_view name;  // its own; Path puts those of its groups before it
  Role role;
  std::uint32_t group = kMessage;           // index of the group that encloses it, which is smaller
  std::optional<Fact> fact = std::nullopt;  // of a group. It needs a member that says what of:
                                            // kSeq, kAck, kRound or kSlot, kRequest
};

struct TypeSpec {
  std::string_view name;
  std::span<const FieldSpec> fields;
};

// Such as "ack.cumulative".
std::string Path(const TypeSpec& type, std::uint32_t spec);

// For lanes from some first one on, a bit each: of which something is known, and of these, which
// are one.
struct Mask {
  std::uint64_t known = 0;
  std::uint64_t ones = 0;
  friend bool operator==(const Mask&, const Mask&) = default;
};

// One value. A number is a run of one; content stands in `content`, votes of many lanes in `mask`.
struct Field {
  std::uint32_t spec = 0;   // index into TypeSpec::fields
  std::uint32_t index = 0;  // of a repeated field, within its group
  Run values = {0, 0, 1};
  Bytes content = {};
  Mask mask = {};
  friend bool operator==(const Field&, const Field&) = default;

  static Field Number(std::uint32_t spec, std::uint64_t value, std::uint32_t index = 0) {
    return Field{spec, index, Run{value, 1, 1}};
  }
  // Where a group begins.
  static Field Group(std::uint32_t spec, std::uint32_t index = 0) { return Field{spec, index}; }
};

// Fields in the order of the message. A group's entry comes before those of its members, which end
// where the next entry is none of them; so repeated groups nest. What nested groups share with the
// group around them (the stream of several runs, the round of several lanes) comes before them.
struct FieldedMessage {
  std::uint32_t type = 0;  // index into MessageFields::types()
  std::vector<Field> fields;
};

class MessageFields {
 public:
  virtual ~MessageFields() = default;
  virtual std::span<const TypeSpec> types() const = 0;
  // Fills `out`, reusing its memory; false if the bytes are no message of this protocol.
  virtual bool Read(const Bytes& payload, FieldedMessage& out) const = 0;
  // The message with these fields, signed anew with `signer`'s key for `receiver`.
  virtual Bytes Build(const FieldedMessage& message, const Signer& signer,
                      Identity receiver) const = 0;
};

}  // namespace lockstep::core
