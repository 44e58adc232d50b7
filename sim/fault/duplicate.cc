// `duplicate`: messages come more than once.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

constexpr std::uint64_t kCopiesMost = 100;

struct Duplicate final : FaultBody {
  std::uint32_t copies = 1;
  core::Duration spacing;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"copies", "Of each message, beside itself."}, copies, {1, kCopiesMost});
    keys.Time({"spacing", "Between two of them."}, spacing);
  }
  LongestKept Kept() const override { return {absl::int128(spacing.ps()) * copies, "spacing"}; }
};

class DuplicateActor final : public FaultActor {
 public:
  DuplicateActor(const FaultScene& scene, std::size_t index, const Duplicate& duplicate)
      : FaultActor(scene, index), duplicate_(duplicate) {}
  void OnMessage(core::Instant, const Message&, MessageFate& fate) override {
    fate.copies.push_back({index(), duplicate_.copies, duplicate_.spacing});
  }

 private:
  const Duplicate& duplicate_;
};

}  // namespace

extern const FaultKind kDuplicateFault = {
    .name = "duplicate",
    .meaning = "Messages of `link` and `msg` are sent several times. Links of datagrams only.",
    .changed = "Copies that were sent.",
    .family = "messages",
    .takes = Takes::kLink | Takes::kMessage,
    .points = Points::kMessages,
    .wants_datagrams = true,
    .body = MakeBody<Duplicate>,
    .act = ActBy<DuplicateActor, Duplicate>};

}  // namespace lockstep::sim
