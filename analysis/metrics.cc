// Numbers out of a summary: see metrics.h.

#include "analysis/metrics.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <numeric>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"

#include "analysis/oracles.h"
#include "analysis/verdict.h"
#include "protocols/core/decision_notes.h"
#include "protocols/core/log_notes.h"
#include "protocols/core/note.h"

namespace lockstep::analysis {
namespace {

using nlohmann::json;
using Values = std::vector<double>;
using Metrics = std::map<std::string, double>;

const json& At(const json& object, const char* key) {
  static const json kNothing;
  const auto found = object.find(key);
  return found == object.end() ? kNothing : *found;
}

// The numbers at `keys`, each inside the last, in those of `rows` that have one.
Values Each(const json& rows, const std::vector<const char*>& keys) {
  Values values;
  for (const json& row : rows) {
    const json* at = &row;
    for (const char* key : keys) at = &At(*at, key);
    if (at->is_number()) values.push_back(at->get<double>());
  }
  return values;
}

double Sum(const Values& values) { return std::accumulate(values.begin(), values.end(), 0.0); }

void PutMean(Metrics& metrics, const std::string& name, const Values& values) {
  if (!values.empty()) metrics[name] = Sum(values) / static_cast<double>(values.size());
}
void PutSum(Metrics& metrics, const std::string& name, const Values& values) {
  if (!values.empty()) metrics[name] = Sum(values);
}
void PutMost(Metrics& metrics, const std::string& name, const Values& values) {
  if (!values.empty()) metrics[name] = *std::max_element(values.begin(), values.end());
}

void PutLeast(Metrics& metrics, const std::string& name, const Values& values) {
  if (!values.empty()) metrics[name] = *std::min_element(values.begin(), values.end());
}

void PutPerMessage(Metrics& metrics, const json& streams) {
  // Of a stream that delivered nothing, there is no such ratio.
  json delivering = json::array();
  for (const json& stream : streams) {
    if (stream.value("delivered", 0.0) > 0) delivering.push_back(stream);
  }
  PutMean(metrics, "sends_per_message", Each(delivering, {"sends_per_message"}));
}

// Oracles' own: the sum of what they count, and the mean of what that is for each message.
void PutCounts(Metrics& metrics, const json& oracles) {
  std::map<std::string, Values> ratios;
  for (const json& row : oracles) {
    for (const auto& [name, count] : At(row, "counts").items())
      metrics[name] += count.get<double>();
    for (const auto& [name, ratio] : At(row, "per_message").items()) {
      ratios[name].push_back(ratio.get<double>());
    }
  }
  for (const auto& [name, values] : ratios) PutMean(metrics, name, values);
}

void PutLatency(Metrics& metrics, const json& streams) {
  PutSum(metrics, "latency_count", Each(streams, {"latency", "count"}));
  for (const char* quantile : {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}) {
    PutMost(metrics, absl::StrCat("latency_", quantile), Each(streams, {"latency", quantile}));
  }
}

// From the nominal beginning of a round to the end of the handling of its last message, and from
// the handling of a message to the vote on it; of the cluster that does worst.
void PutRounds(Metrics& metrics, const json& oracles) {
  for (const char* quantile : {"p50_us", "p99_us", "p999_us", "p9999_us", "max_us"}) {
    PutMost(metrics, absl::StrCat("completion_", quantile),
            Each(oracles, {"completion", quantile}));
  }
  for (const char* quantile : {"min_us", "p0001_us", "p001_us", "p01_us", "p50_us"}) {
    PutLeast(metrics, absl::StrCat("slack_", quantile), Each(oracles, {"slack", quantile}));
  }
}

// Of the messages of a stream that were settled (R2): which share needed more resends than these.
// The Picsou paper, section 4.2, says so of 8 and 72.
struct OverResends {
  std::size_t resends;
  std::string_view name;
};
constexpr OverResends kOverResends[] = {
    {0, "over_0_resends"},   {1, "over_1_resends"},     {2, "over_2_resends"},
    {3, "over_3_resends"},   {4, "over_4_resends"},     {6, "over_6_resends"},
    {8, "over_8_resends"},   {12, "over_12_resends"},   {16, "over_16_resends"},
    {24, "over_24_resends"}, {32, "over_32_resends"},   {48, "over_48_resends"},
    {72, "over_72_resends"}, {128, "over_128_resends"}, {256, "over_256_resends"}};

void PutNeeded(Metrics& metrics, const json& oracles) {
  std::map<std::string_view, Values> shares;
  Values most;
  for (const json& row : oracles) {
    const json& needed = At(row, "settled_by_attempt");
    if (!needed.is_array()) continue;
    most.push_back(static_cast<double>(needed.size()) - 1);
    const auto settled = needed.get<Values>();
    for (const auto& [resends, name] : kOverResends) {
      const std::span over = std::span(settled).subspan(std::min(settled.size(), resends + 1));
      shares[name].push_back(Sum(Values(over.begin(), over.end())) / Sum(settled));
    }
  }
  for (const auto& [name, values] : shares) PutMean(metrics, std::string(name), values);
  PutMost(metrics, "needed_resends_max", most);
}

// Rates are measured from the warm-up to the end; a run that did not get that far has none.
void PutRates(Metrics& metrics, const json& summary, const json& streams) {
  const double measured_s = (summary.value("end_ps", 0.0) - summary.value("warmup_ps", 0.0)) / 1e12;
  if (!(measured_s > 0)) return;
  PutMean(metrics, "published_per_s", Each(streams, {"as_published", "messages_per_s"}));
  PutMean(metrics, "published_mbps", Each(streams, {"as_published", "payload_mbps"}));
  PutMean(metrics, "delivered_per_s", Each(streams, {"as_delivered", "messages_per_s"}));
  PutMean(metrics, "delivered_per_s_p10", Each(streams, {"as_delivered", "messages_per_s_p10"}));
  PutMean(metrics, "delivered_per_s_p50", Each(streams, {"as_delivered", "messages_per_s_p50"}));
  PutMean(metrics, "delivered_mbps", Each(streams, {"as_delivered", "payload_mbps"}));
}

// By cluster of clients.
void PutClients(Metrics& metrics, const json& clients) {
  PutSum(metrics, "client_invoked_per_s", Each(clients, {"invoked_per_s"}));
  PutSum(metrics, "client_returned_per_s", Each(clients, {"returned_per_s"}));
  PutSum(metrics, "client_turned_away", Each(clients, {"turned_away"}));
  for (const char* quantile : {"p50_us", "p90_us", "p99_us", "p999_us", "max_us"}) {
    PutMost(metrics, absl::StrCat("client_latency_", quantile),
            Each(clients, {"latency", quantile}));
  }
}

// Hosts are measured in whole periods, which may be less than that.
void PutHosts(Metrics& metrics, const json& summary) {
  const json& hosts = At(summary, "hosts");
  const double measured_s = summary.value("hosts_measured_ps", 0.0) / 1e12;
  if (!(measured_s > 0)) return;
  for (const char* way : {"egress", "ingress"}) {
    const std::string key = absl::StrCat(way, "_bytes");
    Values mbps = Each(hosts, {key.c_str()});
    for (double& value : mbps) value *= 8 / measured_s / 1e6;
    PutMost(metrics, absl::StrCat(way, "_mbps_max"), mbps);
    PutMean(metrics, absl::StrCat(way, "_mbps_mean"), mbps);
  }
  const Values handled = Each(hosts, {"messages_handled"});
  PutSum(metrics, "messages_handled", handled);
  Values idle = Each(hosts, {"protocol_busy_ps"});
  for (double& share : idle) share = std::max(0.0, 1 - share / 1e12 / measured_s);
  PutLeast(metrics, "bubble_fraction", idle);
  const double commands_per_s = Sum(Each(At(summary, "clients"), {"returned_per_s"}));
  if (commands_per_s > 0)
    metrics["messages_per_command"] = Sum(handled) / measured_s / commands_per_s;
}

// Those that belong to no protocol. Their metrics are named once, since MetricInfo only refers.
struct SharedNote {
  std::string_view kind;
  std::array<std::string, 2> names;
};
const std::vector<SharedNote>& SharedNotes() {
  static const std::vector<SharedNote> kNotes = [] {
    std::vector<SharedNote> notes;
    const auto add = [&](std::span<const core::NoteSpec> specs) {
      for (const core::NoteSpec& spec : specs)
        notes.push_back({spec.name, NoteMetricNames(spec.name)});
    };
    add(core::kSharedNotes);
    add(core::kLogNotes);
    add(core::kDecisionNotes);
    return notes;
  }();
  return kNotes;
}

void PutMeasuredFor(Metrics& metrics, const json& measured_for) {
  for (const char* key : {"windows", "latencies", "resend_cycles"})
    PutLeast(metrics, absl::StrCat("measured_", key), Each(json::array({measured_for}), {key}));
  PutMost(metrics, "published_difference", Each(json::array({measured_for}), {"difference"}));
}

void PutDrops(Metrics& metrics, const json& drops) {
  metrics["dropped"] = Sum(Each(drops, {"count"}));
  for (const auto& [cause, of_cause] : drops.items()) {
    metrics[absl::StrCat("dropped_", cause)] = of_cause.value("count", 0.0);
  }
}

}  // namespace

std::vector<MetricInfo> KnownMetrics(std::span<const Oracle* const> more) {
  std::vector<MetricInfo> metrics = {
      {"bubble_fraction", "share",
       "of the time for which the core that runs the node is idle: at the busiest host"},
      {"completion_max_us", "us", "of a round at a replica, greatest of all"},
      {"completion_p50_us", "us", "of a round at a replica, from its nominal beginning: median"},
      {"completion_p9999_us", "us", "of a round at a replica: 99.99 %"},
      {"completion_p999_us", "us", "of a round at a replica: 99.9 %"},
      {"completion_p99_us", "us", "of a round at a replica: 99 %"},
      {"client_invoked_per_s", "requests/s", "that clients made: sum over their clusters"},
      {"client_latency_max_us", "us", "from a request to its answer, greatest of all"},
      {"client_latency_p50_us", "us", "from a request to its answer, median: of the worst cluster"},
      {"client_latency_p90_us", "us", "from a request to its answer, 90 %: of the worst cluster"},
      {"client_latency_p999_us", "us",
       "from a request to its answer, 99.9 %: of the worst cluster"},
      {"client_latency_p99_us", "us", "from a request to its answer, 99 %: of the worst cluster"},
      {"client_returned_per_s", "requests/s", "that were answered: sum over clusters of clients"},
      {"client_turned_away", "requests", "that came when a window was full, in the whole run: sum"},
      {"delivered", "messages", "that some correct receiver delivered in the whole run: sum"},
      {"delivered_mbps", "Mbit/s", "payload of what was delivered: mean over streams"},
      {"delivered_per_s", "messages/s", "that some correct receiver delivered: mean over streams"},
      {"delivered_per_s_p10", "messages/s", "reached for 90 % of the time: mean over streams"},
      {"delivered_per_s_p50", "messages/s", "reached for half of the time: mean over streams"},
      {"dropped", "messages", "or packets that were lost, for any cause"},
      {"dropped_credit", "messages", "sent beyond the credit"},
      {"dropped_fault", "messages", "or packets lost to a fault of the scenario"},
      {"dropped_host_down", "messages", "or packets whose sender or receiver is down"},
      {"dropped_loss", "packets", "lost by links"},
      {"dropped_no_host", "messages", "to hosts that do not exist"},
      {"dropped_no_receive", "messages", "or packets that met a full ring or stage"},
      {"dropped_queue", "packets", "that met a full queue"},
      {"dropped_reset", "messages", "of streams that were reset or forgotten"},
      {"egress_mbps_max", "Mbit/s", "sent by the host that sent most"},
      {"egress_mbps_mean", "Mbit/s", "sent by a host: mean over hosts"},
      {"ingress_mbps_max", "Mbit/s", "received by the host that received most"},
      {"ingress_mbps_mean", "Mbit/s", "received by a host: mean over hosts"},
      {"latency_count", "deliveries", "whose latency was measured: sum over streams"},
      {"latency_max_us", "us", "from first offer to a delivery, greatest of all"},
      {"latency_p50_us", "us", "from first offer to a delivery, median: of the worst stream"},
      {"latency_p90_us", "us", "from first offer to a delivery, 90 %: of the worst stream"},
      {"latency_p999_us", "us", "from first offer to a delivery, 99.9 %: of the worst stream"},
      {"latency_p99_us", "us", "from first offer to a delivery, 99 %: of the worst stream"},
      {"measured_latencies", "latencies",
       "median ones that the measured time holds: of the worst stream or cluster of clients"},
      {"measured_resend_cycles", "cycles",
       "of resending that the measured time holds, where something was resent: of the worst "
       "stream"},
      {"measured_windows", "windows",
       "that were QUACKed in the measured time, each as much as what was outstanding varied by: of "
       "the worst stream"},
      {"messages_per_command", "messages",
       "that hosts handed to their nodes, for each request of clients that was answered"},
      {"messages_handled", "messages", "that hosts handed to their nodes: sum over hosts"},
      {"needed_resends_max", "resends",
       "of a message, by attempts, until one was between correct nodes: most of all"},
      {"published_difference", "share",
       "by which what was published and what was delivered differ, of the greater: worst stream"},
      {"published_mbps", "Mbit/s", "payload, counted as its paper does: mean over streams"},
      {"published_per_s", "messages/s", "counted as its paper does: mean over streams"},
      {"slack_min_us", "us", "from the handling of a message to the vote on it, least of all"},
      {"slack_p0001_us", "us", "from the handling of a message to the vote on it: 0.01 %"},
      {"slack_p001_us", "us", "from the handling of a message to the vote on it: 0.1 %"},
      {"slack_p01_us", "us", "from the handling of a message to the vote on it: 1 %"},
      {"slack_p50_us", "us", "from the handling of a message to the vote on it: median"},
      {"sends_per_message", "sends", "across, for each message delivered: mean over streams"},
  };
  for (const std::span<const Oracle* const> table : {Oracles(), more}) {
    for (const Oracle* oracle : table) {
      for (const CountInfo& count : oracle->counts) {
        metrics.push_back({count.name, count.unit, count.meaning});
        if (count.per_message.empty()) continue;
        metrics.push_back({count.per_message, count.unit, "the same, for each message delivered"});
      }
    }
  }
  for (const auto& [resends, name] : kOverResends)
    metrics.push_back(
        {name, "share", "of messages that needed more resends than that: mean over streams"});
  for (const SharedNote& note : SharedNotes()) {
    metrics.push_back({note.names[0], "notes", "of this kind, of all nodes in the whole run"});
    metrics.push_back(
        {note.names[1], "notes/s", "of this kind, of all nodes, from the warm-up on"});
  }
  std::ranges::sort(metrics, {}, &MetricInfo::name);
  return metrics;
}

Metrics MetricsOf(const json& summary) {
  const json& streams = At(summary, "streams");
  Metrics metrics;
  PutSum(metrics, "delivered", Each(streams, {"delivered"}));
  PutPerMessage(metrics, streams);
  PutLatency(metrics, streams);
  PutRates(metrics, summary, streams);
  PutClients(metrics, At(summary, "clients"));
  PutHosts(metrics, summary);
  PutDrops(metrics, At(summary, "drops"));
  PutCounts(metrics, At(summary, "oracles"));
  PutRounds(metrics, At(summary, "oracles"));
  PutNeeded(metrics, At(summary, "oracles"));
  PutMeasuredFor(metrics, At(summary, "measured_for"));
  const Metrics notes = NoteMetricsOf(summary);
  for (const SharedNote& note : SharedNotes()) {
    for (const std::string& name : note.names) {
      if (const auto found = notes.find(name); found != notes.end()) metrics.insert(*found);
    }
  }
  return metrics;
}

std::array<std::string, 2> NoteMetricNames(std::string_view kind) {
  const std::string name = absl::StrCat("notes_", std::string(kind));
  return {name, name + "_per_s"};
}

Metrics NoteMetricsOf(const json& summary) {
  Metrics metrics;
  for (const auto& [kind, counted] : At(summary, "notes").items()) {
    const auto [count, per_s] = NoteMetricNames(kind);
    for (const auto& [key, name] : {std::pair("count", count), std::pair("per_s", per_s)}) {
      const json& value = At(counted, key);
      if (value.is_number()) metrics[name] = value.get<double>();
    }
    // All streams together.
    for (const auto& [stream, attempts] : At(counted, "by_attempt").items()) {
      for (const auto& [attempt, times] : attempts.items())
        metrics[absl::StrCat(count, "_attempt_", attempt)] += times.get<double>();
    }
  }
  return metrics;
}

json OraclesOf(const json& summary) {
  json worst = json::object();
  for (const json& row : At(summary, "oracles")) {
    const auto verdict = VerdictNamed(row.value("verdict", ""));
    if (!verdict) continue;
    json& at = worst[row.value("oracle", "")];
    const Verdict before =
        VerdictNamed(at.is_null() ? "" : at.get<std::string>()).value_or(*verdict);
    at = std::string(Name(Worse(before, *verdict)));
  }
  return worst;
}

json ReceiptsOf(const json& summary) {
  json receipts = json::array();
  for (const json& row : At(summary, "receipts")) {
    json receipt = json::object();
    for (const char* key : {"id", "kind", "touched", "changed"}) receipt[key] = At(row, key);
    receipts.push_back(std::move(receipt));
  }
  return receipts;
}

}  // namespace lockstep::analysis
