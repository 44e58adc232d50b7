// The part of a scenario that says what breaks: see scenario_faults.h.

#include "sim/scenario/scenario_faults.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "protocols/parameters/key_reader.h"
#include "sim/fault/engine/kinds.h"
#include "sim/fault/engine/views.h"
#include "sim/scenario/fault_keys.h"
#include "sim/scenario/host_names.h"
#include "sim/scenario/scenario_budget.h"

namespace lockstep::sim {
namespace {

using core::Cluster;
using core::Instant;
using core::NodeId;

// Which fault an entry holds; an error where it is none, or several.
const FaultKind* ReadKind(Parameters& entry) {
  std::vector<std::string> names;
  std::vector<std::string> found;
  for (const FaultKind* kind : FaultKinds()) {
    names.emplace_back(kind->name);
    if (entry.Has(kind->name)) found.emplace_back(kind->name);
  }
  if (found.empty()) entry.FailWanted("", absl::StrCat("a fault: ", absl::StrJoin(names, ", ")));
  if (found.size() > 1)
    entry.Fail("", absl::StrCat("want one fault, not ", absl::StrJoin(found, " and ")));
  return found.size() == 1 ? FaultKindNamed(found[0]) : nullptr;
}

// For whoever said that a fault ends later than heal lets it.
std::string EndsSooner(const Parameters& entry, std::string_view key, const Scenario& scenario,
                       Instant stated) {
  std::string said(key);  // "for", or "for_ms"
  for (const std::string& each : entry.keys())
    if (each.rfind(absl::StrCat(said, "_"), 0) == 0) said = each;
  return absl::StrCat(entry.file(), ": ", entry.pointer(), "/", said, ": ends at ",
                      FormatDuration(scenario.heal - Instant()), ", not at ",
                      FormatDuration(stated - Instant()), ": all faults that spend no budget end ",
                      "by phases.heal, which is half the run where nothing is said");
}

Instant After(Instant at, core::Duration lasts) {
  return lasts > Instant::Max() - at ? Instant::Max() : at + lasts;
}

// What is said beside a fault whose kind and inside are known: when it begins, ends, and begins
// again.
class ActivationReader {
 public:
  ActivationReader(Parameters& entry, const FaultEnvelope& said, Scenario& scenario, Fault& fault)
      : entry_(entry), said_(said), scenario_(scenario), fault_(fault) {}

  void Read() {
    fault_.at = Instant() + said_.at;
    fault_.activation = {said_.every, said_.poisson, {}, said_.on};
    if (fault_.at >= scenario_.end && entry_.ok())
      entry_.FailWanted("at", absl::StrCat("a time before the end of the run, ",
                                           FormatDuration(scenario_.end - Instant())));
    ReadEnd();
    CheckRepetition();
    if (!fault_.spends_u()) EndByHeal();
  }

 private:
  bool is_once() const { return !said_.on && !fault_.activation.is_repeated(); }

  void ReadEnd() {
    // What has no meaning is refused by whoever asks for the keys.
    const bool lasts = fault_.lasting() == Lasting::kSpan;
    const bool has_until = (lasts || !is_once()) && entry_.Has("until");
    const bool has_for = lasts && entry_.Has("for");
    if (has_until) fault_.until = Instant() + said_.until;
    if (!is_once()) {
      fault_.activation.lasts = said_.lasts;
      if (has_for && said_.lasts == core::Duration() && entry_.ok())
        entry_.FailWanted("for", "a fault to end after it has begun");
    } else if (has_for) {
      if (has_until) entry_.Fail("for", "is given beside \"until\"; want one of them");
      fault_.until = After(fault_.at, said_.lasts);
    }
    const bool is_over = (has_until || (is_once() && has_for)) && fault_.until <= fault_.at;
    if (is_over && entry_.ok())
      entry_.FailWanted(has_for && is_once() ? "for" : "until",
                        "a fault to end after it has begun");
  }

