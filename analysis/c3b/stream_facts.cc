// What the checkers of a stream know in common: see stream_facts.h.

#include "analysis/c3b/stream_facts.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"

#include "protocols/core/bytes.h"
#include "protocols/core/content.h"
#include "protocols/core/hash.h"
#include "protocols/core/view.h"

namespace lockstep::analysis {

std::uint64_t CommittedBy(const Content& content, core::Instant at) {
  const std::uint64_t end = content.messages.value_or(kSeqLimit);
  if (!content.rate) return end;
  const absl::uint128 t_ps =
      absl::uint128(static_cast<std::uint64_t>(std::max<std::int64_t>(at.ps(), 0))) +
      static_cast<std::uint64_t>(content.clock_ahead.ps());
  const absl::uint128 stretched = t_ps + t_ps / 1000;
  const absl::uint128 whole = stretched / 1'000'000'000'000 * *content.rate;
  const absl::uint128 part = stretched % 1'000'000'000'000 * *content.rate / 1'000'000'000'000;
  return static_cast<std::uint64_t>(std::min(whole + part, absl::uint128(end)));
}

std::optional<core::Run> Plausible(core::Run run, std::uint64_t period) {
  if (run.count == 0 || run.count > kRunLimit || run.first >= kSeqLimit) return std::nullopt;
  if (run.count == 1) {
    run.stride = 1;
    return run;
  }
  if (run.stride == 0 || run.count - 1 > (kSeqLimit - 1 - run.first) / run.stride) {
    return std::nullopt;
  }
  if (run.count > kOddRunLimit && period % run.stride != 0) return std::nullopt;
  return run;
}

std::uint64_t ExpectedContent::Digest(const core::Run& run) {
  const std::uint64_t key = core::Mix(run.first, core::Mix(run.count, run.stride));
  // Real bytes would have to be made; nobody's message carried so many.
  constexpr std::uint64_t kRealMost = std::uint64_t{1} << 28;
  const bool is_real = content_.kind == core::ContentKind::kReal;
  if (is_real && run.count > kRealMost / std::max<std::uint64_t>(content_.message_bytes, 1)) {
    return ~key;  // What no content has.
  }
  Entry& entry = recent_[key % kRecent];
  if (entry.run != run) {
    const core::Contents& contents = core::ContentsOf(content_.kind);
    entry = {run, contents.Make(content_.generator, run, content_.message_bytes).Digest()};
  }
  return entry.digest;
}

namespace {

std::vector<StreamView> ViewsOf(const Recipe& recipe, const Stream& stream) {
  std::vector<StreamView> views = {{0, core::Instant(), recipe.cluster(stream.from),
                                    recipe.cluster(stream.to), ScheduleOf(recipe, stream)}};
  for (const AnnouncedView& announced : recipe.views) {
    const core::Cluster& senders = announced.clusters[stream.from.value()];
    const core::Cluster& receivers = announced.clusters[stream.to.value()];
    views.push_back(
        {announced.number, announced.at, senders, receivers, Schedule(senders, receivers)});
  }
  return views;
}

// For what is plausible in any of the views, as far as that is a number.
std::uint64_t PeriodOf(const std::vector<StreamView>& views) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 32;
  std::uint64_t period = 1;
  for (const StreamView& view : views) {
    const std::uint64_t both = std::lcm(period, view.schedule.set_lanes());
    if (both <= kMost) period = both;
  }
  return period;
}

}  // namespace

StreamFacts::StreamFacts(std::shared_ptr<const Recipe> recipe, std::size_t stream)
    : recipe_(std::move(recipe)),
      stream_(stream),
      views_(ViewsOf(*recipe_, this->stream())),
      period_(PeriodOf(views_)),
      content_(this->stream().content),
      remembered_(
          std::clamp(kRememberedOfAll / receivers().size, kRememberedLeast, kRememberedMost)),
      of_receiver_(receivers().size, Receiver{NewSet(), {}, {}, false}) {}

trace::Interest StreamFacts::Wants() const {
  trace::KindSet kinds = Bit(trace::EventKind::kFaulty);
  if (views_.size() > 1) kinds |= Bit(trace::EventKind::kSubmit);
  return trace::Interest(kinds)
      .Add(core::Fact::kCarries, trace::Phase::kHanded)
      .Add(core::NoteKind::kQuacked)
      .Add(core::NoteKind::kSkipped);
}

