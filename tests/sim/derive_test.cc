// Facts that the world derives from messages: what was offered, handed, destroyed, stated, heard.

#include "sim/derive.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Bytes;
using core::Duration;
using core::Effects;
using core::NodeId;
using core::Now;
using core::Run;
using trace::Event;
using trace::EventKind;

// "kind node>peer first+count*stride", for each event of these kinds in order.
std::vector<std::string> Told(const SmallWorld& world, trace::KindSet kinds) {
  std::vector<std::string> told;
  for (const Event& event : world.events()) {
    if ((trace::Bit(event.kind) & kinds) == 0) continue;
    told.push_back(absl::StrCat(std::string(trace::Name(event.kind)).c_str(), " ",
                                event.node.value(), ">", event.peer.value(), " ", event.value, "+",
                                event.count, "*", event.stride));
  }
  return told;
}

constexpr trace::KindSet kContents = trace::Bit(EventKind::kOffered) |
                                     trace::Bit(EventKind::kHanded) |
                                     trace::Bit(EventKind::kDestroyed);
constexpr trace::KindSet kStatements =
    trace::Bit(EventKind::kStated) | trace::Bit(EventKind::kHeard) | trace::Bit(EventKind::kPhi);

void SendAtStart(SmallWorld& world, std::uint32_t from, std::uint32_t to, const Bytes& message) {
  world.host(from).on_start = [=](const Now&, auto, Effects& out) {
    out.Send(NodeId(to), message);
  };
}

}  // namespace

TEST_CASE("derive: a run is offered by its sender, and handed to its receiver") {
  SmallWorld world({3});
  SendAtStart(world, 2, 1, Data(Run{5, 4, 3}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world, kContents) ==
        std::vector<std::string>{"offered 2>1 5+4*3", "handed 1>2 5+4*3"});
  const Bytes content = Bytes::Filler({1, 5, 3, 4, 10, 0});
  CHECK(world.Of(EventKind::kOffered)[0].digest == content.Digest());
  CHECK(world.Of(EventKind::kHanded)[0].digest == content.Digest());
  CHECK(world.Of(EventKind::kHanded)[0].at == world.arrivals()[0].at);
}

TEST_CASE("derive: what a link destroys is said to be, by its sender's name") {
  SmallWorld world({2});
  world.intra().transport = sim::Transport::kDatagram;
  world.intra().loss = {1, 1};
  SendAtStart(world, 0, 1, Data(Run{7, 1, 1}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world, kContents) ==
        std::vector<std::string>{"offered 0>1 7+1*1", "destroyed 0>1 7+1*1"});
}

TEST_CASE("derive: what was never sent is neither offered nor destroyed") {
  SmallWorld world({2});
  world.scenario.network.send_buffer = core::ByteCount(10);
  SendAtStart(world, 0, 1, Data(Run{7, 1, 1}));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world, kContents).empty());
}

TEST_CASE("derive: an acknowledgement is stated when it is listed, and heard when it is handled") {
  SmallWorld world({2});
  SendAtStart(world, 0, 1, Ack(9, {Run{11, 3, 1}, Run{20, 2, 5}}, 31));
  world.Run(Duration::Seconds(1));
  CHECK(Told(world, kStatements) == std::vector<std::string>{"stated 0>1 9+1*1", "phi 0>1 11+3*1",
                                                             "phi 0>1 20+2*5", "heard 1>0 9+1*1",
                                                             "phi 1>0 11+3*1", "phi 1>0 20+2*5"});
  for (const EventKind kind : {EventKind::kStated, EventKind::kHeard}) {
    CHECK(world.Of(kind)[0].detail == 2);
    CHECK(world.Of(kind)[0].digest == 31);
  }
  CHECK(world.Of(EventKind::kStated)[0].at == core::Instant());
  CHECK(world.Of(EventKind::kHeard)[0].at == world.arrivals()[0].at);
}

TEST_CASE("derive: bytes that are no message say nothing") {
  SmallWorld world({2});
  const Bytes whole = Ack(9, {Run{11, 3, 1}}, 31);
  world.host(0).on_start = [&](const Now&, auto, Effects& out) {
    for (std::uint64_t size = 1; size < whole.size(); ++size) {
      out.Send(NodeId(1), whole.Slice(0, size));
    }
    out.Send(NodeId(1), Numbered(1, 100));
    out.Send(NodeId(1), Bytes::Copy("hello"));
  };
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == whole.size() + 1);
  CHECK(Told(world, kContents | kStatements).empty());
}

}  // namespace lockstep::tests
