// `equivocate`: a host says different things to different receivers, each authentic.

#include <algorithm>
#include <vector>

#include "sim/fault/engine/damage.h"
#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

struct Equivocate final : FaultBody {
  std::vector<core::NodeId> to;

  void Describe(core::Keys& keys, const HostNames& names) override {
    keys.Other(core::Required("to", "Who is told something else."), "hosts",
               [&] { to = names.Hosts(keys, "to"); });
  }
};

class EquivocateActor final : public FaultActor {
 public:
  EquivocateActor(const FaultScene& scene, std::size_t index, const Equivocate& equivocate)
      : FaultActor(scene, index), equivocate_(equivocate) {}
  bool OnSend(const SendCase& send) override {
    const std::vector<core::NodeId>& to = equivocate_.to;
    if (std::find(to.begin(), to.end(), send.send.to) == to.end()) return true;
    const bool is_changed = Rewrite(scene(), index(), send,
                                    [&](const core::TypeSpec& type, core::FieldedMessage& message) {
                                      return WithOtherContents(type, message);
                                    });
    if (is_changed) Change(send.now);
    return true;
  }

 private:
  bool WithOtherContents(const core::TypeSpec& type, core::FieldedMessage& message) {
    bool is_changed = false;
    for (core::Field& field : message.fields) {
      if (type.fields[field.spec].role != core::Role::kContent) continue;
      Touch();
      std::optional<core::Bytes> other = WithFlippedBits(field.content, 1, random());
      if (!other) continue;
      field.content = *std::move(other);
      is_changed = true;
    }
    return is_changed;
  }

  const Equivocate& equivocate_;
};

}  // namespace

extern const FaultKind kEquivocateFault = {
    .name = "equivocate",
    .meaning =
        "Messages of the host to some receivers carry other contents, signed with its own "
        "key; the others get what its node said.",
    .changed = "Messages with other contents.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Equivocate>,
    .act = ActBy<EquivocateActor, Equivocate>};

}  // namespace lockstep::sim
