// What a payload says: see decoded.h.

#include "sim/decoded.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

using core::Fact;
using core::Role;

constexpr std::uint32_t RoleBit(Role role) { return 1U << static_cast<unsigned>(role); }

// The roles of which a fact needs one: what it is about.
constexpr std::uint32_t SubjectsOf(Fact fact) {
  switch (fact) {
    case Fact::kCarries:
      return RoleBit(Role::kSeq);
    case Fact::kStates:
      return RoleBit(Role::kAck);
    case Fact::kProposes:
    case Fact::kVotes:
    case Fact::kPromises:
    case Fact::kAccepts:
    case Fact::kDecides:
      return RoleBit(Role::kRound) | RoleBit(Role::kSlot);
    case Fact::kRequests:
    case Fact::kAnswers:
      return RoleBit(Role::kRequest);
  }
  return 0;
}

// Groups nest no deeper, the message included.
constexpr std::size_t kDepthMax = 5;

}  // namespace

Decoded::Decoded(const core::MessageFields& fields, const core::FieldedMessage* message)
    : by_(&fields) {
  if (message == nullptr) return;
  type_ = &fields.types()[message->type];
  // Neither list has room to spare: messages that wait are many.
  facts_.reserve(static_cast<std::size_t>(std::ranges::count_if(
      message->fields,
      [&](const core::Field& field) { return type_->fields[field.spec].fact.has_value(); })));
  std::array<Open, kDepthMax> open;  // groups, the message first
  std::size_t depth = 1;
  for (const core::Field& field : message->fields) {
    const core::FieldSpec& spec = type_->fields[field.spec];
    while (open[depth - 1].spec != spec.group) {
      CHECK(depth > 1);  // A codec of ours lists members behind their group.
      Close(open[--depth]);
    }
    if (spec.role != Role::kGroup) {
      Take(field, spec.role, open[depth - 1]);
      continue;
    }
    CHECK(depth < kDepthMax);
    open[depth] = open[depth - 1];  // It shares what was said around it.
    open[depth].spec = field.spec;
    open[depth].said.runs = 0;
    ++depth;
  }
  while (depth > 1) Close(open[--depth]);
  runs_.shrink_to_fit();
}

bool Decoded::IsOfRequest(const Open& open) const {
  return open.spec != core::FieldSpec::kMessage && type_->fields[open.spec].fact == Fact::kRequests;
}

void Decoded::Take(const core::Field& field, Role role, Open& open) {
  open.roles |= RoleBit(role);
  switch (role) {
    case Role::kStream:
      open.said.stream = core::StreamId(static_cast<std::uint32_t>(field.values.first));
      return;
    case Role::kSeq:
    case Role::kRound:
    case Role::kSlot:
    case Role::kRequest:
      open.said.values = field.values;
      return;
    case Role::kAck:
      // Of a request it is how many answers its client has no more need of.
      (IsOfRequest(open) ? open.said.further : open.said.values.first) = field.values.first;
      return;
    case Role::kPhi:
      if (open.said.runs == 0) open.said.first_run = static_cast<std::uint32_t>(runs_.size());
      CHECK(open.said.first_run + open.said.runs == runs_.size());  // A list comes in one piece.
      runs_.push_back(field.values);
      ++open.said.runs;
      return;
    case Role::kPhiEnd:
    case Role::kBallot:
      open.said.further = field.values.first;
      return;
    case Role::kLane:
    case Role::kClient:
      open.said.detail = field.values.first;
      return;
    case Role::kVote:
      // One lane's vote is the mask of that lane.
      open.said.votes = field.mask.known != 0 ? field.mask : core::Mask{1, field.values.first & 1};
      return;
    case Role::kContent:
      // Only what groups say is told.
      if (open.spec != core::FieldSpec::kMessage) open.said.digest = field.content.Digest();
      return;
    case Role::kEpoch:
      open.said.epoch = field.values.first;
      return;
    case Role::kGroup:
    case Role::kSigner:
    case Role::kSignature:
    case Role::kOther:
      return;
  }
}

void Decoded::Close(const Open& open) {
  const std::optional<Fact> fact = type_->fields[open.spec].fact;
  if (!fact || (open.roles & SubjectsOf(*fact)) == 0) return;
  facts_.push_back(open.said);
  facts_.back().fact = *fact;
}

void Decoded::Keep(const core::FieldedMessage& message) {
  has_fields_ = true;
  fields_.reserve(message.fields.size());
  for (const core::Field& field : message.fields) fields_.push_back({field.spec, field.values});
}

}  // namespace lockstep::sim
