// Facts out of messages: see derive.h.

#include "sim/derive.h"

#include <optional>

namespace lockstep::sim {

Deriver::Deriver(const core::Program& program, trace::Emitter& emitter)
    : program_(program), emitter_(emitter) {
  for (std::uint32_t c = 0; c < program.clusters().size(); ++c) {
    cluster_.insert(cluster_.end(), program.clusters()[c].size, core::ClusterId(c));
  }
}

const core::MessageFields& Deriver::FieldsOf(core::NodeId host) const {
  return program_.Fields(cluster_[host.value()]);
}

const core::FieldedMessage* Deriver::Read(core::NodeId from, const core::Bytes& payload) {
  return FieldsOf(from).Read(payload, scratch_) ? &scratch_ : nullptr;
}

void Deriver::Contents(core::Instant now, const Message& message, trace::EventKind kind) {
  if (!is_wanted()) return;
  const bool is_handed = kind == trace::EventKind::kHanded;
  trace::Event event;
  event.at = now;
  event.kind = kind;
  event.node = is_handed ? message.to : message.from;
  event.peer = is_handed ? message.from : message.to;
  EmitContents(message, event);
}

void Deriver::Destroyed(core::Instant now, const Message& message, trace::DropCause cause) {
  if (!is_wanted()) return;
  trace::Event event;
  event.at = now;
  event.kind = trace::EventKind::kDestroyed;
  event.node = message.from;
  event.peer = message.to;
  event.detail = static_cast<std::uint64_t>(cause);
  EmitContents(message, event);
}

void Deriver::EmitContents(const Message& message, const trace::Event& prototype) {
  const core::FieldedMessage* read = Read(message.from, message.payload);
  if (read == nullptr) return;
  const core::TypeSpec& type = TypeOf(message.from, *read);
  trace::Event event = prototype;
  for (std::size_t i = 0; i < read->fields.size(); ++i) {
    const core::Field& field = read->fields[i];
    const core::Role role = type.fields[field.spec].role;
    if (role == core::Role::kStream) {
      event.stream = core::StreamId(static_cast<std::uint32_t>(field.values.first));
    }
    if (role != core::Role::kSeq) continue;
    event.SetRun(field.values);
    // The contents follow their run.
    const bool has_content = i + 1 < read->fields.size() &&
                             type.fields[read->fields[i + 1].spec].role == core::Role::kContent;
    event.digest = has_content ? read->fields[i + 1].content.Digest() : 0;
    emitter_.Emit(event);
  }
}

void Deriver::Statement(core::Instant now, const Message& message, trace::EventKind kind) {
  if (!is_wanted()) return;
  const core::FieldedMessage* read = Read(message.from, message.payload);
  if (read == nullptr) return;
  const core::TypeSpec& type = TypeOf(message.from, *read);
  const bool is_heard = kind == trace::EventKind::kHeard;
  trace::Event statement;
  statement.at = now;
  statement.kind = kind;
  statement.node = is_heard ? message.to : message.from;
  statement.peer = is_heard ? message.from : message.to;
  bool has_ack = false;
  for (const core::Field& field : read->fields) {
    switch (type.fields[field.spec].role) {
      case core::Role::kStream:
        statement.stream = core::StreamId(static_cast<std::uint32_t>(field.values.first));
        break;
      case core::Role::kAck:
        statement.value = field.values.first;
        has_ack = true;
        break;
      case core::Role::kPhi:
        ++statement.detail;
        break;
      case core::Role::kPhiEnd:
        statement.digest = field.values.first;
        break;
      default:
        break;
    }
  }
  if (!has_ack) return;
  emitter_.Emit(statement);
  for (const core::Field& field : read->fields) {
    if (type.fields[field.spec].role != core::Role::kPhi) continue;
    trace::Event phi = statement;
    phi.kind = trace::EventKind::kPhi;
    phi.detail = 0;
    phi.digest = 0;
    phi.SetRun(field.values);
    emitter_.Emit(phi);
  }
}

}  // namespace lockstep::sim
