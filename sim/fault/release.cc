// `release`: lets go what a `hold` holds.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

#include "sim/fault/engine/actor.h"
#include "sim/fault/engine/plan.h"
#include "sim/net/network.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

struct Release final : FaultBody {
  std::string hold;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Text(core::Required("hold", "`id` of the fault whose packets go on."), hold);
  }
  std::optional<Refusal> Refuse(const Fault&, const WorldSpec& spec) const override {
    if (IndexOf(spec) < spec.faults.size()) return std::nullopt;
    std::string known;
    for (const Fault& fault : spec.faults)
      if (fault.kind->name == "hold") known += absl::StrCat(known.empty() ? "" : ", ", fault.id);
    return Refusal{"hold", absl::StrCat("no fault \"hold\" is called \"", hold, "\"; ",
                                        known.empty() ? "there is none" : "there are: ", known)};
  }
  std::size_t IndexOf(const WorldSpec& spec) const {
    const auto is_meant = [&](const Fault& fault) {
      return fault.id == hold && fault.kind->name == "hold";
    };
    return static_cast<std::size_t>(std::find_if(spec.faults.begin(), spec.faults.end(), is_meant) -
                                    spec.faults.begin());
  }
};

class ReleaseActor final : public FaultActor {
 public:
  ReleaseActor(const FaultScene& scene, std::size_t index, const Release& release)
      : FaultActor(scene, index), hold_(release.IndexOf(scene.spec)) {}
  void Begin(core::Instant now) override {
    FaultPlan& plan = scene().plan;
    if (!plan.is_active(hold_)) return;
    Touch();
    const core::Duration sooner = plan.EndOf(hold_) - now;
    Change(now, scene().network.wires().Release(now, HolderOf(hold_), sooner));
    plan.End(now, hold_);
  }

 private:
  std::size_t hold_;
};

}  // namespace

extern const FaultKind kReleaseFault = {
    .name = "release",
    .meaning =
        "Ends a `hold`: what it holds goes on at once, in its order, and nothing more is held. "
        "With `on` it waits for an event.",
    .changed = "Packets that it released; none where the hold is not in force.",
    .family = "network",
    .lasting = Lasting::kMoment,
    .body = MakeBody<Release>,
    .act = ActBy<ReleaseActor, Release>};

}  // namespace lockstep::sim
