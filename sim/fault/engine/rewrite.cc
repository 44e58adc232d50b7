// Rewritten messages: see rewrite.h.

#include "sim/fault/engine/rewrite.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/derive.h"
#include "sim/keys.h"
#include "sim/trace/emitter.h"

namespace lockstep::sim {
namespace {

// Who has signed what is sent now: a key of the host's own is that of nobody whom it impersonates.
void MarkSignature(const FaultScene& scene, const SendCase& send, bool is_by_forger) {
  send.marks.is_forged = (is_by_forger || send.marks.as) && IsSigned(scene, send);
}

// Of a field: whether a certificate covers it, or it is one's own.
bool IsOfProof(const core::TypeSpec& type, const core::Field& field) {
  switch (type.fields[field.spec].role) {
    case core::Role::kSeq:
    case core::Role::kContent:
    case core::Role::kEpoch:
    case core::Role::kSigner:
    case core::Role::kSignature:
      break;
    default:
      return false;
  }
  // Within what is carried; the epoch of a round is another thing.
  for (std::uint32_t group = type.fields[field.spec].group; group != core::FieldSpec::kMessage;
       group = type.fields[group].group)
    if (type.fields[group].fact == core::Fact::kCarries) return true;
  return false;
}

// Whether what certificates say of `honest` holds of `message`, too. It does where there are none.
bool AreProvenAlike(const core::TypeSpec& type, const core::FieldedMessage& honest,
                    const core::FieldedMessage& message) {
  const auto proof_of = [&](const core::FieldedMessage& of) {
    std::vector<core::Field> proof;
    for (const core::Field& field : of.fields)
      if (IsOfProof(type, field)) proof.push_back(field);
    return proof;
  };
  const bool has_any = std::ranges::any_of(honest.fields, [&](const core::Field& field) {
    return type.fields[field.spec].role == core::Role::kSignature && IsOfProof(type, field);
  });
  return !has_any || proof_of(honest) == proof_of(message);
}

}  // namespace

bool IsOfCertificate(const core::TypeSpec& type, std::uint32_t group) {
  const std::uint32_t around = type.fields[group].group;
  if (around == core::FieldSpec::kMessage || type.fields[around].fact != core::Fact::kCarries)
    return false;
  return std::ranges::any_of(type.fields, [&](const core::FieldSpec& member) {
    return member.group == group && member.role == core::Role::kSignature;
  });
}

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
  const core::FieldedMessage honest = *read;
  core::FieldedMessage message = honest;
  const core::TypeSpec& type = scene.deriver.TypeOf(send.host, message);
  if (!change(type, message)) return std::nullopt;
  if (!AreProvenAlike(type, honest, message)) send.marks.is_unproven = true;
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
