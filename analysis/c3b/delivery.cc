// Eventual delivery: see delivery.h.

#include "analysis/c3b/delivery.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

constexpr std::size_t kPruneFirst = 4096;

}  // namespace

DeliveryChecker::DeliveryChecker(std::shared_ptr<StreamFacts> facts, bool is_to_all,
                                 std::vector<core::NodeId> if_correct,
                                 std::optional<std::uint64_t> retain)
    : StreamChecker("L", "eventual delivery", facts,
                    trace::Interest(Bit(EventKind::kEnd))
                        .Add(core::Fact::kCarries, trace::Phase::kSent)
                        .Add(core::NoteKind::kDelivered)
                        .Add(core::NoteKind::kQuacked)
                        .Add(core::NoteKind::kSkipped)),
      is_to_all_(is_to_all),
      if_correct_(std::move(if_correct)),
      retain_(retain),
      cut_(facts->recipe().heal),
      halfway_(cut_ + core::Duration::Picoseconds(facts->recipe().settle.ps() / 2)),
      deadline_(cut_ + facts->recipe().settle),
      line_(facts->NewSet().line()),
      sent_(facts->senders().size),
      has_sent_(facts->senders().size),
      prune_at_(kPruneFirst),
      delivered_(facts->receivers().size, facts->NewSet()),
      skipped_(facts->receivers().size, facts->NewSet()),
      excused_(skipped_),
      reach_(facts->receivers().size, 0),
      quacks_(facts->senders().size),
      quacks_halfway_(facts->senders().size),
      late_(kSkipped + 1, 0) {}

std::size_t DeliveryChecker::size() const {
  std::size_t sum = 0;
  for (const PlaceSet& places : sent_) sum += places.intervals().size();
  for (const core::SeqSet& held : delivered_) sum += held.size();
  return sum;
}

void DeliveryChecker::Judge(const Event& event) {
  if (event.at > halfway_ && delivered_halfway_.empty()) delivered_halfway_ = delivered_;
  if (event.kind == EventKind::kEnd) {
    is_run_long_enough_ = event.value == 0 && event.at >= deadline_;
  } else if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    OnSent(event);
  } else if (event.Is(core::NoteKind::kDelivered)) {
    OnDelivered(event);
  } else if (event.Is(core::NoteKind::kSkipped)) {
    OnSkipped(event);
  } else if (event.Is(core::NoteKind::kQuacked)) {
    if (event.at > deadline_ || !facts().senders().Has(event.node)) return;
    const std::size_t sender = event.node.value() - facts().senders().first.value();
    Quack& quack = quacks_[sender];
    if (event.value <= quack.below) return;
    quack = {event.value, event.at};
    if (event.at <= halfway_) quacks_halfway_[sender] = quack;
  }
}

void DeliveryChecker::OnSent(const Event& event) {
  if (event.at > cut_ || !facts().IsOutward(event.node, event.peer)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) return;
  sent_end_ = std::max(sent_end_, run->Last() + 1);
  const std::uint32_t sender = event.node.value() - facts().senders().first.value();
  has_sent_[sender] = true;
  PlaceSet& places = sent_[sender];
  core::ForEachLane(*run, line_.lanes(),
                    [&](std::uint64_t lane, std::uint64_t begin, std::uint64_t end) {
                      places.Assign(line_.Begin(lane) + begin, line_.Begin(lane) + end, {});
                    });
  if (places.intervals().size() >= prune_at_) Prune();
}

