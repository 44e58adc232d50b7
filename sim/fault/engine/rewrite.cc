// Rewritten messages: see rewrite.h.

#include "sim/fault/engine/rewrite.h"

#include <utility>

#include "sim/derive.h"
#include "sim/keys.h"
#include "sim/trace/emitter.h"

namespace lockstep::sim {
namespace {

// Who has signed what is sent now: a key of the host's own is that of nobody whom it impersonates.
void MarkSignature(const FaultScene& scene, const SendCase& send, bool is_by_forger) {
  send.marks.is_forged = (is_by_forger || send.marks.as) && IsSigned(scene, send);
}

}  // namespace

void TellTampered(const FaultScene& scene, std::size_t index, const SendCase& send,
                  std::uint64_t honest, std::uint64_t lie) {
  trace::Event event;
  event.at = send.now;
  event.kind = trace::EventKind::kTampered;
  event.node = send.host;
  event.peer = send.send.to;
  event.value = honest;
  event.detail = lie;
  event.further = index;
  scene.emitter.Emit(event);
}

std::optional<core::Bytes> Rewritten(const FaultScene& scene, const SendCase& send,
                                     const ChangeMessage& change, const core::Signer* signer) {
  const core::FieldedMessage* read = scene.deriver.Read(send.host, send.send.payload);
  if (read == nullptr) return std::nullopt;
  core::FieldedMessage message = *read;
  if (!change(scene.deriver.TypeOf(send.host, message), message)) return std::nullopt;
  if (signer == nullptr) signer = &scene.keys[send.host.value()];
  return scene.deriver.FieldsOf(send.host).Build(message, *signer, core::SpeakerOf(send.send.to));
}

bool IsSigned(const FaultScene& scene, const SendCase& send) {
  const auto as_it_is = [](const core::TypeSpec&, core::FieldedMessage&) { return true; };
  const Forger one(1);
  const Forger another(2);
  return Rewritten(scene, send, as_it_is, &one) != Rewritten(scene, send, as_it_is, &another);
}

bool Rewrite(const FaultScene& scene, std::size_t index, const SendCase& send,
             const ChangeMessage& change, const core::Signer* signer) {
  std::optional<core::Bytes> payload = Rewritten(scene, send, change, signer);
  if (!payload || *payload == send.send.payload) return false;
  TellTampered(scene, index, send, send.send.payload.Digest(), payload->Digest());
  send.send.payload = *std::move(payload);
  MarkSignature(scene, send, signer != nullptr);
  return true;
}

std::uint64_t RewriteNumbers(const FaultScene& scene, std::size_t index, const SendCase& send,
                             const ChangeNumber& change) {
  std::uint64_t changed = 0;
  const auto change_all = [&](const core::TypeSpec& type, core::FieldedMessage& message) {
    for (core::Field& field : message.fields) {
      const std::uint64_t honest = field.values.first;
      const std::optional<std::uint64_t> lie = change(type, field);
      if (!lie || *lie == honest) continue;
      ++changed;
      field.values.first = *lie;
      TellTampered(scene, index, send, honest, *lie);
    }
    return changed > 0;
  };
  std::optional<core::Bytes> payload = Rewritten(scene, send, change_all);
  if (payload) {
    send.send.payload = *std::move(payload);
    MarkSignature(scene, send, /*is_by_forger=*/false);
  }
  return changed;
}

}  // namespace lockstep::sim
