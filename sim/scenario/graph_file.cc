// Maps of networks: see graph_file.h.

#include "sim/scenario/graph_file.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/graph_reader.h"
#include "sim/scenario/great_circle.h"

namespace lockstep::sim {
namespace {

using core::Duration;

constexpr std::size_t kNamed = 8;  // of what a remark is about

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// --- Values ---

// "1.0E10" times 10^`shift`, rounded to nearest, half away from zero; none if it is no decimal
// number, or one that does not fit.
std::optional<std::int64_t> ScaledDecimal(std::string_view text, int shift) {
  const bool is_negative = !text.empty() && text[0] == '-';
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  absl::int128 digits = 0;
  bool has_digit = false;
  bool has_point = false;
  std::size_t i = 0;
  for (; i < text.size() && (absl::ascii_isdigit(static_cast<unsigned char>(text[i])) ||
                             (text[i] == '.' && !has_point));
       ++i) {
    if (text[i] == '.') {
      has_point = true;
      continue;
    }
    has_digit = true;
    if (digits > absl::int128(1) << 100) {  // More digits than matter.
      if (!has_point) ++shift;
      continue;
    }
    digits = digits * 10 + (text[i] - '0');
    if (has_point) --shift;
  }
  if (!has_digit) return std::nullopt;
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    std::string_view power = text.substr(i + 1);
    const bool is_small = !power.empty() && power[0] == '-';
    if (!power.empty() && (power[0] == '-' || power[0] == '+')) power.remove_prefix(1);
    if (power.empty() || power.size() > 3) return std::nullopt;
    int exponent = 0;
    for (const char c : power) {
      if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return std::nullopt;
      exponent = exponent * 10 + (c - '0');
    }
    shift += is_small ? -exponent : exponent;
    i = text.size();
  }
  if (i != text.size()) return std::nullopt;
  const absl::int128 most = absl::int128(1) << 62;
  for (; shift > 0 && digits != 0; --shift) {
    digits *= 10;
    if (digits > most) return std::nullopt;
  }
  bool is_half = false;
  for (; shift < 0 && (digits != 0 || is_half); ++shift) {
    is_half = digits % 10 >= 5;
    digits /= 10;
  }
  if (is_half) ++digits;
  if (digits > most) return std::nullopt;
  return static_cast<std::int64_t>(is_negative ? -digits : digits);
}

std::string Find(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  if (found == attributes.end()) return "";
  return std::string(absl::StripAsciiWhitespace(found->second));
}

// "10 Gbps", as people write it.
std::optional<std::int64_t> LooseRate(const std::string& text) {
  const auto rate = ParseRate(absl::StrReplaceAll(text, {{" ", ""}, {"bit/s", "bps"}}));
  return rate.ok() ? std::optional(*rate) : std::nullopt;
}
std::optional<Duration> LooseTime(const std::string& text) {
  const auto time = ParseDuration(absl::StrReplaceAll(text, {{" ", ""}}));
  return time.ok() ? std::optional(*time) : std::nullopt;
}

// LinkSpeed "2.5" with LinkSpeedUnits "G".
std::optional<std::int64_t> RateInUnits(const std::string& speed, const std::string& units) {
  static const std::map<std::string, int> kShifts = {{"K", 3}, {"k", 3}, {"M", 6},  {"m", 6},
                                                     {"G", 9}, {"g", 9}, {"T", 12}, {"t", 12}};
  std::string_view prefix = units;  // "Gbps" and "Gb/s" are "G".
  for (const std::string_view rest : {"bps", "b/s", "bit/s"})
    if (prefix.size() > rest.size() && EndsWith(prefix, rest)) prefix.remove_suffix(rest.size());
  const auto shift = kShifts.find(std::string(prefix));
  if (shift == kShifts.end()) return std::nullopt;
  return ScaledDecimal(speed, shift->second);
}

absl::StatusOr<std::optional<std::int64_t>> RateOf(const Attributes& attributes) {
  if (const std::string own = Find(attributes, "rate"); !own.empty()) {
    const auto rate = ParseRate(own);
    if (!rate.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("has the rate \"", own, "\"; ", std::string(rate.status().message())));
    return std::optional(*rate);
  }
  const auto positive = [](std::optional<std::int64_t> rate) {
    return rate.has_value() && *rate > 0 ? rate : std::nullopt;
  };
  std::optional<std::int64_t> rate = positive(ScaledDecimal(Find(attributes, "LinkSpeedRaw"), 0));
  if (!rate)
    rate = positive(RateInUnits(Find(attributes, "LinkSpeed"), Find(attributes, "LinkSpeedUnits")));
  for (const char* name : {"bandwidth", "label"})
    if (!rate) rate = LooseRate(Find(attributes, name));
  return rate;
}

absl::StatusOr<std::optional<Duration>> DelayOf(const Attributes& attributes) {
  if (const std::string own = Find(attributes, "delay"); !own.empty()) {
    const auto delay = ParseDuration(own);
    if (!delay.ok())
      return absl::InvalidArgumentError(
          absl::StrCat("has the delay \"", own, "\"; ", std::string(delay.status().message())));
    return std::optional(*delay);
  }
  std::optional<Duration> delay;
  for (const char* name : {"latency", "label"})
    if (!delay) delay = LooseTime(Find(attributes, name));
  return delay;
}

std::optional<Place> PlaceOf(const Attributes& attributes) {
  const auto latitude = ScaledDecimal(Find(attributes, "Latitude"), 7);
  const auto longitude = ScaledDecimal(Find(attributes, "Longitude"), 7);
  if (!latitude || !longitude) return std::nullopt;
  const auto within = [](std::int64_t value, std::int64_t degrees) {
    return value >= -degrees * kPlaceUnitsPerDegree && value <= degrees * kPlaceUnitsPerDegree;
  };
  if (!within(*latitude, 90) || !within(*longitude, 180)) return std::nullopt;
  return Place{*latitude, *longitude};
}

// Maps come from anywhere, and what they say reaches terminals: control characters, which may
// command those, become blanks.
void Blank(std::string& text) {
  for (char& c : text)
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
}
void Blank(Attributes& attributes) {
  for (auto& [name, value] : attributes) Blank(value);
}

// --- All of it ---

class Import {
 public:
  Import(const RawGraph& raw, std::string file, const LinkDefaults& defaults)
      : raw_(raw), file_(std::move(file)), defaults_(defaults) {}