void StreamFacts::OnEvent(const trace::Event& event) {
  if (event.kind == trace::EventKind::kFaulty) {
    LearnFaulty(event.node, event.detail != 0);
    if (event.value > 1) liars_.insert(event.node);
  }
  if (event.kind == trace::EventKind::kSubmit) LearnTold(event);
  const bool is_handed = event.Is(core::Fact::kCarries, trace::Phase::kHanded);
  if (event.stream != stream().stream) return;
  if (is_handed) LearnHanded(event);
  if (event.Is(core::NoteKind::kSkipped)) LearnSkipped(event);
  const bool is_believed = senders().Has(event.node) && !liars_.contains(event.node);
  if (is_believed && event.Is(core::NoteKind::kQuacked)) quack_ = std::max(quack_, event.value);
}

std::optional<std::vector<core::Run>> StreamFacts::HeldSince(core::NodeId receiver,
                                                             core::Instant since) const {
  const Receiver& of = OfReceiver(receiver);
  if (of.has_forgotten && of.forgotten >= since) return std::nullopt;
  std::vector<core::Run> runs;
  for (auto fresh = of.fresh.rbegin(); fresh != of.fresh.rend() && fresh->at >= since; ++fresh) {
    runs.push_back(fresh->run);
  }
  return runs;
}

void StreamFacts::LearnFaulty(core::NodeId node, bool is_crash) {
  bool is_replica = false;
  for (const core::Cluster& cluster : recipe_->clusters) is_replica |= cluster.Has(node);
  if (!is_replica) return;
  if (node.value() >= is_faulty_.size()) {
    is_faulty_.resize(node.value() + 1);
    is_unsound_.resize(node.value() + 1);
  }
  is_faulty_[node.value()] = true;
  if (!is_crash) is_unsound_[node.value()] = true;
  if (receivers().Has(node)) {
    of_receiver_[node.value() - receivers().first.value()] = Receiver{NewSet(), {}, {}, false};
  }
}

std::optional<std::size_t> StreamFacts::ViewNumbered(std::uint64_t number) const {
  for (std::size_t i = 0; i < views_.size(); ++i)
    if (views_[i].number == number) return i;
  return std::nullopt;
}

std::size_t StreamFacts::ToldBy(core::NodeId node, core::Instant at) const {
  const auto found = told_.find(node);
  std::size_t view = 0;
  if (found == told_.end()) return view;
  for (const Told& told : found->second)
    if (told.at <= at) view = told.view;
  return view;
}

void StreamFacts::LearnTold(const trace::Event& event) {
  if (core::ClientId(event.detail) != core::kViewService) return;
  const std::optional<std::size_t> view = ViewNumbered(event.value);
  if (!view) return;
  std::vector<Told>& told = told_[event.node];
  if (told.empty() || told.back().view < *view) told.push_back({event.at, *view});
}

void StreamFacts::LearnHanded(const trace::Event& event) {
  if (!receivers().Has(event.node) || !IsCorrect(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, period_);
  if (run && IsAuthentic(*run, event.digest)) Hold(event, *run);
}

void StreamFacts::LearnSkipped(const trace::Event& event) {
  if (!receivers().Has(event.node) || !IsCorrect(event.node)) return;
  const std::optional<core::Run> run = RunOf(event, period_);
  // Of r_s + 1 senders that have said so, one at least does not lie.
  if (run && run->Last() < quack_) Hold(event, *run);
}

void StreamFacts::Hold(const trace::Event& event, const core::Run& run) {
  Receiver& of = of_receiver_[event.node.value() - receivers().first.value()];
  for (const core::Run& fresh : of.held.Insert(run)) {
    if (of.fresh.size() == remembered_) {
      of.forgotten = of.fresh.front().at;
      of.has_forgotten = true;
      of.fresh.pop_front();
    }
    of.fresh.push_back({event.at, fresh});
  }
}

absl::StatusOr<std::shared_ptr<StreamFacts>> FactsFor(const Charge& charge) {
  const Scope& scope = charge.promise.scope;
  const std::vector<Stream>& streams = charge.recipe->streams;
  const auto at = std::ranges::find(streams, core::StreamId(scope.id), &Stream::stream);
  if (scope.kind != Scope::Kind::kStream || at == streams.end()) {
    return absl::InvalidArgumentError("want a promise about a stream");
  }
  return charge.shared.Get<StreamFacts>(scope, [&] {
    return std::make_shared<StreamFacts>(charge.recipe,
                                         static_cast<std::size_t>(at - streams.begin()));
  });
}

}  // namespace lockstep::analysis
