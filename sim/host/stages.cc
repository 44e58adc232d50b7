// FIFO servers on cores: see stages.h.

#include "sim/host/stages.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"

#include "protocols/core/check.h"
#include "sim/net/line_rate.h"

namespace lockstep::sim {
namespace {

// `count` units at this price. Each draw stands for count / draws of them, rounded so that all
// are paid for: the mean is right for any count, the spread of a large one is a little too wide.
core::Duration DrawUnits(const Distribution& per_unit, std::uint64_t count, core::Random& random) {
  const std::uint64_t draws = std::min(count, Stages::kDrawsMax);
  core::Duration sum;
  for (std::uint64_t i = 0; i < draws; ++i) {
    const std::uint64_t units = count / draws + (i < count % draws ? 1 : 0);
    sum += per_unit.Sample(random) * static_cast<std::int64_t>(units);
  }
  return sum;
}

}  // namespace

Stages::Stages(const Profile& profile, const core::Random& random)
    : is_noisy_(profile.noise.per_second > 0) {
  for (const std::string& name : profile.cores)
    cores_.emplace_back(CoreNoise(profile.noise, random.Fork(absl::StrCat("noise/", name))));
  for (std::size_t i = 0; i < profile.stages.size(); ++i) {
    const StageSpec& spec = profile.stages[i];
    CHECK(spec.core < profile.cores.size());
    CHECK(spec.feeder < profile.stages.size());
    Stage stage;
    stage.spec = &spec;
    stage.core = spec.core;
    stage.feeder_core = profile.stages[spec.feeder].core;
    // What the protocol stage is handed are messages: see ArrivalAt.
    const bool is_fed_work = i > Profile::kProtocolStage;
    stage.is_handed_over =
        is_fed_work && stage.core != stage.feeder_core && !spec.hand_off.is_zero();
    stage.follows = spec.feeder > Profile::kProtocolStage ? spec.feeder : i;
    const auto sharing =
        std::count_if(profile.stages.begin(), profile.stages.end(),
                      [&](const StageSpec& other) { return other.core == spec.core; });
    stage.is_served_on_arrival =
        is_fed_work && ((stage.is_handed_over && sharing > 1) || stage.follows != i);
    stage.prices = random.Fork(absl::StrCat("price/", spec.name));
    stage.hand_offs = random.Fork(absl::StrCat("hand_off/", spec.name));
    if (is_fed_work) stage.completions.resize(spec.queue);
    stages_.push_back(std::move(stage));
  }
}

core::Duration Stages::CostOf(const Price& price, std::uint64_t count, core::ByteCount bytes) {
  core::Random& random = stages_[price.stage].prices;
  core::Duration cost = price.per_unit.is_constant()
                            ? price.per_unit.Sample(random) * static_cast<std::int64_t>(count)
                            : DrawUnits(price.per_unit, count, random);
  cost += price.per_byte * bytes.value();
  if (slow_numerator_ == slow_denominator_) return cost;
  const absl::int128 scaled = absl::int128(cost.ps()) * slow_numerator_ / slow_denominator_;
  return core::Duration::Picoseconds(static_cast<std::int64_t>(scaled));
}

core::Instant Stages::HandOver(Stage& stage, core::Instant from) {
  const core::Duration takes = stage.spec->hand_off.Sample(stage.hand_offs);
  return stage.last_arrival = std::max(stage.last_arrival, from + takes);
}

core::Instant Stages::Serve(const Price& price, std::uint64_t count, core::ByteCount bytes,
                            core::Instant at) {
  Stage& stage = stages_[price.stage];
  const core::Duration cost = CostOf(price, count, bytes);
  if (cost.ps() == 0 && !stage.is_handed_over) return at;
  Core& core = cores_[stage.core];
  if (is_noisy_) Idle(core, at);
  core.free = Later(std::max(core.free, at), cost);
  core.busy += cost;
  if (is_noisy_) Prolong(core);
  const core::Instant done = core.free;
  if (!stage.completions.empty()) StallFeeder(stage, done);
  return done;
}

void Stages::Idle(Core& core, core::Instant until) {
  for (; core.noise.begins() <= until; core.noise.Pass())
    core.free = Later(std::max(core.free, core.noise.begins()), core.noise.lasts());
}

void Stages::Prolong(Core& core) {
  for (; core.noise.begins() < core.free && core.free < kNever; core.noise.Pass())
    core.free = Later(core.free, core.noise.lasts());
}

void Stages::StallFeeder(Stage& stage, core::Instant done) {
  stage.completions[stage.oldest] = done;
  stage.oldest = (stage.oldest + 1) % stage.completions.size();
  const core::Instant room = stage.completions[stage.oldest];
  Core& feeder = cores_[stage.feeder_core];
  if (feeder.free >= room) return;
  if (is_noisy_) Idle(feeder, room);
  feeder.free = std::max(feeder.free, room);
}

void Stages::SetSpeed(std::uint64_t numerator, std::uint64_t denominator) {
  CHECK(numerator > 0);
  CHECK(denominator > 0);
  slow_numerator_ = numerator;
  slow_denominator_ = denominator;
}

void Stages::Pause(core::Instant now, core::Duration lasting) {
  for (Core& core : cores_) {
    if (is_noisy_) Idle(core, now);
    core.noise.Postpone(lasting);
    core.free = Later(std::max(core.free, now), lasting);
  }
  for (Stage& stage : stages_) {
    for (core::Instant& done : stage.completions)
      if (done > now) done = done + lasting;
    stage.last_arrival = std::max(stage.last_arrival, now) + lasting;
  }
}

core::Duration Stages::busy() const {
  core::Duration sum;
  for (const Core& core : cores_) sum += core.busy;
  return sum;
}

void Stages::Clear(core::Instant now) {
  for (Core& core : cores_) core.free = now;
  for (Stage& stage : stages_) {
    std::fill(stage.completions.begin(), stage.completions.end(), core::Instant());
    stage.last_arrival = now;
  }
}

}  // namespace lockstep::sim