  absl::StatusOr<GraphFile> Read() {
    if (raw_.nodes.empty()) return Wrong("there is no node in it");
    if (absl::Status status = NameNodes(); !status.ok()) return status;
    for (const RawGraph::Link& link : raw_.links) {
      if (link.from == link.to) {
        loops_.push_back(graph_.nodes[link.from]);
        continue;
      }
      if (absl::Status status = ReadLink(link); !status.ok()) return status;
    }
    if (absl::Status status = Assumed(no_rate_, "rate", "10Gbps", defaults_.rate_bps.has_value());
        !status.ok())
      return status;
    if (absl::Status status = Assumed(no_delay_, "delay", "1ms", defaults_.delay.has_value());
        !status.ok())
      return status;
    if (!loops_.empty())
      Remark(absl::StrCat("links from a node to itself are left out: ", Listed(loops_)));
    return std::move(graph_);
  }

 private:
  absl::Status Wrong(const std::string& what) const {
    return absl::InvalidArgumentError(absl::StrCat(file_, ": ", what));
  }
  void Remark(const std::string& what) {
    graph_.remarks.push_back(absl::StrCat(file_, ": ", what));
  }
  static std::string Listed(const std::vector<std::string>& names) {
    const std::size_t shown = std::min(names.size(), kNamed);
    const std::string list =
        absl::StrJoin(names.begin(), names.begin() + static_cast<int>(shown), ", ");
    if (shown == names.size()) return list;
    return absl::StrCat(list, " and ", names.size() - shown, " more");
  }

  absl::Status NameNodes() {
    std::map<std::string, int> times;
    for (const RawGraph::Node& node : raw_.nodes) ++times[Find(node.attributes, "label")];
    std::set<std::string> names;
    std::vector<std::string> shared;
    std::vector<std::string> misplaced;
    for (const RawGraph::Node& node : raw_.nodes) {
      const std::string label = Find(node.attributes, "label");
      std::string name = label.empty() || label == "\\N" ? node.id : label;
      if (!label.empty() && times[label] > 1 && label != "\\N") {
        name = absl::StrCat(label, "#", node.id);
        shared.push_back(name);
      }
      if (!names.insert(name).second)
        return Wrong(absl::StrCat("two nodes would be called \"", name,
                                  "\", by label or by id: want labels that differ"));
      graph_.nodes.push_back(std::move(name));
      places_.push_back(PlaceOf(node.attributes));
      const bool has_place =
          !Find(node.attributes, "Latitude").empty() || !Find(node.attributes, "Longitude").empty();
      if (has_place && !places_.back()) misplaced.push_back(graph_.nodes.back());
    }
    if (!misplaced.empty())
      Remark(absl::StrCat("places that are none on Earth, in degrees, are left out: ",
                          Listed(misplaced)));
    if (!shared.empty())
      Remark(absl::StrCat("labels that several nodes have are told apart by their ids: ",
                          Listed(shared)));
    return absl::OkStatus();
  }

