// Byzantine filters: see tamper.h.

#include "sim/fault/tamper.h"

#include <algorithm>

namespace lockstep::sim {

std::uint64_t Lie(LieMode mode, std::uint64_t lag, std::uint64_t honest) {
  switch (mode) {
    case LieMode::kInf:
      return std::uint64_t{1} << 60;  // More than any run can send.
    case LieMode::kZero:
      return 0;
    case LieMode::kLag:
      return honest - std::min(honest, lag);
  }
  return honest;
}

void Tamper::LieAck(core::Instant now, const Fault& fault, std::uint64_t index,
                    core::effect::Send& send, FaultEffect& effect) {
  const core::FieldedMessage* read = deriver_.Read(host_, send.payload);
  if (read == nullptr) return;
  core::FieldedMessage message = *read;
  const core::TypeSpec& type = deriver_.TypeOf(host_, message);
  bool is_changed = false;
  for (core::Field& field : message.fields) {
    if (type.fields[field.spec].role != core::Role::kAck) continue;
    ++effect.touched;
    const std::uint64_t honest = field.values.first;
    const std::uint64_t lie = Lie(fault.lie, fault.lag, honest);
    if (lie == honest) continue;
    ++effect.changed;
    is_changed = true;
    field.values.first = lie;
    trace::Event event;
    event.at = now;
    event.kind = trace::EventKind::kTampered;
    event.node = host_;
    event.peer = send.to;
    event.value = honest;
    event.detail = lie;
    event.further = index;
    emitter_.Emit(event);
  }
  if (is_changed) {
    send.payload = deriver_.FieldsOf(host_).Build(message, signer_, core::SpeakerOf(send.to));
  }
}

}  // namespace lockstep::sim
