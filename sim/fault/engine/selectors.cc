// Selectors: see selectors.h.

#include "sim/fault/engine/selectors.h"

#include <algorithm>

#include "sim/net/network_spec.h"

namespace lockstep::sim {
namespace {

bool Contains(const std::vector<core::NodeId>& hosts, core::NodeId host) {
  return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
}

// Null for a host that does not exist.
const core::Cluster* ClusterOf(const std::vector<core::Cluster>& clusters, core::NodeId host) {
  for (const core::Cluster& cluster : clusters) {
    if (cluster.Has(host)) return &cluster;
  }
  return nullptr;
}

// Whether any field of the message satisfies `is`, which is given its rule and its values.
template <typename Is>
bool HasField(const Decoded& message, const Is& is) {
  return std::ranges::any_of(message.fields(), [&](const DecodedField& field) {
    return is(message.type()->fields[field.spec], field);
  });
}

bool Carries(const core::Run& run, std::uint64_t seq) {
  return run.count > 0 && seq >= run.first && seq <= run.Last() &&
         (seq - run.first) % run.stride == 0;
}

}  // namespace

bool IsOf(const LinkSelector& link, const std::vector<core::Cluster>& clusters, core::NodeId from,
          core::NodeId to) {
  if (!link.src.empty() && !Contains(link.src, from)) return false;
  if (!link.dst.empty() && !Contains(link.dst, to)) return false;
  if (link.link_class.empty()) return true;
  const core::Cluster* sender = ClusterOf(clusters, from);
  const core::Cluster* receiver = ClusterOf(clusters, to);
  if (sender == nullptr || receiver == nullptr) return false;
  const auto pair = static_cast<std::size_t>(PairClassOf(*sender, *receiver));
  return link.link_class == kPairClassNames[pair];
}

bool IsOf(const MessageSelector& wanted, const Decoded& message) {
  if (message.type() == nullptr) return false;
  if (!wanted.type.empty() && wanted.type != message.type()->name) return false;
  if (wanted.seq && !HasField(message, [&](const core::FieldSpec& spec, const DecodedField& field) {
        return spec.role == core::Role::kSeq && Carries(field.values, *wanted.seq);
      }))
    return false;
  const bool is_of_round = wanted.round || wanted.has_round;
  if (is_of_round &&
      !HasField(message, [&](const core::FieldSpec& spec, const DecodedField& field) {
        return spec.role == core::Role::kRound && spec.group == core::FieldSpec::kMessage &&
               (!wanted.round || field.values.first == *wanted.round);
      }))
    return false;
  if (wanted.field.empty()) return true;
  return HasField(message, [&](const core::FieldSpec&, const DecodedField& field) {
    const std::uint64_t value = field.values.first;
    return value >= wanted.in.min && value <= wanted.in.max &&
           core::Path(*message.type(), field.spec) == wanted.field;
  });
}

}  // namespace lockstep::sim
