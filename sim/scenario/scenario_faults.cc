// The part of a scenario that says what breaks.
//
// The names are those of the whole vocabulary, so that one which is not built yet is told apart
// from one that is misspelt.

#include "sim/scenario/scenario_faults.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "sim/host/local_clock.h"
#include "sim/scenario/ratio_json.h"
#include "sim/scenario/scenario_budget.h"

namespace lockstep::sim {
namespace {

using core::Cluster;
using core::Instant;
using core::NodeId;

constexpr std::uint64_t kAny = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint64_t kCopiesMost = 100;

// Faults and activations that are in the vocabulary, but not built.
constexpr std::string_view kNotBuilt[] = {"latency",
                                          "burst_loss",
                                          "replay_stale",
                                          "corrupt",
                                          "truncate",
                                          "clog",
                                          "swizzle_clog",
                                          "hold",
                                          "release",
                                          "slow",
                                          "partition",
                                          "sever_ack_path",
                                          "bandwidth",
                                          "queue",
                                          "mtu",
                                          "pause_frames",
                                          "link_flap",
                                          "gst",
                                          "clock_strobe",
                                          "clock_periodic",
                                          "timer_jitter",
                                          "timer_early",
                                          "timer_coalesce",
                                          "crash_loop",
                                          "attrition",
                                          "correlated_crash",
                                          "gc_pause",
                                          "reconfig",
                                          "stake_change",
                                          "version_mix",
                                          "load_spike",
                                          "disk_latency",
                                          "client_retry_storm",
                                          "disk_stall",
                                          "write_fail",
                                          "fsync_fail",
                                          "fsync_lie",
                                          "torn_write",
                                          "lost_write",
                                          "bit_rot",
                                          "stale_read",
                                          "misdirected_write",
                                          "disk_full",
                                          "withhold",
                                          "selective_silence",
                                          "delay_send",
                                          "equivocate",
                                          "twin",
                                          "lie_phi",
                                          "replay",
                                          "cross_epoch_replay",
                                          "forge",
                                          "impersonate",
                                          "partial_mac",
                                          "mutate",
                                          "bad_cert",
                                          "double_vote",
                                          "flood",
                                          "collude",
                                          "adaptive",
                                          "every",
                                          "poisson",
                                          "round",
                                          "on",
                                          "role",
                                          "spec"};

std::string Hosts(const Cluster& cluster) {
  const std::string first = absl::StrCat("\"", cluster.name, "0\"");
  if (cluster.size == 1) return absl::StrCat("one host, ", first);
  return absl::StrCat("the hosts ", first, " to \"", cluster.name, cluster.size - 1, "\"");
}

std::vector<std::string> NamesOf(const std::vector<Cluster>& clusters) {
  std::vector<std::string> names;
  for (const Cluster& cluster : clusters) names.push_back(cluster.name);
  return names;
}

const Cluster* ClusterNamed(const std::vector<Cluster>& clusters, std::string_view name) {
  for (const Cluster& cluster : clusters)
    if (cluster.name == name) return &cluster;
  return nullptr;
}

// Why there is no cluster of that name.
std::string NoCluster(const std::vector<Cluster>& clusters, const std::string& name) {
  const std::vector<std::string> names = NamesOf(clusters);
  const std::optional<std::string> nearest = Nearest(name, names);
  return absl::StrCat("there is no cluster \"", name, "\"",
                      nearest ? absl::StrCat("; did you mean \"", *nearest, "\"?")
                              : absl::StrCat("; there are: ", absl::StrJoin(names, ", ")));
}

// A host's name taken apart: names of clusters never end in a digit.
struct NameParts {
  std::string cluster;
  std::string digits;
};
NameParts PartsOf(const std::string& name) {
  const auto last = name.find_last_not_of("0123456789");
  const std::size_t length = last == std::string::npos ? 0 : last + 1;
  return {name.substr(0, length), name.substr(length)};
}

// One host, or why there is none of that name.
struct HostOrWhy {
  std::optional<NodeId> host;
  std::string why;
};
HostOrWhy FindHost(const std::vector<Cluster>& clusters, const std::string& name) {
  const auto [prefix, digits] = PartsOf(name);
  const bool is_index =
      !digits.empty() && digits.size() <= 9 && (digits == "0" || digits[0] != '0');
  const std::uint64_t index = is_index ? std::stoull(digits) : kAny;
  const Cluster* cluster = ClusterNamed(clusters, prefix);
  if (cluster != nullptr && index < cluster->size) return {cluster->Replica(index), ""};
  if (cluster != nullptr && digits.empty())
    return {{},
            absl::StrCat("\"", name, "\" is a cluster; want a host such as \"", name,
                         "0\", or {\"cluster\": \"", name, "\"}")};
  const std::string missing = absl::StrCat("there is no host \"", name, "\"; ");
  if (cluster != nullptr)
    return {{},
            absl::StrCat(missing, "the nearest is \"", prefix, is_index ? cluster->size - 1 : 0,
                         "\": cluster ", prefix, " has ", Hosts(*cluster))};
  const std::vector<std::string> names = NamesOf(clusters);
  const std::optional<std::string> nearest = Nearest(prefix, names);
  if (nearest && index < ClusterNamed(clusters, *nearest)->size)
    return {{}, absl::StrCat(missing, "did you mean \"", *nearest, digits, "\"?")};
  return {{}, absl::StrCat(missing, "clusters: ", absl::StrJoin(names, ", "))};
}

// {"cluster": "a"}: all of it; with "mod" and "is": the replicas whose index leaves that rest.
std::vector<NodeId> ReadPattern(Parameters pattern, const std::vector<Cluster>& clusters) {
  const std::string name = pattern.String("cluster");
  std::uint64_t mod = 1;
  std::uint64_t is = 0;
  if (pattern.Has("mod") || pattern.Has("is")) {
    mod = pattern.Integer("mod", 1, std::numeric_limits<std::uint32_t>::max());
    is = pattern.Integer("is", 0, mod == 0 ? 0 : mod - 1);
  }
  if (!pattern.ok()) return {};
  const Cluster* cluster = ClusterNamed(clusters, name);
  if (cluster == nullptr) {
    pattern.Fail("cluster", NoCluster(clusters, name));
    return {};
  }
  std::vector<NodeId> hosts;
  for (std::uint64_t index = is; index < cluster->size; index += mod)
    hosts.push_back(cluster->Replica(index));
  if (hosts.empty())
    pattern.Fail("", absl::StrCat("matches no host: cluster ", name, " has ", Hosts(*cluster)));
  return hosts;
}

// A name, a list of names, or a pattern; in ascending order.
std::vector<NodeId> ReadHosts(Parameters& reader, std::string_view key,
                              const std::vector<Cluster>& clusters) {
  const nlohmann::json* value = reader.Raw(key);
  if (value != nullptr && value->is_object()) return ReadPattern(reader.Object(key), clusters);
  std::vector<nlohmann::json> names;
  if (value != nullptr && value->is_string()) names = {*value};
  if (value != nullptr && value->is_array()) names = value->get<std::vector<nlohmann::json>>();
  std::set<NodeId> hosts;
  for (const nlohmann::json& name : names) {
    if (!name.is_string()) {
      reader.Fail(key, absl::StrCat("want names of hosts, not ", Shown(name)));
      return {};
    }
    const HostOrWhy found = FindHost(clusters, name.get<std::string>());
    if (!found.host.has_value()) {
      reader.Fail(key, found.why);
    } else if (!hosts.insert(*found.host).second) {
      reader.Fail(key, absl::StrCat("names ", Shown(name), " twice"));
    }
  }
  if (names.empty())
    reader.FailWanted(key,
                      "a host such as \"a0\", a list of hosts, {\"cluster\": \"a\"} or "
                      "{\"cluster\": \"a\", \"mod\": 3, \"is\": 2}");
  return {hosts.begin(), hosts.end()};
}

// Which fault an entry holds; errors where it is none, several, or one that is not built.
std::optional<FaultKind> ReadKind(Parameters& entry) {
  const std::vector<std::string> names(kFaultNames.begin(), kFaultNames.end());
  std::vector<std::string> found;
  for (const std::string& name : names) entry.Has(name);
  for (const std::string& key : entry.keys()) {
    if (std::find(names.begin(), names.end(), key) != names.end()) found.push_back(key);
    if (std::find(std::begin(kNotBuilt), std::end(kNotBuilt), key) != std::end(kNotBuilt))
      entry.Fail(key, "is not built yet");
  }
  if (found.empty()) entry.FailWanted("", absl::StrCat("a fault: ", absl::StrJoin(names, ", ")));
  if (found.size() > 1)
    entry.Fail("", absl::StrCat("want one fault, not ", absl::StrJoin(found, " and ")));
  if (found.size() != 1) return std::nullopt;
  return static_cast<FaultKind>(std::find(names.begin(), names.end(), found[0]) - names.begin());
}

// Whether it is a crash that waits for its moment, which it may do until some time.
bool HasCrashPoint(Parameters& entry) {
  const nlohmann::json* body = entry.Raw(kFaultNames[static_cast<std::size_t>(FaultKind::kCrash)]);
  return body != nullptr && body->is_object() && body->contains("before_effect");
}

// For whoever said that a fault ends later than heal lets it.
std::string EndsSooner(const Parameters& entry, std::string_view key, const Scenario& scenario,
                       core::Instant stated) {
  std::string said(key);  // "for", or "for_ms"
  for (const std::string& each : entry.keys())
    if (each.rfind(absl::StrCat(said, "_"), 0) == 0) said = each;
  return absl::StrCat(entry.file(), ": ", entry.pointer(), "/", said, ": ends at ",
                      FormatDuration(scenario.heal - Instant()), ", not at ",
                      FormatDuration(stated - Instant()), ": all faults that spend no budget end ",
                      "by phases.heal, which is half the run where nothing is said");
}

// When it begins and ends. Faults that spend no budget end by heal.
void ReadActivation(Parameters& entry, Scenario& scenario, Fault& fault) {
  fault.at = Instant() + entry.TimeOr("at", {});
  if (fault.at >= scenario.end && entry.ok())
    entry.FailWanted("at", absl::StrCat("a time before the end of the run, ",
                                        FormatDuration(scenario.end - Instant())));
  const bool has_until = entry.Has("until");
  const bool has_for = entry.Has("for");
  const bool is_armed = HasCrashPoint(entry);
  if (fault.kind == FaultKind::kCrash && !is_armed) return;  // It lasts until restart_after.
  if (!fault.is_moment()) {
    if (has_until && has_for) entry.Fail("for", "is given beside \"until\"; want one of them");
    if (has_until) fault.until = Instant() + entry.Time("until");
    if (has_for) {
      const core::Duration lasts = entry.Time("for");
      fault.until = lasts > Instant::Max() - fault.at ? Instant::Max() : fault.at + lasts;
    }
    if (fault.until <= fault.at && entry.ok())
      entry.FailWanted(has_for ? "for" : "until", "a fault to end after it has begun");
  }
  if (fault.spends_u()) return;
  if (fault.at >= scenario.heal && entry.ok())
    entry.FailWanted("at",
                     absl::StrCat("a time before heal, ", FormatDuration(scenario.heal - Instant()),
                                  ", which ends all faults that spend no budget"));
  if (entry.ok() && (has_until || has_for) && !fault.is_moment() && fault.until > scenario.heal)
    scenario.remarks.push_back(EndsSooner(entry, has_for ? "for" : "until", scenario, fault.until));
  fault.until = std::min(fault.until, scenario.heal);
}

void ReadEnvelope(Parameters& entry, Fault& fault) {
  entry.Has("count");
  entry.Has("prob");
  if (fault.is_of_messages()) {
    fault.count = entry.IntegerOr("count", kAny, 1, kAny);
    fault.probability = ReadRatioOr(entry, "prob", {1, 1});
    if (fault.probability.numerator == 0) entry.FailWanted("prob", "a probability above zero");
  }
  fault.expect_effect = entry.IntegerOr("expect_effect", 1, 0, kAny);
}

void ReadLie(Parameters& body, Fault& fault) {
  fault.lie = static_cast<LieMode>(body.Choice("mode", {"inf", "zero", "lag"}));
  body.Has("lag");
  if (fault.lie == LieMode::kLag) fault.lag = body.Integer("lag", 1, kAny);
}

void ReadLink(Parameters& body, const std::vector<Cluster>& clusters, Fault& fault) {
  if (std::optional<Parameters> link = body.ObjectOr("link")) {
    if (link->Has("src")) fault.link.src = ReadHosts(*link, "src", clusters);
    if (link->Has("dst")) fault.link.dst = ReadHosts(*link, "dst", clusters);
    if (link->Has("class"))
      fault.link.link_class = kPairClassNames[link->Choice("class", {"intra", "cross", "client"})];
  }
}

// Which messages, of which links.
void ReadSelectors(Parameters& body, const std::vector<Cluster>& clusters, Fault& fault) {
  ReadLink(body, clusters, fault);
  if (std::optional<Parameters> message = body.ObjectOr("msg")) {
    fault.message.type = message->StringOr("type", "");
    if (message->Has("seq")) fault.message.seq = message->Integer("seq", 0, kAny);
    if (message->Has("round")) fault.message.round = message->Integer("round", 0, kAny);
    if (message->Has("nth")) fault.message.nth = message->Integer("nth", 0, kAny);
  }
}

// What would change when messages come is refused where a stream may carry them: it keeps order.
void CheckDatagrams(Parameters& body, const Scenario& scenario, const Fault& fault) {
  const auto has_one_of = [](const Cluster& cluster, const std::vector<NodeId>& hosts) {
    return hosts.empty() ||
           std::ranges::any_of(hosts, [&](NodeId host) { return cluster.Has(host); });
  };
  for (const Cluster& from : scenario.clusters) {
    for (const Cluster& to : scenario.clusters) {
      const PairClass pair = PairClassOf(from, to);
      const std::string_view name = kPairClassNames[static_cast<std::size_t>(pair)];
      const bool is_about = has_one_of(from, fault.link.src) && has_one_of(to, fault.link.dst) &&
                            (fault.link.link_class.empty() || fault.link.link_class == name);
      const bool has_links = &from != &to || from.size > 1;
      if (!is_about || !has_links) continue;
      if (scenario.network.Of(pair).transport != Transport::kStream) continue;
      body.Fail("link",
                absl::StrCat("want links of datagrams: from ", from.name, " to ", to.name, " (",
                             std::string(name), ") goes a stream, which keeps order"));
      return;
    }
  }
}

void ReadLateness(Parameters& body, Fault& fault) {
  if (fault.kind == FaultKind::kReorder) {
    fault.late.max = body.Time("window");
    if (fault.late.max == core::Duration() && body.ok())
      body.FailWanted("window", "a time above zero");
    return;
  }
  fault.late.min = body.TimeOr("min", {});
  fault.late.max = body.Time("max");
  if (body.ok() && (fault.late.max < fault.late.min || fault.late.max == core::Duration()))
    body.FailWanted("max", "a time above zero, and no less than min");
}

void ReadCopies(Parameters& body, Fault& fault) {
  fault.copies.count = static_cast<std::uint32_t>(body.IntegerOr("copies", 1, 1, kCopiesMost));
  fault.copies.spacing = body.TimeOr("spacing", {});
}

void ReadBreach(Parameters& body, Fault& fault) {
  if (body.Has("round")) {
    if (fault.message.round) body.Fail("round", "is given already, as \"round\" of \"msg\"");
    fault.message.round = body.Integer("round", 0, kAny);
  }
  fault.breach.bound = body.Time("bound");
  fault.breach.over_by = body.Time("over_by");
}

void ReadCrash(Parameters& body, Fault& fault) {
  fault.is_of_machine = body.ChoiceOr("scope", 0, {"process", "machine"}) == 1;
  fault.disk = static_cast<CrashState>(
      body.ChoiceOr("state", 0, {"keep", "lose_unsynced", "torn", "amnesia"}));
  body.Has("on");
  if (body.Has("before_effect")) {
    fault.crash_point.nth = body.Integer("before_effect", 1, kAny);
    fault.crash_point.of =
        static_cast<EffectClass>(body.ChoiceOr("on", 0, {"any", "send", "save", "note"}));
  }
  fault.is_within_budget = body.BoolOr("within_budget", false);
  if (!body.Has("restart_after")) return;
  fault.restart_after = body.Time("restart_after");
  if (fault.restart_after == core::Duration())
    body.FailWanted("restart_after", "a time above zero; without it the host stays down");
}

// 3 is [3, 1].
void ReadSlowdown(Parameters& body, Fault& fault) {
  constexpr std::uint64_t kMost = 1'000'000;
  const auto is_part = [](const nlohmann::json& part) {
    return part.is_number_unsigned() && part >= 1 && part <= kMost;
  };
  const nlohmann::json* factor = body.Raw("factor");
  if (factor != nullptr && is_part(*factor)) {
    fault.slowdown = {factor->get<std::uint64_t>(), 1};
  } else if (factor != nullptr && factor->is_array() && factor->size() == 2 &&
             is_part((*factor)[0]) && is_part((*factor)[1])) {
    fault.slowdown = {(*factor)[0].get<std::uint64_t>(), (*factor)[1].get<std::uint64_t>()};
  }
  if (fault.slowdown.numerator <= fault.slowdown.denominator)
    body.FailWanted("factor", "a factor above one and at most 1000000, as 3 or [3, 2]");
}

// How far a clock is moved, and whether back.
void ReadMove(Parameters& body, ClockChange& clock) {
  clock.by = body.Time("by");
  if (clock.by == core::Duration() && body.ok()) body.FailWanted("by", "a time above zero");
  if (body.BoolOr("back", false)) clock.by = core::Duration() - clock.by;
}

void ReadClock(Parameters& body, Fault& fault) {
  ClockChange& clock = fault.clock;
  clock.clock = static_cast<core::Clock>(body.ChoiceOr(
      "clock", static_cast<std::size_t>(core::Clock::kWall), {"monotonic", "synced", "wall"}));
  if (fault.kind == FaultKind::kClockFreeze) return;
  if (fault.kind == FaultKind::kClockDrift) {
    clock.ppb = static_cast<std::int64_t>(body.Integer("ppb", 1, LocalClock::kDriftPpbMost));
    if (body.BoolOr("slow", false)) clock.ppb = -clock.ppb;
    return;
  }
  ReadMove(body, clock);
  if (fault.kind == FaultKind::kClockSlew)
    clock.ppb = static_cast<std::int64_t>(body.Integer("rate_ppb", 1, LocalClock::kSlewPpbMost));
}

// Faults of links, which have no target.
void ReadBodyOfLinks(Parameters& body, const Scenario& scenario, Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kLoss:
      ReadLink(body, scenario.clusters, fault);
      return;
    case FaultKind::kDelay:
    case FaultKind::kReorder:
      ReadSelectors(body, scenario.clusters, fault);
      ReadLateness(body, fault);
      break;
    case FaultKind::kDuplicate:
      ReadSelectors(body, scenario.clusters, fault);
      ReadCopies(body, fault);
      break;
    case FaultKind::kRoundBreach:
      ReadSelectors(body, scenario.clusters, fault);
      ReadBreach(body, fault);
      break;
    default:
      ReadSelectors(body, scenario.clusters, fault);
      break;
  }
  if (fault.wants_datagrams() && body.ok()) CheckDatagrams(body, scenario, fault);
}

void ReadBody(Parameters body, const Scenario& scenario, Fault& fault) {
  const std::vector<Cluster>& clusters = scenario.clusters;
  switch (fault.kind) {
    case FaultKind::kDrop:
    case FaultKind::kLoss:
    case FaultKind::kDelay:
    case FaultKind::kReorder:
    case FaultKind::kDuplicate:
    case FaultKind::kRoundBreach:
      return ReadBodyOfLinks(body, scenario, fault);
    case FaultKind::kConnReset:
    case FaultKind::kHalfOpen:
      ReadLink(body, clusters, fault);
      fault.is_both_ways = body.BoolOr("both", false);
      return;
    default:
      break;
  }
  fault.targets = ReadHosts(body, "target", clusters);
  switch (fault.kind) {
    case FaultKind::kCrash:
      return ReadCrash(body, fault);
    case FaultKind::kLieAck:
      return ReadLie(body, fault);
    case FaultKind::kNicStall:
      fault.side = static_cast<CardSide>(body.ChoiceOr("dir", 0, {"both", "in", "out"}));
      return;
    case FaultKind::kSlowCpu:
      return ReadSlowdown(body, fault);
    case FaultKind::kClockStep:
    case FaultKind::kClockOffset:
    case FaultKind::kClockDrift:
    case FaultKind::kClockSlew:
    case FaultKind::kClockFreeze:
      return ReadClock(body, fault);
    default:
      return;
  }
}

Fault ReadFault(Parameters& entry, Scenario& scenario) {
  Fault fault;
  fault.pointer = entry.pointer();
  fault.id = entry.String("id");
  const std::optional<FaultKind> kind = ReadKind(entry);
  fault.kind = kind.value_or(FaultKind::kDrop);
  ReadActivation(entry, scenario, fault);
  ReadEnvelope(entry, fault);
  if (kind.has_value())
    ReadBody(entry.Object(kFaultNames[static_cast<std::size_t>(*kind)]), scenario, fault);
  return fault;
}

}  // namespace

void ReadFaults(Parameters& reader, Scenario& scenario) {
  std::vector<Parameters> entries = reader.ObjectsOr("faults");
  std::set<std::string> ids;
  for (Parameters& entry : entries) {
    scenario.faults.push_back(ReadFault(entry, scenario));
    if (!ids.insert(scenario.faults.back().id).second)
      entry.Fail("id", absl::StrCat("another fault is called \"", scenario.faults.back().id, "\""));
  }
  if (!reader.ok() || scenario.is_negative_control) return;
  CheckBudgets(entries, scenario);
}

void CheckDisks(Parameters& reader, const Scenario& scenario) {
  if (!scenario.profile.disk.is_instant) return;
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const CrashState state = scenario.faults[i].disk;
    if (state == CrashState::kLoseUnsynced || state == CrashState::kTorn)
      reader.FailInside("faults", absl::StrCat(i, "/crash/state"),
                        "want \"keep\" or \"amnesia\": the profile's disk takes no time, so that "
                        "nothing is ever unsynced");
  }
}

}  // namespace lockstep::sim