  void CheckRepetition() {
    if (!entry_.ok() || !fault_.activation.is_repeated()) return;
    const char* key = said_.every.ps() > 0 ? "every" : "poisson";
    if (said_.every.ps() > 0 && said_.poisson.ps() > 0)
      entry_.Fail("poisson", "is given beside \"every\"; want one of them");
    if (said_.on) entry_.Fail(key, "is given beside \"on\"; want one of them");
    // How often it would begin is not known, and so not how far a clock would come.
    if (said_.poisson.ps() > 0 && !fault_.body->Moves(fault_, scenario_.end).empty())
      entry_.Fail("poisson", "moves a clock nobody knows how often; want \"every\"");
    if (fault_.lasting() != Lasting::kSpan) return;
    if (said_.lasts.ps() == 0)
      entry_.Fail(key, "want \"for\" beside it: how long the fault lasts each time");
    if (said_.every.ps() > 0 && said_.lasts >= said_.every)
      entry_.FailWanted("every", "a time above that of \"for\"");
  }

  void EndByHeal() {
    if (fault_.at >= scenario_.heal && entry_.ok())
      entry_.FailWanted(
          "at", absl::StrCat("a time before heal, ", FormatDuration(scenario_.heal - Instant()),
                             ", which ends all faults that spend no budget"));
    if (fault_.lasting() == Lasting::kStays) return;
    const bool is_said = entry_.Has("until") || (is_once() && entry_.Has("for"));
    if (entry_.ok() && is_said && fault_.until > scenario_.heal)
      scenario_.remarks.push_back(
          EndsSooner(entry_, entry_.Has("until") ? "until" : "for", scenario_, fault_.until));
    fault_.until = std::min(fault_.until, scenario_.heal);
  }

  Parameters& entry_;
  const FaultEnvelope& said_;
  Scenario& scenario_;
  Fault& fault_;
};

Fault ReadFault(Parameters& entry, Scenario& scenario) {
  Fault fault;
  fault.pointer = entry.pointer();
  fault.id = entry.String("id");
  const FaultKind* kind = ReadKind(entry);
  fault.kind = kind == nullptr ? FaultKinds()[0] : kind;
  std::shared_ptr<FaultBody> body = fault.kind->body();
  const ScenarioHosts hosts(
      scenario.clusters,
      core::Random(scenario.seed).Fork(absl::StrCat("fault/", fault.id, "/who")));
  if (kind != nullptr) {
    Parameters inside = entry.Object(kind->name);
    KeyReader keys(inside);
    DescribeFault(keys, hosts, *body, fault);
    body->Complete(keys, hosts, fault);
  }
  fault.body = body;
  FaultEnvelope envelope;
  KeyReader keys(entry);
  DescribeEnvelope(keys, fault.lasting(), fault.kind->is_of_each(), hosts, envelope);
  if (kind == nullptr) return fault;
  ActivationReader(entry, envelope, scenario, fault).Read();
  fault.count = envelope.count;
  fault.probability = envelope.probability;
  if (fault.probability.numerator == 0) entry.FailWanted("prob", "a probability above zero");
  fault.expect_effect = envelope.expect_effect;
  return fault;
}

// What would change when messages come is refused where a stream may carry them: it keeps order.
std::optional<Refusal> WantDatagrams(const Scenario& scenario, const Fault& fault) {
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
      return Refusal{
          "link", absl::StrCat("want links of datagrams: from ", from.name, " to ", to.name, " (",
                               std::string(name), ") goes a stream, which keeps order")};
    }
  }
  return std::nullopt;
}

// Nothing is promised of the end while some go by another view than others.
std::optional<Refusal> WantHeardByHeal(const Scenario& scenario, const Fault& fault) {
  if (fault.body->view_change()->spread <= scenario.heal - fault.at) return std::nullopt;
  return Refusal{"spread", absl::StrCat("want all to have heard of it by heal, ",
                                        FormatDuration(scenario.heal - Instant()))};
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

void CheckFaults(Parameters& reader, const Scenario& scenario) {
  for (std::size_t i = 0; i < scenario.faults.size(); ++i) {
    const Fault& fault = scenario.faults[i];
    std::optional<Refusal> refusal = fault.body->Refuse(fault, scenario);
    if (!refusal && fault.kind->wants_datagrams) refusal = WantDatagrams(scenario, fault);
    if (!refusal && fault.body->view_change() != nullptr)
      refusal = WantHeardByHeal(scenario, fault);
    if (!refusal) continue;
    reader.FailInside("faults",
                      absl::StrCat(i, "/", std::string(fault.kind->name),
                                   refusal->key.empty() ? "" : "/", std::string(refusal->key)),
                      refusal->what);
  }
}

}  // namespace lockstep::sim
