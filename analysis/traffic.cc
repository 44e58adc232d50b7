// Throughput, sends and bytes: see traffic.h.

#include "analysis/traffic.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"

#include "analysis/c3b/schedule.h"
#include "analysis/c3b/stream_facts.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

// The middle of `values`, or the mean of the two in the middle; 0 where there are none.
double Median(std::vector<std::uint64_t> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  const auto at = [&](std::size_t i) { return static_cast<double>(values[i]); };
  return values.size() % 2 == 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}

double Ratio(std::uint64_t count, std::uint64_t of) {
  return of == 0 ? 0 : static_cast<double>(count) / static_cast<double>(of);
}

//   count / length, in thousandths per second, rounded down:  count * 1e15 / length in ps
std::uint64_t MilliRate(std::uint64_t count, core::Duration length) {
  const absl::uint128 rate =
      absl::uint128(count) * 1'000'000'000'000'000 / static_cast<std::uint64_t>(length.ps());
  return static_cast<std::uint64_t>(std::min(rate, absl::uint128(Histogram::kMost)));
}

}  // namespace

Traffic::OfStream::OfStream(const std::shared_ptr<const Recipe>& recipe, std::size_t index)
    : progress(recipe, index),
      progress_at_warmup(progress.numbers()),
      delivered(ScheduleOf(*recipe, recipe->streams[index]).set_period()) {}

Traffic::Traffic(std::shared_ptr<const Recipe> recipe) : recipe_(std::move(recipe)) {
  for (std::size_t i = 0; i < recipe_->streams.size(); ++i) streams_.emplace_back(recipe_, i);
  for (const core::Cluster& cluster : recipe_->clusters) {
    const OfHost none{std::vector<std::uint64_t>(trace::kMetricNames.size(), 0)};
    hosts_.emplace_back(cluster.size, none);
  }
}

trace::Interest Traffic::Wants() const {
  trace::Interest wants = trace::Interest(Bit(EventKind::kFaulty) | Bit(EventKind::kMetric) |
                                          Bit(EventKind::kDropped) | Bit(EventKind::kEnd))
                              .Add(core::Fact::kCarries, trace::Phase::kSent)
                              .Add(core::NoteKind::kQuacked)
                              .Add(core::NoteKind::kDelivered);
  for (const OfStream& stream : streams_) wants.Add(stream.progress.Wants());
  return wants;
}

void Traffic::OnEvent(const Event& event) {
  if (!is_warm_ && event.at > recipe_->warmup) EndWarmup();
  last_ = event.at;
  if (event.kind == EventKind::kMetric) OnMetric(event);
  if (event.kind == EventKind::kDropped && event.value < trace::kDropCauses.size()) {
    drops_[std::string(trace::kDropCauses[event.value])] = {{"count", event.detail},
                                                            {"bytes", event.size.value()}};
  }
  if (event.kind == EventKind::kFaulty) {
    const auto at = std::lower_bound(faulty_.begin(), faulty_.end(), event.node);
    if (at == faulty_.end() || *at != event.node) faulty_.insert(at, event.node);
  }
  if (event.kind != EventKind::kFact && event.kind != EventKind::kNote) return;
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (recipe_->streams[i].stream == event.stream) OnStreamEvent(event, i);
  }
}

void Traffic::EndWarmup() {
  is_warm_ = true;
  for (OfStream& stream : streams_) {
    stream.progress_at_warmup = stream.progress.numbers();
    stream.delivered_at_warmup = stream.delivered.Count();
    stream.measured_most = stream.measured_least = stream.sent_end - stream.quacked_most;
  }
}

void Traffic::Watch(OfStream& of) const {
  const std::uint64_t outstanding = of.sent_end - of.quacked_most;
  of.outstanding_most = std::max(of.outstanding_most, outstanding);
  if (!is_warm_) return;
  of.measured_most = std::max(of.measured_most, outstanding);
  of.measured_least = std::min(of.measured_least, outstanding);
}

void Traffic::EndPeriod(core::Instant at) {
  const core::Duration length = at - period_began_;
  is_period_measured_ = period_began_ >= recipe_->warmup;
  if (is_period_measured_) hosts_measured_ += length;
  for (OfStream& stream : streams_) {
    const std::uint64_t delivered = stream.delivered.Count();
    if (is_period_measured_) {
      stream.rates.Add(MilliRate(delivered - stream.delivered_at_period, length),
                       static_cast<std::uint64_t>(length.ps()));
    }
    stream.delivered_at_period = delivered;
  }
  period_began_ = at;
}

