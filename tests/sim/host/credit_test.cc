// The book of credit: as an array of all peers would keep it.

#include "sim/host/credit.h"

#include <cstdint>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "protocols/core/random.h"
#include "tests/support/script.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

TEST_CASE("credit: each peer has its own, which comes back whole") {
  sim::CreditBook book(core::ByteCount(1'000));
  book.Take(core::NodeId(3), 600);
  CHECK(book.Left(core::NodeId(3)) == 400);
  CHECK(book.Left(core::NodeId(4)) == 1'000);
  book.Take(core::NodeId(3), 600);
  CHECK(book.Left(core::NodeId(3)) == -200);
  book.Return(core::NodeId(3), 1'200);
  CHECK(book.Left(core::NodeId(3)) == 1'000);
  book.Take(core::NodeId(4), 1);
  book.Clear();
  CHECK(book.Left(core::NodeId(4)) == 1'000);
}

TEST_CASE("credit: whatever is taken and given back, the book says what an array would") {
  constexpr std::uint64_t kPeers = 300;
  core::Random random(11);
  sim::CreditBook book(core::ByteCount(50));
  std::vector<std::int64_t> taken(kPeers);
  for (int i = 0; i < 100'000; ++i) {
    // Now and then only few peers have something outstanding, so that the table thins out.
    const std::uint64_t among = (i / 5'000) % 2 == 0 ? kPeers : 7;
    const std::uint64_t peer = random.Below(among);
    const core::NodeId node(static_cast<std::uint32_t>(peer));
    const bool is_back = taken[peer] > 0 && random.Chance(3, 5);
    const std::int64_t bytes = is_back ? taken[peer] : static_cast<std::int64_t>(1 + peer % 3);
    if (is_back) {
      book.Return(node, bytes);
      taken[peer] -= bytes;
    } else {
      book.Take(node, bytes);
      taken[peer] += bytes;
    }
    const std::uint64_t other = random.Below(kPeers);
    CHECK(book.Left(node) == 50 - taken[peer]);
    CHECK(book.Left(core::NodeId(static_cast<std::uint32_t>(other))) == 50 - taken[other]);
  }
}

// Host 0 of a world, told by a script what to send to host 1, what to await, and when.
struct ScriptedSender {
  ScriptedSender() {
    world.host(0).on_start = [this](const core::Now& now, auto, core::Effects& out) {
      for (std::size_t i = 0; i < planned.size(); ++i) {
        out.SetTimer(core::TimerId(i), now.monotonic() + planned[i].at);
      }
    };
    world.host(0).on_timer = [this](const core::Now&, core::TimerId timer, core::Effects& out) {
      Act(planned[timer.value()], out);
    };
    world.host(0).on_writable = [this](const core::Now&, core::NodeId, core::Effects& out) {
      if (called < when_called.size()) Act(when_called[called++], out);
    };
  }

  struct Step {
    core::Duration at;
    std::vector<std::int64_t> sizes;
    std::int64_t await = 0;
  };
  static Step Read(const Command& command) {
    Step step;
    if (command.Has("us")) step.at = core::Duration::Microseconds(command.Get<std::int64_t>("us"));
    if (command.Has("send")) {
      std::istringstream sizes(command.Get<std::string>("send"));
      for (std::string size; std::getline(sizes, size, ',');) {
        step.sizes.push_back(std::stoll(size));
      }
    }
    if (command.Has("await")) step.await = command.Get<std::int64_t>("await");
    return step;
  }
  static void Act(const Step& step, core::Effects& out) {
    for (const std::int64_t size : step.sizes) {
      out.Send(core::NodeId(1), Numbered(0, static_cast<std::uint64_t>(size)));
    }
    if (step.await > 0) out.AwaitWritable(core::NodeId(1), core::ByteCount(step.await));
  }
  // What came of it, a line for each event at host 0 that has to do with credit.
  std::string Run() {
    world.Run(core::Duration::Seconds(1));
    std::string text;
    for (const trace::Event& event : world.events()) {
      if (event.node != core::NodeId(0)) continue;
      const bool is_told =
          event.kind == trace::EventKind::kSend || event.kind == trace::EventKind::kAwaitWritable ||
          event.kind == trace::EventKind::kWritable || event.kind == trace::EventKind::kDrop;
      if (!is_told) continue;
      text += std::to_string(event.at.ps() / 1'000) + " ns " + std::string(trace::Name(event.kind));
      // A node is told that there is enough, not how much.
      if (event.kind != trace::EventKind::kWritable)
        text += " " + std::to_string(event.size.value());
      text += "\n";
    }
    return text + "left " + std::to_string(world.CreditLeft(0, 1));
  }

  SmallWorld world{{2}};
  std::vector<Step> planned;
  std::vector<Step> when_called;
  std::size_t called = 0;
};

TEST_CASE("credit: it runs short, is awaited, and comes back") {
  std::unique_ptr<ScriptedSender> sender;
  RunScript("sim/host/credit.txt", [&](const Command& command) -> std::string {
    if (command.name() == "new") {
      sender = std::make_unique<ScriptedSender>();
      sender->world.scenario.network.send_buffer = command.Get<core::ByteCount>("buffer");
      if (command.Get<std::string>("transport") == "datagram") {
        sender->world.intra().transport = sim::Transport::kDatagram;
      }
      return "";
    }
    if (command.name() == "run") return sender->Run();
    auto& steps = command.name() == "at" ? sender->planned : sender->when_called;
    steps.push_back(ScriptedSender::Read(command));
    return "";
  });
}

}  // namespace lockstep::tests
