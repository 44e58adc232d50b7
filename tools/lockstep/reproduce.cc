// A run of a sweep as a command that makes it again: see reproduce.h.

#include "tools/lockstep/reproduce.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"

#include "protocols/parameters/parameters.h"
#include "sim/scenario/name_search.h"
#include "sim/scenario/scenario.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/runner.h"
#include "tools/lockstep/shell_word.h"
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
  std::string path;     // that its names of files are relative to
  json document;        // as it is now
  std::string word;     // how a shell names the file
  std::string prelude;  // commands that write it, where the sweep holds the scenario itself
};

// The program that runs now, so that the command needs no PATH.
std::string ProgramPath() {
  std::error_code failed;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? ProgramAsCalled() : ShellWord(program.string());
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

std::string Absolute(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::path whole = std::filesystem::absolute(path, ignored);
  return ignored ? path : whole.lexically_normal().string();
}

// A scenario that is written in the sweep goes into a folder of its own, and the files that it
// names beside the sweep go with it.
Base InlineBase(const analysis::ResultsHeader& header, const json& scenario, std::uint64_t run) {
  Base base;
  base.path = header.file.empty() ? "sweep.json" : header.file;
  base.document = scenario["document"];
  base.word = absl::StrCat("\"$folder\"/run-", run, ".json");
  base.prelude =
      absl::StrCat("# The sweep itself holds the scenario; this folder may go afterwards.\n",
                   "folder=$(mktemp -d)\n", "cat > ", base.word, " <<'END-OF-SCENARIO'\n",
                   base.document.dump(2), "\nEND-OF-SCENARIO\n");
  for (const auto& [name, ignored] : scenario["files"].items()) {
    const std::filesystem::path to(name);
    const std::string from = sim::ResolveName(base.path, name);
    const bool is_below = to.is_relative() && name.find("..") == std::string::npos;
    if (!is_below || !Exists(from)) continue;
    absl::StrAppend(&base.prelude, "mkdir -p \"$folder\"/",
                    ShellWord(to.parent_path().string() + "/"), " && cp ",
                    ShellWord(Absolute(from)), " \"$folder\"/", ShellWord(name), "\n");
  }
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
  return Base{*found, *std::move(document), ShellWord(Absolute(*found)), ""};
}

absl::StatusOr<Base> BaseOf(const analysis::ResultsHeader& header, std::uint64_t run) {
  const json& scenario = header.sweep["scenario"];
  if (!scenario.contains("path")) return InlineBase(header, scenario, run);
  return NamedBase(header, scenario["path"].get<std::string>());
}

std::vector<std::string> RemarksOn(const analysis::ResultsHeader& header,
                                   const analysis::RunRow& row, const Base& base,
                                   const std::vector<sim::Override>& changes,
                                   const Additions& own) {
  std::vector<std::string> remarks;
  if (header.revision != RevisionOf(own)) {
    remarks.push_back(absl::StrCat("the run was made by lockstep ", header.revision, ", this is ",
                                   RevisionOf(own)));
  }
  const auto prepared = PrepareDocument(base.document, base.path, changes, own);
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

absl::StatusOr<Reproduction> ReproductionOf(const analysis::ResultsFile& file, std::uint64_t run,
                                            const Additions& own) {
  const auto row = file.FindRun(run);
  if (!row.ok()) return row.status();
  if (!row->has_value())
    return absl::NotFoundError(absl::StrCat(file.path(), ": has no run ", run));
  const auto planned = PlanOf(file.header(), file.path(), own);
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
  made.command = absl::StrCat(base->prelude, ProgramPath(), " run ", base->word);
  // The last one is the seed.
  for (std::size_t i = 0; i + 1 < job.changes.size(); ++i) {
    const auto& [pointer, value] = job.changes[i];
    absl::StrAppend(&made.command, " \\\n    --set ", ShellWord(absl::StrCat(pointer, "=", value)));
  }
  absl::StrAppend(&made.command, " \\\n    --seed ", job.seed, "\n");
  made.remarks = RemarksOn(file.header(), **row, *base, job.changes, own);
  return made;
}

}  // namespace lockstep::cli
