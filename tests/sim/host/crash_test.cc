// Crash and restart: what is lost, what the disk kept, and what others notice.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "protocols/parameters/parameters.h"
#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Bytes;
using core::Duration;
using core::Effects;
using core::Instant;
using core::Layer;
using core::LayerScope;
using core::NodeId;
using core::Now;
using core::TimerId;
using core::Work;
using trace::DropCause;
using trace::EventKind;

const Duration kUs = Duration::Microseconds(1);
const Duration kMs = Duration::Milliseconds(1);

void CrashAt(SmallWorld& world, std::uint32_t host, Duration at, Duration restart_after) {
  nlohmann::json parameters = nlohmann::json::object();
  if (restart_after > Duration()) parameters["restart_after"] = FormatDuration(restart_after);
  world.AddFault("crash", {host}, parameters).at = At(at);
}

// What OnStart is handed in each life, as texts.
using Lives = std::vector<std::vector<std::string>>;

std::vector<std::string> Texts(std::span<const Bytes> saved) {
  std::vector<std::string> texts;
  for (const Bytes& record : saved) texts.push_back(record.ToString());
  return texts;
}

// Runs a host that lists `first_life` when it starts first, crashes after 5 us and restarts.
Lives LivesOf(std::function<void(Effects&)> first_life) {
  SmallWorld world({2});
  // Logging takes 10 us on a stage of its own.
  world.scenario.profile.prices[static_cast<std::size_t>(Work::kLog)] = {
      3, sim::Distribution(kUs * 10), {}};
  Lives lives;
  world.host(0).on_start = [&](const Now&, std::span<const Bytes> saved, Effects& out) {
    lives.push_back(Texts(saved));
    if (lives.size() == 1) first_life(out);
  };
  CrashAt(world, 0, kUs * 5, kMs);
  world.Run(kMs * 10);
  world.Finish();
  return lives;
}

std::uint64_t CountDrops(const SmallWorld& world, DropCause cause) {
  std::uint64_t count = 0;
  for (const trace::Event& drop : world.Of(EventKind::kDrop)) {
    count += drop.detail == static_cast<std::uint64_t>(cause) ? 1 : 0;
  }
  return count;
}

// Messages of this size that will never arrive; no packet has it.
std::uint64_t CountDestroyed(const SmallWorld& world, std::int64_t size) {
  std::uint64_t count = 0;
  for (const trace::Event& drop : world.Of(EventKind::kDrop))
    count += drop.size == ByteCount(size) ? 1U : 0U;
  return count;
}

}  // namespace

TEST_CASE("crash: the next life is handed what was saved, oldest first") {
  const Lives lives = LivesOf([](Effects& out) {
    for (const char* text : {"one", "two", "three"}) out.Save(Bytes::Copy(text));
  });
  CHECK(lives == Lives{{}, {"one", "two", "three"}});
}

TEST_CASE("crash: effects that were not yet performed are discarded, and only those") {
  const Lives lives = LivesOf([](Effects& out) {
    out.Save(Bytes::Copy("in time"));
    out.Spend(Work::kLog, 1);  // Until 10 us; the crash is at 5.
    out.Save(Bytes::Copy("too late"));
  });
  CHECK(lives == Lives{{}, {"in time"}});
}

TEST_CASE("crash: a snapshot replaces what its layer saved, and nothing of another") {
  const Lives lives = LivesOf([](Effects& out) {
    out.Save(Bytes::Copy("low 1"));
    {
      const LayerScope scope(out, Layer(1));
      out.Save(Bytes::Copy("high 1"));
    }
    out.Save(Bytes::Copy("low 2"));
    out.SaveSnapshot(Bytes::Copy("low 1 and 2"));
    out.Save(Bytes::Copy("low 3"));
  });
  CHECK(lives == Lives{{}, {"high 1", "low 1 and 2", "low 3"}});
}

TEST_CASE("crash: what was saved before a send is there if the send was made") {
  struct Case {
    int crash_us;
    std::size_t saved;
    std::size_t arrived;
  };
  // The work takes 10 us; a crash at 10 us comes before what is due then, and one at 11 us when the
  // message has left.
  for (const Case& at : {Case{1, 0, 0}, Case{10, 0, 0}, Case{11, 1, 1}, Case{50, 1, 1}}) {
    CAPTURE(at.crash_us);
    SmallWorld world({2});
    world.scenario.profile.prices[static_cast<std::size_t>(Work::kLog)] = {
        3, sim::Distribution(kUs * 10), {}};
    std::vector<std::size_t> saved;
    world.host(0).on_start = [&](const Now&, std::span<const Bytes> records, Effects& out) {
      saved.push_back(records.size());
      if (saved.size() > 1) return;
      out.Spend(Work::kLog, 1);
      out.Save(Bytes::Copy("promise"));
      out.Send(NodeId(1), Numbered(0, 10));
    };
    CrashAt(world, 0, kUs * at.crash_us, kMs);
    world.Run(kMs * 2);
    CHECK(saved == std::vector<std::size_t>{0, at.saved});
    CHECK(world.arrivals().size() == at.arrived);
  }
}

