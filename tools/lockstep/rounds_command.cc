// lockstep rounds TRACE

#include <array>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

#include "analysis/recipe.h"
#include "analysis/smr/round_bound.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/rows.h"

namespace lockstep::cli {
namespace {

using analysis::Breach;

constexpr const char* kRoundsTeaching =
    "A batch that a receiver had not been handed when it voted on its round breaks the bound. "
    "Each\n"
    "is told with its round, the owner of its lane, the receiver, by how much it was too late, "
    "and\n"
    "the first cause whose removal alone would have brought it in time: crashed, sender_stall,\n"
    "lost, queueing, receiver_stall, skew; else latency: the round is too short.\n"
    "\n"
    "A trace tells those that its run has found; one that was written with `run --detail` holds "
    "all\n"
    "messages, and they are found again.\n"
    "\n"
    "What another bound would have given is got by another run with it:\n"
    "  $0 run chora.json --set /clusters/0/stack/0/round_length=1700ns --trace other.jsonl\n"
    "\n"
    "Examples:\n"
    "  $0 run scenarios/faults/chora-pause.json --trace pause.jsonl\n"
    "  $0 rounds pause.jsonl\n"
    "  $0 rounds pause.jsonl --cause sender_stall --receiver a0 --from 500 --to 700\n"
    "  $0 rounds pause.jsonl --json | jq .by_cause\n"
    "\n";

struct RoundsFlags {
  std::string trace;
  std::string lane;
  std::string receiver;
  std::string cause;
  std::uint64_t from = 0;
  std::uint64_t to = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t most = 50;
  bool as_json = false;
};

// Those of one cluster, as the flags choose them: found in a trace that holds all that it takes, or
// as a default trace tells them.
class Account final : public trace::Sink, private analysis::RoundListener {
 public:
  Account(const analysis::Recipe& recipe, const analysis::RoundRules& rules,
          const RoundsFlags& flags)
      : recipe_(recipe),
        rules_(rules),
        flags_(flags),
        is_abridged_(recipe.IsAbridged("B")),
        ledger_(rules, *this),
        lines_(rules.cluster) {}

  trace::Interest Wants() const override {
    return is_abridged_ ? trace::Interest(trace::kAccountKinds) : analysis::RoundLedger::Wants();
  }
  void OnEvent(const trace::Event& event) override {
    if (!rules_.cluster.Has(event.node)) return;
    if (!is_abridged_) return ledger_.OnEvent(event);
    lines_.Read(event);
    if (const auto breach = lines_.BreachOf(event)) OnBreach(*breach);
  }
  void Finish() override { ledger_.Finish(); }

  const std::vector<Breach>& breaches() const { return breaches_; }
  std::uint64_t CountOf(std::size_t cause) const { return by_cause_[cause]; }
  std::uint64_t chosen() const { return chosen_; }
  // As the run that wrote the trace has counted them, where it does not hold them all.
  bool is_abridged() const { return is_abridged_; }
  core::Duration tight() const { return rules_.tight(); }
  std::uint64_t pairs() const {
    return is_abridged_ ? lines_.CountAt(analysis::kRoundPairsAt) : ledger_.counts().pairs;
  }
  std::uint64_t unjudged() const {
    return is_abridged_ ? lines_.CountAt(analysis::kRoundPairsUnjudgedAt)
                        : ledger_.counts().unjudged;
  }
  std::string Host(std::uint32_t replica) const {
    return analysis::HostName(recipe_, rules_.cluster.Replica(replica));
  }

 private:
  void OnBreach(const Breach& breach) override {
    const bool is_chosen = breach.round >= flags_.from && breach.round <= flags_.to &&
                           (flags_.lane.empty() || flags_.lane == Host(breach.lane)) &&
                           (flags_.receiver.empty() || flags_.receiver == Host(breach.receiver)) &&
                           (flags_.cause.empty() || flags_.cause == Name(breach.cause));
    if (!is_chosen) return;
    ++by_cause_[static_cast<std::size_t>(breach.cause)];
    if (chosen_++ < flags_.most) breaches_.push_back(breach);
  }
  void OnMismatch(const analysis::Mismatch&) override {}

