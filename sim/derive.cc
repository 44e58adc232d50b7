// Facts out of messages: see derive.h.

#include "sim/derive.h"

#include <cstddef>
#include <utility>

namespace lockstep::sim {
namespace {

using core::Fact;

// The parties of an event, by its phase.
void SetParties(trace::Event& event, const Message& message, trace::Phase phase) {
  const bool is_at_receiver = phase == trace::Phase::kArrived || phase == trace::Phase::kHanded;
  event.node = is_at_receiver ? message.to : message.from;
  event.peer = is_at_receiver ? message.claimed() : message.to;
}

// Of these it matters to whom they go; the rest is told once for a payload.
constexpr bool IsOfEachCopy(Fact fact) {
  return fact == Fact::kCarries || fact == Fact::kStates || fact == Fact::kProposes;
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

Decoded& Deriver::Facts(core::NodeId from, const core::Bytes& payload) {
  const core::MessageFields& fields = FieldsOf(from);
  // Nothing else is ever attached to a payload.
  auto* known = static_cast<Decoded*>(payload.attachment());
  if (known != nullptr && known->IsBy(fields)) return *known;
  auto decoded = std::make_unique<Decoded>(fields, Read(from, payload));
  scratch_.fields.clear();  // They hold parts of the payload.
  Decoded& result = *decoded;
  if (payload.is_whole()) {
    payload.Attach(std::move(decoded));
  } else {
    part_ = std::move(decoded);
  }
  return result;
}

const Decoded& Deriver::Decode(core::NodeId from, const core::Bytes& payload) {
  Decoded& decoded = Facts(from, payload);
  if (decoded.has_fields() || decoded.type() == nullptr) return decoded;
  decoded.Keep(*Read(from, payload));
  scratch_.fields.clear();
  return decoded;
}

void Deriver::TellWanted(core::Instant now, const Message& message, const Telling& telling) {
  Decoded& decoded = Facts(message.from, message.payload);
  const bool is_repeated =
      telling.phase == trace::Phase::kSent && !decoded.IsFirstSaidBy(message.from);
  trace::Event event;
  event.at = now;
  event.kind = trace::EventKind::kFact;
  event.phase = telling.phase;
  event.message = message.id;
  SetParties(event, message, telling.phase);
  for (const StatedFact& said : decoded.facts()) {
    if (!emitter_.WantsAny(trace::Bit(said.fact, telling.phase))) continue;
    if (is_repeated && !IsOfEachCopy(said.fact)) continue;
    event.fact = said.fact;
    event.stream = said.stream;
    event.SetRun(said.values);
    event.detail = said.detail;
    event.further = said.further;
    event.digest = said.digest;
    event.epoch = said.epoch;
    event.votes = said.votes;
    event.runs = decoded.PhiOf(said);
    if (said.fact == Fact::kCarries) event.detail = telling.cause;
    if (said.fact == Fact::kStates) event.detail = telling.age_ps;
    emitter_.Emit(event);
  }
}

}  // namespace lockstep::sim
