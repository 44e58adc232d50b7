// `reconfig`: who takes part in a cluster, and in which order its turns are, changes.

#include "sim/fault/engine/view_body.h"

namespace lockstep::sim {
namespace {

struct Reconfig final : ViewBody {
  void Describe(core::Keys& keys, const HostNames& names) override {
    DescribeView(keys);
    keys.Other({"members",
                "Who takes part from then on, each with the stake that it had when it last did; "
                "the others count for nothing, and have no turns.",
                false, "as before"},
               "hosts", [&] { change.members = names.Hosts(keys, "members"); });
    keys.Other(
        {"positions", "Indices of the replicas, in the order of their turns.", false, "as before"},
        "numbers", [] {});
  }
  void Complete(core::Keys& keys, const HostNames& names, Fault& fault) override {
    ViewBody::Complete(keys, names, fault);
    if (keys.ok() && change.members.empty() && change.positions.empty())
      keys.Fail("", "want \"members\" or \"positions\" to say what changes");
  }
  // The order of turns changes no sum.
  std::string_view value_key() const override {
    return change.members.empty() ? "positions" : "members";
  }
};

}  // namespace

extern const FaultKind kReconfigFault = {
    .name = "reconfig",
    .meaning =
        "A service outside of the run announces to all replicas another view of a cluster: other "
        "members, or another order of their turns. Who was down hears of it when it is back.",
    .changed = "Messages that state the view.",
    .family = "views",
    .points = Points::kSends,
    .lasting = Lasting::kStays,
    .body = MakeBody<Reconfig>,
    .act = ActBy<ViewActor, ViewBody>};

}  // namespace lockstep::sim
