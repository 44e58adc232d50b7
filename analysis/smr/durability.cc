// Durability: see durability.h.

#include "analysis/smr/durability.h"

#include <algorithm>
#include <utility>

namespace lockstep::analysis {

using trace::Event;
using trace::EventKind;

DurabilityChecker::DurabilityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                     std::shared_ptr<RequestLog> requests)
    : ClusterChecker(
          "U", "durability", recipe, cluster,
          trace::Interest(Bit(EventKind::kCrash) | Bit(EventKind::kRestart) | Bit(EventKind::kEnd))
              .Add(core::NoteKind::kCommitted)
              .Add(core::NoteKind::kInstalled)
              .Add(core::NoteKind::kRejoined)),
      requests_(std::move(requests)),
      heal_(recipe->heal),
      deadline_(recipe->heal + recipe->settle),
      replicas_(this->cluster().size) {
  requests_->Watch(this);
}

void DurabilityChecker::Judge(const Event& event) {
  if (event.kind == EventKind::kEnd) {
    has_ended_ = event.value == 0;
    end_ = event.at;
    return;
  }
  Replica& replica = replicas_[IndexOf(event.node)];
  if (event.kind == EventKind::kCrash) {
    replica.is_up = false;
    replica.needed = std::max(replica.needed, requests_->committed_end());
  } else if (event.kind == EventKind::kRestart) {
    replica.is_up = true;
    replica.reach = 0;
  } else if (event.Is(core::NoteKind::kCommitted)) {
    SetExercised();
    replica.reach = event.value + event.count;
    if (event.at <= heal_) answered_end_ = std::max(answered_end_, replica.reach);
  } else if (event.Is(core::NoteKind::kInstalled)) {
    replica.reach = event.value;
  } else if (event.Is(core::NoteKind::kRejoined) && replica.reach < replica.needed) {
    Object(event.at, event.node, [&] {
      return absl::StrCat(Host(event.node), " takes part again with a log up to index ",
                          replica.reach, ", of which ", replica.needed,
                          " were committed when it crashed");
    });
  }
}

void DurabilityChecker::OnUnordered(const Event& event, const RequestLog::RequestName& request) {
  // It may have stood in a batch that reached others by a message of another kind.
  if (IsAnyMute()) return SetUnsure();
  Object(event.at, std::nullopt, [&] {
    return absl::StrCat("client ", request.client, " has an answer to request ", request.request,
                        ", which nobody has executed");
  });
}

void DurabilityChecker::Finish() {
  if (!has_ended_ || end_ < deadline_) return;
  std::uint64_t reach = 0;
  for (const Replica& replica : replicas_) {
    if (replica.is_up) reach = std::max(reach, replica.reach);
  }
  if (reach >= answered_end_) return;
  Object(end_, std::nullopt, [&] {
    return absl::StrCat("of ", answered_end_, " indices committed by the heal, those from ", reach,
                        " on are in no log that is up");
  });
}

const Oracle kDurabilityOracle = {"U", &MakeRequestChecker<DurabilityChecker>};

}  // namespace lockstep::analysis
