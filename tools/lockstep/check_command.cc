// lockstep check TRACE, lockstep check --linearizable HISTORY

#include <cstdio>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"

#include "analysis/judge.h"
#include "analysis/recipe.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/event_text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/linearizable.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/report.h"

namespace lockstep::cli {
namespace {

constexpr const char* kCheckTeaching =
    "A trace holds what the checkers want, and its own recipe: no other file is needed.\n"
    "\n"
    "A trace of which any byte was changed since it was written is refused, and so is a digest "
    "that\n"
    "is not that of the events (where the trace has them all: --detail; else it is \"as "
    "stated\").\n"
    "That finds damage and edits by hand; it is no signature.\n"
    "\n"
    "Examples:\n"
    "  $0 run scenarios/faults/crash.json --trace crash.jsonl\n"
    "  $0 check crash.jsonl\n"
    "  $0 check crash.jsonl --json | jq '.oracles[] | {oracle, stream, verdict}'\n"
    "\n"
    "Histories of clients, of any system, are judged for linearizability. Their lines are those\n"
    "of Jepsen's log (`INFO  jepsen.util - 2 :invoke :cas [3 0]`) or EDN (`{:process 0,\n"
    ":type :invoke, :f :append, :key \"4\", :value \"x\"}`); lines about anything else are "
    "skipped.\n"
    "  register  :read, :write and :cas of one value, nil at first; a :cas that fails with its\n"
    "            pair has met another value than it expected\n"
    "  kv        :get, :put and :append of texts under a :key, empty at first\n"
    "What ends with :info (or :timed-out, or not at all) may take effect at any later time, or\n"
    "never; what ends with :fail has had none. Of what is violated, the longest linearizable\n"
    "prefix is shown, and the operation with which it ends.\n"
    "\n"
    "  $0 check --linearizable etcd.log --model register\n"
    "  $0 check --linearizable - --model kv --json < history.edn | jq .violations\n"
    "\n";

struct CheckCommandFlags {
  std::string trace;
  LinearizableFlags history;
  bool as_json = false;
};

// Of the scenario, whose shape nobody has looked at.
std::string NameOf(const nlohmann::json& recipe) {
  const nlohmann::json::json_pointer place("/scenario/name");
  if (!recipe.contains(place) || !recipe.at(place).is_string()) return "";
  return Plain(recipe.at(place).get_ref<const std::string&>());
}

// What the last line says of the run, and how much of that was seen to be so.
void AddFooter(const nlohmann::json& footer, bool holds_all, nlohmann::json& summary) {
  for (const char* key : {"digest", "events"}) {
    if (footer.contains(key)) summary[key] = footer[key];
  }
  summary["checksum"] = footer.contains("check") ? "right" : "none";
  if (footer.contains("digest")) summary["digest_is"] = holds_all ? "computed again" : "as stated";
}

// Another version may judge otherwise, and of a trace without detail not all can be judged.
void RemarkOtherVerdict(const nlohmann::json& footer, analysis::Verdict verdict) {
  const std::string now(analysis::Name(verdict));
  const nlohmann::json stated = footer.value("verdict", nlohmann::json());
  if (!stated.is_string() || stated == now) return;
  PrintRemarks({absl::StrCat("the trace says that its run was judged \"",
                             Plain(stated.get_ref<const std::string&>()),
                             "\"; what it holds is judged \"", now, "\"")});
}

int CheckTrace(const CheckCommandFlags& flags, const Additions& own) {
  auto reader = trace::TraceReader::Open(flags.trace);
  if (!reader.ok()) return ReportError(reader.status());
  const auto recipe = analysis::ReadRecipe(reader->recipe());
  if (!recipe.ok()) {
    return ReportError(
        absl::InvalidArgumentError(absl::StrCat(flags.trace, ":1: ", recipe.status().message())));
  }
  if (const absl::Status status = analysis::CheckPromises(*recipe, own.oracles); !status.ok()) {
    return ReportError(
        absl::InvalidArgumentError(absl::StrCat(flags.trace, ":1: ", status.message())));
  }
  analysis::Judge judge(*recipe, own.oracles);
  const auto footer = reader->Replay({&judge});
  if (!footer.ok()) return ReportError(footer.status());
  nlohmann::json summary = judge.Summary();
  AddFooter(*footer, reader->holds_all(), summary);
  summary["name"] = NameOf(reader->recipe());
  summary["seed"] = recipe->seed;
  const std::string text = flags.as_json ? JsonText(summary) : Report(summary);
  Print(stdout, text);
  RemarkOtherVerdict(*footer, judge.verdict());
  const ExitCode code = CodeOf(judge.verdict(), judge.IsAsExpected());
  if (summary.value("is_complete", true)) return code;
  PrintRemarks({"the run was cut short; the summary is of what was run"});
  return code == kAsExpected ? kInterrupted : code;
}

// What is judged is a trace or a history.
absl::Status CheckFlagsFit(const CheckCommandFlags& flags) {
  const bool has_history = !flags.history.history.empty();
  if (flags.trace.empty() && !has_history)
    return absl::InvalidArgumentError("check: trace is required, or --linearizable and a history");
  if (!flags.trace.empty() && has_history)
    return absl::InvalidArgumentError("check: want a trace or --linearizable, not both");
  if (has_history && flags.history.model.empty())
    return absl::InvalidArgumentError("check: --linearizable wants --model register or kv");
  if (!has_history && !flags.history.model.empty())
    return absl::InvalidArgumentError("check: --model wants --linearizable and a history");
  return absl::OkStatus();
}

int Check(CheckCommandFlags flags, const Additions& own) {
  if (const absl::Status status = CheckFlagsFit(flags); !status.ok()) return ReportError(status);
  if (flags.history.history.empty()) return CheckTrace(flags, own);
  flags.history.as_json = flags.as_json;
  return CheckHistory(flags.history);
}

}  // namespace

void AddCheck(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand(
      "check", "Judges a trace as `run` judged the run that wrote it, or a history");
  const auto flags = std::make_shared<CheckCommandFlags>();
  command
      ->add_option("trace", flags->trace,
                   "Trace file, as it is or packed (.zst, .gz); - for standard input")
      ->type_name("FILE");
  command
      ->add_option("--linearizable", flags->history.history,
                   "Judges this history instead (- for standard input)")
      ->type_name("FILE");
  command->add_option("--model", flags->history.model, "What the history is of: register or kv")
      ->check(CLI::IsMember({"register", "kv"}));
  command
      ->add_option("--budget", flags->history.budget,
                   "Steps of the search for each key, beyond which it is unknown")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000}))
      ->capture_default_str();
  command->add_flag("--json", flags->as_json, "Prints the summary as JSON");
  call.Teach(*command, kCheckTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted});
  command->callback([flags, &call] { call.exit_code = Check(*flags, call.own); });
}

}  // namespace lockstep::cli
