// How hosts crash: see crash_order.h.

#include "sim/fault/engine/crash_order.h"

#include "sim/world_spec.h"

namespace lockstep::sim {

void DescribeCrash(core::Keys& keys, CrashOrder& order) {
  static constexpr core::Option kScopes[] = {
      {"process", "its machine resets what connections there were and refuses new ones."},
      {"machine", "nothing answers, and senders find out when they give up."}};
  static constexpr core::Option kStates[] = {
      {"keep", "it stays as it is."},
      {"lose_unsynced", "what was in flight is lost."},
      {"torn", "only some of that is kept, and the next of it in part."},
      {"amnesia", "everything is lost."}};
  std::size_t scope = order.is_of_machine ? 1 : 0;
  keys.Choice({"scope", "What dies."}, scope, kScopes);
  order.is_of_machine = scope == 1;
  keys.Choice({"state", "What becomes of the disk."}, order.disk, kStates);
  keys.Period(
      {"restart_after", "It starts again after so long, from what it saved.", false, "never"},
      order.restart_after);
}

std::optional<Refusal> RefuseCrash(const CrashOrder& order, const WorldSpec& spec) {
  const bool is_of_flight =
      order.disk == CrashState::kLoseUnsynced || order.disk == CrashState::kTorn;
  if (!is_of_flight || !spec.profile.disk.is_instant) return std::nullopt;
  return Refusal{"state",
                 "want \"keep\" or \"amnesia\": the profile's disk takes no time, so that nothing "
                 "is ever unsynced"};
}

}  // namespace lockstep::sim
