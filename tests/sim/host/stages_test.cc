// Stages: cores, hand-offs, full queues, prices that vary, stalls, slow CPUs and pauses.

#include "sim/host/stages.h"

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/small_world.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::ByteCount;
using core::Duration;
using core::Instant;
using core::Random;
using sim::Distribution;
using sim::Price;
using sim::Profile;
using sim::Stages;

const Duration kUs = Duration::Microseconds(1);
const Duration kNs = Duration::Nanoseconds(1);
constexpr std::size_t kLog = 3;
constexpr std::size_t kApply = 4;

Profile FiveStages() {
  Profile profile;
  for (const char* stage : {"receive", "protocol", "send", "log", "apply"}) profile.AddStage(stage);
  return profile;
}

Price Constant(std::size_t stage, Duration per_unit) {
  return {stage, Distribution(per_unit), Duration()};
}

// Does `count` units at 0.
Instant DoAt0(Stages& stages, const Price& price, std::uint64_t count = 1) {
  return stages.Do(price, count, ByteCount(0), Instant());
}

}  // namespace

TEST_CASE("stages: a hand-off delays the item, not the stage that hands it over") {
  Profile profile = FiveStages();
  profile.stages[kLog].hand_off = Distribution(kNs * 80);
  Stages stages(profile, Random(1));
  const Price log = Constant(kLog, kUs * 10);
  CHECK(DoAt0(stages, log) == At(kUs * 10 + kNs * 80));
  CHECK(DoAt0(stages, log) == At(kUs * 20 + kNs * 80));  // It was there when the first was done.
  CHECK(stages.FreeAt(Profile::kProtocolStage, Instant()) == Instant());
  // After an idle time, it is paid again.
  CHECK(stages.Do(log, 1, ByteCount(0), At(kUs * 30)) == At(kUs * 40 + kNs * 80));
}

TEST_CASE("stages: messages that are handed over keep their order") {
  Profile profile = FiveStages();
  profile.stages[Profile::kProtocolStage].hand_off = Distribution::Uniform(kNs * 40, kNs * 200);
  Stages stages(profile, Random(1));
  Instant last;
  for (int i = 0; i < 1'000; ++i) {
    const Instant done = At(kNs * i);
    const Instant at = stages.ArrivalAt(Profile::kProtocolStage, done);
    CHECK(at >= done + kNs * 40);
    CHECK(at >= last);
    CHECK(at <= done + kNs * 200);
    last = at;
  }
}

TEST_CASE("stages: those of one core share it, and hand nothing over") {
  Profile profile = FiveStages();
  profile.stages[kLog].core = profile.stages[Profile::kProtocolStage].core;
  profile.stages[kLog].hand_off = Distribution(kUs);
  Stages stages(profile, Random(1));
  CHECK(DoAt0(stages, Constant(Profile::kProtocolStage, kUs * 3)) == At(kUs * 3));
  CHECK(DoAt0(stages, Constant(kLog, kUs * 4)) == At(kUs * 7));
  CHECK(stages.FreeAt(Profile::kProtocolStage, Instant()) == At(kUs * 7));
  CHECK(DoAt0(stages, Constant(kApply, kUs * 5)) == At(kUs * 5));
  CHECK(stages.busy(profile.stages[kLog].core) == kUs * 7);
}

TEST_CASE("stages: one that is full stalls its feeder until there is room") {
  Profile profile = FiveStages();
  profile.stages[kLog].queue = 2;
  Stages stages(profile, Random(1));
  const Price log = Constant(kLog, kUs * 10);
  const auto protocol_free = [&] { return stages.FreeAt(Profile::kProtocolStage, Instant()); };
  DoAt0(stages, log);
  CHECK(protocol_free() == Instant());
  DoAt0(stages, log);  // Two are in it, until the first is done.
  CHECK(protocol_free() == At(kUs * 10));
  DoAt0(stages, log);  // Three, one more than fit: two have to be done.
  CHECK(protocol_free() == At(kUs * 20));
  CHECK(stages.FreeAt(Profile::kReceiveStage, Instant()) == Instant());
}

