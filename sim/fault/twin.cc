// `twin`: several instances of one node share its identity, and each speaks with some peers.
//
// After Twins (Bano et al., 2020): whatever each of them does is what a correct node would do, and
// together they say different things to different peers, signed with one key. The others begin
// anew, with an empty disk, each time that the fault comes into force, and end with it.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "sim/fault/engine/plan.h"
#include "sim/keys.h"
#include "sim/world_spec.h"

namespace lockstep::sim {
namespace {

using core::NodeId;

constexpr std::uint64_t kInstancesMax = 4;
// The two highest bits of a timer's name say whose it is.
constexpr int kTimerBits = 62;

struct Twin final : FaultBody {
  std::uint64_t k = 2;
  std::vector<std::vector<NodeId>> groups;

  void Describe(core::Keys& keys, const HostNames& names) override {
    keys.Integer({"k",
                  "So many instances, the node itself among them; without `groups`, each host is "
                  "drawn to speak with one of them, anew each time that the fault begins."},
                 k, {2, kInstancesMax});
    keys.Other({"groups",
                "Who speaks with the node itself, the second instance, and so on; those that it "
                "does not name speak with the node itself.",
                false, "drawn"},
               "host_groups", [&] { groups = names.Groups(keys, "groups"); });
  }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec& spec) const override;
};

std::optional<Refusal> Twin::Refuse(const Fault& fault, const WorldSpec& spec) const {
  if (!groups.empty() && groups.size() != k)
    return Refusal{"groups", absl::StrCat("want as many groups as instances: `k` is ", k)};
  for (const Fault& other : spec.faults) {
    if (other.kind != fault.kind || other.pointer == fault.pointer) continue;
    for (const NodeId target : fault.targets)
      if (std::ranges::count(other.targets, target) > 0)
        return Refusal{"target", "has twins by another fault, too; want one for each host"};
  }
  return std::nullopt;
}

class TwinActor final : public FaultActor {
 public:
  TwinActor(const FaultScene& scene, std::size_t index, const Twin& twin)
      : FaultActor(scene, index), twin_(twin), of_(scene.keys.size(), 0) {}

  void Begin(core::Instant) override {
    ++begun_;
    if (twin_.groups.empty()) {
      for (std::size_t& instance : of_) instance = random().Below(twin_.k);
      return;
    }
    for (std::size_t i = 0; i < twin_.groups.size(); ++i)
      for (const NodeId host : twin_.groups[i]) of_[host.value()] = i;
  }
  std::unique_ptr<core::Node> OnBoot(const core::Seat& seat, const core::Program& program,
                                     std::unique_ptr<core::Node> node) override;

  std::uint64_t k() const { return twin_.k; }
  // How often it has begun, where it is in force; else 0.
  std::uint64_t term() const { return scene().plan.is_active(index()) ? begun_ : 0; }
  std::size_t InstanceOf(NodeId self, NodeId peer) const {
    return peer == self ? 0 : of_[peer.value()];
  }
  // At no instant in particular: nothing limits how often.
  void Count() {
    Touch();
    Change(core::Instant());
  }

 private:
  const Twin& twin_;
  std::vector<std::size_t> of_;  // of_[host]: the instance that it speaks with
  std::uint64_t begun_ = 0;
};

// The host's credit towards those that an instance speaks with. What it says to others never takes
// any.
class SharedCredit final : public core::Credit {
 public:
  SharedCredit(const TwinActor& actor, NodeId self, std::size_t instance, core::Credit* host)
      : actor_(actor), self_(self), instance_(instance), host_(host) {}
  std::int64_t Left(NodeId peer) const override {
    return IsOurs(peer) ? host_->Left(peer) : kUnlimited;
  }
  bool Take(NodeId peer, std::uint64_t bytes) override {
    return !IsOurs(peer) || host_->Take(peer, bytes);
  }

 private:
  bool IsOurs(NodeId peer) const {
    return host_ != nullptr && actor_.InstanceOf(self_, peer) == instance_;
  }

  const TwinActor& actor_;
  NodeId self_;
  std::size_t instance_;
  core::Credit* host_;
};

// What runs on a target in its node's place.
class Twins final : public core::Node {
 public:
  Twins(TwinActor& actor, const core::Seat& seat, const core::Program& program,
        std::unique_ptr<core::Node> node)
      : actor_(actor), seat_(seat), program_(program) {
    nodes_.push_back(std::move(node));
  }

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override {
    KeepUp(now, out);
    Tell(0, out, [&](core::Node& node, core::Effects& own) { node.OnStart(now, saved, own); });
  }
  void OnMessage(const core::Now& now, NodeId from, const core::Bytes& payload,
                 core::Effects& out) override {
    KeepUp(now, out);
    Tell(InstanceOf(from), out,
         [&](core::Node& node, core::Effects& own) { node.OnMessage(now, from, payload, own); });
  }
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override {
    const std::size_t instance = timer.value() >> kTimerBits;
    armed_.erase(timer);
    const std::uint64_t term = term_;
    KeepUp(now, out);
    if (instance > 0 && term != term_) return;  // of a twin that has just ended
    const core::TimerId own_name(timer.value() & ((std::uint64_t{1} << kTimerBits) - 1));
    Tell(instance, out,
         [&](core::Node& node, core::Effects& own) { node.OnTimer(now, own_name, own); });
  }
  void OnWritable(const core::Now& now, NodeId peer, core::Effects& out) override {
    KeepUp(now, out);
    Tell(InstanceOf(peer), out,
         [&](core::Node& node, core::Effects& own) { node.OnWritable(now, peer, own); });
  }
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override {
    nodes_[0]->OnSubmit(now, client, id, low, request, out);
  }

