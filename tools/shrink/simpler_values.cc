// One value less, or one that is simpler: see candidates.h.
//
// Outer values come before those inside of them, so that what goes goes as a whole; elements of a
// list from the last on, so that those that stay keep their places.

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "tools/shrink/candidates.h"
#include "tools/shrink/fault_table.h"

namespace lockstep::shrink {
namespace {

using core::Duration;
using nlohmann::json;
using Pointer = json::json_pointer;

// What says what a scenario is and asks, rather than what happens in it.
constexpr std::array<std::string_view, 8> kKept = {"/lockstep", "/name",    "/why",    "/$schema",
                                                   "/run/seed", "/run/for", "/expect", "/phases"};
// What every scenario has.
constexpr std::array<std::string_view, 4> kNeeded = {"/run", "/profile", "/clusters", "/network"};
// What others are called by, and where a value of a profile comes from.
constexpr std::array<std::string_view, 3> kKeptKeys = {"id", "name", "source"};
// SmallerClusters changes these together.
constexpr std::array<std::string_view, 5> kSizes = {"size", "u", "r", "stake", "positions"};

template <std::size_t kSize>
bool IsOneOf(std::string_view text, const std::array<std::string_view, kSize>& words) {
  return std::ranges::find(words, text) != words.end();
}

// A probability or a factor.
bool IsRatio(const json& value) {
  return value.is_array() && value.size() == 2 && value[0].is_number_unsigned() &&
         value[1].is_number_unsigned();
}

// One digit that is not zero, and no more than it was.
std::uint64_t RoundedDown(std::uint64_t number) {
  std::uint64_t unit = 1;
  while (number / unit >= 10) unit *= 10;
  return number / unit * unit;
}

std::string ShortText(const json& value) {
  constexpr std::size_t kLongest = 60;
  const std::string text = value.dump(-1, ' ', false, json::error_handler_t::replace);
  return text.size() <= kLongest ? text : Shown(value);
}

// A thousandth of the run: what is shorter is no simpler for being shorter still.
std::uint64_t LeastTime(const json& scenario) {
  const json* const lasts = FindAt(scenario, "/run/for");
  if (lasts == nullptr || !lasts->is_string()) return 1;
  const auto time = ParseDuration(lasts->get_ref<const std::string&>());
  return time.ok() ? static_cast<std::uint64_t>(time->ps() / 1000 + 1) : 1;
}

class Simplifier {
 public:
  explicit Simplifier(const json& scenario)
      : scenario_(scenario), least_time_(LeastTime(scenario)) {}

  std::vector<Candidate> Take() {
    for (std::size_t depth = 1; Visit(Pointer(), scenario_, depth); ++depth) continue;
    return std::move(candidates_);
  }

 private:
  // Visits what stands so deep below `value`; whether anything does.
  bool Visit(const Pointer& at, const json& value, std::size_t depth);
  void Simplify(const Pointer& at, const json& value, bool is_element);
  bool IsRemovable(const Pointer& at, const KeyInfo* key, bool is_element) const;
  // `least`: of what may stand there.
  void SimplifyNumber(const Pointer& at, std::uint64_t number, std::uint64_t least);
  void SimplifyTime(const Pointer& at, Duration time, std::uint64_t least);
  void SimplifySize(const Pointer& at, core::ByteCount size, std::uint64_t least);
  void SimplifyRatio(const Pointer& at, const json& ratio);
  void SplitTarget(const Pointer& at, const json& target);

  void Remove(const Pointer& at) {
    json document = scenario_;
    json& parent = document[at.parent_pointer()];
    if (parent.is_array()) {
      parent.erase(static_cast<std::size_t>(std::stoull(at.back())));
    } else {
      parent.erase(at.back());
    }
    candidates_.push_back({absl::StrCat("without ", at.to_string()), std::move(document)});
  }
  void Replace(const Pointer& at, json by) {
    json document = scenario_;
    const std::string what =
        absl::StrCat(at.to_string(), ": ", ShortText(document[at]), " -> ", ShortText(by));
    document[at] = std::move(by);
    candidates_.push_back({what, std::move(document)});
  }

