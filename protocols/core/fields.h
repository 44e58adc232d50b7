// A codec seen as data: a message is a type and a list of (field, index, value).
//
// Filters, selectors, traces and checkers speak of `picsou.ack.cumulative` without knowing Picsou.
// Each field states its role; the world derives from the roles, for every message, what was handed
// over, what was stated and what was heard.

#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/crypto.h"
#include "protocols/core/ids.h"
#include "protocols/core/run.h"

namespace lockstep::core {

enum class Role : std::uint8_t {
  kStream,   // Sending cluster; governs the fields after it, up to the next of its kind.
  kSeq,      // A run of k′ whose contents are the kContent field of the same index.
  kContent,  // What those k′ carry, in order.
  kAck,      // Cumulative acknowledgement: how many are held without a gap.
  kPhi,      // A run of k′ above it that are held as well.
  kPhiEnd,  // One past the last k′ that the φ-list judges: below it, what is not set is missing.
  kRound,
  kSignature,
  kOther,
};

struct FieldSpec {
  std::string_view name;
  Role role;
};

struct TypeSpec {
  std::string_view name;
  std::span<const FieldSpec> fields;
};

// One value. A number is a run of one; content stands in `content`.
struct Field {
  std::uint32_t spec = 0;   // index into TypeSpec::fields
  std::uint32_t index = 0;  // of a repeated field
  Run values;
  Bytes content;
};

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
