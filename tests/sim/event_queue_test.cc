// The pending-event set against a std::set that does the same slowly, and the corners of the wheel:
// its levels, its run, and what may be pushed after a look at the next time.

#include "sim/event_queue.h"

#include <algorithm>
#include <array>
#include <bit>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <set>
#include <sys/wait.h>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include "doctest/doctest.h"

namespace lockstep::tests {
namespace {

using sim::EventQueue;

constexpr std::int64_t kTimeMax = std::numeric_limits<std::int64_t>::max();
// More equal times than any run or chunk of the queue holds, and not a multiple of their sizes.
constexpr std::uint64_t kManyTies = 100'003;

core::Instant At(std::int64_t ps) { return core::Instant::FromPicoseconds(ps); }

// A splitmix64 of our own, so that no change to core::Random changes what is tested here.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = state_ += 0x9e37'79b9'7f4a'7c15;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
    return z ^ (z >> 31);
  }
  std::int64_t Below(std::int64_t limit) {
    return static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(limit));
  }
  // Any magnitude below 2^`bits` is as likely as any other.
  std::int64_t OfAnySize(std::int64_t bits) {
    return static_cast<std::int64_t>(Next() >> (64 - bits + Below(bits)));
  }

 private:
  std::uint64_t state_;
};

// Every field differs, and all follow from the number of the push.
sim::Task TaskOf(std::uint64_t number) {
  return {static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number + 1), number * 3,
          ~number, number * 7};
}

bool IsTaskOf(const sim::Task& task, std::uint64_t number) {
  const sim::Task wanted = TaskOf(number);
  return task.kind == wanted.kind && task.target == wanted.target && task.a == wanted.a &&
         task.b == wanted.b && task.c == wanted.c;
}

// One of a few, so that equal ones are frequent.
sim::Turn TurnOf(std::uint64_t number) {
  const std::uint64_t z = number * 0x9e37'79b9'7f4a'7c15 >> 61;
  if (z == 0) return sim::Turn::BeforeHosts(sim::TurnClass::kRestart);
  return sim::Turn::AtHost(z & 1, sim::TurnClass::kMessage, z & 2, z & 4);
}

// A queue beside a std::set of (time, generation, turn, number of the push) that must agree with it
// at every step.
class Twin {
 public:
  void Push(std::int64_t at_ps) {
    queue_.Push(At(at_ps), TurnOf(pushed_), TaskOf(pushed_));
    const std::uint64_t generation = has_popped_ && at_ps == now_ps_ ? generation_ + 1 : 0;
    reference_.insert({at_ps, generation, TurnOf(pushed_), pushed_});
    ++pushed_;
  }

  // `delay_ps` from now, or at the end of time.
  void PushAfter(std::int64_t delay_ps) { Push(now_ps_ + std::min(delay_ps, kTimeMax - now_ps_)); }

  void Pop() {
    const auto [at_ps, generation, turn, number] = *reference_.begin();
    reference_.erase(reference_.begin());
    const sim::Due due = queue_.Pop();
    REQUIRE(due.at.ps() == at_ps);
    REQUIRE(IsTaskOf(due.task, number));
    now_ps_ = at_ps;
    generation_ = generation;
    has_popped_ = true;
  }

  void Look() const {
    REQUIRE(queue_.size() == reference_.size());
    REQUIRE(queue_.empty() == reference_.empty());
    if (!reference_.empty()) REQUIRE(queue_.NextTime().ps() == std::get<0>(*reference_.begin()));
  }

  void Drain() {
    while (size() > 0) Pop();
    Look();
  }

  std::size_t size() const { return reference_.size(); }
  std::int64_t now_ps() const { return now_ps_; }
  const EventQueue& queue() const { return queue_; }

 private:
  EventQueue queue_;
  std::set<std::tuple<std::int64_t, std::uint64_t, sim::Turn, std::uint64_t>> reference_;
  std::uint64_t generation_ = 0;  // of what was popped last
  bool has_popped_ = false;
  std::uint64_t pushed_ = 0;
  std::int64_t now_ps_ = 0;
};

