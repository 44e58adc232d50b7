// Crashes that wait for their moment: before the nth effect that a host is about to perform.

#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "protocols/core/effects.h"
#include "protocols/core/ids.h"
#include "sim/fault/fault.h"

namespace lockstep::sim {

// Whether a crash point counts this effect.
inline bool IsOfClass(const core::Listed& listed, EffectClass of) {
  switch (of) {
    case EffectClass::kAny:
      return true;
    case EffectClass::kSend:
      return std::holds_alternative<core::effect::Send>(listed.what);
    case EffectClass::kSave:
      return std::holds_alternative<core::effect::Save>(listed.what) ||
             std::holds_alternative<core::effect::SaveSnapshot>(listed.what);
    case EffectClass::kNote:
      return std::holds_alternative<core::effect::Note>(listed.what);
  }
  return false;
}

// Counts what the targets of one fault are about to perform, each for itself.
class CrashPointCount {
 public:
  // Whether the host crashes now, which it does once.
  bool Strikes(const Fault& fault, core::NodeId host, const core::Listed& listed) {
    if (!IsOfClass(listed, fault.crash_point.of)) return false;
    counts_.resize(fault.targets.size());
    for (std::size_t i = 0; i < fault.targets.size(); ++i)
      if (fault.targets[i] == host) return ++counts_[i] == fault.crash_point.nth;
    return false;
  }

 private:
  std::vector<std::uint64_t> counts_;  // counts_[target]
};

}  // namespace lockstep::sim
