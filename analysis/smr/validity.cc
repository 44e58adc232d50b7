// Validity: see validity.h.

#include "analysis/smr/validity.h"

#include <utility>

#include "analysis/smr/others.h"

namespace lockstep::analysis {

ValidityChecker::ValidityChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster,
                                 std::shared_ptr<RequestLog> requests)
    : ClusterChecker("Y", "validity", recipe, cluster,
                     trace::Interest().Add(core::NoteKind::kCommitted)),
      is_crowded_(HasOthers(*recipe)),
      requests_(std::move(requests)) {
  requests_->Watch(this);
}

void ValidityChecker::Judge(const trace::Event&) { SetExercised(); }

void ValidityChecker::OnUnproposed(const trace::Event& event, SlotName name) {
  if (IsMute(name.lane))
    return;  // It may have, and others heard of it by a message of another kind.
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " commits what the owner of round ", name.round,
                        ", lane ", name.lane, ", has not proposed");
  });
}

void ValidityChecker::OnUnasked(const trace::Event& event, SlotName name,
                                const RequestLog::RequestName& request) {
  if (is_crowded_ && request.client >= kFirstOther) return;
  // It may have been answered after all: ordered first by a batch that nobody heard proposed.
  if (IsAnyMute()) return SetUnsure();
  Object(event.at, event.node, [&] {
    return absl::StrCat(Host(event.node), " commits, in round ", name.round, ", lane ", name.lane,
                        ", request ", request.request, " of client ", request.client,
                        ", which has not asked it");
  });
}

const Oracle kValidityOracle = {"Y", &MakeRequestChecker<ValidityChecker>};

}  // namespace lockstep::analysis
