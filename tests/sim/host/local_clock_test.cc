// One clock: corrections against a model that follows every one of them, changes at run time, and
// the exact instant at which it reads something.

#include "sim/host/local_clock.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::sim {
namespace {

using core::Duration;
using core::Instant;

constexpr std::int64_t kBillion = 1'000'000'000;
const Duration kUs = Duration::Microseconds(1);
const Duration kMs = Duration::Milliseconds(1);
const Duration kPs = Duration::Picoseconds(1);
const Duration kDay = Duration::Seconds(86'400);

Instant At(Duration since_start) { return Instant() + since_start; }

Duration UpTo(core::Random& random, Duration most) {
  return Duration::Picoseconds(
      static_cast<std::int64_t>(random.Below(static_cast<std::uint64_t>(most.ps()) + 1)));
}

LocalClock Perfect(bool is_steady = true) {
  return LocalClock({}, Duration(), is_steady, core::Random(1));
}

// The first instant at which `clock` reads `local` is `at`: not a picosecond earlier.
void RequireFirst(const LocalClock& clock, Instant since, Instant local) {
  const Instant at = clock.GlobalAt(local);
  REQUIRE(at >= since);
  if (at == Instant::Max()) return;
  REQUIRE(clock.Read(at) >= local);
  if (at > since) REQUIRE(clock.Read(at - kPs) < local);
}

// What a corrected clock reads, by following every correction from the start.
class Model {
 public:
  Model(const ClockBounds& bounds, Duration interval, const core::Random& stream)
      : bounds_(bounds), interval_(interval), stream_(stream) {
    core::Random phase = stream.Fork("phase");
    begin_ps_ = -static_cast<std::int64_t>(phase.Below(static_cast<std::uint64_t>(interval.ps())));
    Draw();
  }

  // In order of time.
  std::int64_t ReadPs(std::int64_t global_ps) {
    while (begin_ps_ + interval_.ps() <= global_ps) {
      begin_ps_ += interval_.ps();
      held_ps_ = std::max(held_ps_, RawPs(begin_ps_));
      ++number_;
      Draw();
    }
    return std::max(held_ps_, RawPs(global_ps));
  }

 private:
  void Draw() {
    core::Random random = stream_.Fork("correction/" + std::to_string(number_));
    const auto symmetric = [&](std::int64_t most) -> std::int64_t {
      if (most == 0) return 0;  // Draws nothing.
      return static_cast<std::int64_t>(random.Below(2 * static_cast<std::uint64_t>(most) + 1)) -
             most;
    };
    offset_ps_ = symmetric(bounds_.offset_max.ps());
    drift_ppb_ = symmetric(bounds_.drift_ppb_max);
    drawn_at_ps_ = begin_ps_;
  }
  std::int64_t RawPs(std::int64_t global_ps) const {
    const std::int64_t product = (global_ps - drawn_at_ps_) * drift_ppb_;  // short intervals
    const std::int64_t floor = product / kBillion - (product % kBillion < 0 ? 1 : 0);
    return global_ps + offset_ps_ + floor;
  }

  ClockBounds bounds_;
  Duration interval_;
  core::Random stream_;
  std::int64_t number_ = 0;
  std::int64_t begin_ps_ = 0;
  std::int64_t drawn_at_ps_ = 0;
  std::int64_t offset_ps_ = 0;
  std::int64_t drift_ppb_ = 0;
  std::int64_t held_ps_ = INT64_MIN;
};

// Random clocks: with or without corrections, some of which it waits for long.
struct Drawn {
  ClockBounds bounds;
  Duration interval;
};
Drawn DrawSpec(core::Random& random) {
  Drawn drawn;
  drawn.interval = UpTo(random, kUs * 30) + kUs;
  const std::uint64_t intervals = random.Below(5);
  drawn.bounds.offset_max = UpTo(random, drawn.interval * static_cast<std::int64_t>(intervals));
  drawn.bounds.drift_ppb_max = static_cast<std::int64_t>(random.Below(100'000'001));
  return drawn;
}

// Does something to `clock`, and gives what was drawn for it.
void Change(LocalClock& clock, Instant at, core::Random& random) {
  const std::uint64_t kind = random.Below(6);
  const Duration by = UpTo(random, kUs * 400) - kUs * 200;
  const auto ppb = static_cast<std::int64_t>(random.Below(LocalClock::kSlewPpbMost)) + 1;
  switch (kind) {
    case 0:
      clock.Step(at, by);
      return;
    case 1:
      clock.SetDrift(at, ppb - LocalClock::kSlewPpbMost / 2);
      return;
    case 2:
      clock.SetDrift(at, std::nullopt);
      return;
    case 3:
      clock.Slew(at, by, ppb);
      return;
    case 4:
      clock.Freeze(at);
      return;
    default:
      clock.Unfreeze(at);
  }
}

}  // namespace

TEST_CASE("local clock: corrections are those of a model that follows every one") {
  core::Random random(11);
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Drawn spec = DrawSpec(random);
    const core::Random stream = core::Random(seed).Fork("synced");
    Model model(spec.bounds, spec.interval, stream);
    const LocalClock often(spec.bounds, spec.interval, true, stream);
    const std::int64_t bound =
        spec.bounds.offset_max.ps() +
        (spec.interval.ps() * spec.bounds.drift_ppb_max + kBillion - 1) / kBillion;
    Instant global;
    Instant last = often.Read(global);
    for (int i = 0; i < 200; ++i) {
      global = global + UpTo(random, spec.interval * (random.Below(10) == 0 ? 100 : 2));
      const Instant reading = often.Read(global);
      REQUIRE(reading.ps() == model.ReadPs(global.ps()));
      // One that was never read before reads the same.
      const LocalClock once(spec.bounds, spec.interval, true, stream);
      REQUIRE(once.Read(global) == reading);
      REQUIRE(reading >= last);
      REQUIRE(std::abs((reading - global).ps()) <= bound);
      last = reading;
    }
    REQUIRE(often.Read(Instant()).ps() ==
            Model(spec.bounds, spec.interval, stream).ReadPs(0));  // Looking back is allowed.
  }
}