  std::string NameOf(const RawGraph::Link& link) const {
    return absl::StrCat(graph_.nodes[link.from], raw_.is_directed ? " -> " : " - ",
                        graph_.nodes[link.to]);
  }

  absl::Status ReadLink(const RawGraph::Link& raw) {
    GraphFileLink link;
    link.from = raw.from;
    link.to = raw.to;
    link.is_one_way = raw_.is_directed;
    const auto rate = RateOf(raw.attributes);
    if (!rate.ok())
      return Wrong(
          absl::StrCat("the link ", NameOf(raw), " ", std::string(rate.status().message())));
    const auto delay = DelayOf(raw.attributes);
    if (!delay.ok())
      return Wrong(
          absl::StrCat("the link ", NameOf(raw), " ", std::string(delay.status().message())));
    if (rate->has_value()) {
      link.rate_bps = **rate;
    } else {
      link.rate_origin = Origin::kAssumed;
      link.rate_bps = defaults_.rate_bps.value_or(0);
      no_rate_.push_back(NameOf(raw));
    }
    if (delay->has_value()) {
      link.delay = **delay;
    } else if (places_[raw.from] && places_[raw.to]) {
      link.delay_origin = Origin::kComputed;
      link.delay = LightTime(*places_[raw.from], *places_[raw.to]);
    } else {
      link.delay_origin = Origin::kAssumed;
      link.delay = defaults_.delay.value_or(Duration());
      no_delay_.push_back(NameOf(raw));
    }
    graph_.links.push_back(link);
    return absl::OkStatus();
  }

  // Says which links lack a number; an error where there is no default for it.
  absl::Status Assumed(const std::vector<std::string>& missing, const std::string& what,
                       const std::string& example, bool has_default) {
    if (missing.empty()) return absl::OkStatus();
    const std::string some =
        absl::StrCat(missing.size(), " of ", graph_.links.size(),
                     missing.size() == 1 ? " links has no " : " links have no ", what);
    if (!has_default)
      return Wrong(absl::StrCat(some,
                                ", and there is no default (a scenario says \"defaults\": {\"",
                                what, "\": \"", example, "\"}, lockstep topology --defaults ", what,
                                "=", example, "): ", Listed(missing)));
    const std::string value =
        what == "rate" ? FormatRate(*defaults_.rate_bps) : FormatDuration(*defaults_.delay);
    Remark(absl::StrCat(some, ": ", value, " is assumed; ",
                        missing.size() == 1 ? "it is" : "they are", ": ", Listed(missing)));
    return absl::OkStatus();
  }

  const RawGraph& raw_;
  std::string file_;
  LinkDefaults defaults_;
  GraphFile graph_;
  std::vector<std::optional<Place>> places_;  // places_[node]
  std::vector<std::string> loops_;
  std::vector<std::string> no_rate_;
  std::vector<std::string> no_delay_;
};

bool IsUtf8(const std::string& text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::ignore) ==
         json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

bool IsGraphFileName(std::string_view name) {
  return EndsWith(name, ".graphml") || EndsWith(name, ".dot") || EndsWith(name, ".gv");
}

std::string FormatRate(std::int64_t rate_bps) {
  for (const auto& [unit, name] :
       {std::pair{std::int64_t{1'000'000'000}, "Gbps"}, std::pair{std::int64_t{1'000'000}, "Mbps"},
        std::pair{std::int64_t{1'000}, "kbps"}})
    if (rate_bps % unit == 0) return absl::StrCat(rate_bps / unit, name);
  return absl::StrCat(rate_bps, "bps");
}

absl::StatusOr<GraphFile> ParseGraphFile(const std::string& text, const std::string& file,
                                         const LinkDefaults& defaults) {
  if (!IsUtf8(text)) return absl::InvalidArgumentError(absl::StrCat(file, ": want UTF-8"));
  absl::StatusOr<RawGraph> raw = EndsWith(file, ".graphml") ? ReadGraphMl(text) : ReadDot(text);
  if (!raw.ok()) {
    std::string why(raw.status().message());
    Blank(why);
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", why));
  }
  for (RawGraph::Node& node : raw->nodes) {
    Blank(node.id);
    Blank(node.attributes);
  }
  for (RawGraph::Link& link : raw->links) Blank(link.attributes);
  return Import(*raw, file, defaults).Read();
}

absl::StatusOr<GraphFile> ReadGraphFile(const std::string& file, const LinkDefaults& defaults) {
  if (!IsGraphFileName(file))
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": want a file that ends in .graphml, .dot or .gv"));
  const absl::StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) return text.status();
  return ParseGraphFile(*text, file, defaults);
}

}  // namespace lockstep::sim