  const json& scenario_;
  const FaultTable table_;
  const std::uint64_t least_time_;  // that is tried, in ps
  std::vector<Candidate> candidates_;
};

bool Simplifier::Visit(const Pointer& at, const json& value, std::size_t depth) {
  if (!value.is_structured()) return false;
  bool is_any = false;
  const auto visit = [&](const Pointer& child_at, const json& child) {
    if (IsOneOf(child_at.to_string(), kKept)) return;
    if (depth == 1) {
      is_any = true;
      Simplify(child_at, child, value.is_array());
    } else if (!IsRatio(child) && Visit(child_at, child, depth - 1)) {
      is_any = true;
    }
  };
  if (value.is_array()) {
    for (std::size_t i = value.size(); i-- > 0;) visit(at / i, value[i]);
  } else {
    for (const auto& [key, child] : value.items()) visit(at / key, child);
  }
  return is_any;
}

void Simplifier::Simplify(const Pointer& at, const json& value, bool is_element) {
  const std::string place = at.to_string();
  if (!is_element && IsOneOf(at.back(), kKeptKeys)) return;
  const KeyInfo* const key = is_element ? nullptr : table_.Find(place);
  if (IsRemovable(at, key, is_element)) Remove(at);
  if (absl::StartsWith(place, "/profile") || absl::StartsWith(place, "/network")) return;
  if (at.back() == "target" && value.is_object()) SplitTarget(at, value);
  if (IsRatio(value)) return SimplifyRatio(at, value);
  const std::uint64_t least = key == nullptr ? 0 : key->range.min;
  if (value.is_number_unsigned() && (is_element || !IsOneOf(at.back(), kSizes)))
    SimplifyNumber(at, value.get<std::uint64_t>(), least);
  if (!value.is_string() || !absl::StartsWith(place, "/faults")) return;
  const auto& text = value.get_ref<const std::string&>();
  if (const auto time = ParseDuration(text); time.ok()) SimplifyTime(at, *time, least);
  if (const auto size = ParseBytes(text); size.ok()) SimplifySize(at, *size, least);
}

bool Simplifier::IsRemovable(const Pointer& at, const KeyInfo* key, bool is_element) const {
  // A list is not to be without its last element, and whole clusters are SmallerClusters'.
  if (is_element) {
    const Pointer list = at.parent_pointer();
    return scenario_[list].size() > 1 && list.to_string() != "/clusters" &&
           !IsOneOf(list.back(), kSizes);
  }
  const bool is_needed = key != nullptr && key->is_required;
  return !is_needed && !IsOneOf(at.back(), kSizes) && !IsOneOf(at.to_string(), kNeeded);
}

void Simplifier::SimplifyNumber(const Pointer& at, std::uint64_t number, std::uint64_t least) {
  std::vector<std::uint64_t> simpler;
  const auto add = [&](std::uint64_t to) {
    if (to >= least && to < number && std::ranges::find(simpler, to) == simpler.end())
      simpler.push_back(to);
  };
  add(std::max<std::uint64_t>(least, 1));
  add(number / 10);
  add(number / 2);
  add(RoundedDown(number));
  if (number > 0 && number <= 8) add(number - 1);
  for (const std::uint64_t to : simpler) Replace(at, to);
}

void Simplifier::SimplifyTime(const Pointer& at, Duration time, std::uint64_t least) {
  const auto ps = static_cast<std::uint64_t>(time.ps());
  for (const std::uint64_t to : {RoundedDown(ps / 10), RoundedDown(ps / 2), RoundedDown(ps)})
    if (to >= std::max(least, least_time_) && to < ps)
      Replace(at, FormatDuration(Duration::Picoseconds(static_cast<std::int64_t>(to))));
}

void Simplifier::SimplifySize(const Pointer& at, core::ByteCount size, std::uint64_t least) {
  const auto bytes = static_cast<std::uint64_t>(size.value());
  for (const std::uint64_t to : {bytes / 10, bytes / 2})
    if (to >= std::max<std::uint64_t>(least, 1)) Replace(at, absl::StrCat(to, "B"));
}

void Simplifier::SimplifyRatio(const Pointer& at, const json& ratio) {
  const auto of = ratio[0].get<std::uint64_t>();
  const auto all = ratio[1].get<std::uint64_t>();
  if (of == 0 || all == 0) return;
  const json one_in = {1, std::max<std::uint64_t>((all + of / 2) / of, 1)};
  if (one_in != ratio && of != 1) Replace(at, one_in);
}

// A cluster as a target: each of its hosts alone.
void Simplifier::SplitTarget(const Pointer& at, const json& target) {
  constexpr std::uint64_t kHostsMost = 8;
  if (!target.contains("cluster") || !target["cluster"].is_string()) return;
  const std::string cluster = target["cluster"];
  for (const json& each : scenario_.value("clusters", json::array())) {
    if (!each.is_object() || each.value("name", json()) != cluster) continue;
    const json size = each.value("size", json());
    if (!size.is_number_unsigned()) return;
    for (std::uint64_t i = 0; i < std::min(size.get<std::uint64_t>(), kHostsMost); ++i)
      Replace(at, absl::StrCat(cluster, i));
  }
}

}  // namespace

std::vector<Candidate> SimplerValues(const json& scenario) { return Simplifier(scenario).Take(); }

}  // namespace lockstep::shrink
