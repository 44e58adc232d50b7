// The kinds of faults: see fault_kinds.h.

#include "tools/fuzz/fault_kinds.h"

namespace lockstep::fuzz {
namespace {

using Kind = KeyInfo::Kind;

KeyInfo KeyOf(const char* name, Kind kind, bool is_required, core::Numbers range = {}) {
  KeyInfo key;
  key.name = name;
  key.kind = kind;
  key.is_required = is_required;
  key.range = range;
  return key;
}
KeyInfo TimeKey(const char* name, bool is_required) {
  return KeyOf(name, Kind::kTime, is_required, {1'000, std::uint64_t{1} << 62});
}
KeyInfo WordKey(const char* name, std::vector<KeyInfo::Word> words) {
  KeyInfo key = KeyOf(name, Kind::kChoice, false);
  key.options = std::move(words);
  return key;
}

std::vector<FaultKindInfo> MakeKinds() {
  std::vector<FaultKindInfo> kinds;
  FaultKindInfo crash{"crash"};
  crash.has_target = crash.spends_u = true;
  crash.lasts = FaultKindInfo::Lasts::kMoment;
  crash.keys = {WordKey("scope", {{"process", ""}, {"machine", ""}}),
                WordKey("state", {{"keep", ""}, {"amnesia", ""}}),
                KeyOf("before_effect", Kind::kInteger, false, {1, 30}),
                TimeKey("restart_after", false)};
  kinds.push_back(crash);
  FaultKindInfo silent{"silent"};
  silent.has_target = silent.spends_u = silent.is_of_messages = true;
  kinds.push_back(silent);
  FaultKindInfo lie{"lie_ack"};
  lie.has_target = lie.spends_u = lie.spends_r = lie.is_of_messages = true;
  lie.keys = {WordKey("mode", {{"inf", ""}, {"zero", ""}})};
  lie.keys[0].is_required = true;
  kinds.push_back(lie);
  FaultKindInfo drop{"drop"};
  drop.has_link = drop.has_message = drop.is_of_messages = drop.loses_messages = true;
  kinds.push_back(drop);
  FaultKindInfo loss{"loss"};
  loss.has_link = loss.is_of_messages = true;
  kinds.push_back(loss);
  FaultKindInfo delay{"delay"};
  delay.has_link = delay.has_message = delay.is_of_messages = delay.wants_datagrams = true;
  delay.keys = {TimeKey("max", true)};
  kinds.push_back(delay);
  FaultKindInfo pause{"pause"};
  pause.has_target = true;
  kinds.push_back(pause);
  FaultKindInfo step{"clock_step"};
  step.has_target = true;
  step.lasts = FaultKindInfo::Lasts::kMoment;
  step.keys = {WordKey("clock", {{"monotonic", ""}, {"synced", ""}, {"wall", ""}}),
               TimeKey("by", true), KeyOf("back", Kind::kBool, false)};
  kinds.push_back(step);
  return kinds;
}

}  // namespace

const std::vector<FaultKindInfo>& FaultKinds() {
  static const std::vector<FaultKindInfo> kinds = MakeKinds();
  return kinds;
}

}  // namespace lockstep::fuzz
