// Topologies for people: see topology_view.h.

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

#include "tools/lockstep/topology_view.h"

namespace lockstep::cli {
namespace {

using Json = nlohmann::ordered_json;

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// Cut or filled to so many characters, not bytes: places have names in all languages.
std::string Wide(const std::string& text, std::size_t width) {
  std::size_t characters = 0;
  std::size_t cut = 0;  // bytes of the first width - 1 characters
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (IsContinuation(text[i])) continue;
    if (characters == width - 1) cut = i;
    ++characters;
  }
  if (characters > width) return text.substr(0, cut) + "~";
  return text + std::string(width - characters, ' ');
}

// Four digits and a unit.
std::string Short(double value, std::initializer_list<std::pair<double, const char*>> units) {
  for (const auto& [factor, name] : units)
    if (value >= factor) return absl::StrFormat("%.4g%s", value / factor, name);
  return absl::StrFormat("%.4g%s", value, units.size() == 0 ? "" : (units.end() - 1)->second);
}
std::string RateText(double bps) {
  if (bps <= 0) return "any";
  return Short(bps, {{1e9, "Gbps"}, {1e6, "Mbps"}, {1e3, "kbps"}, {1, "bps"}});
}
std::string DelayText(const Json& ps) {
  return Short(ps.get<double>(), {{1e12, "s"}, {1e9, "ms"}, {1e6, "us"}, {1e3, "ns"}, {1, "ps"}});
}

// "1 link", "2 links".
std::string Counted(const Json& count, const char* what, const char* plural) {
  const auto value = count.get<std::size_t>();
  return absl::StrCat(value, " ", what, value == 1 ? "" : plural);
}

std::string LeftOut(const Json& list) {
  const auto count = list["left_out"].get<std::size_t>();
  return count == 0 ? "" : absl::StrCat("  ... and ", count, " more: --all shows them\n");
}

std::string Name(const Json& entry, const char* arrow) {
  return absl::StrCat(entry["from"].get<std::string>(), arrow, entry["to"].get<std::string>());
}

// An origin that is worth a word.
std::string From(const Json& entry, const char* key) {
  const auto origin = entry[key].get<std::string>();
  return origin == "stated" ? "" : origin;
}

std::string SitesText(const Json& description) {
  const bool is_map = description["kind"] == "map";
  std::string text = absl::StrCat("\n", Wide(is_map ? "Sites" : "Switches", 32), " links",
                                  is_map ? "" : "  hosts", "\n");
  for (const Json& site : description["sites"]["list"]) {
    absl::StrAppendFormat(&text, "  %s %5d", Wide(site["name"].get<std::string>(), 30),
                          site["links"].get<std::size_t>());
    const std::string hosts = site.value("hosts", "");
    if (!hosts.empty()) absl::StrAppend(&text, "  ", Wide(hosts, 39));
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text + LeftOut(description["sites"]);
}

std::string LinksText(const Json& description) {
  std::string text = absl::StrFormat("\n%s %9s %-9s %9s\n", Wide("Links", 38), "rate", "", "delay");
  for (const Json& link : description["links"]["list"]) {
    const bool is_one_way = link["one_way"].get<bool>();
    std::string line =
        absl::StrFormat("  %s %9s %-9s %9s %s", Wide(Name(link, is_one_way ? " -> " : " - "), 36),
                        RateText(link["rate_bps"].get<double>()), From(link, "rate_from"),
                        DelayText(link["delay_ps"]), From(link, "delay_from"));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  return text + LeftOut(description["links"]);
}

std::string RoutesText(const Json& description) {
  std::string text = absl::StrFormat("\n%s %4s %10s %10s %6s\n", Wide("Routes, longest first", 46),
                                     "hops", "delay", "slowest", "paths");
  for (const Json& route : description["routes"]["list"]) {
    absl::StrAppendFormat(&text, "  %s %4d %10s %10s %6d\n", Wide(Name(route, " to "), 44),
                          route["hops"].get<std::size_t>(), DelayText(route["delay_ps"]),
                          RateText(route["rate_bps"].get<double>()),
                          route["paths"].get<std::uint64_t>());
  }
  text += LeftOut(description["routes"]);
  const auto unconnected = description["unconnected_pairs"].get<std::uint64_t>();
  if (unconnected > 0)
    absl::StrAppend(&text, "  No way between ", unconnected, " ordered pairs of sites.\n");
  return text;
}

std::string BottlenecksText(const Json& description) {
  const bool is_map = description["kind"] == "map";
  std::string text = absl::StrFormat("\n%s %10s %10s %12s\n", Wide("Bottlenecks, worst first", 42),
                                     "rate", is_map ? "site pairs" : "host pairs", "for each");
  const auto line = [&](const std::string& name, const Json& entry) {
    absl::StrAppendFormat(&text, "  %s %10s %10.4g %12s\n", Wide(name, 40),
                          RateText(entry["rate_bps"].get<double>()), entry["pairs"].get<double>(),
                          RateText(entry["bps_per_pair"].get<double>()));
  };
  for (const Json& link : description["bottlenecks"]["list"])
    line(link["link"].get<std::string>(), link);
  text += LeftOut(description["bottlenecks"]);
  if (!is_map && description["host_links"]["pairs"] != 0)
    line("each host's own link", description["host_links"]);
  return text;
}

}  // namespace

std::string TopologyText(const nlohmann::ordered_json& description) {
  std::string text = absl::StrCat(description["source"].get<std::string>(), ": ",
                                  Counted(description["switches"], "switch", "es"), ", ",
                                  Counted(description["wires"], "link", "s"));
  if (description.contains("host_links"))
    absl::StrAppend(&text, ", ", Counted(description["host_links"]["hosts"], "host", "s"));
  text += "\n";
  if (description["kind"] == "fabric")
    text += "The scenario names no topology: each cluster is a fabric of its own.\n";
  return text + SitesText(description) + LinksText(description) + RoutesText(description) +
         BottlenecksText(description);
}

}  // namespace lockstep::cli
