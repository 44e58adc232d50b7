// What a payload says, as far as the world has to know it: read once through its sender's
// MessageFields, and kept with the payload, so that all who carry a copy share it.
//
// The contents themselves are left out: they are parts of the payload, which would keep itself
// alive.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/fields.h"
#include "protocols/core/ids.h"
#include "protocols/core/run.h"

namespace lockstep::sim {

// The numbers of a field, for whoever selects messages by them.
struct DecodedField {
  std::uint32_t spec = 0;
  core::Run values;
};

// What a group of fields says, in the places of a trace::Event. A content is known by its digest; 0
// where there is none.
struct StatedFact {
  core::Fact fact = core::Fact::kCarries;
  core::StreamId stream;
  core::Run values = {0, 1, 1};
  std::uint64_t detail = 0;
  std::uint64_t further = 0;
  std::uint64_t digest = 0;
  std::uint64_t epoch = 0;
  core::Mask votes;
  std::uint32_t first_run = 0;  // of its φ-list
  std::uint32_t runs = 0;
};

class Decoded : public core::Attachment {
 public:
  // `message`: none where the payload is no message of these fields.
  Decoded(const core::MessageFields& fields, const core::FieldedMessage* message);

  // By whose codec it was read.
  bool IsBy(const core::MessageFields& fields) const { return &fields == by_; }
  // Null where the payload is no message; the rest then means nothing.
  const core::TypeSpec* type() const { return type_; }
  // In the order in which their groups end.
  const std::vector<StatedFact>& facts() const { return facts_; }
  std::span<const core::Run> PhiOf(const StatedFact& fact) const {
    return std::span(runs_).subspan(fact.first_run, fact.runs);
  }

  // Few ask for the fields: they are kept from when somebody does.
  bool has_fields() const { return has_fields_; }
  void Keep(const core::FieldedMessage& message);
  const std::vector<DecodedField>& fields() const { return fields_; }

  // Whether `sender` has not said it yet; from now on it has.
  bool IsFirstSaidBy(core::NodeId sender) {
    const bool is_first = !has_been_said_ || said_by_ != sender;
    has_been_said_ = true;
    said_by_ = sender;
    return is_first;
  }

 private:
  // What the fields of a group, and before them those of the groups around it, have said so far.
  struct Open {
    std::uint32_t spec = core::FieldSpec::kMessage;  // of the group
    std::uint32_t roles = 0;                         // that were among them, a bit each
    StatedFact said;
  };
  bool IsOfRequest(const Open& open) const;
  void Take(const core::Field& field, core::Role role, Open& open);
  // The innermost group ends: keeps what it says, if that is a fact.
  void Close(const Open& open);

  const core::MessageFields* by_;
  const core::TypeSpec* type_ = nullptr;
  std::vector<StatedFact> facts_;
  std::vector<core::Run> runs_;  // φ-lists
  std::vector<DecodedField> fields_;
  core::NodeId said_by_;
  bool has_fields_ = false;
  bool has_been_said_ = false;
};

}  // namespace lockstep::sim
