// `gst`: packets take any time at first, and a bound holds in the end.
//
// Source: partial synchrony as in Dwork, Lynch and Stockmeyer, Consensus in the Presence of Partial
// Synchrony (JACM 1988): there is a global stabilization time from which on each packet comes
// within a bound Δ, also one that was sent before.

#include <algorithm>

#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

struct Gst final : FaultBody {
  core::Duration longest;
  core::Duration delta;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Period(core::Required("longest", "Before the end: waits at most so long, drawn evenly."),
                longest);
    keys.Time({"delta", "After the end nothing waits longer than this."}, delta);
  }
  LongestKept Kept() const override { return {longest.ps(), "longest"}; }
};

class GstActor final : public FaultActor {
 public:
  GstActor(const FaultScene& scene, std::size_t index, const Gst& gst)
      : FaultActor(scene, index), gst_(gst) {}
  void Begin(core::Instant now) override { ends_ = EndsAt(now); }
  PacketFate OnPacket(core::Instant now, const Packet&, core::ByteCount) override {
    const core::Duration drawn = DrawBetween({}, gst_.longest, random());
    const core::Duration bound = ends_ - now;
    const bool is_bounded = gst_.delta < core::Instant::Max() - ends_;
    const core::Duration later = is_bounded ? std::min(drawn, bound + gst_.delta) : drawn;
    if (later.ps() > 0) Change(now);
    return {.later = later};
  }

 private:
  const Gst& gst_;
  core::Instant ends_;
};

}  // namespace

extern const FaultKind kGstFault = {
    .name = "gst",
    .meaning =
        "Partial synchrony: packets of `link` wait before their sender's card, each for a time of "
        "its own, so that they pass each other; from the end of the fault on, the global "
        "stabilization time, none waits longer than `delta`.",
    .changed = "Packets that came later.",
    .family = "network",
    .takes = Takes::kLink,
    .points = Points::kPackets,
    .body = MakeBody<Gst>,
    .act = ActBy<GstActor, Gst>};

}  // namespace lockstep::sim
