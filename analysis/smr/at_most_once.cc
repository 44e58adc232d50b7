// At most once: see at_most_once.h.

#include "analysis/smr/at_most_once.h"

#include <utility>

#include "protocols/core/log_notes.h"
namespace lockstep::analysis {

AtMostOnceChecker::AtMostOnceChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                     std::shared_ptr<RequestLog> requests)
    : ClusterChecker("C", "requests at most once", std::move(recipe), cluster,
                     trace::Interest().Add(core::NoteKind::kCommitted).Add(core::kExecuted)),
      requests_(std::move(requests)) {}

void AtMostOnceChecker::Judge(const trace::Event& event) {
  SetExercised();
  if (!event.Is(core::kExecuted)) return;
  const RequestLog::Stretch* const stretch = requests_->Find(event.value);
  if (stretch == nullptr || stretch->count != event.count) return;
  if (stretch->requests == event.detail && stretch->digest == event.digest) return;
  // It may have committed a batch that reached others by a message of another kind.
  if (IsAnyMute()) return SetUnsure();
  Object(event.at, event.node, [&] {
    const std::string where =
        absl::StrCat(Host(event.node), " executes ", event.detail, " requests at index ",
                     event.value, " (", event.count, " of them), where the log orders ");
    return event.detail == stretch->requests
               ? absl::StrCat(where, "others")
               : absl::StrCat(where, stretch->requests, " for the first time");
  });
}

const Oracle kAtMostOnceOracle = {"C", &MakeRequestChecker<AtMostOnceChecker>};

}  // namespace lockstep::analysis
