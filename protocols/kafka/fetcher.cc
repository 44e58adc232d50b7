// Fetching from one broker: see fetcher.h.

#include "protocols/kafka/fetcher.h"

#include <optional>
#include <utility>

namespace lockstep::kafka {
namespace {

// Requests of one life.
constexpr int kLifeBits = 40;

}  // namespace

Fetcher::Fetcher(const Topic& topic, std::uint32_t leader, std::uint64_t incarnation)
    : topic_(topic), leader_(leader), id_(incarnation << kLifeBits) {
  for (std::uint64_t p = leader; p < topic.partitions(); p += topic.brokers.size)
    offsets_.push_back(0);
}

Fetch Fetcher::Ask(core::Instant now, const FetchLimits& limits) {
  asked_at_ = now;
  return {++id_, limits, offsets_};
}

Fetcher::Taken Fetcher::Take(const Message& fetched) {
  Taken taken;
  for (const core::Records& batch : fetched.data) {
    const std::optional<Place> place = PlaceOf(batch, topic_);
    if (!place || topic_.LeaderOf(place->partition) != leader_) return {Verdict::kWrong, {}, {}};
  }
  if (fetched.id != id_) taken.verdict = Verdict::kLate;
  const std::uint64_t stride = topic_.partitions();
  for (const core::Records& batch : fetched.data) {
    const Place place = *PlaceOf(batch, topic_);
    std::uint64_t& next = offsets_[place.partition / topic_.brokers.size];
    const std::uint64_t end = place.offset + batch.run.count;
    if (end <= next) continue;
    // A gap in an old answer may be one that was closed since, or an earlier life's.
    if (place.offset > next && taken.verdict == Verdict::kLate) continue;
    if (place.offset > next)
      taken.gone.push_back({next * stride + place.partition, place.offset - next, stride});
    taken.fresh.push_back(place.offset >= next ? batch : From(batch, topic_, next));
    next = end;
  }
  return taken;
}

}  // namespace lockstep::kafka