TEST_CASE("crash: each life has its number, and random numbers of its own") {
  SmallWorld world({2});
  CrashAt(world, 1, kMs, kMs);
  CrashAt(world, 1, kMs * 5, kMs);
  world.Run(kMs * 10);
  std::vector<core::Seat> seats;
  for (const core::Seat& seat : world.seats()) {
    if (seat.self == NodeId(1)) seats.push_back(seat);
  }
  REQUIRE(seats.size() == 3);
  std::vector<std::uint64_t> draws;
  for (std::uint64_t life = 0; life < 3; ++life) {
    CHECK(seats[life].incarnation == life);
    CHECK(seats[life].index == 1);
    CHECK(seats[life].send_buffer == world.scenario.network.send_buffer);
    draws.push_back(seats[life].random.Next());
  }
  CHECK(draws[0] != draws[1]);
  CHECK(draws[1] != draws[2]);
  const auto crashes = world.Of(EventKind::kCrash);
  const auto restarts = world.Of(EventKind::kRestart);
  REQUIRE(crashes.size() == 2);
  REQUIRE(restarts.size() == 2);
  for (std::uint64_t i = 0; i < 2; ++i) {
    CHECK(crashes[i].value == i);       // The life that ended.
    CHECK(restarts[i].value == i + 1);  // The one that begins.
    CHECK(restarts[i].at == crashes[i].at + kMs);
  }
}

TEST_CASE("crash: a host that is killed at 0 never starts, or later where it says so") {
  SmallWorld world({3});
  int starts = 0;
  for (std::uint32_t host = 0; host < 3; ++host) {
    world.host(host).on_start = [&](const Now&, auto, Effects&) { ++starts; };
  }
  CrashAt(world, 0, Duration(), Duration());
  CrashAt(world, 1, Duration(), kMs);
  world.Run(Duration());
  CHECK(starts == 1);
  world.Run(Duration::Seconds(1));
  CHECK(starts == 2);
  CHECK(world.seats().back().self == NodeId(1));
  CHECK(world.seats().back().incarnation == 1);
  CHECK(world.Of(EventKind::kCrash).size() == 2);
}

