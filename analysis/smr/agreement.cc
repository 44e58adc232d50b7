// Agreement: see agreement.h.

#include "analysis/smr/agreement.h"

#include <algorithm>

namespace lockstep::analysis {

AgreementChecker::AgreementChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
    : ClusterChecker(
          "X", "agreement", std::move(recipe), cluster,
          trace::Interest(Bit(trace::EventKind::kRestart)).Add(core::NoteKind::kCommitted)),
      next_(this->cluster().size) {}

void AgreementChecker::Judge(const trace::Event& event) {
  const std::uint32_t replica = IndexOf(event.node);
  if (event.kind == trace::EventKind::kRestart) next_[replica] = 0;
  if (!event.Is(core::NoteKind::kCommitted) || !IsAnswerable(event.node)) return;
  const Recent::Answer answer = said_.Say({event.value, event.count, event.digest, replica});
  switch (answer.kind) {
    case Recent::Kind::kFirst:
    case Recent::Kind::kPassed:  // Its state will tell: see state_hash.h.
      break;
    case Recent::Kind::kSame:
      SetExercised();
      break;
    case Recent::Kind::kForgotten:
      SetUnsure();
      break;
    case Recent::Kind::kOther:
      Object(event.at, event.node, [&] {
        const std::string other = Host(cluster().Replica(answer.before.by));
        return answer.before.count == event.count
                   ? absl::StrCat(Host(event.node), " commits something else than ", other,
                                  " at index ", event.value, " (", event.count, " of them)")
                   : absl::StrCat(Host(event.node), " commits ", event.count, " from index ",
                                  event.value, " on, and ", other, " ", answer.before.count);
      });
  }
  next_[replica] = event.value + event.count;
  said_.Pass(*std::min_element(next_.begin(), next_.end()));
}

const Oracle kAgreementOracle = {"X", &MakeClusterChecker<AgreementChecker>};

}  // namespace lockstep::analysis
