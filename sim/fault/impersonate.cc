// `impersonate`: a host sends in the name of others, whose keys it does not have.

#include <vector>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

struct Impersonate final : FaultBody {
  std::vector<core::NodeId> as;

  void Describe(core::Keys& keys, const HostNames& names) override {
    keys.Other(core::Required("as", "In whose name: of several, one is drawn for each message."),
               "hosts", [&] { as = names.Hosts(keys, "as"); });
  }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec&) const override {
    if (as.size() != 1 || fault.targets.size() != 1 || as[0] != fault.targets[0])
      return std::nullopt;
    return Refusal{"as", "is the target itself; want another host"};
  }
};

class ImpersonateActor final : public FaultActor {
 public:
  ImpersonateActor(const FaultScene& scene, std::size_t index, const Impersonate& impersonate)
      : FaultActor(scene, index), as_(impersonate.as) {}

  bool OnSend(const SendCase& send) override {
    Touch();
    const core::NodeId as = as_[random().Below(as_.size())];
    if (as == send.marks.as.value_or(send.host)) return true;
    TellTampered(scene(), index(), send, send.host.value(), as.value());
    send.marks.as = as;
    // What is signed was signed by somebody else. What is not, its receiver has to take as it is.
    send.marks.is_forged = send.marks.is_forged || IsSigned(send);
    Change(send.now);
    return true;
  }

 private:
  bool IsSigned(const SendCase& send) {
    const Forger forger(random().Next());
    const std::optional<core::Bytes> other = Rewritten(
        scene(), send, [](const core::TypeSpec&, core::FieldedMessage&) { return true; }, &forger);
    return other && *other != send.send.payload;
  }

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
