// Rates over time: see activity.h.

#include "analysis/activity.h"

#include <algorithm>
#include <bit>
#include <string_view>

#include "absl/strings/str_cat.h"

#include "analysis/c3b/schedule.h"
#include "analysis/c3b/stream_facts.h"

namespace lockstep::analysis {
namespace {

using trace::Event;
using trace::EventKind;

// What a protocol that resends declares: others send a message as often as they do by design.
constexpr std::string_view kResent = "resent";
// Of lock-step protocols. detail: mask of the lanes whose messages had not been handled.
constexpr core::NoteKind kRoundViolations{"round_violations"};

double Seconds(core::Duration duration) { return static_cast<double>(duration.ps()) / 1e12; }

}  // namespace

Activity::Activity(std::shared_ptr<const Recipe> recipe, const Window& window)
    : recipe_(std::move(recipe)), window_(window), committed_(recipe_->clusters.size(), 0) {
  const std::int64_t span_ps = (window.until - window.from).ps();
  bins_ = static_cast<std::size_t>((span_ps - 1) / window.bin.ps() + 1);
  for (std::size_t i = 0; i < recipe_->streams.size(); ++i) {
    const Stream& stream = recipe_->streams[i];
    const Schedule schedule = ScheduleOf(*recipe_, stream);
    const core::SeqSet none(schedule.set_period());
    const PublishedProgress progress(recipe_, i);
    streams_.push_back(OfStream{none, none, 0, progress, progress.numbers(), false, {}});
  }
  for (const core::NoteSpec& spec : core::kSharedNotes) kind_names_.emplace_back(spec.name);
  kind_names_.insert(kind_names_.end(), recipe_->notes.begin(), recipe_->notes.end());
  resends_ = std::ranges::count(recipe_->notes, kResent) > 0;
  for (std::size_t i = 0; i < kind_names_.size(); ++i)
    kinds_.try_emplace(core::NoteKind(kind_names_[i]), i);
}

trace::Interest Activity::Wants() const {
  trace::Interest wants =
      trace::Interest(Bit(EventKind::kNote) | Bit(EventKind::kFaulty) | Bit(EventKind::kFault) |
                      Bit(EventKind::kCrash) | Bit(EventKind::kRestart) | Bit(EventKind::kEnd))
          .Add(core::Fact::kCarries, trace::Phase::kSent);
  for (const OfStream& of : streams_) wants.Add(of.progress.Wants());
  return wants;
}

core::Instant Activity::BinBegin(std::size_t bin) const {
  return window_.from + window_.bin * static_cast<std::int64_t>(bin);
}

Activity::Line& Activity::LineOf(Quantity quantity, std::uint64_t id) {
  const auto [at, is_new] = lines_.try_emplace(Key(quantity, id));
  // Before it was first told of, there was nothing of it.
  if (is_new) at->second.per_s.assign(ended_, 0.0);
  return at->second;
}

std::string Activity::NameOf(Quantity quantity, std::uint64_t id) const {
  switch (quantity) {
    case Quantity::kMessages:
    case Quantity::kResends:
      return StreamName(*recipe_, recipe_->streams[id]);
    case Quantity::kRequests:
    case Quantity::kCommits:
    case Quantity::kViolations:
      return recipe_->clusters[id].name;
    case Quantity::kNotes:
      break;
  }
  return kind_names_[id];
}

// --- Bins ---

double Activity::Growth(const OfStream& of) const {
  const std::vector<std::uint64_t>& progress = of.progress.numbers();
  std::vector<std::uint64_t> growth;
  for (std::size_t i = 0; i < progress.size(); ++i)
    if (IsCorrect(of.progress.counted().Replica(i))) growth.push_back(progress[i] - of.before[i]);
  if (growth.empty()) return 0;
  std::ranges::sort(growth);
  const std::size_t half = growth.size() / 2;
  const auto at = [&](std::size_t i) { return static_cast<double>(growth[i]); };
  return growth.size() % 2 == 1 ? at(half) : (at(half - 1) + at(half)) / 2;
}

void Activity::EndBin(core::Duration length) {
  const bool is_long_enough = 2 * length.ps() >= window_.bin.ps();
  const auto rate = [&](double growth) {
    return is_long_enough ? std::optional<double>(growth / Seconds(length)) : std::nullopt;
  };
  for (auto& [key, line] : lines_)
    line.per_s.push_back(rate(static_cast<double>(line.total - line.before)));
  for (OfStream& of : streams_) of.published_per_s.push_back(rate(Growth(of)));
  ++ended_;
}

void Activity::EndBins(core::Instant at) {
  const auto begin = [&] {
    for (auto& [key, line] : lines_) line.before = line.total;
    for (OfStream& of : streams_) of.before = of.progress.numbers();
  };
  if (!has_begun_ && at >= window_.from) {
    has_begun_ = true;
    begin();
  }
  while (has_begun_ && ended_ < bins_) {
    const core::Instant end = std::min(BinBegin(ended_ + 1), window_.until);
    if (at < end) return;
    EndBin(end - BinBegin(ended_));
    begin();
  }
}

void Activity::Finish() {
  EndBins(last_);
  if (has_begun_ && ended_ < bins_ && last_ > BinBegin(ended_)) EndBin(last_ - BinBegin(ended_));
  for (auto& [name, bands] : bands_)
    for (Band& band : bands)
      if (band.is_open) band.until = last_;
}

// --- Events ---

void Activity::OnEvent(const Event& event) {
  // What happens as the run ends belongs to it.
  const bool is_at_end = event.at - core::Instant() >= recipe_->run_for;
  if (!is_at_end) EndBins(event.at);
  last_ = event.at;
  switch (event.kind) {
    case EventKind::kNote:
      OnNote(event);
      break;
    case EventKind::kFault:
      return OnFault(event);
    case EventKind::kCrash:
    case EventKind::kRestart:
      return OnDown(event);
    case EventKind::kFaulty: {
      const auto at = std::ranges::lower_bound(faulty_, event.node);
      if (at == faulty_.end() || *at != event.node) faulty_.insert(at, event.node);
      return;
    }
    case EventKind::kEnd:
      is_cut_short_ = event.value == 1;
      return;
    default:
      break;
  }
  for (std::size_t i = 0; i < streams_.size(); ++i)
    if (recipe_->streams[i].stream == event.stream) OnStreamEvent(event, i);
}

void Activity::OnStreamEvent(const Event& event, std::size_t index) {
  const Stream& stream = recipe_->streams[index];
  const core::Cluster& senders = recipe_->cluster(stream.from);
  const core::Cluster& receivers = recipe_->cluster(stream.to);
  OfStream& of = streams_[index];
  if (of.progress.OnEvent(event)) of.has_progress = true;
  if (event.Is(core::Fact::kCarries, trace::Phase::kSent)) {
    if (!senders.Has(event.node) || senders.Has(event.peer)) return;
    const auto run = RunOf(event, of.sent.period());
    if (!run) return;
    if (!resends_) return;
    of.sent.Insert(*run);
    of.sends += run->count;
    if (of.sends > of.sent.Count())
      LineOf(Quantity::kResends, index).total = of.sends - of.sent.Count();
  } else if (event.Is(core::NoteKind::kDelivered)) {
    if (!receivers.Has(event.node) || !IsCorrect(event.node)) return;
    const auto run = RunOf(event, of.delivered.period());
    if (!run) return;
    of.delivered.Insert(*run);
    LineOf(Quantity::kMessages, index).total = of.delivered.Count();
  }
}

void Activity::OnNote(const Event& event) {
  if (const auto kind = kinds_.find(event.note); kind != kinds_.end())
    LineOf(Quantity::kNotes, kind->second).total += event.count;
  const core::Cluster* const cluster = ClusterOf(event.node);
  if (cluster == nullptr) return;
  const auto id = static_cast<std::uint64_t>(cluster - recipe_->clusters.data());
  if (event.Is(core::NoteKind::kCommitted)) OnCommitted(event);
  if (event.Is(core::NoteKind::kReturned)) ++LineOf(Quantity::kRequests, id).total;
  if (event.Is(kRoundViolations))
    LineOf(Quantity::kViolations, id).total +=
        static_cast<std::uint64_t>(std::popcount(event.detail));
}

void Activity::OnCommitted(const Event& event) {
  constexpr std::uint64_t kMaskBits = 64;
  const core::Cluster& cluster = *ClusterOf(event.node);
  const auto id = static_cast<std::uint64_t>(&cluster - recipe_->clusters.data());
  std::uint64_t& next = committed_[id];
  const core::Run run = event.run();
  // Logs commit in order; what is counted already, another replica has told.
  if (run.stride > 1 || run.count == 0 || run.count > kRunLimit || run.first >= kSeqLimit ||
      run.Last() < next)
    return;
  const std::uint64_t known = next > run.first ? next - run.first : 0;
  // A log that says nothing of it holds something everywhere.
  const bool has_mask = event.detail != 0 && run.count <= kMaskBits;
  const std::uint64_t fresh = has_mask
                                  ? static_cast<std::uint64_t>(std::popcount(event.detail >> known))
                                  : run.count - known;
  next = run.Last() + 1;
  LineOf(Quantity::kCommits, id).total += fresh;
}

// --- Bands ---

void Activity::OpenBand(const std::string& name, core::Instant at) {
  std::vector<Band>& bands = bands_[name];
  if (!bands.empty() && bands.back().is_open) return;
  if (!bands.empty() && at - bands.back().until < window_.bin) {
    bands.back().is_open = true;
    return;
  }
  bands.push_back({name, at, at, true});
}

void Activity::CloseBand(const std::string& name, core::Instant at) {
  std::vector<Band>& bands = bands_[name];
  if (bands.empty() || !bands.back().is_open) return;
  bands.back().until = at;
  bands.back().is_open = false;
}

void Activity::OnFault(const Event& event) {
  if (event.value >= recipe_->faults.size()) return;
  const DeclaredFault& fault = recipe_->faults[event.value];
  if (fault.kind == "crash") {
    // What it does to hosts, their crashes and restarts tell.
    if (event.detail == 1) crash_fault_ = event.value;
  } else if (event.detail == 1) {
    OpenBand(fault.id, event.at);
  } else {
    CloseBand(fault.id, event.at);
  }
}

void Activity::OnDown(const Event& event) {
  if (event.kind == EventKind::kRestart) {
    const auto at = down_.find(event.node);
    if (at == down_.end()) return;
    CloseBand(at->second, event.at);
    down_.erase(at);
    return;
  }
  const std::string host = HostName(*recipe_, event.node);
  const std::string name =
      crash_fault_ ? absl::StrCat(recipe_->faults[*crash_fault_].id, ": ", host, " down")
                   : host + " down";
  down_[event.node] = name;
  OpenBand(name, event.at);
}

bool Activity::IsCorrect(core::NodeId node) const {
  return !std::ranges::binary_search(faulty_, node);
}

const core::Cluster* Activity::ClusterOf(core::NodeId node) const {
  const auto at = std::ranges::find_if(
      recipe_->clusters, [&](const core::Cluster& cluster) { return cluster.Has(node); });
  return at == recipe_->clusters.end() ? nullptr : &*at;
}

// --- What is known at last ---

std::vector<Activity::Rates> Activity::All() const {
  std::vector<Rates> all;
  const auto padded = [&](std::vector<std::optional<double>> per_s) {
    per_s.resize(bins_);
    return per_s;
  };
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    if (!streams_[i].has_progress) continue;
    all.push_back({Quantity::kMessages, StreamName(*recipe_, recipe_->streams[i]), "published",
                   padded(streams_[i].published_per_s)});
  }
  for (const auto& [key, line] : lines_) {
    const auto& [quantity, id] = key;
    const char* const what = quantity == Quantity::kMessages ? "delivered" : "";
    all.push_back({quantity, NameOf(quantity, id), what, padded(line.per_s)});
  }
  std::ranges::stable_sort(all, {}, &Rates::quantity);
  return all;
}

std::vector<Activity::Band> Activity::Bands() const {
  std::vector<std::vector<Band>> by_name;
  for (const auto& [name, bands] : bands_)
    if (!bands.empty()) by_name.push_back(bands);
  std::ranges::stable_sort(by_name, {}, [](const std::vector<Band>& b) { return b.front().from; });
  std::vector<Band> all;
  for (const std::vector<Band>& bands : by_name) all.insert(all.end(), bands.begin(), bands.end());
  return all;
}

}  // namespace lockstep::analysis
