// Requests as the log orders them: see request_log.h.

#include "analysis/smr/request_log.h"

#include <algorithm>

#include "protocols/core/log_notes.h"
#include "protocols/core/note.h"

namespace lockstep::analysis {

using trace::Event;

trace::Interest RequestLog::Wants() const {
  return trace::Interest(Bit(trace::EventKind::kCrash))
      .Add(core::NoteKind::kInvoked)
      .Add(core::NoteKind::kReturned)
      .Add(core::NoteKind::kCommitted);
}

void RequestLog::OnEvent(const Event& event) {
  if (event.kind == trace::EventKind::kCrash) {
    crashed_[event.node.value()] = event.at;
  } else if (event.Is(core::NoteKind::kInvoked)) {
    open_.try_emplace({event.detail, event.value}, Asked{event.node, event.at});
  } else if (event.Is(core::NoteKind::kReturned)) {
    const RequestName name{event.detail, event.value};
    if (const auto open = open_.find(name); open != open_.end()) {
      for (Watcher* watcher : watchers_) watcher->OnAnswered(event, open->second.at);
      open_.erase(open);
    }
    // Who has never been heard of here asks another cluster.
    if (!clients_.contains(name.client) || IsOrdered(name)) return;
    for (Watcher* watcher : watchers_) watcher->OnUnordered(event, name);
  } else if (cluster_.Has(event.node)) {
    OnCommitted(event);
  }
}

void RequestLog::OnCommitted(const Event& event) {
  if (event.value + event.count <= committed_end_) return;
  Stretch& stretch = stretches_[event.value / slots_->rules().lanes % kKept];
  stretch = {event.value, event.count, 0, 0};
  for (std::uint64_t i = 0; i < std::min<std::uint64_t>(event.count, 64); ++i) {
    if ((event.detail >> i & 1) == 0) continue;
    Order(event, slots_->SlotAt(event.value + i), stretch);
  }
  committed_end_ = event.value + event.count;
  slots_->Release(committed_end_ / slots_->rules().lanes);
}

void RequestLog::Order(const Event& event, SlotName name, Stretch& stretch) {
  const SlotSaid* const slot = slots_->Find(name);
  if (slot == nullptr || !slot->is_proposed) {
    for (Watcher* watcher : watchers_) {
      if (slots_->IsForgotten(name.round)) {
        watcher->OnForgotten();
      } else {
        watcher->OnUnproposed(event, name);
      }
    }
    return;
  }
  for (const Ordered& ordered : slot->requests) {
    if (!Execute(clients_[ordered.client], ordered)) continue;
    ++stretch.requests;
    stretch.digest = core::ExecutedDigest(stretch.digest, core::ClientId(ordered.client),
                                          core::RequestId(ordered.request));
    const RequestName request{ordered.client, ordered.request};
    if (open_.contains(request)) continue;
    for (Watcher* watcher : watchers_) watcher->OnUnasked(event, name, request);
  }
}

bool RequestLog::Execute(Client& client, const Ordered& ordered) {
  std::vector<Interval>& done = client.done;
  if (ordered.low > client.low) {
    client.low = ordered.low;
    while (!done.empty() && done.front().end <= client.low) done.erase(done.begin());
    if (!done.empty()) done.front().begin = std::max(done.front().begin, client.low);
  }
  const std::uint64_t id = ordered.request;
  if (id < client.low) return false;
  // The first interval that ends at or behind it.
  std::size_t i = done.size();
  while (i > 0 && done[i - 1].end >= id) --i;
  const bool is_at_end = i < done.size() && done[i].end == id;
  const std::size_t next = is_at_end ? i + 1 : i;
  if (next < done.size() && done[next].begin <= id) return false;
  const bool is_before_next = next < done.size() && done[next].begin == id + 1;
  if (is_at_end && is_before_next) {
    done[i].end = done[next].end;
    done.erase(done.begin() + static_cast<std::ptrdiff_t>(next));
  } else if (is_at_end) {
    ++done[i].end;
  } else if (is_before_next) {
    --done[next].begin;
  } else {
    done.insert(done.begin() + static_cast<std::ptrdiff_t>(i), {id, id + 1});
  }
  return true;
}

bool RequestLog::IsOrdered(const RequestName& name) const {
  const auto found = clients_.find(name.client);
  if (found == clients_.end()) return false;
  if (name.request < found->second.low) return true;
  return std::ranges::any_of(found->second.done, [&](const Interval& interval) {
    return interval.begin <= name.request && name.request < interval.end;
  });
}

const RequestLog::Stretch* RequestLog::Find(std::uint64_t first) const {
  const Stretch& stretch = stretches_[first / slots_->rules().lanes % kKept];
  return stretch.count > 0 && stretch.first == first ? &stretch : nullptr;
}

std::vector<RequestLog::Open> RequestLog::OpenSince(core::Instant asked_by) const {
  std::vector<Open> open;
  for (const auto& [name, asked] : open_) {
    if (asked.at > asked_by) continue;
    const auto crashed = crashed_.find(asked.host.value());
    if (crashed != crashed_.end() && crashed->second >= asked.at) continue;
    open.push_back({name, asked.host, asked.at});
  }
  std::sort(open.begin(), open.end(), [](const Open& a, const Open& b) { return a.name < b.name; });
  return open;
}

absl::StatusOr<std::shared_ptr<RequestLog>> RequestLogFor(const Charge& charge, Names also) {
  auto slots = SlotLedgerFor(charge, also);
  if (!slots.ok()) return slots.status();
  const core::Cluster& cluster = charge.recipe->cluster(core::ClusterId(charge.promise.scope.id));
  return charge.shared.Get<RequestLog>(
      charge.promise.scope, [&] { return std::make_shared<RequestLog>(cluster, *slots); });
}

}  // namespace lockstep::analysis
