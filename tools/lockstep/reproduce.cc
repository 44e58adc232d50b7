// A run of a sweep as a command that makes it again: see reproduce.h.

#include "tools/lockstep/reproduce.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/scenario.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/lockstep/sweep_run.h"
#include "tools/lockstep/version.h"
#include "tools/sweep/engine.h"

namespace lockstep::cli {
namespace {

using analysis::Outcome;
using nlohmann::json;

// The scenario of a sweep as a file that `run` takes.
struct Base {
  std::string path;
  json document;        // as it is now
  std::string prelude;  // commands that write the file, where the sweep holds the scenario itself
};

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// A scenario that is written in the sweep is put beside it, where its relative names are right.
Base InlineBase(const analysis::ResultsHeader& header, const json& document, std::uint64_t run) {
  Base base;
  const std::filesystem::path sweep(header.file.empty() ? "sweep.json" : header.file);
  // Not .json: what looks for scenarios there must not take it for one.
  const std::string name = absl::StrCat(sweep.stem().string(), ".run-", run, ".tmp");
  base.path = (sweep.parent_path() / name).string();
  base.document = document;
  base.prelude = absl::StrCat(
      "# The sweep itself holds the scenario; this file may go afterwards.\n", "cat > ",
      ShellWord(base.path), " <<'END-OF-SCENARIO'\n", document.dump(2), "\nEND-OF-SCENARIO\n");
  return base;
}

// Where it was, or else where it would be on this machine.
absl::StatusOr<Base> NamedBase(const analysis::ResultsHeader& header, const std::string& name) {
  std::vector<std::string> places;
  if (!header.file.empty()) places.push_back(sim::ResolveName(header.file, name));
  places.push_back((std::filesystem::path("scenarios") / name).lexically_normal().string());
  const auto found = std::find_if(places.begin(), places.end(), Exists);
  if (found == places.end()) {
    return absl::NotFoundError(
        absl::StrCat("the sweep's scenario ", name, " is not here (looked for ", places.front(),
                     places.size() > 1 ? absl::StrCat(" and ", places.back()) : "",
                     "); ask again in a folder that has scenarios/ of lockstep ", header.revision));
  }
  absl::StatusOr<json> document = ReadJsonFile(*found);
  if (!document.ok()) return document.status();
  return Base{*found, *std::move(document), ""};
}

absl::StatusOr<Base> BaseOf(const analysis::ResultsHeader& header, std::uint64_t run) {
  const json& scenario = header.sweep["scenario"];
  if (!scenario.contains("path")) return InlineBase(header, scenario["document"], run);
  return NamedBase(header, scenario["path"].get<std::string>());
}

std::vector<std::string> RemarksOn(const analysis::ResultsHeader& header,
                                   const analysis::RunRow& row, const Base& base,
                                   const std::vector<sim::Override>& changes) {
  std::vector<std::string> remarks;
  if (header.revision != Revision()) {
    remarks.push_back(
        absl::StrCat("the run was made by lockstep ", header.revision, ", this is ", Revision()));
  }
  const auto prepared = PrepareDocument(base.document, base.path, changes);
  const std::string recipe = prepared.ok() ? RecipeHash(prepared->scenario) : "";
  if (recipe != row.recipe) {
    remarks.push_back(absl::StrCat(
        base.path, ", or a file that it names, is not what it was: the run's recipe is ",
        row.recipe.empty() ? "none" : row.recipe, ", this gives ",
        recipe.empty() ? "none" : recipe));
  }
  if (row.outcome != Outcome::kJudged && row.outcome != Outcome::kRefused) {
    remarks.push_back(absl::StrCat("in the sweep this run ended before its end (",
                                   std::string(analysis::Name(row.outcome)),
                                   "); `run` knows no such limits"));
  }
  return remarks;
}

}  // namespace

std::string ShellWord(const std::string& text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,+@%";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string::npos) return text;
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

absl::StatusOr<Reproduction> ReproductionOf(const analysis::ResultsFile& file, std::uint64_t run) {
  const auto row = file.FindRun(run);
  if (!row.ok()) return row.status();
  if (!row->has_value())
    return absl::NotFoundError(absl::StrCat(file.path(), ": has no run ", run));
  const auto planned = PlanOf(file.header(), file.path());
  if (!planned.ok()) return planned.status();
  if (run >= planned->plan.runs_max())
    return absl::DataLossError(absl::StrCat(file.path(), ": its sweep has no run ", run));
  const auto base = BaseOf(file.header(), run);
  if (!base.ok()) {
    return absl::Status(base.status().code(),
                        absl::StrCat(file.path(), ": ", base.status().message()));
  }
  const sweep::Job job = sweep::MakeJob(planned->plan, run);
  Reproduction made;
  made.command = absl::StrCat(base->prelude, "lockstep run ", ShellWord(base->path));
  // The last one is the seed.
  for (std::size_t i = 0; i + 1 < job.changes.size(); ++i) {
    const auto& [pointer, value] = job.changes[i];
    absl::StrAppend(&made.command, " \\\n    --set ", ShellWord(absl::StrCat(pointer, "=", value)));
  }
  absl::StrAppend(&made.command, " \\\n    --seed ", job.seed, "\n");
  made.remarks = RemarksOn(file.header(), **row, *base, job.changes);
  return made;
}

}  // namespace lockstep::cli