void DeliveryChecker::OnDelivered(const Event& event) {
  if (event.at > deadline_ || !facts().receivers().Has(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run) return;
  const std::uint32_t receiver = event.node.value() - facts().receivers().first.value();
  reach_[receiver] = std::max(reach_[receiver], run->Last() + 1);
  // After the cut, what was not transmitted by then is of no interest.
  if (event.at > cut_ && run->first >= sent_end_) return;
  delivered_[receiver].Insert(*run);
}

void DeliveryChecker::OnSkipped(const Event& event) {
  const std::optional<core::Run> run = RunOf(event, facts().period());
  if (!run || event.at > deadline_ || !facts().receivers().Has(event.node)) return;
  if (!is_to_all_ || !facts().IsCorrect(event.node)) return;
  const std::uint32_t receiver = event.node.value() - facts().receivers().first.value();
  const std::uint64_t excused_below = ExcusedBelow(event.node, *run);
  const std::uint64_t excused =
      excused_below <= run->first
          ? 0
          : std::min(run->count, (excused_below - run->first + run->stride - 1) / run->stride);
  excused_[receiver].Insert(run->Part(0, excused));
  skipped_[receiver].Insert(run->Part(excused, run->count - excused));
}

std::uint64_t DeliveryChecker::ExcusedBelow(core::NodeId by, const core::Run& run) const {
  if (!retain_) return 0;
  std::optional<std::uint64_t> least;
  for (std::uint32_t i = 0; i < delivered_.size(); ++i) {
    const core::NodeId peer = facts().receivers().Replica(i);
    if (peer == by || !facts().IsCorrect(peer) || !HasAny(delivered_[i], run)) continue;
    const std::uint64_t below = reach_[i] - std::min(reach_[i], *retain_);
    least = std::min(least.value_or(below), below);
  }
  return least.value_or(0);
}

bool DeliveryChecker::HasAny(const core::SeqSet& held, const core::Run& run) const {
  if (run.first < held.Frontier()) return true;
  bool has_any = false;
  const std::uint64_t lanes = line_.lanes();
  held.ForEachHeld(run.first, run.Last() + 1, [&](const core::Run& each) {
    // A run that is skipped is of one lane, or of all.
    has_any |= run.stride < lanes || each.first % lanes == run.first % lanes;
  });
  return has_any;
}

void DeliveryChecker::Prune() {
  std::uint64_t everywhere = ~std::uint64_t{0};
  for (std::uint32_t i = 0; i < delivered_.size(); ++i) {
    if (!facts().IsCorrect(facts().receivers().Replica(i))) continue;
    everywhere = std::min(everywhere, delivered_[i].Frontier());
  }
  const core::LaneLine::Cut cut = line_.CutAt(std::min(everywhere, kSeqLimit - 1));
  std::size_t most = 0;
  for (PlaceSet& places : sent_) {
    places.CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
    most = std::max(most, places.intervals().size());
  }
  prune_at_ = std::max(kPruneFirst, 2 * most);
}

DeliveryChecker::PlaceSet DeliveryChecker::Transmitted() const {
  PlaceSet all;
  std::vector<PlaceSet::Interval> scratch;
  for (std::uint32_t i = 0; i < sent_.size(); ++i) {
    if (!facts().IsCorrect(facts().senders().Replica(i))) continue;
    all.UpdateEach(sent_[i].intervals(), scratch,
                   [](const auto&, std::uint64_t, std::uint64_t, const Present*) {
                     return std::optional<Present>(Present{});
                   });
  }
  return all;
}

DeliveryChecker::PlaceSet DeliveryChecker::Without(PlaceSet places,
                                                   const core::SeqSet& held) const {
  const core::LaneLine::Cut cut = line_.CutAt(held.Frontier());
  places.CutEachBelow([&](std::uint64_t place) { return cut.InLaneOf(place); });
  std::vector<core::SeqSet::Stretch> above;
  held.ForEachHeld(held.Frontier(), held.End(), [&](const core::Run& run) {
    const std::uint64_t begin = line_.Place(run.first);
    above.push_back({begin, begin + run.count});
  });
  std::vector<PlaceSet::Interval> scratch;
  places.UpdateEach(above, scratch, [](const auto&, std::uint64_t, std::uint64_t, const Present*) {
    return std::optional<Present>();
  });
  return places;
}

DeliveryChecker::Lack DeliveryChecker::LackOf(const PlaceSet& places) const {
  Lack lack{0, ~std::uint64_t{0}, 0};
  for (const auto& interval : places.intervals()) {
    lack.count += interval.end - interval.begin;
    lack.first = std::min(lack.first, line_.Number(interval.begin));
    lack.last = std::max(lack.last, line_.Number(interval.end - 1));
  }
  return lack;
}

void DeliveryChecker::Finish() {
  const auto is_correct = [&](core::NodeId node) { return facts().IsCorrect(node); };
  if (!std::ranges::all_of(if_correct_, is_correct)) return;
  bool is_any_sent = false;
  for (std::uint32_t i = 0; i < sent_.size(); ++i) {
    is_any_sent |= has_sent_[i] && facts().IsCorrect(facts().senders().Replica(i));
  }
  if (!is_any_sent || !is_run_long_enough_) return;
  if (delivered_halfway_.empty()) delivered_halfway_ = delivered_;
  const PlaceSet transmitted = Transmitted();
  PlaceSet by_nobody = transmitted;
  PlaceSet by_nobody_halfway = transmitted;
  for (std::uint32_t i = 0; i < delivered_.size(); ++i) {
    const core::NodeId receiver = facts().receivers().Replica(i);
    if (!facts().IsCorrect(receiver)) continue;
    SetExercised();
    if (is_to_all_) {
      const PlaceSet lacks = Without(transmitted, delivered_[i]);
      const PlaceSet without_excuse = Without(lacks, excused_[i]);
      if (without_excuse.intervals() != lacks.intervals()) SetUnsure();
      JudgeLack(receiver, Without(transmitted, delivered_halfway_[i]), without_excuse);
    } else {
      by_nobody = Without(std::move(by_nobody), delivered_[i]);
      by_nobody_halfway = Without(std::move(by_nobody_halfway), delivered_halfway_[i]);
    }
  }
  if (!is_to_all_) JudgeLack(std::nullopt, by_nobody_halfway, by_nobody);
}

void DeliveryChecker::JudgeLack(std::optional<core::NodeId> receiver, const PlaceSet& halfway,
                                const PlaceSet& in_the_end) {
  const Lack before = LackOf(halfway);
  const Lack now = LackOf(in_the_end);
  if (now.count == 0) return;
  const Late late = Classify(receiver, before, now);
  ++late_[late];
  Object(deadline_, receiver, [&] {
    return absl::StrCat(receiver ? Host(*receiver) : "no correct receiver",
                        " has not delivered k′ ", now.first, ", one of ", now.count,
                        " that were transmitted by the heal; ", Explain(before, now, late));
  });
}

DeliveryChecker::Late DeliveryChecker::Classify(std::optional<core::NodeId> receiver,
                                                const Lack& before, const Lack& now) const {
  if (receiver &&
      skipped_[receiver->value() - facts().receivers().first.value()].Contains(now.first))
    return kSkipped;
  const bool has_moved = now.first != before.first;
  const bool is_coming = now.count < before.count;
  if (is_coming && has_moved) return kSlow;
  if (facts().stream().throughput == Published::kQuack) {
    const Quack quack = HighestOf(quacks_);
    if (now.first < quack.below) return kLeftBehind;
    // What holes keep from moving on comes when they are filled.
    return quack.since <= halfway_ ? kQuackStands : kSlow;
  }
  return is_coming ? kSlow : kStuck;
}

std::string DeliveryChecker::SlowText(std::uint64_t came, std::uint64_t left,
                                      const char* what) const {
  const auto half_us = static_cast<std::uint64_t>((deadline_ - halfway_).ps()) / 1'000'000;
  const std::uint64_t left_ms = (left * half_us / came + 999) / 1000;
  return absl::StrCat("slow: ", came, what, " in the last ", half_us / 1000, " ms, ",
                      came * 1'000'000 / std::max<std::uint64_t>(1, half_us),
                      " a second, so that all would be there ", left_ms, " ms later");
}

std::string DeliveryChecker::Explain(const Lack& before, const Lack& now, Late late) const {
  constexpr std::int64_t kPsPerMs = 1'000'000'000;
  switch (late) {
    case kSlow:
      return before.count > now.count
                 ? SlowText(before.count - now.count, now.count, " came")
                 : SlowText(HighestOf(quacks_).below - HighestOf(quacks_halfway_).below,
                            now.last + 1 - HighestOf(quacks_).below,
                            " below these came past the QUACK");
    case kLeftBehind:
      return absl::StrCat("stuck, left behind: it is below the QUACK ", HighestOf(quacks_).below,
                          ", so that no sender sends it again");
    case kSkipped:
      return "skipped: it went past it, as no peer had it any more";
    case kQuackStands: {
      const Quack quack = HighestOf(quacks_);
      return absl::StrCat("stuck: the QUACK stands at ", quack.below, " since ",
                          quack.since.ps() / kPsPerMs, " ms");
    }
    case kStuck:
      break;
  }
  return "stuck: nothing of it came in the second half of the settling time";
}

std::string_view DeliveryChecker::cause() const {
  constexpr std::array<std::pair<Late, std::string_view>, 5> kCauses = {
      {{kQuackStands, "the QUACK stands"},
       {kSkipped, "skipped"},
       {kLeftBehind, "left behind"},
       {kStuck, "stuck"},
       {kSlow, "slow"}}};
  for (const auto& [late, cause] : kCauses)
    if (late_[late] > 0) return cause;
  return {};
}

Outlook DeliveryChecker::outlook() const {
  if (late_[kQuackStands] + late_[kSlow] + late_[kLeftBehind] > 0) return Outlook::kMayCome;
  const bool is_all = late_[kSkipped] > 0 && late_[kStuck] == 0;
  return is_all ? Outlook::kNeverComes : Outlook::kUnclear;
}

DeliveryChecker::Quack DeliveryChecker::HighestOf(const std::vector<Quack>& quacks) const {
  Quack highest;
  for (std::uint32_t i = 0; i < quacks.size(); ++i) {
    if (!facts().IsCorrect(facts().senders().Replica(i))) continue;
    const Quack& quack = quacks[i];
    const bool is_earlier = quack.below == highest.below && quack.since < highest.since;
    if (quack.below > highest.below || is_earlier) highest = quack;
  }
  return highest;
}

namespace {

// The hosts of {"if_correct": [...]}, which may be left out; none where that is no list of
// replicas.
std::optional<std::vector<core::NodeId>> IfCorrect(const Charge& charge) {
  std::vector<core::NodeId> hosts;
  const auto list = charge.promise.parameters.find("if_correct");
  if (list == charge.promise.parameters.end()) return hosts;
  if (!list->is_array()) return std::nullopt;
  const auto& clusters = charge.recipe->clusters;
  for (const nlohmann::json& host : *list) {
    constexpr std::uint64_t kMost = std::numeric_limits<std::uint32_t>::max();
    if (!host.is_number_unsigned() || host.get<std::uint64_t>() > kMost) return std::nullopt;
    hosts.emplace_back(host.get<std::uint32_t>());
    const auto has = [&](const core::Cluster& cluster) { return cluster.Has(hosts.back()); };
    if (!std::ranges::any_of(clusters, has)) return std::nullopt;
  }
  return hosts;
}

// {"to": "all"} or {"to": "one"}; and {"if_correct": [host, ...]}, {"retain": messages}.
absl::StatusOr<std::unique_ptr<Checker>> MakeDelivery(const Charge& charge) {
  const absl::StatusOr<std::shared_ptr<StreamFacts>> facts = FactsFor(charge);
  if (!facts.ok()) return facts.status();
  const nlohmann::json to = charge.promise.parameters.value("to", nlohmann::json());
  if (to != "all" && to != "one") {
    return absl::InvalidArgumentError(R"(want the parameter "to" as "all" or "one")");
  }
  std::optional<std::vector<core::NodeId>> if_correct = IfCorrect(charge);
  if (!if_correct) {
    return absl::InvalidArgumentError(
        R"(want the parameter "if_correct" as a list of numbers of hosts)");
  }
  const nlohmann::json retain = charge.promise.parameters.value("retain", nlohmann::json());
  if (!retain.is_null() && !retain.is_number_unsigned()) {
    return absl::InvalidArgumentError(R"(want the parameter "retain" as a number of messages)");
  }
  return std::make_unique<DeliveryChecker>(
      *facts, to == "all", *std::move(if_correct),
      retain.is_null() ? std::nullopt : std::optional(retain.get<std::uint64_t>()));
}

// In the order of DeliveryChecker::Late.
constexpr std::array kDeliveryCounts = {
    CountInfo{"late_left_behind", "receivers",
              "that lack what is below the QUACK: sum over streams", ""},
    CountInfo{"late_quack_stands", "receivers", "that lack something, while the QUACK stands still",
              ""},
    CountInfo{"late_stuck", "receivers", "that lack something, stuck for another reason", ""},
    CountInfo{"late_slow", "receivers", "that lack something, and still get it", ""},
    CountInfo{"late_skipped", "receivers", "that lack what they went past, as no peer had it", ""},
};

}  // namespace

const Oracle kDeliveryOracle = {"L", &MakeDelivery, kDeliveryCounts, {}, Nature::kLiveness};

}  // namespace lockstep::analysis
