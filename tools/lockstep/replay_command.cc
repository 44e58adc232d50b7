// lockstep replay SCENARIO --seed S

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

#include "protocols/parameters/parameters.h"
#include "sim/trace/note_names.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/event_filter.h"
#include "tools/lockstep/event_text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/interrupt.h"
#include "tools/lockstep/judged_run.h"
#include "tools/lockstep/memory.h"
#include "tools/lockstep/output.h"
#include "tools/lockstep/overrides.h"
#include "tools/lockstep/remarks.h"
#include "tools/lockstep/replay_window.h"
#include "tools/lockstep/runner.h"

namespace lockstep::cli {
namespace {

constexpr const char* kReplayTeaching =
    "Runs the scenario, and shows in full detail what happened around the moment at which an "
    "oracle\n"
    "objects first: the events as `trace` prints them, what each oracle found among them (lines "
    "that\n"
    "begin with >>>), the faults in force and the hosts that were down. Nothing is written.\n"
    "\n"
    "--around shows another moment: an instant (12.5ms), or the number of an event (#212 in a "
    "trace).\n"
    "The flags that choose events are those of `trace`; only what is wanted counts as an event.\n"
    "Progress is judged at the end of the run, so its oracles (L, P) object long after the cause: "
    "look\n"
    "for what they name with --k or --node, or around a fault.\n"
    "\n"
    "Examples:\n"
    "  $0 replay failing.json --seed 17\n"
    "  $0 replay failing.json --seed 17 --oracle X --before 200 --node a2\n"
    "  $0 replay failing.json --seed 17 --around 12.5ms --kind drop --kind delivered\n"
    "  $0 replay scenarios/faults/crash.json --around '#15974' --json | jq .faults\n"
    "\n";

struct ReplayFlags {
  std::string scenario;
  OverrideFlags overrides;
  std::string around;
  std::string oracle;
  std::size_t before = 30;
  std::size_t after = 10;
  EventFlags events;
  bool as_json = false;
};

// "12.5ms", "212" or "#212".
absl::StatusOr<Center> CenterNamed(const std::string& text) {
  Center center;
  std::uint64_t number = 0;
  if (absl::SimpleAtoi(absl::StripPrefix(text, "#"), &number)) {
    center.index = number;
    return center;
  }
  const auto at = ParseDuration(text);
  if (!at.ok())
    return absl::InvalidArgumentError(absl::StrCat(
        "--around: want an instant, such as 12.5ms, or the number of an event, not ", text));
  center.at = core::Instant() + *at;
  return center;
}

// What a replay has found out, to be shown.
struct Replayed {
  const Prepared& prepared;
  const RunResult& result;
  std::vector<Objection> objections;
  const ReplayWindow& window;
};

// As `trace` says it.
std::string TimeOf(std::int64_t ps) {
  return absl::StrFormat("%d.%06d us", ps / 1'000'000, ps % 1'000'000);
}
std::string TimeOf(core::Instant at) { return TimeOf(at.ps()); }

// "dead (crash) since 50ms".
std::vector<std::string> FaultsInForce(const Replayed& replayed) {
  std::vector<std::string> texts;
  for (const auto& [index, since] : replayed.window.faults()) {
    const auto& fault = replayed.prepared.recipe.faults[index];
    texts.push_back(absl::StrCat(fault.id, " (", fault.kind, ") since ", TimeOf(since)));
  }
  return texts;
}

std::vector<std::string> HostsDown(const Replayed& replayed) {
  std::vector<std::string> texts;
  for (const auto& [node, since] : replayed.window.down())
    texts.push_back(absl::StrCat(sim::HostName(replayed.prepared.scenario.clusters, node),
                                 " since ", TimeOf(since)));
  return texts;
}

// What oracles found, by the instant: those that the summary holds.
std::multimap<std::int64_t, std::string> FoundAt(const nlohmann::json& summary) {
  std::multimap<std::int64_t, std::string> found;
  for (const nlohmann::json& row : summary["oracles"]) {
    if (row["verdict"] != "violated") continue;
    const std::string scope = row.value("stream", row.value("cluster", std::string()));
    for (const nlohmann::json& finding : row["findings"])
      found.emplace(finding["at_ps"].get<std::int64_t>(),
                    absl::StrCat(row["oracle"].get<std::string>(), scope.empty() ? "" : " of ",
                                 scope, ": ", finding["text"].get<std::string>()));
  }
  return found;
}

trace::NoteNames NamesOf(const analysis::Recipe& recipe) {
  trace::NoteNames names;
  for (const std::string& note : recipe.notes) names.Add(note);
  return names;
}

std::string ReplayText(const Replayed& replayed) {
  const nlohmann::json& summary = replayed.result.summary;
  std::string text =
      absl::StrCat(replayed.prepared.scenario.name, " (seed ", replayed.prepared.scenario.seed,
                   "): ", std::string(analysis::Name(replayed.result.verdict)),
                   replayed.result.is_as_expected ? ", as expected" : "", "\n");
  for (const Objection& objection : replayed.objections)
    absl::StrAppend(&text, "  ", objection.Name(), " at ", TimeOf(objection.at_ps), ": ",
                    objection.text, "\n");
  if (!replayed.window.has_center()) return text;
  const auto list = [&](const char* what, const std::vector<std::string>& words) {
    if (!words.empty()) absl::StrAppend(&text, what, absl::StrJoin(words, ", "), "\n");
  };
  list("faults in force: ", FaultsInForce(replayed));
  list("down: ", HostsDown(replayed));
  text += "\n";
  const trace::NoteNames names = NamesOf(replayed.prepared.recipe);
  const EventText words(replayed.prepared.recipe, names);
  auto found = FoundAt(summary);
  const auto& events = replayed.window.events();
  if (!events.empty()) found.erase(found.begin(), found.lower_bound(events.front().at().ps()));
  for (std::size_t i = 0; i < events.size(); ++i) {
    absl::StrAppend(&text, words.Line(events[i].Get()), "\n");
    // Of one instant, behind all that happened then.
    const bool is_last = i + 1 == events.size();
    const auto until = is_last ? found.upper_bound(events[i].at().ps())
                               : found.lower_bound(events[i + 1].at().ps());
    for (auto at = found.begin(); at != until; ++at)
      absl::StrAppend(&text, absl::StrFormat(">>>%19s", TimeOf(at->first)), "  ", at->second, "\n");
    found.erase(found.begin(), until);
  }
  return text;
}

nlohmann::json ReplayJson(const Replayed& replayed) {
  nlohmann::json objections = nlohmann::json::array();
  for (const Objection& each : replayed.objections) {
    objections.push_back({{"oracle", each.oracle},
                          {"scope", each.scope},
                          {"nature", each.is_liveness ? "liveness" : "safety"},
                          {"at_ps", each.at_ps},
                          {"text", each.text}});
    if (!each.cause.empty()) objections.back()["cause"] = each.cause;
  }
  nlohmann::json events = nlohmann::json::array();
  const trace::NoteNames names = NamesOf(replayed.prepared.recipe);
  const EventText words(replayed.prepared.recipe, names);
  for (const KeptEvent& event : replayed.window.events())
    events.push_back(words.Object(event.Get()));
  const nlohmann::json& summary = replayed.result.summary;
  return {{"name", summary["name"]},
          {"scenario", summary["scenario"]},
          {"seed", summary["seed"]},
          {"verdict", summary["verdict"]},
          {"as_expected", summary["as_expected"]},
          {"digest", summary["digest"]},
          {"objections", std::move(objections)},
          {"faults", FaultsInForce(replayed)},
          {"down", HostsDown(replayed)},
          {"events", std::move(events)}};
}

// The moment that the flags ask for; none where nothing is violated.
absl::StatusOr<std::optional<Center>> CenterOf(const ReplayFlags& flags,
                                               const std::vector<Objection>& objections) {
  const auto first = std::ranges::find_if(objections, [&](const Objection& objection) {
    return flags.oracle.empty() || objection.oracle == flags.oracle;
  });
  if (first != objections.end())
    return Center{core::Instant::FromPicoseconds(first->at_ps), std::nullopt};
  if (objections.empty()) return std::optional<Center>();
  std::vector<std::string> known;
  for (const Objection& objection : objections) known.push_back(objection.oracle);
  return absl::InvalidArgumentError(absl::StrCat(
      "--oracle: ", flags.oracle, " does not object; there are: ", absl::StrJoin(known, ", ")));
}

int CodeOfReplay(const RunResult& result) {
  if (result.is_interrupted()) {
    PrintRemarks({"interrupted; what is shown is of what was run"});
    return kInterrupted;
  }
  if (result.ending == RunEnding::kStuck) {
    PrintRemarks({result.failure});
    return result.verdict == analysis::Verdict::kViolated ? kViolated : kRunsFailed;
  }
  return CodeOf(result.verdict, result.is_as_expected);
}

int ShowAround(const ReplayFlags& flags, const Prepared& prepared, const EventFilter& filter,
               const Center& center, const std::string& digest) {
  ReplayWindow window(center, flags.before, flags.after,
                      [&](const trace::Event& event) { return filter.Wants(event); });
  RunOptions options;
  options.shows_progress = true;
  options.listeners = {&window};
  const auto result = Run(prepared, options);
  if (!result.ok()) return ReportError(result.status());
  const Replayed replayed{prepared, *result, ObjectionsIn(result->summary), window};
  Print(stdout, flags.as_json ? JsonText(ReplayJson(replayed)) : ReplayText(replayed));
  if (!window.has_center()) PrintRemarks({"the run ends before the event that was asked for"});
  if (window.has_center() && window.events().empty()) PrintRemarks({"no event is wanted"});
  const std::string now = result->summary["digest"];
  if (digest.empty() || digest == now || result->is_interrupted()) return CodeOfReplay(*result);
  PrintRemarks({absl::StrCat("two runs differ: digest ", digest, ", then ", now)});
  return kNotDeterministic;
}

int Replay(const ReplayFlags& flags, const Additions& own) {
  const auto overrides = ReadOverrides(flags.overrides);
  if (!overrides.ok()) return ReportError(overrides.status());
  const auto prepared = Prepare(flags.scenario, *overrides, own);
  if (!prepared.ok()) return ReportError(prepared.status());
  const trace::NoteNames names = NamesOf(prepared->recipe);
  const auto filter = EventFilter::Make(flags.events, prepared->recipe, names);
  if (!filter.ok()) return ReportError(filter.status());
  if (const auto available = AvailableMemory()) {
    const absl::Status fits =
        CheckMemory(*prepared, *available, "what is available", "make the scenario smaller");
    if (!fits.ok()) return ReportError(fits);
  }
  PrintRemarks(prepared->scenario.remarks);
  NoteInterrupts();
  if (!flags.around.empty()) {
    const auto center = CenterNamed(flags.around);
    if (!center.ok()) return ReportError(center.status());
    return ShowAround(flags, *prepared, *filter, *center, "");
  }
  // Where to look is known once it was judged: then it is run once more.
  RunOptions options;
  options.shows_progress = true;
  const auto judged = Run(*prepared, options);
  if (!judged.ok()) return ReportError(judged.status());
  const auto center = CenterOf(flags, ObjectionsIn(judged->summary));
  if (!center.ok()) return ReportError(center.status());
  if (center->has_value() && !judged->is_interrupted())
    return ShowAround(flags, *prepared, *filter, **center, judged->summary["digest"]);
  const ReplayWindow none({}, 0, 0, [](const trace::Event&) { return false; });
  const Replayed replayed{*prepared, *judged, {}, none};
  Print(stdout, flags.as_json ? JsonText(ReplayJson(replayed)) : ReplayText(replayed));
  PrintRemarks({"no oracle objects; --around EVENT shows what happened elsewhere"});
  return CodeOfReplay(*judged);
}

}  // namespace

void AddReplay(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("replay", "Runs a scenario and shows what happened around a violation");
  const auto flags = std::make_shared<ReplayFlags>();
  command->add_option("scenario", flags->scenario, "Scenario file (see scenarios/README.md)")
      ->required()
      ->type_name("FILE");
  AddOverrideFlags(*command, flags->overrides);
  command
      ->add_option("--around", flags->around,
                   "Around this event (its number) or instant (12.5ms); default: the first "
                   "violation")
      ->type_name("EVENT");
  command->add_option("--oracle", flags->oracle, "Around what this oracle found first (X)")
      ->type_name("LETTER");
  const auto most = CLI::Range(std::size_t{0}, std::size_t{1'000'000});
  command->add_option("--before", flags->before, "Events before it")
      ->check(most)
      ->capture_default_str();
  command->add_option("--after", flags->after, "Events after it")
      ->check(most)
      ->capture_default_str();
  AddEventFlags(*command, flags->events);
  command->add_flag("--json", flags->as_json, "Prints one JSON document");
  call.Teach(*command, kReplayTeaching,
             {kAsExpected, kInternalError, kBadInput, kViolated, kNotExercised, kUnknown,
              kHeldUnexpectedly, kInterrupted, kRunsFailed, kNotDeterministic});
  command->callback([flags, &call] { call.exit_code = Replay(*flags, call.own); });
}

}  // namespace lockstep::cli
