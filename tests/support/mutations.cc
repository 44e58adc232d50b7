// Changes of a trace: see mutations.h.

#include "tests/support/mutations.h"

#include <array>
#include <fstream>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "protocols/core/random.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

constexpr std::uint64_t kOne = 1;
constexpr std::array<std::uint64_t, 27> kNumbers = {0,
                                                    1,
                                                    2,
                                                    7,
                                                    63,
                                                    64,
                                                    1000,
                                                    kOne << 16,
                                                    kOne << 20,
                                                    (kOne << 20) + 1,
                                                    kOne << 24,
                                                    (kOne << 24) + 1,
                                                    (kOne << 31) - 1,
                                                    kOne << 31,
                                                    (kOne << 32) - 1,
                                                    kOne << 32,
                                                    4'000'000'000,
                                                    kOne << 40,
                                                    kOne << 53,
                                                    kOne << 61,
                                                    (kOne << 62) - 1,
                                                    kOne << 62,
                                                    (kOne << 62) + 1,
                                                    (kOne << 63) - 1,
                                                    kOne << 63,
                                                    std::numeric_limits<std::uint64_t>::max() - 1,
                                                    std::numeric_limits<std::uint64_t>::max()};
const std::array<const char*, 14> kJunk = {
    "null", "true", "-1",      "1.5",         "1e308", "\"\"",  "\"x\"",
    "[]",   "{}",   "[1,2,3]", R"({"a": 1})", "[[]]",  "-9e18", R"("\u001b[31m")"};
constexpr std::array<const char*, 17> kKeys = {"c", "st", "v", "x", "y", "n",     "p",    "s", "l",
                                               "b", "i",  "t", "r", "d", "known", "ones", "m"};
constexpr std::array<const char*, 24> kKinds = {"spans",
                                                "tally",
                                                "late",
                                                "missed",
                                                "tight",
                                                "mismatch",
                                                "metric",
                                                "dropped",
                                                "fault",
                                                "receipt",
                                                "faulty",
                                                "crash",
                                                "restart",
                                                "tampered",
                                                "carries.sent",
                                                "carries.handed",
                                                "states.sent",
                                                "states.handed",
                                                "carries.destroyed",
                                                "proposes.sent",
                                                "votes.sent",
                                                "decides.sent",
                                                "proposes.handed",
                                                "requests.sent"};

class Mutator {
 public:
  explicit Mutator(std::uint64_t seed) : random_(core::Random(seed).Fork("mutations")) {}

 private:
  std::uint64_t Below(std::uint64_t bound) { return random_.Below(bound); }
  template <typename List>
  auto Of(const List& list) {
    return list[Below(list.size())];
  }

 public:
  std::string Mutate(std::vector<std::string> lines) {
    constexpr std::array<int, 6> kChanges = {1, 1, 1, 2, 3, 6};
    for (int left = Of(kChanges); left > 0; --left) Change(lines);
    return absl::StrCat(absl::StrJoin(lines, "\n"), "\n");
  }

 private:
  void Change(std::vector<std::string>& lines) {
    const std::uint64_t way = Below(20);
    if (way < 6) return ChangeRecipe(lines.front());
    const auto at = static_cast<std::ptrdiff_t>(1 + Below(lines.size() - 2));
    std::string& line = lines[static_cast<std::size_t>(at)];
    if (way < 17) {
      ChangeEvent(line);
    } else if (way == 17 && lines.size() > 3) {
      lines.erase(lines.begin() + at);
    } else if (way == 18) {
      lines.insert(lines.begin() + at, lines[1 + Below(lines.size() - 2)]);
    } else if (!line.empty()) {
      line[Below(line.size())] = static_cast<char>(1 + Below(255));
    }
  }

  // Places of `value` and all in it, but what only repeats the scenario.
  void Walk(const json& value, const std::string& at, std::vector<std::string>& places) {
    if (!at.empty()) places.push_back(at);
    if (at == "/scenario") return places.push_back("/scenario/name");
    if (!value.is_structured()) return;
    for (const auto& [key, inner] : value.items()) Walk(inner, absl::StrCat(at, "/", key), places);
  }

  void ChangeRecipe(std::string& line) {
    json recipe = json::parse(line, nullptr, false);
    std::vector<std::string> places;
    Walk(recipe, "", places);
    if (places.empty()) return;
    const json::json_pointer place(Of(places));
    json& value = recipe[place];
    if (value.is_array() && !value.empty() && Below(2) == 0) {
      value.push_back(value[Below(value.size())]);
    } else if (Below(8) == 0) {
      recipe = recipe.patch({{{"op", "remove"}, {"path", place.to_string()}}});
    } else if (value.is_string() && Below(2) == 0) {
      value = absl::StrCat(Of(kNumbers));
    } else if (value.is_number() && Below(6) != 0) {
      value = Of(kNumbers);
    } else {
      value = json::parse(Of(kJunk));
    }
    line = recipe.dump();
  }

  json ValueFor(const std::string& key) {
    if (key == "known" || key == "ones" || key == "d") {
      return absl::StrCat(absl::Hex(Of(kNumbers)));
    }
    if (key == "m") return absl::StrCat(Below(9), "/", Of(kNumbers), Below(2) == 0 ? "" : "#1");
    if (key != "r") return Of(kNumbers);
    json runs = json::array();
    for (std::uint64_t left = 3 * (1 + Below(3)); left > 0; --left) runs.push_back(Of(kNumbers));
    return runs;
  }

  void ChangeEvent(std::string& line) {
    json event = json::parse(line, nullptr, false);
    if (!event.is_object()) return;
    const std::uint64_t way = Below(10);
    if (way < 2) {
      event["c"] = Of(kNumbers);
      event["st"] = Of(kNumbers);
    } else if (way < 7) {
      const std::string key = Of(kKeys);
      event[key] = ValueFor(key);
    } else if (way < 9) {
      event["k"] = Of(kKinds);
      event.erase("note");
      if (event["k"] == "spans") event["r"] = ValueFor("r");
    } else {
      event[Of(kKeys)] = json::parse(Of(kJunk));
    }
    line = event.dump();
  }

  core::Random random_;
};

}  // namespace

std::vector<std::string> LinesToMutate(const std::string& path) {
  constexpr std::size_t kFirst = 500;
  constexpr std::size_t kMiddle = 300;
  constexpr std::size_t kLast = 100;
  std::vector<std::string> all;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) all.push_back(line);
  const std::size_t middle = all.size() / 2;
  std::vector<std::string> lines;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const bool is_kept =
        i < kFirst || (i >= middle && i < middle + kMiddle) || i + kLast >= all.size();
    if (is_kept) lines.push_back(std::move(all[i]));
  }
  lines.push_back(R"({"footer":{}})");
  return lines;
}

std::string Mutated(std::vector<std::string> lines, std::uint64_t seed) {
  return Mutator(seed).Mutate(std::move(lines));
}

}  // namespace lockstep::tests
