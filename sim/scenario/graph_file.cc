// Maps of networks: see graph_file.h.

#include "sim/scenario/graph_file.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "nlohmann/json.hpp"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/graph_reader.h"
#include "sim/scenario/graph_values.h"
#include "sim/scenario/great_circle.h"

namespace lockstep::sim {
namespace {

using core::Duration;

constexpr std::size_t kNamed = 8;  // of what a remark is about

bool EndsWith(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

std::string TextOf(const Attributes& attributes, Attributes::const_iterator found) {
  if (found == attributes.end()) return "";
  return std::string(absl::StripAsciiWhitespace(found->second));
}

// As it is written here.
std::string FindOwn(const Attributes& attributes, const std::string& name) {
  return TextOf(attributes, attributes.find(name));
}

// In any case of its letters.
std::string Find(const Attributes& attributes, const std::string& name) {
  return TextOf(attributes,
                std::find_if(attributes.begin(), attributes.end(), [&](const auto& attribute) {
                  return absl::EqualsIgnoreCase(attribute.first, name);
                }));
}

// --- Values of links ---

// What a link says of itself: nothing, or a value, or what cannot be read as one.
template <typename T>
struct Said {
  std::optional<T> value;
  std::string unread;  // "bandwidth \"fast\""
};

// The first of `names` that reads as a value; a label may be anything, and is no claim.
template <typename T, typename Read>
void ReadFirst(const Attributes& attributes, std::initializer_list<const char*> names, Read read,
               Said<T>& said) {
  for (const std::string name : names) {
    const std::string text = Find(attributes, name);
    if (text.empty() || said.value) continue;
    said.value = read(text);
    if (!said.value && name != "label" && said.unread.empty())
      said.unread = absl::StrCat(name, " \"", text, "\"");
  }
}

absl::StatusOr<Said<std::int64_t>> RateOf(const Attributes& attributes) {
  Said<std::int64_t> said;
  if (const std::string own = FindOwn(attributes, "rate"); !own.empty()) {
    said.value = ReadRateText(own);
    if (said.value) return said;
    return absl::InvalidArgumentError(
        absl::StrCat("has the rate \"", own, "\"; want a rate above zero, such as 10Gbps"));
  }
  ReadFirst(attributes, {"LinkSpeedRaw"}, ReadPositive, said);
  const std::string speed = Find(attributes, "LinkSpeed");
  const std::string units = Find(attributes, "LinkSpeedUnits");
  if (!said.value && !speed.empty()) {
    said.value = ReadRateInUnits(speed, units);
    if (!said.value && said.unread.empty())
      said.unread = absl::StrCat("LinkSpeed \"", speed, "\" with LinkSpeedUnits \"", units, "\"");
  }
  ReadFirst(attributes, {"rate", "bandwidth", "capacity", "speed", "label"}, ReadRateText, said);
  return said;
}

absl::StatusOr<Said<Duration>> DelayOf(const Attributes& attributes) {
  Said<Duration> said;
  if (const std::string own = FindOwn(attributes, "delay"); !own.empty()) {
    said.value = ReadTimeText(own);
    if (said.value) return said;
    return absl::InvalidArgumentError(
        absl::StrCat("has the delay \"", own, "\"; want a time, such as 250us"));
  }
  ReadFirst(attributes, {"delay", "latency", "label"}, ReadTimeText, said);
  return said;
}

std::optional<Place> PlaceOf(const Attributes& attributes) {
  const auto latitude = ReadDecimal(Find(attributes, "Latitude"), 7);
  const auto longitude = ReadDecimal(Find(attributes, "Longitude"), 7);
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
    for (const auto& [what, list] : {std::pair("rates", unread_rate_), {"delays", unread_delay_}})
      if (!list.empty())
        Remark(absl::StrCat(what, " that cannot be read are passed over (want such as ",
                            what == std::string("rates") ? "10Gbps" : "4ms", "): ", Listed(list)));
    RemarkOneWay();
    for (const std::string& remark : raw_.remarks) Remark(remark);
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

  static std::string OwnName(const RawGraph::Node& node) {
    const std::string label = Find(node.attributes, "label");
    return label.empty() ? node.id : label;
  }

  absl::Status NameNodes() {
    std::map<std::string, int> times;
    for (const RawGraph::Node& node : raw_.nodes) ++times[OwnName(node)];
    std::set<std::string> names;
    std::vector<std::string> shared;
    std::vector<std::string> misplaced;
    for (const RawGraph::Node& node : raw_.nodes) {
      std::string name = OwnName(node);
      if (times[name] > 1 && name != node.id) {
        name = absl::StrCat(name, "#", node.id);
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
      Remark(absl::StrCat(
          "labels that several nodes have, as label or id, are told apart by their ids: ",
          Listed(shared)));
    return absl::OkStatus();
  }

  std::string NameOf(const RawGraph::Link& link) const {
    return absl::StrCat(graph_.nodes[link.from], link.is_one_way ? " -> " : " - ",
                        graph_.nodes[link.to]);
  }

  absl::Status ReadLink(const RawGraph::Link& raw) {
    GraphFileLink link;
    link.from = raw.from;
    link.to = raw.to;
    link.is_one_way = raw.is_one_way && !defaults_.is_both_ways;
    const auto rate = RateOf(raw.attributes);
    if (!rate.ok())
      return Wrong(
          absl::StrCat("the link ", NameOf(raw), " ", std::string(rate.status().message())));
    const auto delay = DelayOf(raw.attributes);
    if (!delay.ok())
      return Wrong(
          absl::StrCat("the link ", NameOf(raw), " ", std::string(delay.status().message())));
    Note(raw, rate->unread, unread_rate_);
    Note(raw, delay->unread, unread_delay_);
    if (rate->value) {
      link.rate_bps = *rate->value;
    } else {
      link.rate_origin = Origin::kAssumed;
      link.rate_bps = defaults_.rate_bps.value_or(0);
      no_rate_.push_back(NameOf(raw));
    }
    if (delay->value) {
      link.delay = *delay->value;
    } else if (places_[raw.from] && places_[raw.to]) {
      link.delay_origin = Origin::kComputed;
      link.delay = LightTime(*places_[raw.from], *places_[raw.to]);
    } else {
      link.delay_origin = Origin::kAssumed;
      link.delay = defaults_.delay.value_or(Duration());
      no_delay_.push_back(NameOf(raw));
    }
    if (!raw.is_one_way || !defaults_.is_both_ways || !IsDrawnAlready(link))
      graph_.links.push_back(link);
    return absl::OkStatus();
  }

  void Note(const RawGraph::Link& link, const std::string& unread,
            std::vector<std::string>& list) const {
    if (!unread.empty()) list.push_back(absl::StrCat(NameOf(link), " (", unread, ")"));
  }

  // Of a cable that is drawn as two directed edges, each way is met once: the second is none more.
  bool IsDrawnAlready(const GraphFileLink& link) {
    const auto key = [](std::size_t from, std::size_t to, const GraphFileLink& of) {
      return std::tuple(from, to, of.rate_bps, of.delay);
    };
    const auto back = waiting_.find(key(link.to, link.from, link));
    if (back == waiting_.end() || back->second == 0) {
      ++waiting_[key(link.from, link.to, link)];
      return false;
    }
    --back->second;
    return true;
  }

  // Who draws cables as arrows gets a network in which nothing comes back.
  void RemarkOneWay() {
    std::set<std::pair<std::size_t, std::size_t>> ways;
    for (const GraphFileLink& link : graph_.links) {
      if (!link.is_one_way) return;
      ways.emplace(link.from, link.to);
    }
    for (const auto& [from, to] : ways)
      if (ways.count({to, from}) > 0) return;
    if (!ways.empty())
      Remark(
          "every link goes one way, and none comes back; if they are cables, let them go both "
          "ways (a scenario says \"both_ways\": true, `topology --both-ways`)");
  }

  // Says which links lack a number; an error where there is no default for it.
  absl::Status Assumed(const std::vector<std::string>& missing, const std::string& what,
                       const std::string& example, bool has_default) {
    if (missing.empty()) return absl::OkStatus();
    const std::string some =
        absl::StrCat(missing.size(), " of ", graph_.links.size(),
                     missing.size() == 1 ? " links has no " : " links have no ", what);
    if (!has_default)
      return Wrong(absl::StrCat(
          some, ", and there is no default (a scenario says \"defaults\": {\"", what, "\": \"",
          example, "\"}, `topology --defaults ", what, "=", example, "`): ", Listed(missing)));
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
  std::vector<std::string> unread_rate_;
  std::vector<std::string> unread_delay_;
  // Directed edges of which none that goes back was met yet.
  std::map<std::tuple<std::size_t, std::size_t, std::int64_t, Duration>, std::size_t> waiting_;
};

bool IsUtf8(const std::string& text) {
  using nlohmann::json;
  return json(text).dump(-1, ' ', false, json::error_handler_t::ignore) ==
         json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace

bool IsGraphFileName(std::string_view name) {
  return EndsWith(name, ".graphml") || EndsWith(name, ".gml") || EndsWith(name, ".dot") ||
         EndsWith(name, ".gv");
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
  absl::StatusOr<RawGraph> raw = EndsWith(file, ".graphml") ? ReadGraphMl(text)
                                 : EndsWith(file, ".gml")   ? ReadGml(text)
                                                            : ReadDot(text);
  if (!raw.ok()) {
    std::string why(raw.status().message());
    Blank(why);
    return absl::InvalidArgumentError(absl::StrCat(file, ": ", why));
  }
  for (RawGraph::Node& node : raw->nodes) {
    Blank(node.id);
    Blank(node.attributes);
  }
  for (std::string& remark : raw->remarks) Blank(remark);
  for (RawGraph::Link& link : raw->links) Blank(link.attributes);
  return Import(*raw, file, defaults).Read();
}

absl::StatusOr<GraphFile> ReadGraphFile(const std::string& file, const LinkDefaults& defaults) {
  if (!IsGraphFileName(file))
    return absl::InvalidArgumentError(
        absl::StrCat(file, ": want a map, whose name ends in .graphml, .gml, .dot or .gv"));
  const absl::StatusOr<std::string> text = ReadTextFile(file);
  if (!text.ok()) return text.status();
  return ParseGraphFile(*text, file, defaults);
}

}  // namespace lockstep::sim
