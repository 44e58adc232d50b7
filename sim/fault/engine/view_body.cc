// Who announces views: see view_body.h.

#include "sim/fault/engine/view_body.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

#include "protocols/core/view.h"
#include "sim/derive.h"
#include "sim/host/host.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

using core::NodeId;

// How often the service looks who is back. Between a beat and a round trip of a wide network.
constexpr core::Duration kLooksEvery = core::Duration::Milliseconds(10);

bool IsOrderOfTurns(std::vector<std::uint32_t> positions) {
  std::ranges::sort(positions);
  for (std::uint32_t i = 0; i < positions.size(); ++i)
    if (positions[i] != i) return false;
  return true;
}

}  // namespace

void ViewBody::DescribeView(core::Keys& keys) {
  keys.Text(core::Required("cluster", "Whose replicas it is about."), change.cluster_name);
  keys.Integer({"epoch",
                "The number of the view that begins, above those of all views before; what the "
                "scenario's clusters say is view 0."},
               change.epoch, {1, std::numeric_limits<std::uint32_t>::max()});
  keys.Time({"spread", "Each replica of the run hears of it at a time drawn from so long."},
            change.spread);
}

void ViewBody::Complete(core::Keys& keys, const HostNames& names, Fault& fault) {
  if (!keys.ok()) return;
  const core::Cluster* cluster = names.ClusterNamed(change.cluster_name);
  if (cluster == nullptr) return keys.FailWanted("cluster", "the name of a cluster of replicas");
  change.first = cluster->first;
  fault.targets = names.Replicas();
  for (const NodeId member : change.members)
    if (!cluster->Has(member))
      keys.FailWanted("members", absl::StrCat("replicas of ", cluster->name));
  const core::Numbers index{0, cluster->size - 1};
  if (keys.IsSaid("positions"))
    change.positions = names.Numbers(keys, "positions", cluster->size, index);
  if (!IsOrderOfTurns(change.positions))
    keys.FailWanted("positions", "each index of the cluster once");
  if (value_key() == "stake")
    change.stake = names.Numbers(keys, "stake", cluster->size, {0, core::kStakeMost});
}

std::optional<Refusal> ViewBody::Refuse(const Fault& fault, const WorldSpec& spec) const {
  if (fault.activation.on || fault.activation.is_repeated())
    return Refusal{"", "want a view to begin once, at a time that is known before: \"at\""};
  const bool is_whole = fault.count == ~std::uint64_t{0} &&
                        fault.probability.numerator == fault.probability.denominator;
  if (!is_whole) return Refusal{"", "want neither \"count\" nor \"prob\": a view is for all"};
  if (fault.at == core::Instant())
    return Refusal{"", "want \"at\" above 0: what is so from the start the clusters say"};
  for (const Fault& other : spec.faults) {
    const ViewChange* earlier = other.body->view_change();
    if (earlier == nullptr || &other == &fault) continue;
    if (earlier->epoch == change.epoch)
      return Refusal{"epoch", absl::StrCat("want another than of \"", other.id, "\"")};
    if ((earlier->epoch < change.epoch) != (other.at < fault.at))
      return Refusal{"epoch", absl::StrCat("want numbers that grow with time, and that of \"",
                                           other.id, "\" is ", earlier->epoch)};
  }
  core::View before = FirstView(spec);
  for (const AnnouncedView& each : ViewsOf(spec)) {
    if (each.view.number < change.epoch) before = each.view;
    if (each.view.number != change.epoch) continue;
    if (each.view.clusters == before.clusters)
      return Refusal{value_key(), "changes nothing of the view before"};
    for (const core::Cluster& cluster : spec.clusters) {
      if (cluster.is_client || each.view.Of(cluster)) continue;
      return Refusal{value_key(), absl::StrCat("want a stake from 2u + r + 1 = ",
                                               std::uint64_t{2} * cluster.u + cluster.r + 1, " to ",
                                               core::kTotalStakeMost, " in all of ", cluster.name)};
    }
  }
  return std::nullopt;
}

void ViewActor::Begin(core::Instant now) {
  for (const AnnouncedView& each : ViewsOf(scene().spec))
    if (each.view.number == change_.epoch) announcement_ = core::EncodeView(each.view);
  for (const NodeId host : targets()) {
    const core::Duration later = DrawBetween(core::Duration(), change_.spread, random());
    listeners_.push_back({host, now + later, std::nullopt});
  }
  TellDue(now);
}

void ViewActor::TellDue(core::Instant now) {
  core::Instant next = now + kLooksEvery;
  for (Listener& listener : listeners_) {
    if (listener.due > now) {
      next = std::min(next, listener.due);
      continue;
    }
    Host& host = HostOf(listener.host);
    if (!host.is_up() || listener.told == host.incarnation()) continue;
    listener.told = host.incarnation();
    Touch();
    host.OnAsked(now, core::kViewService, core::RequestId(change_.epoch), announcement_);
  }
  TickAfter(now, next - now);
}

bool ViewActor::OnSend(const SendCase& send) {
  const Decoded& decoded = scene().deriver.Decode(send.host, send.send.payload);
  if (decoded.type() == nullptr) return true;
  const auto is_of_view = [&](const StatedFact& said) { return said.epoch == change_.epoch; };
  if (std::ranges::any_of(decoded.facts(), is_of_view)) Change(send.now);
  return true;
}

}  // namespace lockstep::sim
