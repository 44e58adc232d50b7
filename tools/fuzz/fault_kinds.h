// The kinds of faults that are drawn, as data.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/parameters/key_list.h"

namespace lockstep::fuzz {

struct FaultKindInfo {
  enum class Lasts : std::uint8_t { kMoment, kSpan };
  std::string name;
  std::vector<KeyInfo> keys = {};
  bool has_target = false;
  bool has_link = false;
  bool has_message = false;
  bool spends_u = false;
  bool spends_r = false;
  bool is_of_messages = false;   // takes "prob" and "count"
  bool wants_datagrams = false;  // refused where a stream may carry what it is about
  bool loses_messages = false;   // above the transport
  Lasts lasts = Lasts::kSpan;
};

const std::vector<FaultKindInfo>& FaultKinds();

}  // namespace lockstep::fuzz
