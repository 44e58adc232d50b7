// lockstep trace FILE

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"

#include "analysis/recipe.h"
#include "protocols/core/fields.h"
#include "sim/trace/event.h"
#include "sim/trace/json_lines.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/event_filter.h"
#include "tools/lockstep/event_text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/listing.h"
#include "tools/lockstep/remarks.h"

namespace lockstep::cli {
namespace {

// A run that is longer was made up, or is nothing to read.
constexpr std::uint64_t kUnfoldedMost = std::uint64_t{1} << 20;

constexpr const char* kTraceTeaching =
    "One event a line: time, index (how many observable events came before), host, kind, what.\n"
    "sim/trace/FORMAT.md says what each kind means. A run of numbers is one event: \"k′ 1, 5, ...\n"
    "(1000, by 4)\"; --unfold tells its numbers one by one. Several flags want what all of them\n"
    "want, and of one that is given again, any. The trace is read to its end, so that one that "
    "was\n"
    "changed is refused, then.\n"
    "\n"
    "Examples:\n"
    "  $0 run scenarios/faults/crash.json --detail --trace crash.jsonl.zst\n"
    "  $0 trace crash.jsonl.zst | less\n"
    "  $0 trace crash.jsonl.zst --node b3 --kind delivered --from 1s --to 1.2s\n"
    "  $0 trace crash.jsonl.zst --k 1000             # the life of k′ 1000\n"
    "  $0 trace crash.jsonl.zst --message a1/17      # the life of a message\n"
    "  $0 trace crash.jsonl.zst --kind drop --json | jq -r .peer | sort | uniq -c\n"
    "\n";

struct TraceFlags {
  std::string trace;
  EventFlags events;
  bool is_unfolded = false;
  bool as_json = false;
};

class Printer {
 public:
  Printer(const TraceFlags& flags, EventFilter filter, const analysis::Recipe& recipe,
          const trace::NoteNames& notes)
      : flags_(flags), filter_(std::move(filter)), text_(recipe, notes) {}

  void Show(const trace::Event& event) {
    if (!filter_.Wants(event)) return;
    const bool is_run =
        event.kind == trace::EventKind::kNote || event.kind == trace::EventKind::kFact;
    if (!flags_.is_unfolded || !is_run || event.count == 1) return Print(event);
    trace::Event one = event;
    one.count = one.stride = 1;
    for (std::uint64_t i = 0; i < std::min(event.count, kUnfoldedMost); ++i) {
      one.value = event.run().At(i);
      if (filter_.WantsNumber(one.value)) Print(one);
    }
    if (event.count <= kUnfoldedMost) return;
    PrintRemarks(
        {absl::StrCat("of a run of ", event.count, ", the first ", kUnfoldedMost, " are shown")});
  }
  bool has_shown() const { return has_shown_; }

 private:
  void Print(const trace::Event& event) {
    has_shown_ = true;
    const std::string line =
        flags_.as_json
            ? text_.Object(event).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
            : text_.Line(event);
    std::fputs((line + "\n").c_str(), stdout);
  }

  const TraceFlags& flags_;
  EventFilter filter_;
  EventText text_;
  bool has_shown_ = false;
};

// What names need of the recipe; where it is no run's, hosts have numbers.
analysis::Recipe RecipeOrNone(const std::string& path, const nlohmann::json& line) {
  absl::StatusOr<analysis::Recipe> recipe = analysis::ReadRecipe(line);
  if (recipe.ok()) return *std::move(recipe);
  PrintRemarks({absl::StrCat(path, ":1: ", recipe.status().message(),
                             "; hosts are shown by their numbers")});
  return {};
}

int ShowTrace(const TraceFlags& flags) {
  auto reader = trace::TraceReader::Open(flags.trace);
  if (!reader.ok()) return ReportError(reader.status());
  const analysis::Recipe recipe = RecipeOrNone(flags.trace, reader->recipe());
  auto filter = EventFilter::Make(flags.events, recipe, reader->notes());
  if (!filter.ok()) return ReportError(filter.status());
  Printer printer(flags, *std::move(filter), recipe, reader->notes());
  // Once its reader has gone nobody is told anything more.
  while (std::ferror(stdout) == 0) {
    const auto event = reader->Next();
    if (!event.ok()) return ReportError(event.status());
    if (*event == nullptr) break;
    printer.Show(**event);
  }
  if (!printer.has_shown()) PrintRemarks({"no event of the trace is wanted"});
  return kAsExpected;
}

}  // namespace

void AddTrace(CLI::App& app, Call& call) {
  CLI::App* const command = app.add_subcommand("trace", "Shows the events of a trace, for people");
  const auto flags = std::make_shared<TraceFlags>();
  command->add_option("trace", flags->trace, "Trace file (- for standard input), .zst and .gz, too")
      ->required()
      ->type_name("FILE");
  AddEventFlags(*command, flags->events);
  command->add_flag("--unfold", flags->is_unfolded, "Shows each number of a run on its own");
  command->add_flag("--json", flags->as_json, "Prints one JSON object a line");
  call.offers["trace --kind"] = [&call](const std::vector<std::string>&) {
    std::vector<std::pair<std::string, std::string>> kinds;
    for (const std::string_view event : trace::kEventNames) kinds.emplace_back(event, "an event");
    for (const std::string_view fact : core::kFactNames) kinds.emplace_back(fact, "a fact");
    for (auto& [note, meaning] : NamesListed("notes", call.own)) kinds.emplace_back(note, meaning);
    return kinds;
  };
  call.Teach(*command, kTraceTeaching, kReaderCodes);
  command->callback([flags, &call] { call.exit_code = ShowTrace(*flags); });
}

}  // namespace lockstep::cli