TEST_CASE("crash: timers of the former life never fire") {
  SmallWorld world({2});
  int lives = 0;
  world.host(0).on_start = [&](const Now& now, auto, Effects& out) {
    if (++lives == 1) {
      for (std::uint64_t i = 0; i < 9; ++i) {
        out.SetTimer(TimerId(i), now.monotonic() + kMs * static_cast<std::int64_t>(i));
      }
    } else {
      out.SetTimer(TimerId(8), now.monotonic() + kMs * 100);
    }
  };
  CrashAt(world, 0, kUs * 2'500, kMs);
  world.Run(Duration::Seconds(1));
  std::vector<std::uint64_t> fired;
  for (const trace::Event& event : world.Of(EventKind::kTimer)) fired.push_back(event.value);
  CHECK(fired == std::vector<std::uint64_t>{0, 1, 2, 8});
  CHECK(world.Of(EventKind::kTimer).back().at == At(kUs * 3'500 + kMs * 100));
}

TEST_CASE("crash: what is sent to a host that is down is lost, and its credit returns") {
  for (const auto transport : {sim::Transport::kStream, sim::Transport::kDatagram}) {
    SmallWorld world({2});
    world.intra().transport = transport;
    CrashAt(world, 1, Duration(), Duration());
    world.host(0).on_start = [](const Now&, auto, Effects& out) {
      out.Send(NodeId(1), Data(core::Run{3, 1, 1}, 700));
      out.Send(NodeId(1), Data(core::Run{4, 1, 1}, 500));
    };
    world.Run(Duration::Seconds(1));
    CHECK(world.arrivals().empty());
    // The messages, and the segments that carried them there.
    const bool is_limited = transport == sim::Transport::kStream;
    CHECK(CountDrops(world, DropCause::kHostDown) == (is_limited ? 4 : 2));
    CHECK(world.Of(core::Fact::kCarries, trace::Phase::kDestroyed).size() == 2);
    CHECK(world.CreditLeft(0, 1) ==
          (is_limited ? world.scenario.network.send_buffer.value() : core::Credit::kUnlimited));
    world.Finish();
  }
}

TEST_CASE("crash: what was on its way to it is lost, and the credit returns once") {
  constexpr std::int64_t kSize = 300'000;
  SmallWorld world({2});
  world.scenario.network.send_buffer = core::ByteCount(20 * kSize);
  std::uint64_t next = 0;
  const auto send = [&](std::uint64_t most, Effects& out) {
    while (next < most && out.CreditLeft(NodeId(1)) >= kSize) {
      out.Send(NodeId(1), Numbered(next++, kSize));
    }
    if (next < 60) out.AwaitWritable(NodeId(1), core::ByteCount(kSize));
  };
  world.host(0).on_start = [&](const Now&, auto, Effects& out) { send(20, out); };
  world.host(0).on_writable = [&](const Now&, NodeId, Effects& out) { send(60, out); };
  CrashAt(world, 1, kUs * 1'000, kUs * 1'000);
  world.Run(Duration::Seconds(1));
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  const auto numbers = world.NumbersAt(1);
  CHECK(numbers.size() + CountDestroyed(world, 300'000) == 60);
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  CHECK(numbers.front() == 0);
  world.Finish();
}

TEST_CASE("crash: a stream works again after the restart of either end") {
  for (const std::uint32_t victim : {0U, 1U}) {
    CAPTURE(victim);
    SmallWorld world({2});
    world.intra().pair_rate_bps = 1'000'000'000;
    world.host(0).on_start = [](const Now& now, auto, Effects& out) {
      for (std::uint64_t i = 0; i < 4; ++i) out.Send(NodeId(1), Numbered(i, 200'000));
      out.SetTimer(TimerId(0), now.monotonic() + kMs * 20);
    };
    world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
      for (std::uint64_t i = 10; i < 14; ++i) out.Send(NodeId(1), Numbered(i, 200'000));
    };
    // 200 kB at 1 Gbit/s are 1.6 ms: two have arrived whole by 4 ms.
    CrashAt(world, victim, kMs * 4, kMs * 2);
    world.Run(Duration::Seconds(1));
    const std::vector<std::uint64_t> if_sender = {0, 1, 0, 1, 2, 3, 10, 11, 12, 13};
    const std::vector<std::uint64_t> if_receiver = {0, 1, 10, 11, 12, 13};
    CHECK(world.NumbersAt(1) == (victim == 0 ? if_sender : if_receiver));
    world.Finish();
  }
}

TEST_CASE("crash: a former life's packets give the next one no credit") {
  SmallWorld world({2});
  int lives = 0;
  world.host(0).on_start = [&](const Now&, auto, Effects& out) {
    CHECK(out.CreditLeft(NodeId(1)) == world.scenario.network.send_buffer.value());
    if (++lives > 1) return;
    for (std::uint64_t i = 0; i < 10; ++i) out.Send(NodeId(1), Numbered(i, 500'000));
    out.AwaitWritable(NodeId(1), world.scenario.network.send_buffer);
  };
  // Ten of 0.4 ms each are in the card when the host crashes, and it is back before they are out.
  CrashAt(world, 0, kMs, kUs * 100);
  world.Run(Duration::Seconds(1));
  CHECK(lives == 2);
  CHECK(world.CreditLeft(0, 1) == world.scenario.network.send_buffer.value());
  // Nor is it told of what the former one waited for.
  CHECK(world.Of(EventKind::kWritable, 0).empty());
}

TEST_CASE("crash: those who hear of it may open new streams at once") {
  constexpr std::uint32_t kHosts = 40;
  SmallWorld world({kHosts});
  // Everybody sends to host 0 more than a window; credit comes back when it crashes, and goes to
  // somebody new each time.
  for (std::uint32_t from = 1; from < kHosts; ++from) {
    world.host(from).on_start = [](const Now&, auto, Effects& out) {
      out.Send(NodeId(0), Numbered(0, 6'000'000));
      out.AwaitWritable(NodeId(0), core::ByteCount(8 << 20));
    };
    world.host(from).on_writable = [=](const Now&, NodeId, Effects& out) {
      for (std::uint32_t to = 1; to < kHosts; ++to) {
        if (to != from) out.Send(NodeId(to), Numbered(from, 100));
      }
    };
  }
  CrashAt(world, 0, kMs, Duration());
  world.Run(Duration::Seconds(1));
  CHECK(world.arrivals().size() == (kHosts - 1) * (kHosts - 2));
  CHECK(CountDestroyed(world, 6'000'000) == kHosts - 1);
  world.Finish();
}

TEST_CASE("crash: what waited in its stages dies with it") {
  SmallWorld world({2});
  world.scenario.profile.receive_message.per_unit = sim::Distribution(kMs);
  world.host(0).on_start = [](const Now&, auto, Effects& out) {
    for (std::uint64_t i = 0; i < 5; ++i) out.Send(NodeId(1), Numbered(i, 10));
  };
  world.host(0).on_timer = [](const Now&, TimerId, Effects& out) {
    out.Send(NodeId(1), Numbered(9, 10));
  };
  world.host(1).on_start = [](const Now&, auto, Effects& out) {
    out.Send(NodeId(0), Numbered(7, 10));
  };
  world.host(0).on_message = [](const Now& now, NodeId, const Bytes&, Effects& out) {
    out.SetTimer(TimerId(0), now.monotonic() + kMs * 20);
  };
  // The first is through after a little more than 1 ms, the second after 2 ms.
  CrashAt(world, 1, kUs * 2'500, kUs * 100);
  world.Run(Duration::Seconds(1));
  CHECK(world.NumbersAt(1) == std::vector<std::uint64_t>{0, 1, 9});
}

TEST_CASE("crash: a host that is down is not hit again") {
  SmallWorld world({2});
  CrashAt(world, 0, kMs, Duration());
  CrashAt(world, 0, kMs * 2, kMs);
  world.Run(Duration::Seconds(1));
  world.Finish();
  CHECK(world.Of(EventKind::kCrash).size() == 1);
  CHECK(world.Of(EventKind::kRestart).empty());
  const auto receipts = world.Of(EventKind::kReceipt);
  REQUIRE(receipts.size() == 2);
  CHECK(receipts[0].further == 1);
  CHECK(receipts[1].further == 0);
}

namespace {

// Crashes a host before the nth effect that it is about to perform.
class CrashBefore final : public sim::Hook {
 public:
  CrashBefore(SmallWorld& world, std::uint64_t nth) : world_(world), nth_(nth) {}
  void BeforeEffect(core::Instant, core::NodeId host, const core::Listed&) override {
    if (seen_++ == nth_) world_.world().Crash(host, sim::CrashState::kKeep);
  }

 private:
  SmallWorld& world_;
  std::uint64_t nth_;
  std::uint64_t seen_ = 0;
};

}  // namespace

TEST_CASE("crash: between any two effects of a call, what was told is what was performed") {
  constexpr std::uint64_t kEffects = 7;
  for (const bool takes_time : {false, true}) {
    for (std::uint64_t nth = 0; nth < kEffects; ++nth) {
      CAPTURE(takes_time);
      CAPTURE(nth);
      SmallWorld world({2});
      world.intra().transport = sim::Transport::kDatagram;
      if (takes_time) {
        world.scenario.profile.prices[static_cast<std::size_t>(core::Work::kLog)] = {
            sim::Profile::kProtocolStage, sim::Distribution(core::Duration::Microseconds(5)), {}};
      }
      world.host(0).on_start = [](const core::Now& now, auto, core::Effects& out) {
        out.Note({core::NoteKind::kState, {}, {}, core::Run{1, 1, 1}, 0, 0});
        out.Send(core::NodeId(1), Numbered(1, 100));
        out.Spend(core::Work::kLog, 1);
        out.Save(Numbered(2, 100));
        out.Note({core::NoteKind::kState, {}, {}, core::Run{2, 1, 1}, 0, 0});
        out.SetTimer(core::TimerId(1), now.monotonic() + core::Duration::Microseconds(50));
        out.Send(core::NodeId(1), Numbered(3, 100));
      };
      world.Begin();
      CrashBefore strikes(world, nth);
      world.world().SetHook(&strikes);
      world.Run(core::Duration::Milliseconds(1));
      using trace::EventKind;
      const std::vector<EventKind> listed = {
          EventKind::kNote, EventKind::kSend,     EventKind::kSpend, EventKind::kSave,
          EventKind::kNote, EventKind::kSetTimer, EventKind::kSend};
      std::vector<EventKind> told;
      for (const trace::Event& event : world.events()) {
        if (event.node == core::NodeId(0) &&
            std::find(listed.begin(), listed.end(), event.kind) != listed.end())
          told.push_back(event.kind);
      }
      CHECK(told == std::vector<EventKind>(listed.begin(),
                                           listed.begin() + static_cast<std::ptrdiff_t>(nth)));
      const auto crashes = world.Of(EventKind::kCrash);
      REQUIRE(crashes.size() == 1);
      CHECK(crashes[0].detail == kEffects - nth);
      CHECK(world.Of(EventKind::kTimer).empty());
      CHECK(world.NumbersAt(1) ==
            (nth > 1 ? std::vector<std::uint64_t>{1} : std::vector<std::uint64_t>{}));
    }
  }
}

}  // namespace lockstep::tests
