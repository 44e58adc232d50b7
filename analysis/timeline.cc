// Timelines: see timeline.h.

#include "analysis/timeline.h"

#include <algorithm>
#include <bit>
#include <string>

#include "absl/strings/str_cat.h"

namespace lockstep::analysis {
namespace {

// Of lock-step protocols. value: round; detail: when it began on a clock that all share, in ps.
constexpr core::NoteKind kRoundComplete{"round_complete"};
// detail: mask of the lanes that a change leaves active.
constexpr core::NoteKind kLanes{"lanes"};

std::uint64_t Low(std::uint64_t count) {
  return count >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
}

}  // namespace

Timeline::Timeline(const Recipe& recipe, const Window& window)
    : recipe_(recipe),
      window_(window),
      bins_(static_cast<std::size_t>(
          std::max<std::int64_t>(0, (window.until - window.from).ps() / window.bin.ps()))) {}

trace::Interest Timeline::Wants() const {
  trace::Interest wants(Bit(trace::EventKind::kCrash) | Bit(trace::EventKind::kRestart) |
                        Bit(trace::EventKind::kFault));
  for (const core::NoteKind note :
       {core::NoteKind::kCommitted, core::NoteKind::kReturned, core::NoteKind::kInstalled,
        core::NoteKind::kRejoined, kRoundComplete, kLanes})
    wants.Add(note);
  return wants;
}

Timeline::Host& Timeline::HostOf(core::NodeId node) {
  const auto [at, is_new] = hosts_.try_emplace(node);
  if (!is_new) return at->second;
  for (const core::Cluster& cluster : recipe_.clusters)
    if (cluster.Has(node)) at->second.replicas = cluster.size;
  at->second.lanes = Low(at->second.replicas);
  return at->second;
}

void Timeline::Remember(const Host& host, Cell& cell) const {
  cell.next_round = host.next_round;
  cell.lanes = host.lanes;
  cell.is_up = host.is_up;
}

void Timeline::Bring(Host& host, std::size_t bins) const {
  while (host.cells.size() < bins) Remember(host, host.cells.emplace_back());
}

Timeline::Cell* Timeline::CellAt(Host& host, core::Instant at) {
  const std::int64_t offset_ps = (at - window_.from).ps();
  const std::int64_t bin = offset_ps < 0 ? -1 : offset_ps / window_.bin.ps();
  // Bins that end before it are as the host was until now.
  Bring(host, static_cast<std::size_t>(
                  std::clamp<std::int64_t>(bin, 0, static_cast<std::int64_t>(bins_))));
  if (bin < 0 || static_cast<std::size_t>(bin) >= bins_) return nullptr;
  Bring(host, static_cast<std::size_t>(bin) + 1);
  return &host.cells[static_cast<std::size_t>(bin)];
}

void Timeline::OnCommitted(const trace::Event& event) {
  Host& host = HostOf(event.node);
  Cell* const cell = CellAt(host, event.at);
  const std::uint64_t round = event.value / host.replicas;
  host.next_round = round + 1;
  if (cell == nullptr) return;
  ++cell->commits;
  cell->rounds += static_cast<double>(round);
  cell->offset_ps += static_cast<double>((event.at - window_.from).ps() % window_.bin.ps());
  Remember(host, *cell);
}

void Timeline::OnNote(const trace::Event& event) {
  if (event.note == core::NoteKind::kCommitted) return OnCommitted(event);
  if (event.note == kRoundComplete) {
    const Beginning beginning = {event.value, static_cast<double>(event.detail)};
    if (!first_) first_ = beginning;
    if (!last_ || last_->round < event.value) last_ = beginning;
    return;
  }
  Host& host = HostOf(event.node);
  Cell* const cell = CellAt(host, event.at);
  if (event.note == core::NoteKind::kReturned && cell != nullptr) ++cell->answered;
  if (event.note == kLanes) host.lanes = event.detail;
  if (event.note == core::NoteKind::kInstalled) host.next_round = event.value / host.replicas;
  if (event.note == core::NoteKind::kRejoined)
    marks_.push_back({event.at, HostName(recipe_, event.node) + " rejoined"});
  if (cell != nullptr) Remember(host, *cell);
}

bool Timeline::IsHost(core::NodeId node) const {
  return std::ranges::any_of(recipe_.clusters,
                             [&](const core::Cluster& cluster) { return cluster.Has(node); });
}

void Timeline::OnEvent(const trace::Event& event) {
  if (event.kind != trace::EventKind::kFault && !IsHost(event.node)) return;
  if (event.kind == trace::EventKind::kNote) return OnNote(event);
  if (event.kind == trace::EventKind::kFault) {
    const std::string id = event.value < recipe_.faults.size()
                               ? recipe_.faults[event.value].id
                               : absl::StrCat("fault ", event.value);
    marks_.push_back({event.at, id + (event.detail == 1 ? " begins" : " ends")});
    return;
  }
  const bool is_up = event.kind == trace::EventKind::kRestart;
  Host& host = HostOf(event.node);
  Cell* const cell = CellAt(host, event.at);
  host.is_up = is_up;
  // What a machine that died had committed, it does not know when it comes back.
  if (is_up) host.next_round = 0;
  if (cell != nullptr) Remember(host, *cell);
  if (is_up) marks_.push_back({event.at, HostName(recipe_, event.node) + " restarts"});
}

std::optional<double> Timeline::round_ps() const {
  if (!first_ || last_->round == first_->round) return std::nullopt;
  return (last_->at_ps - first_->at_ps) / static_cast<double>(last_->round - first_->round);
}

double Timeline::BeginOf(double round) const {
  return first_->at_ps + *round_ps() * (round - static_cast<double>(first_->round));
}

std::vector<Timeline::Row> Timeline::Rows() const {
  std::vector<Row> rows;
  const std::optional<double> round_ps = this->round_ps();
  for (std::size_t bin = 0; bin < bins_; ++bin) {
    const core::Instant begin = window_.from + window_.bin * static_cast<std::int64_t>(bin);
    for (const auto& [node, host] : hosts_) {
      Cell cell;
      if (bin < host.cells.size()) {
        cell = host.cells[bin];
      } else {
        Remember(host, cell);
      }
      Row row = {begin, node, cell.commits, cell.answered, {}, {}, {}};
      if (cell.is_up) row.lanes = std::popcount(cell.lanes);
      if (round_ps && cell.commits > 0) {
        const auto commits = static_cast<double>(cell.commits);
        const double at_ps = static_cast<double>(begin.ps()) + cell.offset_ps / commits;
        row.latency_rounds = (at_ps - BeginOf(cell.rounds / commits)) / *round_ps;
      }
      if (round_ps && cell.is_up) {
        const auto end_ps = static_cast<double>((begin + window_.bin).ps());
        row.lag_rounds =
            std::max(0.0, (end_ps - BeginOf(static_cast<double>(cell.next_round))) / *round_ps);
      }
      rows.push_back(row);
    }
  }
  return rows;
}

}  // namespace lockstep::analysis
