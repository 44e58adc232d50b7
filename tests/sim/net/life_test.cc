// The life of messages between two cards: each is told when its first bit is on the wire and when
// it has come whole, once, each at its instant; and where it was lost.

#include <cstdint>
#include <string>
#include <vector>

#include "sim/net/network.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Instant;
using core::NodeId;
using sim::Message;
using sim::Place;
using trace::DropCause;

const Duration kDelay = Duration::Microseconds(25);

// Something that was told of a message, by its count.
struct Told {
  std::string what;
  std::uint64_t count = 0;
  Instant at;
  friend bool operator==(const Told&, const Told&) = default;
};
using Story = std::vector<Told>;

// A network without hosts: messages are put in, and what becomes of them is told.
class Stage final : public sim::NetworkListener {
 public:
  explicit Stage(sim::Scenario scenario, bool wants_life = true)
      : scenario_(std::move(scenario)),
        wants_life_(wants_life),
        network(scenario_, queue_, *this, core::Random(7)) {}

  void Send(std::uint64_t count, std::uint64_t size) {
    Message message;
    message.from = NodeId(0);
    message.to = NodeId(1);
    message.payload = Numbered(count, size);
    message.credit = message.payload.byte_count();
    message.id = {NodeId(0), 0, count};
    network.Send(now_, std::move(message));
  }
  void Run() {
    while (!queue_.empty()) {
      const sim::Due due = queue_.Pop();
      now_ = due.at;
      network.OnTask(now_, due.task);
    }
    network.CheckConservation();
  }

  bool wants_life() const override { return wants_life_; }
  void OnArrived(Message&& message) override {
    Tell("arrived", message);
    network.OnRead(now_, message);
  }
  void OnTaken(NodeId, NodeId, ByteCount) override {}
  void OnDestroyed(const Message& message, DropCause, Place place) override {
    Tell("destroyed at " + std::string(network.NameOf(place)), message);
  }
  void OnPacketLost(NodeId, NodeId, ByteCount, DropCause, Place place) override {
    losses.push_back(std::string(network.NameOf(place)));
  }
  void OnWire(const Message& message) override { Tell("on wire", message); }
  void OnAtCard(const Message& message) override { Tell("at card", message); }

  // All that was told of one kind.
  Story Of(const std::string& what) const {
    Story found;
    for (const Told& told : story)
      if (told.what == what) found.push_back(told);
    return found;
  }

 private:
  void Tell(const std::string& what, const Message& message) {
    CHECK(message.id.sender == NodeId(0));
    story.push_back({what, message.id.count, now_});
  }

  sim::Scenario scenario_;
  sim::EventQueue queue_;
  Instant now_;
  bool wants_life_;

 public:
  sim::Network network;
  Story story;
  std::vector<std::string> losses;
};

sim::Scenario Datagrams() {
  sim::Scenario scenario = SmallScenario({2});
  scenario.network.intra.transport = sim::Transport::kDatagram;
  return scenario;
}

}  // namespace

