// From the first offer to each delivery: see latency.h.

#include "analysis/latency.h"

#include <array>
#include <bit>
#include <optional>
#include <utility>

#include "analysis/c3b/schedule.h"
#include "analysis/c3b/stream_facts.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

constexpr std::uint64_t kGroupSize = 64;

std::uint64_t BitOf(std::uint64_t receiver) { return std::uint64_t{1} << (receiver % kGroupSize); }

struct NamedQuantile {
  const char* name;
  std::uint64_t per_mille;
};
constexpr std::array<NamedQuantile, 4> kQuantiles = {
    {{"p50_us", 500}, {"p90_us", 900}, {"p99_us", 990}, {"p999_us", 999}}};

double Microseconds(std::uint64_t ps) { return static_cast<double>(ps) / 1e6; }

}  // namespace

Latency::Latency(std::shared_ptr<const Recipe> recipe, std::size_t stream)
    : recipe_(std::move(recipe)),
      stream_(&recipe_->streams[stream]),
      senders_(&recipe_->cluster(stream_->from)),
      receivers_(&recipe_->cluster(stream_->to)),
      is_for_all_(stream_->is_for_all),
      is_faulty_(receivers_->size, false) {
  const std::uint64_t arrivals = is_for_all_ ? receivers_->size : 1;
  groups_.resize((arrivals + kGroupSize - 1) / kGroupSize);
  for (std::uint64_t i = 0; i < arrivals; ++i) groups_[i / kGroupSize].awaited |= BitOf(i);
  const Schedule schedule = ScheduleOf(*recipe_, *stream_);
  // A number that the turns don't share, lest all that is measured be of the same ones.
  if (schedule.is_dense()) one_in_ = schedule.lanes() % 61 == 0 ? 59 : 61;
  for (Group& group : groups_) group.lanes.resize(one_in_ > 1 ? 1 : schedule.set_lanes());
}

template <typename Visit>
void Latency::ForEachMeasured(const core::Run& run, Visit&& visit) const {
  if (one_in_ == 1) return core::ForEachLane(run, groups_[0].lanes.size(), visit);
  const std::uint64_t step = run.stride == 1 ? one_in_ : 1;
  const std::uint64_t begin = run.stride == 1 ? (one_in_ - run.first % one_in_) % one_in_ : 0;
  for (std::uint64_t i = begin; i < run.count; i += step) {
    const std::uint64_t number = run.At(i);
    if (number % one_in_ == 0) visit(0, number / one_in_, number / one_in_ + 1);
  }
}

Latency::Journey Latency::Without(const Journey& journey, std::uint64_t bit) {
  const std::uint64_t awaited = journey.awaited & ~bit;
  return awaited == 0 ? Journey{} : Journey{journey.offered, awaited};
}

trace::Interest Latency::Wants() const {
  return trace::Interest(Bit(EventKind::kFaulty))
      .Add(core::Fact::kCarries, trace::Phase::kSent)
      .Add(core::NoteKind::kDelivered);
}

void Latency::OnEvent(const Event& event) {
  if (event.kind == EventKind::kFaulty) OnFaulty(event.node);
  if (event.kind == EventKind::kFaulty || event.stream != stream_->stream) return;
  if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    if (!senders_->Has(event.node) || senders_->Has(event.peer)) return;
    if (const std::optional<core::Run> run = RunOf(event, groups_[0].lanes.size()))
      OnOffered(event.at, *run);
  } else if (event.Is(core::NoteKind::kDelivered)) {
    if (!receivers_->Has(event.node)) return;
    const std::uint64_t receiver = event.node.value() - receivers_->first.value();
    if (is_faulty_[receiver]) return;
    if (const std::optional<core::Run> run = RunOf(event, groups_[0].lanes.size()))
      OnDelivered(event.at, receiver, *run);
  }
}

template <typename Change>
void Latency::Update(Lane& lane, std::uint64_t begin, std::uint64_t end, Change&& change) {
  pieces_ -= lane.intervals().size();
  lane.Update(begin, end, std::forward<Change>(change));
  pieces_ += lane.intervals().size();
}