void Traffic::OnStreamEvent(const Event& event, std::size_t index) {
  const Stream& stream = recipe_->streams[index];
  const core::Cluster& senders = recipe_->cluster(stream.from);
  const core::Cluster& receivers = recipe_->cluster(stream.to);
  OfStream& of = streams_[index];
  of.progress.OnEvent(event);
  if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    if (!senders.Has(event.node) || senders.Has(event.peer)) return;
    const std::optional<core::Run> run = RunOf(event, of.delivered.period());
    if (!run) return;
    of.sends += run->count;
    if (run->Last() >= of.sent_end) {
      of.sent_end = run->Last() + 1;
      Watch(of);
    }
  } else if (event.Is(core::NoteKind::kQuacked)) {
    if (!senders.Has(event.node)) return;
    // No greater than what was sent, but where somebody lies.
    of.quacked_most = std::max(of.quacked_most, std::min(event.value, of.sent_end));
    Watch(of);
  } else if (event.Is(core::NoteKind::kDelivered)) {
    if (!receivers.Has(event.node) || !IsCorrect(event.node)) return;
    if (const std::optional<core::Run> run = RunOf(event, of.delivered.period()))
      of.delivered.Insert(*run);
  }
}

void Traffic::OnMetric(const Event& event) {
  // Every host has its metrics of a period; the first of them ends it.
  if (event.at > period_began_) EndPeriod(event.at);
  if (!is_period_measured_ || event.value >= trace::kMetricNames.size()) return;
  for (std::size_t c = 0; c < hosts_.size(); ++c) {
    const core::Cluster& cluster = recipe_->clusters[c];
    if (!cluster.Has(event.node)) continue;
    hosts_[c][event.node.value() - cluster.first.value()].sums[event.value] += event.detail;
  }
}

bool Traffic::IsCorrect(core::NodeId node) const {
  return !std::binary_search(faulty_.begin(), faulty_.end(), node);
}

double Traffic::Seconds() const {
  return static_cast<double>((last_ - recipe_->warmup).ps()) / 1e12;
}

nlohmann::json Traffic::Rate(double messages, std::uint64_t message_bytes) const {
  const double per_s = is_warm_ ? messages / Seconds() : 0;
  return {{"messages_per_s", per_s},
          {"payload_mbps", per_s * static_cast<double>(message_bytes) * 8 / 1e6}};
}

double Traffic::MedianProgress(std::size_t index) const {
  const OfStream& of = streams_[index];
  const std::vector<std::uint64_t>& progress = of.progress.numbers();
  std::vector<std::uint64_t> growth;
  for (std::size_t i = 0; i < progress.size(); ++i) {
    if (IsCorrect(of.progress.counted().Replica(i)))
      growth.push_back(progress[i] - of.progress_at_warmup[i]);
  }
  return Median(std::move(growth));
}

nlohmann::json Traffic::Streams() const {
  nlohmann::json list = nlohmann::json::array();
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const Stream& stream = recipe_->streams[i];
    const OfStream& of = streams_[i];
    const std::uint64_t delivered = of.delivered.Count();
    // Where nothing passed the warm-up, nothing was measured.
    const std::uint64_t measured = is_warm_ ? delivered - of.delivered_at_warmup : 0;
    nlohmann::json row = {
        {"stream", StreamName(*recipe_, stream)},
        {"as_published", Rate(MedianProgress(i), stream.content.message_bytes)},
        {"as_delivered", Rate(static_cast<double>(measured), stream.content.message_bytes)},
        {"delivered", delivered},
        {"sends_per_message", Ratio(of.sends, delivered)}};
    row["as_published"]["definition"] = std::string(Name(stream.throughput));
    if (stream.throughput == Published::kQuack) {
      row["outstanding_most"] = of.outstanding_most;
      if (is_warm_) row["outstanding_swing"] = of.measured_most - of.measured_least;
    }
    if (of.rates.count() > 0) {
      const auto reached = [&](std::uint64_t percent) {
        return static_cast<double>(of.rates.Quantile(percent, 100)) / 1e3;
      };
      row["as_delivered"]["messages_per_s_p10"] = reached(10);
      row["as_delivered"]["messages_per_s_p50"] = reached(50);
    }
    list.push_back(std::move(row));
  }
  return list;
}

std::uint64_t Traffic::Delivered(std::optional<core::StreamId> stream) const {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (recipe_->streams[i].stream == stream) return streams_[i].delivered.Count();
  }
  return 0;
}

nlohmann::json Traffic::Hosts() const {
  nlohmann::json list = nlohmann::json::array();
  if (hosts_measured_ == core::Duration()) return list;
  for (std::size_t c = 0; c < hosts_.size(); ++c) {
    for (std::size_t i = 0; i < hosts_[c].size(); ++i) {
      nlohmann::json row = {{"node", HostName(*recipe_, recipe_->clusters[c].Replica(i))}};
      for (std::size_t m = 0; m < trace::kMetricNames.size(); ++m) {
        row[std::string(trace::kMetricNames[m])] = hosts_[c][i].sums[m];
      }
      list.push_back(std::move(row));
    }
  }
  return list;
}

}  // namespace lockstep::analysis