TEST_CASE("life: a datagram is on the wire when the card begins it, and whole at the other card") {
  sim::Scenario scenario = Datagrams();
  scenario.profile.nic.rx_latency = sim::Distribution(Duration::Microseconds(3));
  Stage stage(scenario);
  stage.Send(1, 1'000);
  stage.Send(2, 1'000);
  stage.Run();
  const Duration wire = WireTime(1'000);
  const Duration card = wire + kDelay + wire;
  CHECK(stage.story == Story{{"on wire", 1, At({})},
                             {"on wire", 2, At(wire)},
                             {"at card", 1, At(card)},
                             {"at card", 2, At(card + wire)},
                             {"arrived", 1, At(card + Duration::Microseconds(3))},
                             {"arrived", 2, At(card + wire + Duration::Microseconds(3))}});
}

TEST_CASE("life: a datagram in fragments is on the wire with the first, and whole with the last") {
  sim::Scenario scenario = Datagrams();
  scenario.network.intra.segmentation = sim::Segmentation::kMtu;
  Stage stage(scenario);
  stage.Send(1, 3 * 1'450);
  stage.Run();
  const Instant whole = At(WireTime(1'450) * 4 + kDelay);
  CHECK(stage.story == Story{{"on wire", 1, At({})}, {"at card", 1, whole}, {"arrived", 1, whole}});
}

TEST_CASE("life: messages that share a segment of a stream share its instants") {
  Stage stage(SmallScenario({2}));
  for (std::uint64_t count = 1; count <= 3; ++count) stage.Send(count, 100);
  stage.Run();
  // The first goes alone, the others behind it together.
  const Duration first = WireTime(100) * 2 + kDelay;
  const Duration rest = WireTime(100) + WireTime(200) * 2 + kDelay;
  CHECK(stage.story == Story{{"on wire", 1, At({})},
                             {"on wire", 2, At(WireTime(100))},
                             {"on wire", 3, At(WireTime(100))},
                             {"at card", 1, At(first)},
                             {"arrived", 1, At(first)},
                             {"at card", 2, At(rest)},
                             {"at card", 3, At(rest)},
                             {"arrived", 2, At(rest)},
                             {"arrived", 3, At(rest)}});
}

TEST_CASE("life: what is sent again is on the wire once, and comes whole once, in order") {
  sim::Scenario scenario = SmallScenario({2});
  scenario.network.intra.segmentation = sim::Segmentation::kMtu;
  scenario.network.intra.loss = {1, 5};
  Stage stage(scenario);
  for (std::uint64_t count = 1; count <= 200; ++count) stage.Send(count, 1'000);
  stage.Run();
  for (const char* what : {"on wire", "at card", "arrived"}) {
    const Story told = stage.Of(what);
    REQUIRE(told.size() == 200);
    for (std::uint64_t i = 0; i < 200; ++i) {
      CHECK(told[i].count == i + 1);
      if (i > 0) CHECK(told[i].at >= told[i - 1].at);
    }
  }
  for (std::uint64_t i = 0; i < 200; ++i) {
    CHECK(stage.Of("on wire")[i].at < stage.Of("at card")[i].at);
    CHECK(stage.Of("at card")[i].at == stage.Of("arrived")[i].at);
  }
  CHECK(stage.losses.size() > 20);
}

TEST_CASE("life: a stalled card begins what waits in it after the stall") {
  Stage stage(Datagrams());
  const std::uint32_t card = stage.network.CardEdge(NodeId(0), true);
  stage.network.wires().BeginStall(At({}), card);
  stage.Send(1, 1'000);
  stage.Send(2, 1'000);
  stage.network.wires().EndStall(At(Duration::Microseconds(9)), card);
  stage.Run();
  CHECK(stage.Of("on wire") ==
        Story{{"on wire", 1, At(Duration::Microseconds(9))},
              {"on wire", 2, At(Duration::Microseconds(9) + WireTime(1'000))}});
}

TEST_CASE("life: a loss names its place") {
  sim::Scenario full = Datagrams();
  full.profile.nic.tx.bytes = WireSize(1'000);
  Stage card(full);
  card.Send(1, 1'000);
  card.Send(2, 1'000);
  card.Run();
  CHECK(card.story.front() == Told{"destroyed at a0-", 2, At({})});

  sim::Scenario lossy = Datagrams();
  lossy.network.intra.loss = {1, 1};
  Stage wire(lossy);
  wire.Send(1, 1'000);
  wire.Run();
  REQUIRE(wire.story.size() == 2);
  // When its last bit is on the wire that loses it.
  CHECK(wire.story[1].what == "destroyed at a-a");
  CHECK(wire.story[1].at == At(WireTime(1'000)));

  sim::Scenario small = Datagrams();
  small.profile.nic.rx.bytes = ByteCount(1);
  Stage ring(small);
  ring.Send(1, 1'000);
  ring.Run();
  CHECK(ring.story.back().what == "destroyed at a1");
}

TEST_CASE("life: to be told of it changes nothing else") {
  for (const bool is_stream : {false, true}) {
    sim::Scenario scenario = is_stream ? SmallScenario({2}) : Datagrams();
    scenario.network.intra.loss = {1, 7};
    scenario.network.intra.jitter = Duration::Microseconds(90);
    const auto arrivals = [&](bool wants_life) {
      Stage stage(scenario, wants_life);
      for (std::uint64_t count = 1; count <= 100; ++count) stage.Send(count, 40 * count);
      stage.Run();
      CHECK(stage.Of("on wire").empty() != wants_life);
      return stage.Of("arrived");
    };
    const Story told = arrivals(true);
    CHECK(told.size() > 50);
    CHECK(told == arrivals(false));
  }
}

}  // namespace lockstep::tests