void Latency::OnOffered(core::Instant at, const core::Run& run) {
  for (Group& group : groups_) {
    const Journey fresh = group.awaited == 0 ? Journey{} : Journey{at, group.awaited};
    ForEachMeasured(run, [&](std::uint64_t i, std::uint64_t b, std::uint64_t e) {
      // Resends change nothing, and to see that is cheaper than to write it.
      bool is_new = false;
      group.lanes[i].ForEach(b, e, [&](std::uint64_t, std::uint64_t, const Journey* journey) {
        is_new |= journey == nullptr;
      });
      if (!is_new) return;
      Update(group.lanes[i], b, e, [&](std::uint64_t, std::uint64_t, const Journey* journey) {
        return std::optional<Journey>(journey == nullptr ? fresh : *journey);
      });
    });
  }
  if (pieces_ > kMostPieces) GiveUpHalf();
}

void Latency::OnDelivered(core::Instant at, std::uint64_t receiver, const core::Run& run) {
  const bool is_measured = at > recipe_->warmup;
  const std::uint64_t arrival = is_for_all_ ? receiver : 0;
  const std::uint64_t bit = BitOf(arrival);
  std::vector<Lane>& lanes = groups_[arrival / kGroupSize].lanes;
  ForEachMeasured(run, [&](std::uint64_t i, std::uint64_t b, std::uint64_t e) {
    Update(lanes[i], b, e, [&](std::uint64_t begin, std::uint64_t end, const Journey* journey) {
      if (journey == nullptr) return std::optional<Journey>();
      if (is_measured && (journey->awaited & bit) != 0) {
        picoseconds_.Add(static_cast<std::uint64_t>((at - journey->offered).ps()), end - begin);
      }
      return std::optional<Journey>(Without(*journey, bit));
    });
  });
}

void Latency::OnFaulty(core::NodeId node) {
  if (!receivers_->Has(node)) return;
  const std::uint64_t receiver = node.value() - receivers_->first.value();
  is_faulty_[receiver] = true;
  if (!is_for_all_) return;
  Group& group = groups_[receiver / kGroupSize];
  group.awaited &= ~BitOf(receiver);
  for (Lane& lane : group.lanes) {
    if (lane.empty()) continue;
    const std::uint64_t begin = lane.intervals().front().begin;
    const std::uint64_t end = lane.intervals().back().end;
    Update(lane, begin, end, [&](std::uint64_t, std::uint64_t, const Journey* journey) {
      if (journey == nullptr) return std::optional<Journey>();
      return std::optional<Journey>(Without(*journey, BitOf(receiver)));
    });
  }
}

// Of each lane the entries with the smaller k′; what lies between them counts as arrived, too, so
// that one entry is left of them.
void Latency::GiveUpHalf() {
  for (Group& group : groups_) {
    for (Lane& lane : group.lanes) {
      const auto& intervals = lane.intervals();
      if (intervals.size() < 2) continue;
      const std::uint64_t begin = intervals.front().begin;
      const std::uint64_t end = intervals[intervals.size() / 2].begin;
      Update(lane, begin, end, [&](std::uint64_t from, std::uint64_t to, const Journey* journey) {
        const int awaited = journey == nullptr ? 0 : std::popcount(journey->awaited);
        given_up_ += static_cast<std::uint64_t>(awaited) * (to - from);
        return std::optional<Journey>(Journey{});
      });
    }
  }
}

nlohmann::json LatencySummary(const Histogram& picoseconds) {
  if (picoseconds.count() == 0) return nullptr;
  nlohmann::json summary = {{"count", picoseconds.count()},
                            {"max_us", Microseconds(picoseconds.max())}};
  for (const NamedQuantile& quantile : kQuantiles) {
    summary[quantile.name] = Microseconds(picoseconds.Quantile(quantile.per_mille, 1000));
  }
  return summary;
}

nlohmann::json Latency::Summary() const {
  nlohmann::json summary = LatencySummary(picoseconds_);
  if (!summary.is_null() && given_up_ > 0) summary["given_up"] = given_up_;
  return summary;
}

}  // namespace lockstep::analysis