TEST_CASE("stages: a price that varies is drawn for each unit, for many units in groups") {
  const Profile profile = FiveStages();
  const Price price = {kLog, Distribution::Uniform(kNs * 100, kNs * 300), Duration()};
  // The mean of n draws from [100, 300] ns has a standard deviation of 57.7 / sqrt(n) ns.
  for (const std::uint64_t count : {1U, 7U, 16U, 1'000U}) {
    CAPTURE(count);
    Stages stages(profile, Random(count));
    constexpr int kTimes = 4'000;
    for (int i = 0; i < kTimes; ++i) DoAt0(stages, price, count);
    const std::int64_t mean_ps = stages.busy(kLog).ps() / kTimes / static_cast<std::int64_t>(count);
    CHECK(mean_ps > 197'000);
    CHECK(mean_ps < 203'000);
  }
  Stages one(profile, Random(1));
  const Duration first = DoAt0(one, price) - Instant();
  CHECK(first >= kNs * 100);
  CHECK(first <= kNs * 300);
}

TEST_CASE("stages: what one stage draws does not disturb another") {
  const Profile profile = FiveStages();
  const auto vary = [](std::size_t stage) {
    return Price{stage, Distribution::Uniform(Duration(), kUs), Duration()};
  };
  Stages alone(profile, Random(1));
  Stages beside(profile, Random(1));
  for (int i = 0; i < 10; ++i) {
    DoAt0(beside, vary(kApply));
    CHECK(DoAt0(alone, vary(kLog)) == DoAt0(beside, vary(kLog)));
  }
}

TEST_CASE("stages: stalls take their rate times their mean from a core that is busy") {
  Profile profile = FiveStages();
  profile.noise = {1'000, Distribution::Uniform(Duration(), kUs * 8)};
  Stages stages(profile, Random(3));
  constexpr int kItems = 1'000'000;
  for (int i = 0; i < kItems; ++i) DoAt0(stages, Constant(kLog, kUs * 100));
  const Duration worked = kUs * 100 * kItems;
  CHECK(stages.busy(kLog) == worked);
  // 1000/s * 4 us = 0.4 % of all time. 100 000 stalls: the standard deviation is 0.2 to 0.4 % of
  // it.
  const Duration lost = stages.FreeAt(kLog, Instant()) - Instant() - worked;
  const std::int64_t expected_ps = worked.ps() / 996 * 4;
  CHECK(lost.ps() > expected_ps / 100 * 98);
  CHECK(lost.ps() < expected_ps / 100 * 102);
}

TEST_CASE("stages: a stall that began while the core idled keeps it until it ends") {
  Profile profile = FiveStages();
  profile.noise = {1'000, Distribution(kUs * 40)};
  Stages stages(profile, Random(3));
  int delayed = 0;
  constexpr int kItems = 100'000;
  for (int i = 0; i < kItems; ++i) {
    const Instant from = At(kUs * 200 * i);
    const Duration took = stages.Do(Constant(kLog, kUs * 10), 1, ByteCount(0), from) - from;
    CHECK(took >= kUs * 10);
    if (took > kUs * 10) ++delayed;
  }
  // Met by stalls that begin in the 40 us before or the 10 us of work: 1 - exp(-0.05) = 4.9 % of
  // them, were stalls to begin independently; never more than 5 %.
  CHECK(delayed > kItems / 1000 * 45);
  CHECK(delayed < kItems / 1000 * 55);
}

TEST_CASE("stages: a slow core takes longer for what it begins, and can recover") {
  const Profile profile = FiveStages();
  Stages stages(profile, Random(1));
  const Price log = Constant(kLog, kUs * 10);
  CHECK(DoAt0(stages, log) == At(kUs * 10));
  stages.SetSpeed(5, 2);
  CHECK(DoAt0(stages, log) == At(kUs * 35));
  stages.SetSpeed(1, 1);
  CHECK(DoAt0(stages, log) == At(kUs * 45));
}

TEST_CASE("stages: a pause delays what is being done, and keeps what is not from beginning") {
  const Profile profile = FiveStages();
  Stages stages(profile, Random(1));
  DoAt0(stages, Constant(kLog, kUs * 10));
  stages.Pause(At(kUs * 4), kUs * 100);
  CHECK(stages.FreeAt(kLog, At(kUs * 4)) == At(kUs * 110));
  CHECK(stages.FreeAt(Profile::kReceiveStage, At(kUs * 4)) == At(kUs * 104));
}

TEST_CASE("stages: whatever they share, bound, cost and stall, no input is forgotten") {
  constexpr std::uint64_t kMessages = 40;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    Random draw(seed);
    const auto one_of = [&](std::uint64_t count) { return draw.Below(count); };
    SmallWorld world({2});
    sim::Profile& profile = world.scenario.profile;
    for (sim::StageSpec& stage : profile.stages) {
      stage.core = one_of(2) == 0 ? stage.core : one_of(profile.cores.size());
      stage.queue = static_cast<std::uint32_t>(one_of(4));
      if (one_of(2) == 0) stage.hand_off = Distribution::Uniform(Duration(), kUs);
    }
    const auto price = [&](std::size_t stage) {
      const Duration most = kUs * static_cast<std::int64_t>(one_of(3));
      return Price{stage, Distribution::Uniform(Duration(), most), Duration()};
    };
    profile.receive_message = price(Profile::kReceiveStage);
    profile.call = price(Profile::kProtocolStage);
    profile.send_message = price(Profile::kSendStage);
    for (Price& work : profile.prices) work = price(one_of(profile.stages.size()));
    if (one_of(2) == 0) profile.noise = {10'000, Distribution::Uniform(Duration(), kUs * 20)};
    std::uint64_t timers = 0;
    for (std::uint32_t host = 0; host < 2; ++host) {
      world.host(host).on_start = [=](const core::Now& now, auto, core::Effects& out) {
        for (std::uint64_t i = 0; i < kMessages; ++i) {
          out.SetTimer(core::TimerId(i), now.monotonic() + kUs * static_cast<std::int64_t>(i));
          out.Send(core::NodeId(host), Numbered(i, 10));
          out.Send(core::NodeId(1 - host), Numbered(i, 10));
        }
      };
      world.host(host).on_message = [](const core::Now&, core::NodeId, const core::Bytes&,
                                       core::Effects& out) { out.Spend(core::Work::kLog, 1); };
      world.host(host).on_timer = [&timers, host](const core::Now&, core::TimerId,
                                                  core::Effects& out) {
        ++timers;
        out.Spend(core::Work::kVote, 1);
        out.Send(core::NodeId(1 - host), Numbered(kMessages, 10));
      };
    }
    for (int pause = 0; pause < 3; ++pause) {
      const Duration at = kUs * (30 * pause + static_cast<std::int64_t>(one_of(30)));
      world.Run(at);
      const Duration lasting = kUs * static_cast<std::int64_t>(one_of(50));
      world.world().host(core::NodeId(0)).Pause(world.world().now(), At(at + lasting));
    }
    world.Run(Duration::Milliseconds(100));
    // To each host: from itself, from the other, and one for each of the other's timers.
    CHECK(world.arrivals().size() == 2 * 3 * kMessages);
    CHECK(timers == 2 * kMessages);
    world.Finish();
  }
}

}  // namespace lockstep::tests
