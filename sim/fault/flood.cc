// `flood`: a host sends all that it sends many times.

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Flood final : FaultBody {
  std::uint64_t copies = 10;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"copies", "Of each message, beside itself."}, copies, {1, 1'000});
  }
};

class FloodActor final : public FaultActor {
 public:
  FloodActor(const FaultScene& scene, std::size_t index, const Flood& flood)
      : FaultActor(scene, index), copies_(flood.copies) {}
  bool OnSend(const SendCase& send) override {
    if (send.marks.is_of_flood) return true;
    Touch();
    Marks marks = send.marks;
    marks.is_of_flood = true;
    for (std::uint64_t i = 0; i < copies_; ++i) send.Add(send.send.payload, marks);
    Change(send.now, copies_);
    return true;
  }

 private:
  std::uint64_t copies_;
};

}  // namespace

extern const FaultKind kFloodFault = {
    .name = "flood",
    .meaning = "The host sends each message that `link` and `msg` select many times.",
    .changed = "Messages that it sent besides.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Flood>,
    .act = ActBy<FloodActor, Flood>};

}  // namespace lockstep::sim
