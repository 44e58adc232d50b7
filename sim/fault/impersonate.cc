// `impersonate`: a host sends in the name of others, whose keys it does not have.

#include <algorithm>
#include <vector>

#include "sim/fault/engine/rewrite.h"
#include "sim/keys.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

struct Impersonate final : FaultBody {
  std::vector<core::NodeId> as;

  void Describe(core::Keys& keys, const HostNames& names) override {
    keys.Other(core::Required("as", "In whose name: of several, one is drawn for each message."),
               "hosts", [&] { as = names.Hosts(keys, "as"); });
  }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec& spec) const override;
};

// Whoever is said to be of another cluster is refused for where it speaks, whatever it says.
std::optional<Refusal> Impersonate::Refuse(const Fault& fault, const WorldSpec& spec) const {
  if (as.size() == 1 && fault.targets == as)
    return Refusal{"as", "is the target itself; want another host"};
  for (const core::Cluster& cluster : spec.clusters) {
    const auto is_in = [&](core::NodeId host) { return cluster.Has(host); };
    if (std::ranges::any_of(fault.targets, is_in) && !std::ranges::all_of(as, is_in))
      return Refusal{"as", "want hosts of the target's own cluster"};
  }
  return std::nullopt;
}

class ImpersonateActor final : public FaultActor {
 public:
  ImpersonateActor(const FaultScene& scene, std::size_t index, const Impersonate& impersonate)
      : FaultActor(scene, index), as_(impersonate.as) {}

  bool OnSend(const SendCase& send) override {
    Touch();
    const core::NodeId as = as_[random().Below(as_.size())];
    // Nobody takes a message for one of its own.
    if (as == send.send.to || as == send.marks.as.value_or(send.host)) return true;
    TellTampered(scene(), index(), send, send.host.value(), as.value());
    send.marks.as = as;
    // What is signed was signed by somebody else. What is not, its receiver has to take as it is.
    send.marks.is_forged = send.marks.is_forged || IsSigned(scene(), send);
    Change(send.now);
    return true;
  }

 private:
  const std::vector<core::NodeId>& as_;
};

}  // namespace

extern const FaultKind kImpersonateFault = {
    .name = "impersonate",
    .meaning =
        "What `link` and `msg` select of the host's messages comes in the name of another host, "
        "signed with the host's own key: the transport vouches for nobody.",
    .changed = "Messages in the name of another.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Impersonate>,
    .act = ActBy<ImpersonateActor, Impersonate>};

}  // namespace lockstep::sim