 private:
  bool has_twins() const { return nodes_.size() > 1; }
  std::size_t InstanceOf(NodeId peer) const {
    return has_twins() ? actor_.InstanceOf(seat_.self, peer) : 0;
  }
  // Ends twins whose time is over, and starts those whose time has come.
  void KeepUp(const core::Now& now, core::Effects& out) {
    if (term_ == actor_.term()) return;
    term_ = actor_.term();
    nodes_.resize(1);
    for (const core::TimerId timer : std::exchange(armed_, {})) out.CancelTimer(timer);
    for (std::uint64_t i = 1; term_ != 0 && i < actor_.k(); ++i)
      nodes_.push_back(program_.Build(seat_));
    for (std::size_t i = 1; i < nodes_.size(); ++i)
      Tell(i, out, [&](core::Node& node, core::Effects& own) { node.OnStart(now, {}, own); });
  }
  template <typename Call>
  void Tell(std::size_t instance, core::Effects& out, const Call& call) {
    if (!has_twins()) return call(*nodes_[0], out);
    if (instance > 0) actor_.Count();
    SharedCredit credit(actor_, seat_.self, instance, out.credit());
    core::Effects own(&credit);
    call(*nodes_[instance], own);
    for (core::Listed& listed : own.list())
      if (IsKept(instance, listed.what)) out.list().push_back(std::move(listed));
  }
  // Whether the host does what an instance has listed; names timers by whose they are.
  bool IsKept(std::size_t instance, core::Effect& what);

  TwinActor& actor_;
  core::Seat seat_;
  const core::Program& program_;
  std::vector<std::unique_ptr<core::Node>> nodes_;  // the node itself first
  std::uint64_t term_ = 0;                          // of the twins; 0: there are none
  absl::btree_set<core::TimerId> armed_;            // timers of twins
};

bool Twins::IsKept(std::size_t instance, core::Effect& what) {
  const auto named = [&](core::TimerId id) {
    CHECK(id.value() >> kTimerBits == 0);
    return core::TimerId(id.value() | std::uint64_t{instance} << kTimerBits);
  };
  if (auto* timer = std::get_if<core::effect::SetTimer>(&what)) {
    timer->id = named(timer->id);
    if (instance > 0) armed_.insert(timer->id);
    return true;
  }
  if (auto* cancel = std::get_if<core::effect::CancelTimer>(&what)) {
    cancel->id = named(cancel->id);
    armed_.erase(cancel->id);
    return true;
  }
  if (std::holds_alternative<core::effect::Spend>(what)) return true;
  if (const auto* send = std::get_if<core::effect::Send>(&what)) {
    const bool is_ours = InstanceOf(send->to) == instance;
    if (!is_ours && instance == 0) actor_.Count();
    return is_ours;
  }
  if (const auto* await = std::get_if<core::effect::AwaitWritable>(&what))
    return InstanceOf(await->peer) == instance;
  if (const auto* hold = std::get_if<core::effect::Hold>(&what))
    return InstanceOf(hold->peer) == instance;
  if (const auto* resume = std::get_if<core::effect::Resume>(&what))
    return InstanceOf(resume->peer) == instance;
  // The disk, and what the host is known to say of itself, are the node's own.
  return instance == 0;
}

std::unique_ptr<core::Node> TwinActor::OnBoot(const core::Seat& seat, const core::Program& program,
                                              std::unique_ptr<core::Node> node) {
  return std::make_unique<Twins>(*this, seat, program, std::move(node));
}

}  // namespace

extern const FaultKind kTwinFault = {
    .name = "twin",
    .meaning =
        "Besides the host's node, others run there on its identity and keys, each unchanged code "
        "that begins with an empty disk; every host hears, and is heard by, one of them.",
    .changed =
        "Inputs that another instance than the node itself has handled, and messages that it did "
        "not send, since it is another that their receiver hears.",
    .family = "byzantine",
    .takes = Takes::kTarget,
    .points = Points::kBoots,
    .spends = Spends::kUAndR,
    .body = MakeBody<Twin>,
    .act = ActBy<TwinActor, Twin>};

}  // namespace lockstep::sim
