// Rewritten messages: see rewrite.h.

#include "sim/fault/engine/rewrite.h"

#include "sim/derive.h"
#include "sim/keys.h"
#include "sim/trace/emitter.h"

namespace lockstep::sim {

std::uint64_t RewriteNumbers(const FaultScene& scene, std::size_t index, const SendCase& send,
                             const ChangeNumber& change) {
  const core::FieldedMessage* read = scene.deriver.Read(send.host, send.send.payload);
  if (read == nullptr) return 0;
  core::FieldedMessage message = *read;
  const core::TypeSpec& type = scene.deriver.TypeOf(send.host, message);
  std::uint64_t changed = 0;
  for (core::Field& field : message.fields) {
    const std::uint64_t honest = field.values.first;
    const std::optional<std::uint64_t> lie = change(type, field);
    if (!lie || *lie == honest) continue;
    ++changed;
    field.values.first = *lie;
    trace::Event event;
    event.at = send.now;
    event.kind = trace::EventKind::kTampered;
    event.node = send.host;
    event.peer = send.send.to;
    event.value = honest;
    event.detail = *lie;
    event.further = index;
    scene.emitter.Emit(event);
  }
  if (changed > 0) {
    send.send.payload = scene.deriver.FieldsOf(send.host).Build(
        message, scene.keys[send.host.value()], core::SpeakerOf(send.send.to));
  }
  return changed;
}

}  // namespace lockstep::sim
