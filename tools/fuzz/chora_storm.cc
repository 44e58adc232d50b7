// Faults that are drawn: see chora_storm.h.

#include "tools/fuzz/chora_storm.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using core::Instant;
using nlohmann::json;

std::string Ns(std::int64_t ps) {
  return absl::StrCat(std::max<std::int64_t>(ps / 1'000, 1), "ns");
}

// Draws one fault after the other, in rounds.
class Storm {
 public:
  Storm(const chora::Config& config, std::int64_t stormy, const Draw& draw, Dice dice)
      : config_(config), stormy_(stormy), draw_(draw), dice_(std::move(dice)) {}

  json Take() {
    DrawNetwork();
    DrawHosts();
    DrawClocks();
    DrawCrashes();
    if (config_.clock == chora::ClockMode::kSynced && dice_.Percent(20)) DrawAmbush();
    return std::move(faults_);
  }

 private:
  std::string Host() { return absl::StrCat("a", dice_.Below(config_.replicas())); }
  json Percent(std::uint64_t least, std::uint64_t most) {
    return json::array({dice_.Between(least, most), 100});
  }
  // Some time in the storm.
  Duration Rounds(std::uint64_t least, std::uint64_t most) {
    return draw_.interval * static_cast<std::int64_t>(dice_.Between(least, most)) +
           Duration::Picoseconds(static_cast<std::int64_t>(
               dice_.Below(static_cast<std::uint64_t>(draw_.interval.ps()))));
  }
  std::string RoundsNs(std::uint64_t least, std::uint64_t most) {
    return Ns(Rounds(least, most).ps());
  }
  Instant SomeTime() {
    return draw_.first_round + Rounds(0, static_cast<std::uint64_t>(stormy_) - 2);
  }

  json& Add(const char* kind, json body) {
    json fault = {{"id", absl::StrCat(kind, faults_.size())}, {"expect_effect", 0}};
    fault[kind] = std::move(body);
    faults_.push_back(std::move(fault));
    return faults_.back();
  }
  // One that lasts from some time on, at times to the end of the storm.
  void AddFor(const char* kind, json body, std::uint64_t rounds_most) {
    const Instant at = SomeTime();
    json& fault = Add(kind, std::move(body));
    fault["at"] = Ns((at - Instant()).ps());
    fault["for"] = RoundsNs(1, rounds_most);
  }
  // One of messages, for all of the storm or for a part of it.
  void AddOfMessages(const char* kind, json body, json probability) {
    json& fault = Add(kind, std::move(body));
    fault["prob"] = std::move(probability);
    if (dice_.Percent(60)) return;
    fault["at"] = Ns((SomeTime() - Instant()).ps());
    fault["for"] = RoundsNs(5, static_cast<std::uint64_t>(stormy_));
  }
  json SomeLinks() {
    if (dice_.Percent(70)) return json::object();
    json link = json::object();
    if (dice_.Percent(70)) link["src"] = Host();
    if (link.empty() || dice_.Percent(50)) link["dst"] = Host();
    return {{"link", std::move(link)}};
  }

  void DrawNetwork() {
    if (dice_.Percent(60)) AddOfMessages("loss", SomeLinks(), Percent(1, 40));
    if (dice_.Percent(60)) {
      json body = SomeLinks();
      body["max"] = RoundsNs(0, dice_.Between(1, 9) * config_.depth);
      AddOfMessages("delay", std::move(body), Percent(5, 60));
    }
    // Old messages, which come up in a later life, and those that come up again there.
    if (dice_.Percent(40)) {
      json body = SomeLinks();
      body["max"] = RoundsNs(10, 60 * config_.depth);
      AddOfMessages("delay", std::move(body), Percent(1, 15));
    }
    if (dice_.Percent(25)) {
      json body = SomeLinks();
      body["copies"] = 1;
      body["spacing"] = RoundsNs(5, 60);
      AddOfMessages("duplicate", std::move(body), Percent(1, 10));
    }
    // Links that are slow, or dead, for a while.
    for (std::uint64_t i = dice_.Percent(40) ? dice_.Between(1, 4) : 0; i > 0; --i) DrawEpisode();
    if (dice_.Percent(25)) {
      json body = SomeLinks();
      body["window"] = RoundsNs(0, 2);
      AddOfMessages("reorder", std::move(body), Percent(10, 80));
    }
    if (dice_.Percent(40)) {
      json body = SomeLinks();
      body["copies"] = dice_.Between(1, 2);
      body["spacing"] = RoundsNs(0, 3);
      AddOfMessages("duplicate", std::move(body), Percent(1, 20));
    }
    if (dice_.Percent(15)) {
      static constexpr const char* kTypes[] = {"chora.round", "chora.repair", "chora.forward",
                                               "chora.recover"};
      json body = SomeLinks();
      body["msg"]["type"] = kTypes[dice_.Below(std::size(kTypes))];
      AddOfMessages("drop", std::move(body), Percent(30, 100));
    }
    for (std::uint64_t i = dice_.Percent(30) ? dice_.Between(1, 4) : 0; i > 0; --i) DrawBreach();
  }

  void DrawEpisode() {
    json body = {{"link", {{"src", Host()}}}};
    if (dice_.Percent(70)) body["link"]["dst"] = Host();
    const bool is_slow = dice_.Percent(60);
    if (is_slow) body["max"] = RoundsNs(1, 9 * config_.depth);
    const Instant at = SomeTime();
    json& fault = Add(is_slow ? "delay" : "loss", std::move(body));
    fault["prob"] = Percent(80, 100);
    fault["at"] = Ns((at - Instant()).ps());
    fault["for"] = RoundsNs(3, 30);
  }

  void DrawBreach() {
    json body = {{"link", {{"src", Host()}}},
                 {"msg", {{"type", "chora.round"}}},
                 {"bound", Ns(config_.round_length.ps())},
                 {"over_by", RoundsNs(0, 2)}};
    if (dice_.Percent(60)) body["link"]["dst"] = Host();
    if (dice_.Percent(50)) {
      body["round"] = dice_.Below(static_cast<std::uint64_t>(stormy_));
      Add("round_breach", std::move(body));
    } else {
      AddOfMessages("round_breach", std::move(body), Percent(10, 60));
    }
  }

  void DrawHosts() {
    for (std::uint64_t i = dice_.Below(4); i > 0; --i) {
      // At times for longer than every window.
      const std::uint64_t most = dice_.Percent(10) ? 2 * config_.hard_window : 12;
      AddFor(dice_.Percent(75) ? "pause" : "freeze", {{"target", Host()}}, most);
    }
    if (dice_.Percent(15)) AddFor("nic_stall", {{"target", Host()}}, 10);
    if (dice_.Percent(10))
      AddFor("slow_cpu", {{"target", Host()}, {"factor", dice_.Between(2, 20)}}, 40);
  }

  void DrawClocks() {
    if (dice_.Percent(40)) return;
    const bool is_self = config_.clock == chora::ClockMode::kSelf;
    for (std::uint64_t i = dice_.Between(1, 4); i > 0; --i) {
      const std::string host = Host();
      json body = {{"target", host}, {"clock", is_self ? "monotonic" : "synced"}};
      const std::uint64_t what = dice_.Below(10);
      if (what < 2) {
        AddFor("clock_freeze", std::move(body), 12);
      } else if (what < 4) {
        body["ppb"] = dice_.Between(1'000, is_self ? 1'000'000 : 200'000'000);
        if (dice_.Percent(50)) body["slow"] = true;
        AddFor("clock_drift", std::move(body), static_cast<std::uint64_t>(stormy_));
      } else {
        // At times far ahead, beyond every window; but a monotonic clock leaps nowhere.
        const bool leaps = !is_self && dice_.Percent(40);
        if (leaps) leaper_ = host;
        body["by"] = leaps ? RoundsNs(2, config_.hard_window + 8) : RoundsNs(0, is_self ? 0 : 1);
        if (!leaps && dice_.Percent(50)) body["back"] = true;
        AddFor("clock_offset", std::move(body), static_cast<std::uint64_t>(stormy_));
      }
    }
  }

  // One after the other as the budget allows, most of them in the middle of what the host does.
  void DrawCrashes() {
    const std::uint64_t most = dice_.Percent(70) ? dice_.Between(1, 3 + config_.replicas()) : 0;
    for (std::uint64_t i = 0; i < most; ++i) {
      // Preferably of whoever has acted furthest ahead.
      const bool is_leaper = !leaper_.empty() && dice_.Percent(50);
      const std::string host = is_leaper ? leaper_ : Host();
      json body = {{"target", host}, {"within_budget", true}, {"state", "amnesia"}};
      if (dice_.Percent(25)) body["scope"] = "machine";
      if (!dice_.Percent(8)) body["restart_after"] = RoundsNs(0, dice_.Percent(50) ? 4 : 30);
      const bool is_armed = dice_.Percent(60);
      if (is_armed) {
        body["before_effect"] = dice_.Percent(40) ? 1 : dice_.Between(2, 12);
        if (dice_.Percent(50)) body["on"] = "send";
      }
      json& fault = Add("crash", std::move(body));
      fault["at"] = Ns((SomeTime() - Instant()).ps());
      if (is_armed) fault["until"] = Ns((draw_.heal - Instant()).ps());
    }
  }

  // One whose clock is far ahead, up to all that its ring holds, dies and comes back while the
  // clocks of the others stand still: they answer it, and have acted on nothing meanwhile. So its
  // floor is the least that there can be, and what it has forgotten the most.
  void DrawAmbush() {
    const auto last = static_cast<std::uint64_t>(stormy_);
    const Instant at = draw_.first_round + Rounds(0, last - 2 * config_.depth - 12);
    const auto ns = [](Instant when) { return Ns((when - Instant()).ps()); };
    const std::uint64_t victim = dice_.Below(config_.replicas());
    const std::uint64_t ahead =
        dice_.Percent(50) ? config_.hard_window + 8 : config_.ring_rounds + 8;
    const Duration lead = Rounds(1, 2 * config_.depth + 2);
    for (std::uint32_t i = 0; i < config_.replicas(); ++i) {
      const std::string host = absl::StrCat("a", i);
      const bool is_victim = i == victim;
      json body = {{"target", host}, {"clock", "synced"}};
      if (is_victim) body["by"] = RoundsNs(config_.hard_window, ahead);
      json& fault = Add(is_victim ? "clock_offset" : "clock_freeze", std::move(body));
      fault["at"] = ns(is_victim ? at : at + lead);
      fault["for"] = RoundsNs(8, std::min<std::uint64_t>(last, 30));
    }
    json body = {
        {"target", absl::StrCat("a", victim)}, {"within_budget", true}, {"state", "amnesia"}};
    body["restart_after"] = RoundsNs(0, 2);
    json& fault = Add("crash", std::move(body));
    fault["at"] = ns(at + lead + Rounds(0, 4));
  }

  const chora::Config& config_;
  std::int64_t stormy_;
  const Draw& draw_;
  Dice dice_;
  std::string leaper_;  // whose clock is far ahead at times; empty: nobody's
  json faults_ = json::array();
};

}  // namespace

json DrawFaults(const chora::Config& config, std::int64_t stormy, const Draw& draw, Dice dice) {
  return Storm(config, stormy, draw, std::move(dice)).Take();
}

}  // namespace lockstep::fuzz
