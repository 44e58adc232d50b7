// Machines that are drawn: see machine.h.

#include "tools/fuzz/machine.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace lockstep::fuzz {
namespace {

using nlohmann::json;

json WithSource(const json& value) {
  return {{"value", value}, {"source", "fuzz: any machine will do"}};
}
std::string NsText(std::uint64_t ns) { return absl::StrCat(ns, "ns"); }

}  // namespace

json DrawMachine(Dice& dice, bool is_priced) {
  json profile = {
      {"name", "fuzz"},
      {"nic",
       {{"rate", WithSource("100Gbps")},
        {"tx_queue", WithSource("2MiB")},
        {"rx_queue", WithSource("2MiB")},
        {"mtu_payload", WithSource("1472B")},
        {"header", WithSource("66B")}}},
      {"stages",
       json::array(
           {{{"name", "receive"}}, {{"name", "protocol"}}, {{"name", "send"}}, {{"name", "log"}}})},
      {"work", {{"rest", {{"stage", "protocol"}}}}},
      {"clocks",
       {{"offset_max", WithSource(NsText(dice.Below(100)))},
        {"drift_ppb_max", WithSource(dice.Below(50'000))},
        {"synced_offset_max", WithSource(NsText(dice.Below(100)))},
        {"synced_drift_ppb_max", WithSource(dice.Below(10'000))},
        {"sync_interval", WithSource("1ms")}}}};
  if (!is_priced) return profile;
  for (json& stage : profile["stages"])
    if (stage["name"] != "log") stage["core"] = "vote";
  for (const char* part : {"receive", "send"})
    profile["messages"][part]["per_unit"] = WithSource(NsText(dice.Between(10, 60)));
  profile["work"] = {{"vote", {{"stage", "protocol"}, {"per_unit", WithSource("20ns")}}},
                     {"apply", {{"stage", "log"}, {"per_unit", WithSource("30ns")}}},
                     {"build", {{"stage", "log"}, {"per_unit", WithSource("50ns")}}},
                     {"rest", {{"stage", "protocol"}}}};
  return profile;
}

json DrawDisk(Dice& dice) {
  return {{"latency", WithSource(NsText(dice.Log(1'000, 200'000)))},
          {"sync", WithSource(NsText(dice.Log(1'000, 1'000'000)))}};
}

}  // namespace lockstep::fuzz