TEST_CASE("local clock: the instant at which a corrected one reads something is exact") {
  core::Random random(12);
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Drawn spec = DrawSpec(random);
    const LocalClock clock(spec.bounds, spec.interval, true, core::Random(seed));
    for (int i = 0; i < 20; ++i) {
      // Most are near, some are days away: corrections in between are not followed.
      const std::uint64_t span = std::uint64_t{1} << (20 + random.Below(43));
      const Instant local =
          Instant::FromPicoseconds(static_cast<std::int64_t>(random.Below(span)) - 1'000'000);
      RequireFirst(clock, Instant(), local);
    }
  }
}

TEST_CASE("local clock: before the answer it reads less at every picosecond") {
  core::Random random(13);
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    const ClockBounds bounds = {Duration::Picoseconds(900), 100'000'000};
    const LocalClock clock(bounds, Duration::Picoseconds(700), true, core::Random(seed));
    for (int i = 0; i < 10; ++i) {
      const Instant local = At(UpTo(random, Duration::Nanoseconds(10)));
      Instant scanned;
      while (clock.Read(scanned) < local) scanned = scanned + kPs;
      REQUIRE(clock.GlobalAt(local) == scanned);
    }
  }
}

TEST_CASE("local clock: it stays exact and steady whatever is done to it") {
  core::Random random(14);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const bool is_steady = seed % 3 != 0;
    Drawn spec = DrawSpec(random);
    if (!is_steady || seed % 3 == 1) spec.interval = Duration();
    const auto make = [&] {
      return LocalClock(spec.bounds, spec.interval, is_steady, core::Random(seed));
    };
    LocalClock often = make();
    LocalClock seldom = make();  // Nothing but changes, until the end.
    Instant changed;
    Instant last = often.Read(changed);
    for (int i = 0; i < 30; ++i) {
      Instant global = changed;
      for (int reads = 0; reads < 10; ++reads) {
        global = global + UpTo(random, kUs * 30);
        const Instant reading = often.Read(global);
        REQUIRE((reading >= last || (!is_steady && reads == 0)));
        last = reading;
        RequireFirst(often, changed, last + UpTo(random, kMs) - kUs * 50);
      }
      REQUIRE(often.GlobalAt(last) <= global);
      REQUIRE(LocalClock(seldom).Read(global) == last);
      core::Random same = random;
      Change(often, global, random);
      Change(seldom, global, same);
      changed = global;
      // A steady clock does not go back at the instant of the change either.
      if (is_steady) REQUIRE(often.Read(global) >= last);
    }
  }
}

