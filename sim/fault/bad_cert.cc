// `bad_cert`: a host passes off what nobody has committed, with certificates that prove nothing.
//
// What liars have is the certificates of others and their own keys: they can sign anything, each as
// itself, so that every signature in what they make is genuine.

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "protocols/core/certificate.h"
#include "sim/fault/engine/damage.h"
#include "sim/fault/engine/rewrite.h"
#include "sim/keys.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

enum class Flaw : std::uint8_t { kDuplicateSigner, kSubThreshold, kWrongPayload, kWrongEpoch };

struct BadCert final : FaultBody {
  Flaw flaw = Flaw::kWrongPayload;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kFlaws[] = {
        {"duplicate_signer",
         "the targets sign other contents, and stand in the list of signers again and again, until "
         "it is long enough."},
        {"sub_threshold", "the targets sign other contents, each once."},
        {"wrong_payload", "it is that of other contents than come with it."},
        {"wrong_epoch", "it is said to be of the next epoch."}};
    keys.Choice(core::Required("kind", "What is wrong with the certificates of its messages:"),
                flaw, kFlaws);
  }
};

class BadCertActor final : public FaultActor {
 public:
  BadCertActor(const FaultScene& scene, std::size_t index, const BadCert& bad)
      : FaultActor(scene, index), flaw_(bad.flaw) {}

  bool OnSend(const SendCase& send) override {
    const bool is_changed = Rewrite(
        scene(), index(), send, [this](const core::TypeSpec& type, core::FieldedMessage& message) {
          return Spoil(type, message);
        });
    if (is_changed) Change(send.now);
    return true;
  }

 private:
  // Of a message: what stands before a certificate, which that is about.
  struct Carried {
    core::StreamId stream;
    core::Run run;
    core::Field* content = nullptr;
  };
  using FieldIndex = std::size_t;

  bool Spoil(const core::TypeSpec& type, core::FieldedMessage& message);
  // Of the certificate whose group is at `group`; whether it, or what it is of, was changed.
  bool SpoilOne(const core::TypeSpec& type, const Carried& carried, FieldIndex group,
                std::vector<core::Field>& fields);
  // The fields of that certificate in place of `certificate`.
  std::vector<core::Field> SignedByTargets(const core::TypeSpec& type, const Carried& carried,
                                           const core::Cluster& cluster,
                                           std::span<const core::Field> certificate) const;
  // Who is said to have signed, by index: targets that are of the cluster.
  std::vector<std::uint64_t> Signers(const core::Cluster& cluster) const;

  Flaw flaw_;
};

std::vector<std::uint64_t> BadCertActor::Signers(const core::Cluster& cluster) const {
  std::vector<std::uint64_t> signers;
  for (std::uint64_t i = 0; i < cluster.size; ++i)
    if (Targets(cluster.Replica(i))) signers.push_back(i);
  if (flaw_ == Flaw::kSubThreshold || signers.empty()) return signers;
  std::uint64_t stake = 0;
  for (const std::uint64_t liar : signers) stake += cluster.StakeOf(liar);
  for (; stake < core::QuorumOf(cluster); stake += cluster.StakeOf(signers.back()))
    signers.push_back(signers.back());
  return signers;
}

bool BadCertActor::SpoilOne(const core::TypeSpec& type, const Carried& carried, FieldIndex group,
                            std::vector<core::Field>& fields) {
  FieldIndex end = group + 1;
  while (end < fields.size() && type.fields[fields[end].spec].group == fields[group].spec) ++end;
  const std::span<core::Field> certificate(&fields[group], end - group);
  if (flaw_ == Flaw::kWrongEpoch) {
    for (core::Field& field : certificate)
      if (type.fields[field.spec].role == core::Role::kEpoch) ++field.values.first;
    return true;
  }
  if (carried.run.count == 0 || carried.stream.value() >= scene().spec.clusters.size())
    return false;
  const core::Cluster& cluster = scene().spec.clusters[carried.stream.value()];
  const bool has_signers = flaw_ == Flaw::kWrongPayload || !Signers(cluster).empty();
  std::optional<core::Bytes> other;
  if (has_signers) other = WithFlippedBits(carried.content->content, 1, random());
  if (!other) return false;
  carried.content->content = *std::move(other);
  if (flaw_ == Flaw::kWrongPayload) return true;
  const std::vector<core::Field> anew = SignedByTargets(type, carried, cluster, certificate);
  const auto at = fields.begin() + static_cast<std::ptrdiff_t>(group);
  const auto after = fields.begin() + static_cast<std::ptrdiff_t>(end);
  fields.insert(fields.erase(at, after), anew.begin(), anew.end());
  return true;
}

std::vector<core::Field> BadCertActor::SignedByTargets(
    const core::TypeSpec& type, const Carried& carried, const core::Cluster& cluster,
    std::span<const core::Field> certificate) const {
  const auto role_of = [&](const core::Field& field) { return type.fields[field.spec].role; };
  std::uint64_t epoch = 0;
  std::uint32_t signer_spec = 0;
  for (const core::Field& field : certificate) {
    if (role_of(field) == core::Role::kEpoch) epoch = field.values.first;
    if (role_of(field) == core::Role::kSigner) signer_spec = field.spec;
  }
  const core::Bytes& content = carried.content->content;
  const core::Committed entries{carried.stream, carried.run, content.size() / carried.run.count,
                                content.Digest()};
  const std::uint64_t digest = core::SignedDigest(entries, epoch);
  std::vector<core::Field> anew = {certificate[0]};
  core::Tag tag;
  for (const std::uint64_t signer : Signers(cluster)) {
    const auto index = static_cast<std::uint32_t>(anew.size() - 1);
    anew.push_back(core::Field{signer_spec, index, core::Run{signer, 1, 1}});
    tag = core::Folded(tag, scene().keys[cluster.Replica(signer).value()].Sign(digest));
  }
  for (const core::Field& field : certificate.subspan(1)) {
    if (role_of(field) == core::Role::kSigner) continue;
    anew.push_back(field);
    if (role_of(field) == core::Role::kSignature)
      anew.back().values.first = field.index == 0 ? tag.low : tag.high;
  }
  return anew;
}

bool BadCertActor::Spoil(const core::TypeSpec& type, core::FieldedMessage& message) {
  bool is_changed = false;
  std::vector<core::Field>& fields = message.fields;
  core::StreamId stream;
  core::Run run;
  FieldIndex content = fields.size();
  for (FieldIndex i = 0; i < fields.size(); ++i) {
    const core::FieldSpec& spec = type.fields[fields[i].spec];
    if (spec.role == core::Role::kStream)
      stream = core::StreamId(static_cast<std::uint32_t>(fields[i].values.first));
    if (spec.role == core::Role::kSeq) run = fields[i].values;
    if (spec.role == core::Role::kContent) content = i;
    const bool begins = spec.role == core::Role::kGroup && IsOfCertificate(type, fields[i].spec);
    if (!begins || content == fields.size()) continue;
    Touch();
    is_changed |= SpoilOne(type, {stream, run, &fields[content]}, i, fields);
  }
  return is_changed;
}

}  // namespace

extern const FaultKind kBadCertFault = {
    .name = "bad_cert",
    .meaning =
        "Certificates of what the host's messages carry prove nothing, though each signature in "
        "them is genuine: liars sign with their own keys, and use what others have signed.",
    .changed = "Messages with such certificates: none of a protocol that has none.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<BadCert>,
    .act = ActBy<BadCertActor, BadCert>};

}  // namespace lockstep::sim
