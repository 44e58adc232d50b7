// Facts out of messages: see derive.h.

#include "sim/derive.h"

#include <optional>
#include <span>
#include <utility>

#include "protocols/core/check.h"

namespace lockstep::sim {
namespace {

using core::Fact;
using core::Role;

// The parties of an event, by its phase.
void SetParties(trace::Event& event, const Message& message, trace::Phase phase) {
  const bool is_at_receiver = phase == trace::Phase::kArrived || phase == trace::Phase::kHanded;
  event.node = is_at_receiver ? message.to : message.from;
  event.peer = is_at_receiver ? message.from : message.to;
}

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

// One lane's vote, as the mask of that lane.
core::Mask MaskOf(const DecodedField& field, const MoreOfField& more) {
  if (more.mask.known != 0) return more.mask;
  return {1, field.values.first & 1};
}

// The facts that messages of this codec can state, in any phase.
trace::FactSet StatedBy(const core::MessageFields& fields) {
  trace::FactSet stated = 0;
  for (const core::TypeSpec& type : fields.types()) {
    for (const core::FieldSpec& field : type.fields) {
      if (!field.fact) continue;
      for (std::size_t phase = 0; phase < trace::kPhaseNames.size(); ++phase)
        stated |= trace::Bit(*field.fact, static_cast<trace::Phase>(phase));
    }
  }
  return stated;
}

}  // namespace

Deriver::Deriver(const core::Program& program, trace::Emitter& emitter)
    : program_(program), emitter_(emitter) {
  for (std::uint32_t c = 0; c < program.clusters().size(); ++c) {
    const std::uint32_t size = program.clusters()[c].size;
    cluster_.insert(cluster_.end(), size, core::ClusterId(c));
    stated_.insert(stated_.end(), size, StatedBy(program.Fields(core::ClusterId(c))));
  }
}

const core::MessageFields& Deriver::FieldsOf(core::NodeId host) const {
  return program_.Fields(cluster_[host.value()]);
}

const core::FieldedMessage* Deriver::Read(core::NodeId from, const core::Bytes& payload) {
  return FieldsOf(from).Read(payload, scratch_) ? &scratch_ : nullptr;
}

const Decoded& Deriver::Decode(core::NodeId from, const core::Bytes& payload) {
  const core::MessageFields& fields = FieldsOf(from);
  // Nothing else is ever attached to a payload.
  const auto* known = static_cast<const Decoded*>(payload.attachment());
  if (known != nullptr && known->IsBy(fields)) return *known;
  auto decoded = std::make_unique<Decoded>(fields, Read(from, payload));
  scratch_.fields.clear();  // They hold parts of the payload.
  const Decoded& result = *decoded;
  if (payload.is_whole()) {
    payload.Attach(std::move(decoded));
  } else {
    part_ = std::move(decoded);
  }
  return result;
}

void Deriver::TellWanted(core::Instant now, const Message& message, const Telling& telling) {
  const Decoded& decoded = Decode(message.from, message.payload);
  if (decoded.type() == nullptr) return;
  const core::TypeSpec& type = *decoded.type();
  open_.resize(1);
  open_[0] = Said{};
  runs_.clear();
  trace::Event& event = open_[0].event;
  event.at = now;
  event.kind = trace::EventKind::kFact;
  event.phase = telling.phase;
  event.message = message.id;
  SetParties(event, message, telling.phase);
  for (const DecodedField& field : decoded.fields()) {
    const core::FieldSpec& spec = type.fields[field.spec];
    while (open_.back().spec != spec.group) {
      CHECK(open_.size() > 1);  // A codec of ours lists members behind their group.
      Close(type, telling);
    }
    if (spec.role == Role::kGroup) {
      Open(field.spec);
    } else {
      Take(spec.role, field, decoded.MoreOf(field));
    }
  }
  while (open_.size() > 1) Close(type, telling);
}

void Deriver::Open(std::uint32_t spec) {
  Said inner = open_.back();  // It shares what was said around it.
  inner.spec = spec;
  inner.first_run = runs_.size();
  open_.push_back(inner);
}

void Deriver::Take(Role role, const DecodedField& field, const MoreOfField& more) {
  Said& said = open_.back();
  said.roles |= RoleBit(role);
  switch (role) {
    case Role::kStream:
      said.event.stream = core::StreamId(static_cast<std::uint32_t>(field.values.first));
      return;
    case Role::kSeq:
    case Role::kRound:
    case Role::kSlot:
    case Role::kRequest:
      said.event.SetRun(field.values);
      return;
    case Role::kAck:
      said.event.value = field.values.first;
      return;
    case Role::kPhi:
      runs_.push_back(field.values);
      return;
    case Role::kPhiEnd:
    case Role::kBallot:
      said.event.further = field.values.first;
      return;
    case Role::kLane:
    case Role::kClient:
      said.event.detail = field.values.first;
      return;
    case Role::kVote:
      said.event.votes = MaskOf(field, more);
      return;
    case Role::kContent:
      said.event.digest = more.digest;
      return;
    case Role::kGroup:
    case Role::kEpoch:
    case Role::kSigner:
    case Role::kSignature:
    case Role::kOther:
      return;
  }
}

void Deriver::Close(const core::TypeSpec& type, const Telling& telling) {
  Said& said = open_.back();
  const std::optional<Fact> fact = type.fields[said.spec].fact;
  const bool is_told = fact && (said.roles & SubjectsOf(*fact)) != 0 &&
                       emitter_.WantsAny(trace::Bit(*fact, telling.phase));
  if (is_told) {
    said.event.fact = *fact;
    said.event.runs = std::span<const core::Run>(runs_).subspan(said.first_run);
    if (*fact == Fact::kCarries) said.event.detail = telling.cause;
    if (*fact == Fact::kStates) said.event.detail = telling.age_ps;
    emitter_.Emit(said.event);
  }
  runs_.resize(said.first_run);
  open_.pop_back();
}

}  // namespace lockstep::sim