TEST_CASE("local clock: far instants neither overflow nor take long") {
  const Instant far = At(kDay * 100);
  for (const Duration interval : {Duration(), kUs}) {
    LocalClock clock({kUs, 100'000'000}, interval, true, core::Random(3));
    CHECK(clock.GlobalAt(Instant::FromPicoseconds(INT64_MIN)) == Instant());
    CHECK(clock.GlobalAt(Instant::FromPicoseconds(-1) - kUs * 2) == Instant());
    CHECK(clock.GlobalAt(Instant::Max()) > At(kDay * 90));
    RequireFirst(clock, Instant(), At(kDay * 90));
    clock.Slew(At(kUs), kDay * -20, 1'000);
    RequireFirst(clock, At(kUs), At(kDay * 80));
    CHECK(clock.Read(far) > At(kDay * 80));
    CHECK(clock.GlobalAt(Instant::Max()) > At(kDay * 90));
    clock.Step(At(kUs * 2), kDay * 60);
    CHECK(clock.Read(far) <= Instant::Max());
    clock.Freeze(At(kUs * 3));
    CHECK(clock.GlobalAt(Instant::Max()) == Instant::Max());
  }
}

TEST_CASE("local clock: errors after corrections are uniform within the bound") {
  // Far apart, so that it never waits for the middle of an interval; without drift.
  const ClockBounds bounds = {kUs * 10, 0};
  const LocalClock clock(bounds, kMs, true, core::Random(5).Fork("synced"));
  constexpr int kSamples = 20'000;
  std::vector<double> errors;
  for (int i = 0; i < kSamples; ++i) {
    const Instant global = At(kMs * (i + 1));
    errors.push_back(static_cast<double>((clock.Read(global) - global).ps()));
  }
  std::sort(errors.begin(), errors.end());
  double distance = 0;  // Kolmogorov's
  for (int i = 0; i < kSamples; ++i) {
    const double exact = (errors[static_cast<std::size_t>(i)] + 1e7) / 2e7;
    distance =
        std::max({distance, exact - i / double{kSamples}, (i + 1) / double{kSamples} - exact});
  }
  CHECK(distance * std::sqrt(double{kSamples}) < 1.95);
}

TEST_CASE("local clock: between corrections it drifts at rates that are uniform within the bound") {
  const ClockBounds bounds = {Duration(), 50'000};
  const LocalClock clock(bounds, kMs * 100, true, core::Random(6).Fork("synced"));
  std::vector<double> rates;
  Instant global;
  constexpr int kSamples = 4'000;
  while (rates.size() < kSamples) {
    // The drift shows between two readings a millisecond apart, unless a correction or waiting
    // does.
    const std::int64_t first = (clock.Read(global + kMs) - clock.Read(global) - kMs).ps();
    const std::int64_t second =
        (clock.Read(global + kMs * 2) - clock.Read(global + kMs) - kMs).ps();
    if (std::abs(first - second) <= 1 && std::abs(first) <= 50'001)
      rates.push_back(static_cast<double>(first));
    global = global + kMs * 100;
  }
  std::sort(rates.begin(), rates.end());
  double distance = 0;
  for (int i = 0; i < kSamples; ++i) {
    const double exact = (rates[static_cast<std::size_t>(i)] + 50'000) / 1e5;
    distance =
        std::max({distance, exact - i / double{kSamples}, (i + 1) / double{kSamples} - exact});
  }
  CHECK(distance * std::sqrt(double{kSamples}) < 1.95);
}

TEST_CASE("local clock: a step back makes a steady one wait, and any other go back") {
  for (const bool is_steady : {true, false}) {
    LocalClock clock = Perfect(is_steady);
    clock.Step(At(kMs), kUs * -10);
    CHECK(clock.Read(At(kMs)) == At(is_steady ? kMs : kMs - kUs * 10));
    CHECK(clock.Read(At(kMs + kUs * 9)) == At(is_steady ? kMs : kMs - kUs));
    CHECK(clock.Read(At(kMs + kUs * 10)) == At(kMs));
    CHECK(clock.Read(At(kMs + kUs * 11)) == At(kMs + kUs));
    CHECK(clock.GlobalAt(At(kMs + kPs)) == At(kMs + kUs * 10 + kPs));
    clock.Step(At(kMs * 2), kUs * 10);
    CHECK(clock.Read(At(kMs * 2)) == At(kMs * 2));
    CHECK(clock.GlobalAt(At(kMs * 2)) == At(kMs * 2));
    clock.Step(At(kMs * 3), kMs * 5);
    CHECK(clock.GlobalAt(At(kMs * 6)) == At(kMs * 3));
    CHECK(clock.Read(At(kMs * 3)) == At(kMs * 8));
  }
}

TEST_CASE("local clock: a drift that is set holds until it is given back") {
  LocalClock clock({Duration(), 0}, kMs, true, core::Random(1));
  clock.SetDrift(At(Duration()), 1'000'000);  // A thousandth.
  Duration greatest;
  for (int i = 0; i < 10'000; ++i) {
    const Instant global = At(kUs * 13 * i);
    greatest = std::max(greatest, clock.Read(global) - global);
  }
  CHECK(greatest > Duration::Nanoseconds(980));
  CHECK(greatest <= kUs);  // Corrected every millisecond.
  clock.SetDrift(At(Duration::Seconds(1)), std::nullopt);
  CHECK(clock.Read(At(Duration::Seconds(2))) == At(Duration::Seconds(2)));
  LocalClock free = Perfect();
  free.SetDrift(At(kMs), -500'000'000);
  CHECK(free.Read(At(kMs * 3)) == At(kMs * 2));
  CHECK(free.GlobalAt(At(kMs * 2)) == At(kMs * 3));
}

TEST_CASE("local clock: a slew adds what it should, at its rate, and then no more") {
  for (const Duration interval : {Duration(), kUs * 300}) {
    for (const std::int64_t sign : {1, -1}) {
      LocalClock clock({}, interval, true, core::Random(2));
      clock.Slew(At(kMs), kUs * sign, 1'000'000);  // A thousandth: done after 1 ms.
      const auto error = [&](Duration at) { return (clock.Read(At(at)) - At(at)).ps() * sign; };
      CHECK(error(kMs) == 0);
      CHECK(std::abs(error(kMs + kUs * 500) - kUs.ps() / 2) <= 1);
      CHECK(std::abs(error(kMs * 2) - kUs.ps()) <= 1);
      CHECK(std::abs(error(kMs * 90) - kUs.ps()) <= 1);
      // The way back cancels it; what is left of it is forgotten where another begins.
      clock.Slew(At(kMs * 100), kUs * -sign, 1'000'000);
      CHECK(std::abs(error(kMs * 200)) <= 1);
      clock.Slew(At(kMs * 200), kUs * sign, 1'000'000);
      clock.Slew(At(kMs * 200 + kUs * 500), kUs * -sign, 1'000'000);
      CHECK(std::abs(error(kMs * 300) + kUs.ps() / 2) <= 2);
    }
  }
}

TEST_CASE("local clock: a frozen one stands, and goes on from there until it is corrected") {
  for (const Duration interval : {Duration(), kMs * 5}) {
    LocalClock clock({}, interval, true, core::Random(2));
    clock.Freeze(At(kMs));
    CHECK(clock.Read(At(kMs * 100)) == At(kMs));
    CHECK(clock.GlobalAt(At(kMs)) == At(kMs));
    CHECK(clock.GlobalAt(At(kMs + kPs)) == Instant::Max());
    clock.Step(At(kMs * 100), kMs);
    CHECK(clock.Read(At(kMs * 110)) == At(kMs * 2));
    clock.Step(At(kMs * 120), kMs * -1);
    clock.Unfreeze(At(kMs * 120));
    CHECK(clock.Read(At(kMs * 120 + kPs)) == At(kMs * 2));
    const Duration late = interval.ps() == 0 ? kMs * 119 : Duration();
    CHECK(clock.Read(At(kMs * 130)) == At(kMs * 130 - late));
    CHECK(clock.GlobalAt(At(kMs * 130 - late)) == At(kMs * 130));
  }
}

TEST_CASE("local clock: what a drift gained before it was taken back lasts until the correction") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LocalClock clock({}, kMs * 10, true, core::Random(seed));
    clock.SetDrift(At(Duration()), LocalClock::kDriftPpbMost);
    clock.Slew(At(kMs), kUs, LocalClock::kSlewPpbMost);
    clock.SetDrift(At(kMs * 9), std::nullopt);
    for (int i = 0; i < 200; ++i) RequireFirst(clock, At(kMs * 9), At(kUs * 250 * i));
    for (int i = 0; i < 200; ++i) {
      const LocalClock fresh = clock;  // That has not read what the answer depends on.
      REQUIRE(fresh.GlobalAt(At(kUs * 250 * i)) == clock.GlobalAt(At(kUs * 250 * i)));
    }
  }
}

TEST_CASE("local clock: a slew rests while the clock is frozen") {
  LocalClock clock = Perfect();
  clock.Slew(At(Duration()), kUs, 1'000'000);  // Done after 1 ms of running.
  clock.Freeze(At(kUs * 500));
  clock.Unfreeze(At(kMs * 10));
  const auto late = [&](Duration at) { return At(at) - clock.Read(At(at)); };
  CHECK(late(kMs * 10) == kUs * 9'500 - Duration::Nanoseconds(500));
  CHECK(late(kMs * 20) == kUs * 9'500 - kUs);
}

}  // namespace lockstep::sim