struct Pattern {
  const char* name;
  std::int64_t (*delay_ps)(Draws&);
};

constexpr std::int64_t kMicrosecondPs = 1'000'000;

constexpr std::array<Pattern, 10> kPatterns = {{
    {"uniform, narrow", [](Draws& draws) { return draws.Below(1'000); }},
    {"uniform, wide", [](Draws& draws) { return draws.Below(std::int64_t{1} << 45); }},
    {"exponential, in steps of half the rest",
     [](Draws& draws) {
       return std::countl_zero(draws.Next() | 1) * kMicrosecondPs + draws.Below(kMicrosecondPs);
     }},
    {"look-ahead", [](Draws& draws) { return kMicrosecondPs + draws.Below(2 * kMicrosecondPs); }},
    {"any size", [](Draws& draws) { return draws.OfAnySize(42); }},
    {"any size, to the end of time", [](Draws& draws) { return draws.OfAnySize(63); }},
    {"ties", [](Draws& draws) { return draws.Below(4) * kMicrosecondPs; }},
    {"mostly now", [](Draws& draws) { return draws.Below(8) == 0 ? draws.Below(100'000) : 0; }},
    {"two clusters",
     [](Draws& draws) { return draws.Below(1'000) + draws.Below(2) * 90 * kMicrosecondPs; }},
    {"outliers",
     [](Draws& draws) {
       return draws.Below(64) == 0 ? draws.OfAnySize(61) : draws.Below(kMicrosecondPs);
     }},
}};

// Grows and shrinks towards sizes drawn on the way, zero among them, with bursts at one instant and
// with looks at the next time that commit to nothing.
void Wander(const Pattern& pattern, std::uint64_t seed, int steps) {
  CAPTURE(pattern.name);
  CAPTURE(seed);
  Draws draws(seed);
  Twin twin;
  std::size_t wanted = 0;
  for (int i = 0; i < steps; ++i) {
    if (draws.Below(500) == 0) wanted = static_cast<std::size_t>(draws.OfAnySize(12));
    if (draws.Below(700) == 0) {
      const std::int64_t delay_ps = pattern.delay_ps(draws);
      for (std::int64_t burst = draws.Below(300); burst > 0; --burst) twin.PushAfter(delay_ps);
    }
    if (draws.Below(3) == 0) twin.Look();
    const bool may_shrink = twin.size() > 0;
    const bool should_shrink = twin.size() > wanted ? draws.Below(4) != 0 : draws.Below(4) == 0;
    if (may_shrink && should_shrink) {
      twin.Pop();
    } else {
      twin.PushAfter(pattern.delay_ps(draws));
    }
  }
  twin.Drain();
}

// Pops and pushes in turn, so that `pending` stay pending.
void Hold(Twin& twin, const Pattern& pattern, Draws& draws, std::size_t pending, int steps) {
  while (twin.size() < pending) twin.PushAfter(pattern.delay_ps(draws));
  for (int i = 0; i < steps; ++i) {
    twin.Pop();
    twin.PushAfter(pattern.delay_ps(draws));
  }
}

// True if `act` ends in a failed CHECK. It runs in a child, whose complaint is not shown.
template <typename Act>
bool Aborts(Act act) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGABRT, SIG_DFL);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
    act();
    _exit(0);
  }
  int status = 0;
  return waitpid(child, &status, 0) == child && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

}  // namespace

TEST_CASE("event queue: agrees with a sorted set whatever the pattern") {
  for (const Pattern& pattern : kPatterns)
    for (std::uint64_t seed = 1; seed <= 3; ++seed) Wander(pattern, seed, 30'000);
}

TEST_CASE("event queue: agrees with a sorted set while the number pending stays the same") {
  // Around the sizes at which the queue changes what it does: 16, 48 and 96 entries.
  for (const Pattern& pattern : kPatterns) {
    CAPTURE(pattern.name);
    for (const unsigned pending : {1U, 2U, 3U, 5U, 15U, 17U, 47U, 49U, 95U, 97U, 500U}) {
      CAPTURE(pending);
      Draws draws(pending);
      Twin twin;
      Hold(twin, pattern, draws, pending, 2'000);
      twin.Drain();
    }
  }
}

TEST_CASE("event queue: agrees with a sorted set when the scale of time changes on the way") {
  Draws draws(11);
  Twin twin;
  for (int round = 0; round < 40; ++round) {
    const Pattern& pattern = kPatterns[static_cast<std::size_t>(draws.Below(5))];
    Hold(twin, pattern, draws, static_cast<std::size_t>(1 + draws.OfAnySize(11)), 1'000);
  }
  twin.Drain();
}

TEST_CASE("event queue: equal times come out by turn, and equal turns in order of insertion") {
  Twin twin;
  const std::int64_t later_ps = 3 * kMicrosecondPs;
  for (std::uint64_t i = 0; i < kManyTies; ++i) twin.Push(i % 3 == 0 ? later_ps : kMicrosecondPs);
  twin.Drain();
  CHECK(twin.now_ps() == later_ps);
}

TEST_CASE("event queue: what is pushed at the time just popped follows what was there") {
  Twin twin;
  for (std::uint64_t i = 0; i < kManyTies; ++i) twin.Push(kMicrosecondPs);
  for (std::uint64_t i = 0; i < kManyTies; ++i) {
    twin.Pop();
    twin.PushAfter(0);
  }
  CHECK(twin.now_ps() == kMicrosecondPs);
  twin.Drain();
}

TEST_CASE("event queue: a burst at the current time overtakes what is due later") {
  for (const int later : {1, 40, 95, 96, 1'000}) {
    CAPTURE(later);
    Twin twin;
    for (int i = 0; i <= later; ++i) twin.Push(i * kMicrosecondPs);
    twin.Pop();
    for (std::uint64_t i = 0; i < kManyTies; ++i) twin.PushAfter(0);
    twin.Drain();
    CHECK(twin.now_ps() == later * kMicrosecondPs);
  }
}

TEST_CASE("event queue: times pushed in falling order come out rising") {
  Twin twin;
  twin.Push(0);
  twin.Pop();
  for (std::int64_t at_ps = 5'000; at_ps > 0; --at_ps) twin.Push(at_ps * 7);
  twin.Look();
  twin.Drain();
}

TEST_CASE("event queue: the last instant of a slot keeps its order when the run gives way") {
  for (int level = 1; level <= 10; ++level) {
    CAPTURE(level);
    const std::int64_t first_ps = std::int64_t{1} << (6 * level);
    const std::int64_t last_ps = 2 * first_ps - 1;
    Twin twin;
    for (const std::int64_t at_ps : {first_ps, last_ps}) twin.Push(at_ps);
    twin.Pop();  // Opens the slot.
    for (const std::int64_t beyond_ps : {0, 1}) twin.Push(last_ps + beyond_ps);
    for (int i = 0; i < 1'000; ++i) twin.Push(last_ps - 1);
    twin.Push(last_ps);
    twin.Drain();
  }
}

TEST_CASE("event queue: a time around a boundary of levels is in its place") {
  std::vector<std::int64_t> times_ps = {0, 1, kTimeMax - 1, kTimeMax};
  for (int bit = 1; bit < 63; ++bit) {
    const std::int64_t boundary_ps = std::int64_t{1} << bit;
    for (const std::int64_t near : {-1, 0, 1}) {
      times_ps.push_back(boundary_ps + near);
      times_ps.push_back(kTimeMax - boundary_ps + near);
    }
  }
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    Draws draws(seed);
    Twin twin;
    // Each time twice, in an order of the seed's; half of what is popped is pushed again later on.
    for (int repeat = 0; repeat < 2; ++repeat) {
      for (std::size_t i = times_ps.size() - 1; i > 0; --i)
        std::swap(times_ps[i],
                  times_ps[static_cast<std::size_t>(draws.Below(static_cast<std::int64_t>(i)))]);
      for (const std::int64_t at_ps : times_ps) twin.Push(at_ps);
    }
    for (const std::int64_t at_ps : times_ps) {
      twin.Look();
      twin.Pop();
      if (at_ps >= twin.now_ps()) twin.Push(at_ps);
    }
    twin.Drain();
    CHECK(twin.now_ps() == kTimeMax);
  }
}

TEST_CASE("event queue: the end of time takes any number of entries") {
  Twin twin;
  for (int i = 0; i < 1'000; ++i) twin.Push(kTimeMax);
  for (int i = 0; i < 1'000; ++i) {
    twin.Pop();
    twin.Push(kTimeMax);
  }
  twin.Drain();
}

TEST_CASE("event queue: a look at the next time does not keep earlier entries out") {
  Draws draws(5);
  Twin twin;
  for (int i = 0; i < 3'000; ++i) twin.Push((std::int64_t{1} << 50) + draws.Below(1 << 20));
  for (int i = 0; i < 3'000; ++i) {
    twin.Look();
    twin.PushAfter(draws.Below(1 << 20));
    twin.Look();
    twin.Pop();
  }
  CHECK(twin.now_ps() < std::int64_t{1} << 50);
  twin.Drain();
}

TEST_CASE("event queue: a copy goes its own way and repeats the original") {
  Draws draws(3);
  Twin twin;
  Hold(twin, kPatterns[4], draws, 700, 3'000);
  Twin copy = twin;
  twin.Drain();
  Hold(copy, kPatterns[4], draws, 300, 3'000);
  copy.Drain();
}

TEST_CASE("event queue: memory follows the number pending and not the history") {
  const std::size_t bytes_empty = EventQueue().bytes_reserved();
  for (const Pattern& pattern : kPatterns) {
    CAPTURE(pattern.name);
    const std::size_t pending = 5'000;
    Draws draws(17);
    Twin twin;
    Hold(twin, pattern, draws, pending, 60'000);
    const std::size_t bytes = twin.queue().bytes_reserved();
    Hold(twin, pattern, draws, pending, 60'000);
    CHECK(twin.queue().bytes_reserved() == bytes);

    // Per entry a task, 24 bytes and a 16th of a link of 4; per slot at most one chunk partly
    // filled (11 levels of 64 slots); one chunk more while a slot is scattered; a quarter to grow;
    // and twice the entries of one time, as vectors grow.
    const std::size_t chunk_bytes = 16 * 24 + 4;
    const std::size_t slots = 11 * 64;
    const std::size_t used =
        pending * (32 + chunk_bytes / 16 + 1 + 2 * 2 * 24) + (slots + 1) * chunk_bytes;
    CHECK(bytes <= bytes_empty + used + used / 4);
  }
}

TEST_CASE("event queue: drained and filled again it needs no more memory") {
  Draws draws(23);
  Twin twin;
  const auto fill_and_drain = [&] {
    for (int i = 0; i < 4'000; ++i) twin.PushAfter(draws.Below(kMicrosecondPs));
    twin.Drain();
  };
  for (int i = 0; i < 5; ++i) fill_and_drain();
  const std::size_t bytes = twin.queue().bytes_reserved();
  for (int i = 0; i < 20; ++i) fill_and_drain();
  CHECK(twin.queue().bytes_reserved() == bytes);
}

namespace {

// The numbers of what is pushed for 10 ps and then popped: three messages to each of three hosts,
// from two senders, a timer of each, and what comes before and after hosts. The first that is
// popped makes another for the same instant, of number 99.
std::vector<std::uint64_t> PoppedAtOnce(std::uint64_t ties, std::int64_t at_ps = 10) {
  using sim::Turn;
  using sim::TurnClass;
  EventQueue queue(ties);
  std::uint64_t number = 0;
  const auto push = [&](Turn turn) { queue.Push(At(at_ps), turn, TaskOf(number++)); };
  push(Turn::AfterHosts());
  for (std::uint32_t host = 0; host < 3; ++host) {
    push(Turn::AtHost(host, TurnClass::kTimer, host, 1));
    push(Turn::AtHost(host, TurnClass::kMessage, 5, 1));
    push(Turn::AtHost(host, TurnClass::kMessage, 5, 2));
    push(Turn::AtHost(host, TurnClass::kMessage, 4, 7));
  }
  push(Turn::BeforeHosts(TurnClass::kRestart));
  push(Turn::BeforeHosts(TurnClass::kFault));
  std::vector<std::uint64_t> popped;
  while (!queue.empty()) {
    const sim::Due due = queue.Pop();
    popped.push_back(due.task.kind);
    if (popped.size() == 1) queue.Push(due.at, Turn::BeforeHosts(TurnClass::kFault), TaskOf(99));
  }
  return popped;
}

}  // namespace

TEST_CASE("event queue: ties permute hosts, classes and senders, and nothing else") {
  std::set<std::vector<std::uint64_t>> orders;
  std::set<std::uint64_t> first_hosts;
  bool has_timer_before = false;
  for (std::uint64_t ties = 0; ties < 60; ++ties) {
    CAPTURE(ties);
    const std::vector<std::uint64_t> popped = PoppedAtOnce(ties);
    CHECK(popped == PoppedAtOnce(ties));
    CHECK(std::set<std::uint64_t>(popped.begin(), popped.end()).size() == 16);
    orders.insert(popped);
    // Faults, restarts, hosts, the rest; and then the next generation.
    CHECK(popped[0] == 14);
    CHECK(popped[1] == 13);
    CHECK(popped[14] == 0);
    CHECK(popped[15] == 99);
    const auto place_of = [&](std::uint64_t number) {
      return std::find(popped.begin(), popped.end(), number) - popped.begin();
    };
    for (std::uint64_t host = 0; host < 3; ++host) {
      // What one sender has made stays in order, and what is a host's own stays together.
      CHECK(place_of(4 * host + 2) < place_of(4 * host + 3));
      const auto places = {place_of(4 * host + 1), place_of(4 * host + 2), place_of(4 * host + 3),
                           place_of(4 * host + 4)};
      CHECK(std::max(places) - std::min(places) == 3);
      has_timer_before |= place_of(4 * host + 1) < place_of(4 * host + 2);
    }
    first_hosts.insert((popped[2] - 1) / 4);
    if (ties == 0)
      CHECK(popped ==
            std::vector<std::uint64_t>{14, 13, 4, 2, 3, 1, 8, 6, 7, 5, 12, 10, 11, 9, 0, 99});
  }
  CHECK(orders.size() > 20);
  CHECK(first_hosts.size() == 3);
  CHECK(has_timer_before);
  // Another instant has another order.
  std::set<std::vector<std::uint64_t>> of_instants;
  for (std::int64_t at = 1; at < 20; ++at) of_instants.insert(PoppedAtOnce(7, at));
  CHECK(of_instants.size() > 5);
}

TEST_CASE("event queue: the past and the negative are refused") {
  EventQueue queue;
  queue.Push(At(10), {}, TaskOf(0));
  queue.Pop();
  CHECK(Aborts([&] { queue.Push(At(9), {}, TaskOf(1)); }));
  CHECK(Aborts([&] { queue.Push(At(-1), {}, TaskOf(1)); }));
  CHECK_FALSE(Aborts([&] { queue.Push(At(10), {}, TaskOf(1)); }));
}

TEST_CASE("event queue: an empty queue has no next entry") {
  EventQueue queue;
  CHECK(queue.empty());
  CHECK(queue.size() == 0);
  CHECK(Aborts([&] { queue.Pop(); }));
  CHECK(Aborts([&] { static_cast<void>(queue.NextTime()); }));
}

}  // namespace lockstep::tests
