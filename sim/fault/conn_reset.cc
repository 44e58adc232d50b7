// `conn_reset`: connections are reset, and what they carried is lost.

#include "sim/fault/engine/open_streams.h"
#include "sim/net/network.h"

namespace lockstep::sim {
namespace {

struct ConnReset final : FaultBody {
  bool is_both_ways = false;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Bool({"both", "The connections back as well."}, is_both_ways);
  }
};

class ConnResetActor final : public FaultActor {
 public:
  ConnResetActor(const FaultScene& scene, std::size_t index, const ConnReset& reset)
      : FaultActor(scene, index), is_both_ways_(reset.is_both_ways) {}
  void Begin(core::Instant now) override {
    for (const auto& [from, to] : OpenStreams(scene(), fault(), is_both_ways_)) {
      Touch();
      Change(now, scene().network.ResetStream(from, to, trace::DropCause::kReset));
      reset_.emplace_back(from, to);
    }
  }
  // Opening one again takes a round trip, for whatever is sent then.
  void OnRunEnds(core::Instant now) override {
    for (const auto& [from, to] : reset_)
      if (scene().network.IsConnected(from, to)) Change(now);
  }

 private:
  bool is_both_ways_;
  std::vector<HostPair> reset_;
};

}  // namespace

extern const FaultKind kConnResetFault = {
    .name = "conn_reset",
    .meaning =
        "Connections of `link` are reset: what they carried is lost, and they are opened "
        "again when something is sent.",
    .changed = "Messages that were lost, and connections that were opened again.",
    .family = "connections",
    .takes = Takes::kLink,
    .lasting = Lasting::kMoment,
    .body = MakeBody<ConnReset>,
    .act = ActBy<ConnResetActor, ConnReset>};

}  // namespace lockstep::sim
