// `stake_change`: replicas of a cluster weigh more, or less, than before.

#include "sim/fault/engine/view_body.h"

namespace lockstep::sim {
namespace {

struct StakeChange final : ViewBody {
  void Describe(core::Keys& keys, const HostNames&) override {
    DescribeView(keys);
    keys.Other(core::Required("stake",
                              "Of each replica of the cluster, by index; 0: it takes no part. In "
                              "all 2u + r + 1 at least."),
               "numbers", [] {});
  }
  std::string_view value_key() const override { return "stake"; }
};

}  // namespace

extern const FaultKind kStakeChangeFault = {
    .name = "stake_change",
    .meaning =
        "A service outside of the run announces to all replicas another view of a cluster: what "
        "each of its replicas weighs. Who was down hears of it when it is back.",
    .changed = "Messages that state the view.",
    .family = "views",
    .points = Points::kSends,
    .lasting = Lasting::kStays,
    .body = MakeBody<StakeChange>,
    .act = ActBy<ViewActor, ViewBody>};

}  // namespace lockstep::sim