  const analysis::Recipe& recipe_;
  analysis::RoundRules rules_;
  const RoundsFlags& flags_;
  bool is_abridged_;
  analysis::RoundLedger ledger_;
  analysis::RoundLineReader lines_;
  std::vector<Breach> breaches_;  // the first of those that were chosen
  std::uint64_t chosen_ = 0;
  std::array<std::uint64_t, analysis::kBreachCauses.size()> by_cause_{};
};

nlohmann::json RowOf(const Account& account, const Breach& breach) {
  nlohmann::json row = {{"round", breach.round},
                        {"lane", account.Host(breach.lane)},
                        {"receiver", account.Host(breach.receiver)},
                        {"voted_at_ps", breach.at.ps()},
                        {"cause", std::string(Name(breach.cause))},
                        {"over_by_ps", nullptr}};
  if (breach.over_by) row["over_by_ps"] = breach.over_by->ps();
  return row;
}

nlohmann::json JsonOf(const std::vector<std::unique_ptr<Account>>& accounts) {
  nlohmann::json json = {{"violations", nlohmann::json::array()}, {"by_cause", nullptr}};
  std::uint64_t chosen = 0;
  std::uint64_t pairs = 0;
  for (const auto& account : accounts) {
    for (const Breach& breach : account->breaches())
      json["violations"].push_back(RowOf(*account, breach));
    chosen += account->chosen();
    pairs += account->pairs();
  }
  for (std::size_t i = 0; i < analysis::kBreachCauses.size(); ++i) {
    std::uint64_t count = 0;
    for (const auto& account : accounts) count += account->CountOf(i);
    json["by_cause"][std::string(analysis::kBreachCauses[i])] = count;
  }
  json["round_violations"] = chosen;
  json["round_pairs"] = pairs;
  json["is_abridged"] = accounts.front()->is_abridged();
  return json;
}

// In nanoseconds.
std::string Lateness(const Breach& breach) {
  if (!breach.over_by) return "never came";
  return absl::StrFormat("%.3f", static_cast<double>(breach.over_by->ps()) / 1e3);
}

std::string TextOf(const Account& account) {
  std::vector<std::vector<std::string>> rows = {
      {"at us", "round", "lane", "receiver", "late by ns", "cause"}};
  const std::vector<bool> is_number = {true, true, false, false, true, false};
  for (const Breach& breach : account.breaches()) {
    rows.push_back({absl::StrFormat("%.3f", static_cast<double>(breach.at.ps()) / 1e6),
                    absl::StrCat(breach.round), account.Host(breach.lane),
                    account.Host(breach.receiver), Lateness(breach),
                    std::string(Name(breach.cause))});
  }
  std::string text;
  if (rows.size() > 1) {
    const std::vector<std::vector<bool>> shape(rows.size(), is_number);
    text = AlignedTable(rows, shape);
  }
  if (account.chosen() > account.breaches().size())
    absl::StrAppend(&text, "... and ", account.chosen() - account.breaches().size(),
                    " more; --most shows them\n");
  std::vector<std::string> causes;
  for (std::size_t i = 0; i < analysis::kBreachCauses.size(); ++i)
    if (account.CountOf(i) > 0)
      causes.push_back(
          absl::StrCat(std::string(analysis::kBreachCauses[i]), " ", account.CountOf(i)));
  absl::StrAppend(&text, account.chosen(), " violations; ", account.pairs(), " pairs were judged",
                  causes.empty() ? "" : absl::StrCat("; ", absl::StrJoin(causes, ", ")), "\n");
  if (account.is_abridged())
    absl::StrAppend(&text, "the trace holds those that were late, or in time by less than ",
                    account.tight().ps() / 1'000,
                    " ns; of the others it has the counts: `run --detail` writes them all\n");
  if (account.unjudged() > 0)
    absl::StrAppend(&text, account.unjudged(), " pairs could not be judged\n");
  return text;
}

absl::Status CheckFlags(const analysis::Recipe& recipe, const RoundsFlags& flags) {
  const auto is_host = [&](const std::string& name) {
    for (const core::Cluster& cluster : recipe.clusters) {
      for (std::uint32_t i = 0; i < cluster.size; ++i)
        if (name == analysis::HostName(recipe, cluster.Replica(i))) return true;
    }
    return false;
  };
  for (const std::string& name : {flags.lane, flags.receiver}) {
    if (!name.empty() && !is_host(name))
      return absl::InvalidArgumentError(
          absl::StrCat("there is no host ", name, "; want one such as a0"));
  }
  if (flags.from > flags.to)
    return absl::InvalidArgumentError("--from: want a round that is not after that of --to");
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::unique_ptr<Account>>> AccountsOf(const analysis::Recipe& recipe,
                                                                 const RoundsFlags& flags) {
  std::vector<std::unique_ptr<Account>> accounts;
  for (const analysis::Promise& promise : recipe.promises) {
    if (promise.oracle != "B") continue;
    const auto rules = analysis::ReadRoundRules(recipe, promise);
    if (!rules.ok()) return rules.status();
    accounts.push_back(std::make_unique<Account>(recipe, *rules, flags));
  }
  if (accounts.empty())
    return absl::InvalidArgumentError(
        "nobody in this run promises to account for rounds (B); want the trace of a lock-step "
        "protocol, such as chora");
  return accounts;
}

int ShowRounds(const RoundsFlags& flags) {
  auto reader = trace::TraceReader::Open(flags.trace);
  if (!reader.ok()) return ReportError(reader.status());
  const auto in_trace = [&](const absl::Status& status) {
    return ReportError(
        absl::InvalidArgumentError(absl::StrCat(flags.trace, ":1: ", status.message())));
  };
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok()) return in_trace(recipe.status());
  if (const absl::Status status = CheckFlags(*recipe, flags); !status.ok())
    return ReportError(status);
  const auto accounts = AccountsOf(*recipe, flags);
  if (!accounts.ok()) return in_trace(accounts.status());
  std::vector<trace::Sink*> sinks;
  for (const auto& account : *accounts) sinks.push_back(account.get());
  const auto footer = reader->Replay(sinks);
  if (!footer.ok()) return ReportError(footer.status());
  std::string text;
  if (flags.as_json) {
    text = JsonText(JsonOf(*accounts));
  } else {
    for (const auto& account : *accounts) text += TextOf(*account);
  }
  Print(stdout, text);
  return kAsExpected;
}

}  // namespace

void AddRounds(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("rounds", "Says who broke the bound of which round, by how much and why");
  const auto flags = std::make_shared<RoundsFlags>();
  command->add_option("trace", flags->trace, "Trace file (- for standard input)")
      ->required()
      ->type_name("FILE");
  command->add_option("--lane", flags->lane, "Only batches of this owner")->type_name("HOST");
  command->add_option("--receiver", flags->receiver, "Only what this replica missed")
      ->type_name("HOST");
  const std::vector<std::string> causes(analysis::kBreachCauses.begin(),
                                        analysis::kBreachCauses.end());
  command->add_option("--cause", flags->cause, "Only what has this cause")
      ->check(CLI::IsMember(causes))
      ->type_name("CAUSE");
  command->add_option("--from", flags->from, "Only rounds from this one on")->type_name("ROUND");
  command->add_option("--to", flags->to, "Only rounds up to this one")->type_name("ROUND");
  command->add_option("--most", flags->most, "Shows so many violations; all are counted")
      ->capture_default_str()
      ->type_name("COUNT");
  command->add_flag("--json", flags->as_json, "Prints an object as JSON");
  call.Teach(*command, kRoundsTeaching, kReaderCodes);
  command->callback([flags, &call] { call.exit_code = ShowRounds(*flags); });
}

}  // namespace lockstep::cli
