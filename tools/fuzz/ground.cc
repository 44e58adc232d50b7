// What draws stand on: see ground.h.

#include "tools/fuzz/ground.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

#include "tools/fuzz/draw_keys.h"
#include "tools/fuzz/drawn_cluster.h"
#include "tools/fuzz/view_draw.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using nlohmann::json;

constexpr Shape kShapes[] = {{4, 1, 1}, {3, 1, 0}, {4, 1, 0}, {1, 0, 0}, {2, 0, 0},
                             {5, 2, 0}, {6, 2, 1}, {7, 2, 2}, {7, 3, 0}};

Duration PaceOf(const std::vector<KeyInfo>& keys) {
  Duration least = Duration::Milliseconds(1);
  bool has_any = false;
  for (const KeyInfo& key : keys) {
    const Duration time = DefaultTime(key);
    if (time <= Duration() || (has_any && time >= least)) continue;
    least = time;
    has_any = true;
  }
  return least;
}

constexpr const char* kRuleKey = "rule";

// Takes the rule from among the keys, and those that mean nothing by it.
absl::Status FixRule(const std::string& rule, Ground& ground) {
  std::vector<KeyInfo>& keys = ground.layer.keys;
  const auto found = std::ranges::find(keys, kRuleKey, &KeyInfo::name);
  const bool is_there =
      rule.empty() ||
      (found != keys.end() && std::ranges::count(found->options, rule, &KeyInfo::Word::name) > 0);
  if (!is_there) {
    return absl::InvalidArgumentError(
        absl::StrCat("--rule: \"", ground.name, "\" has no rule \"", rule, "\""));
  }
  if (found == keys.end()) return absl::OkStatus();
  keys.erase(found);
  ground.rule = rule;
  if (rule.empty()) return absl::OkStatus();
  std::erase_if(keys, [&](const KeyInfo& key) {
    return std::ranges::any_of(key.conditions, [&](const KeyInfo::Condition& condition) {
      return condition.key == kRuleKey && condition.is != rule;
    });
  });
  // Whether contents have certificates is a key, where a rule has any.
  const bool has_choice = std::ranges::count(keys, "certificates", &KeyInfo::name) > 0;
  ground.layer.has_certificates = ground.layer.has_certificates && has_choice;
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Ground> GroundOf(const std::string& protocol, const std::vector<LayerInfo>& layers,
                                const std::string& rule, const Reads& reads) {
  Ground ground;
  ground.name = protocol;
  for (const LayerInfo& layer : layers) {
    if (layer.name == protocol && (layer.kind == "c3b" || layer.kind == "protocol"))
      ground.layer = layer;
    if (layer.kind == "rsm") ground.log = layer;
    if (layer.kind == "client") ground.clients.push_back(layer);
    if (layer.kind == protocol) ground.brokers = layer;
  }
  if (absl::Status status = FixRule(rule, ground); !status.ok()) return status;
  if (ground.is_c3b()) ground.clients.clear();
  ground.pace = PaceOf(ground.layer.keys);
  // Who promises when it sends again does so; what goes by datagrams may be lost anyway.
  const std::vector<std::string>& oracles = ground.layer.oracles;
  ground.bears_loss = !ground.is_c3b() || ground.layer.bears_loss ||
                      std::find(oracles.begin(), oracles.end(), "R1") != oracles.end() ||
                      std::find(oracles.begin(), oracles.end(), "L") == oracles.end();
  ground.has_certificates = ground.layer.has_certificates;
  ground.has_lengths = ground.is_c3b();
  std::string why;
  for (const Shape& shape : kShapes) {
    // Who bears liars has no way yet to say so; those of the catalogue bear none.
    if (!ground.is_c3b() && shape.r > 0) continue;
    const absl::StatusOr<Frame> frame = reads(PlainScenario(ground, shape, false));
    if (!frame.ok()) {
      why = std::string(frame.status().message());
      continue;
    }
    ground.types = frame->types;
    ground.notes = frame->notes;
    ground.numbers = frame->numbers;
    ground.bears_concurrent |= reads(PlainScenario(ground, shape, true)).ok();
    json by_stake = PlainScenario(ground, shape, false);
    for (json& cluster : by_stake["clusters"]) cluster["stake"] = json(shape.size, 2U);
    ground.bears_stake |= reads(by_stake).ok();
    json by_position = PlainScenario(ground, shape, false);
    for (json& cluster : by_position["clusters"]) cluster["positions"] = "random";
    ground.takes_positions |= reads(by_position).ok();
    ground.takes_views |= reads(WithPlainView(PlainScenario(ground, shape, false))).ok();
    ground.shapes.push_back(shape);
  }
  if (!ground.shapes.empty()) return ground;
  return absl::InvalidArgumentError(
      absl::StrCat("fuzz: no small cluster of \"", protocol, "\" can be run: ", why));
}

absl::StatusOr<Ground> GroundOfScenario(const std::string& file, json document,
                                        const Reads& reads) {
  absl::StatusOr<Frame> frame = reads(document);
  if (!frame.ok()) return frame.status();
  Ground ground;
  ground.name = file;
  ground.frame = *std::move(frame);
  ground.has_certificates = ground.frame.has_certificates;
  document.erase("expect");
  ground.scenario = std::move(document);
  return ground;
}

}  // namespace lockstep::fuzz
