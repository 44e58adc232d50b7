// Drawn views: see view_draw.h.

#include "tools/fuzz/view_draw.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tools/fuzz/draw_keys.h"

namespace lockstep::fuzz {
namespace {

using core::Duration;
using nlohmann::json;

constexpr std::uint64_t kViewsMost = 3;
// Of one view, whose draws may be refused.
constexpr int kViewTries = 4;

// By Fisher and Yates.
std::vector<std::uint32_t> ShuffledTurns(std::uint32_t size, Dice& dice) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  for (std::uint32_t left = size; left > 1; --left)
    std::swap(order[left - 1], order[dice.Below(left)]);
  return order;
}

json DrawMembers(const FrameCluster& cluster, Dice& dice) {
  json members = json::array();
  const std::uint64_t leaving = dice.Below(cluster.size);
  for (std::uint32_t i = 0; i < cluster.size; ++i)
    if (i != leaving && !dice.Percent(10)) members.push_back(cluster.Host(i));
  if (members.empty()) members.push_back(cluster.Host(0));
  return members;
}

// As much in all as before, or more: as its budgets may want.
json DrawWeights(const FrameCluster& cluster, Dice& dice) {
  std::uint64_t least = 2 * std::uint64_t{cluster.u} + cluster.r + 1;
  json weights = json::array();
  for (std::uint32_t i = 0; i < cluster.size; ++i) {
    const bool is_faulty = cluster.failing.contains(i) || cluster.lying.contains(i);
    const std::uint64_t most = is_faulty ? cluster.StakeOf(i) : 2 * cluster.StakeOf(i) + 3;
    std::uint64_t weight = dice.Percent(15) ? 0 : dice.Between(1, std::max<std::uint64_t>(1, most));
    // The last one has what is wanting.
    if (i + 1 == cluster.size) weight = std::max(weight, least);
    least -= std::min(least, weight);
    weights.push_back(weight);
  }
  return weights;
}

json DrawView(const Frame& frame, std::uint64_t epoch, Duration at, Dice& dice) {
  const FrameCluster& cluster = dice.Pick(frame.clusters);
  json body = {{"cluster", cluster.name}, {"epoch", epoch}};
  if (dice.Percent(70)) {
    const auto most_ns =
        static_cast<std::uint64_t>(std::max<std::int64_t>(1, (frame.heal - at).ps() / 1'000));
    body["spread"] =
        TimeText(Duration::Nanoseconds(static_cast<std::int64_t>(dice.Log(0, most_ns))));
  }
  const std::uint64_t what = dice.Below(4);
  std::string kind = "reconfig";
  if (what == 0) {
    kind = "stake_change";
    body["stake"] = DrawWeights(cluster, dice);
  }
  if (what == 1 || what == 2) body["members"] = DrawMembers(cluster, dice);
  if (what >= 2) body["positions"] = ShuffledTurns(cluster.size, dice);
  json entry = {
      {"id", absl::StrCat("drawn-view-", epoch)}, {"expect_effect", 0}, {"at", TimeText(at)}};
  entry[kind] = std::move(body);
  return entry;
}

}  // namespace

void AddViews(const Frame& frame, const Reads& reads, Dice& dice, json& scenario) {
  const std::uint64_t count = dice.Between(1, kViewsMost);
  const auto heal_ns = static_cast<std::uint64_t>(frame.heal.ps() / 1'000);
  if (heal_ns < 4 || frame.clusters.empty()) return;
  std::vector<std::uint64_t> times;
  for (std::uint64_t i = 0; i < count; ++i) times.push_back(dice.Between(1, heal_ns - 2));
  std::sort(times.begin(), times.end());
  if (!scenario.contains("faults")) scenario["faults"] = json::array();
  for (std::uint64_t i = 0; i < count; ++i) {
    const Duration at = Duration::Nanoseconds(static_cast<std::int64_t>(times[i]));
    for (int attempt = 0; attempt < kViewTries; ++attempt) {
      json changed = scenario;
      changed["faults"].push_back(DrawView(frame, i + 1, at, dice));
      if (!reads(changed).ok()) continue;
      scenario = std::move(changed);
      break;
    }
  }
}

json WithPlainView(json scenario) {
  const json& cluster = scenario["clusters"][0];
  const auto size = cluster.value("size", std::uint32_t{0});
  std::vector<std::uint32_t> turns(size);
  std::iota(turns.rbegin(), turns.rend(), 0U);
  const json body = {{"cluster", cluster["name"]}, {"epoch", 1}, {"positions", turns}};
  scenario["faults"] = json::array({{{"id", "view"}, {"at", "1ns"}, {"reconfig", body}}});
  return scenario;
}

}  // namespace lockstep::fuzz
