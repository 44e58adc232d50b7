// Equality of states: see state_hash.h.

#include "analysis/smr/state_hash.h"

namespace lockstep::analysis {

StateHashChecker::StateHashChecker(std::shared_ptr<const Recipe> recipe, core::ClusterId cluster)
    : ClusterChecker("H", "equal states", std::move(recipe), cluster,
                     trace::Interest().Add(core::NoteKind::kState)) {}

void StateHashChecker::Judge(const trace::Event& event) {
  if (!event.Is(core::NoteKind::kState) || !IsAnswerable(event.node)) return;
  const Recent::Answer answer = said_.Say({event.value, 1, event.digest, IndexOf(event.node)});
  switch (answer.kind) {
    case Recent::Kind::kFirst:
    case Recent::Kind::kPassed:
      return;
    case Recent::Kind::kSame:
      return SetExercised();
    case Recent::Kind::kForgotten:
      return SetUnsure();
    case Recent::Kind::kOther:
      Object(event.at, event.node, [&] {
        return absl::StrCat(Host(event.node), " is in another state than ",
                            Host(cluster().Replica(answer.before.by)), " at index ", event.value);
      });
  }
}

const Oracle kStateHashOracle = {"H", &MakeClusterChecker<StateHashChecker>};

}  // namespace lockstep::analysis
