// lockstep merge OUT IN...

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "analysis/results/results.h"
#include "analysis/results/results_files.h"
#include "sim/trace/file_beside.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/program_name.h"
#include "tools/lockstep/sweep_plan.h"
#include "tools/lockstep/sweep_report.h"
#include "tools/sweep/campaign.h"
#include "tools/sweep/findings.h"

namespace lockstep::cli {
namespace {

using analysis::ResultsFile;

constexpr const char* kMergeTeaching =
    "Joins what `$0 sweep FILE --shard i/k` has made on several machines. Doing it again, "
    "or\n"
    "with the same file twice, changes nothing; OUT may be there already, and gets what it lacks.\n"
    "\n"
    "Files of another sweep or revision are refused, and so is a run that has another result in "
    "two\n"
    "files. A run that its machine ended (wall limit, memory limit, crash) gives way to one that\n"
    "ended by itself.\n"
    "\n"
    "Examples:\n"
    "  $0 merge all.sqlite part-1.sqlite part-2.sqlite part-3.sqlite\n"
    "  $0 merge all.sqlite part-4.sqlite        # one more, later\n"
    "\n";

struct MergeFlags {
  std::string out;
  std::vector<std::string> inputs;
};

// What the whole sweep wants, held against what was merged.
struct Standing {
  std::uint64_t runs_max = 0;
  std::uint64_t there = 0;
  std::uint64_t missing = 0;                        // at least: more may follow from their results
  std::map<std::uint64_t, std::uint64_t> by_shard;  // from 1; how many each of them would make
  std::vector<sweep::Unmet> unmet;                  // where nothing is missing
};

// Also puts the thresholds of a bisection into the file, as far as they can be told.
absl::StatusOr<Standing> StandingOf(ResultsFile& file, std::uint64_t shards, const Additions& own) {
  const auto planned = PlanOf(file.header(), file.path(), own);
  if (!planned.ok()) return planned.status();
  sweep::Campaign campaign(planned->plan, {});
  absl::Status fits;
  absl::Status status = file.ForEachRun([&](const analysis::RunRow& row) {
    fits = campaign.Fits(row);
    if (fits.ok()) campaign.Take(row);
    return fits.ok();
  });
  if (!fits.ok())
    return absl::InvalidArgumentError(absl::StrCat(file.path(), ": ", fits.message()));
  if (status.ok()) status = file.SetThresholds(campaign.Thresholds());
  if (!status.ok()) return status;
  Standing standing;
  standing.runs_max = campaign.runs_max();
  standing.there = campaign.done();
  campaign.ForEachMissing([&](std::uint64_t run) {
    ++standing.missing;
    ++standing.by_shard[campaign.ShardOf(run, shards)];
  });
  if (standing.missing > 0) return standing;
  auto unmet = sweep::FindUnmet(planned->plan, file);
  if (!unmet.ok()) return unmet.status();
  standing.unmet = *std::move(unmet);
  return standing;
}

// A file under another name than OUT's until it is whole.
struct Target {
  std::unique_ptr<ResultsFile> file;
  std::string temporary;  // its name for now; empty where OUT was there already
};

void RemoveFile(const std::string& path) {
  std::error_code ignored;
  std::filesystem::remove(path, ignored);
}

absl::StatusOr<Target> OpenTarget(const std::string& out, analysis::ResultsHeader header) {
  Target target;
  if (std::filesystem::exists(std::filesystem::symlink_status(out))) {
    auto file = ResultsFile::OpenToWrite(out);
    if (!file.ok()) return file.status();
    target.file = *std::move(file);
    return target;
  }
  // A results file wants a name that is free: the empty one only finds it.
  absl::StatusOr<std::string> beside = trace::MakeBeside(out, "merging");
  if (!beside.ok()) return beside.status();
  target.temporary = *std::move(beside);
  RemoveFile(target.temporary);
  header.shard = 1;
  header.shards = 1;
  auto file = ResultsFile::Create(target.temporary, header);
  if (!file.ok()) return file.status();
  target.file = *std::move(file);
  return target;
}

absl::Status CheckInputs(const MergeFlags& flags) {
  for (const std::string& input : flags.inputs) {
    std::error_code ignored;
    if (std::filesystem::equivalent(flags.out, input, ignored))
      return absl::InvalidArgumentError(
          absl::StrCat(input, ": is the file to merge into; name it once, as OUT"));
  }
  return absl::OkStatus();
}

// Adds all inputs to `into`, and says what each brought; the greatest number of shards of any.
absl::StatusOr<std::uint64_t> MergeInputs(const MergeFlags& flags, ResultsFile& into) {
  std::uint64_t shards = std::max<std::uint64_t>(into.header().shards, 1);
  for (const std::string& input : flags.inputs) {
    const auto from = ResultsFile::OpenToRead(input);
    if (!from.ok()) return from.status();
    const auto merged = analysis::Merge(into, **from);
    if (!merged.ok()) return merged.status();
    const analysis::ResultsHeader& header = (*from)->header();
    shards = std::max(shards, header.shards);
    absl::PrintF("%s (shard %d of %d): %d runs added, %d known\n", input, header.shard,
                 header.shards, merged->added, merged->known);
  }
  return shards;
}

ExitCode ReportStanding(const Standing& standing, std::uint64_t shards) {
  if (standing.missing == 0) {
    absl::PrintF("complete: %d runs\n%s", standing.there, UnmetReport(standing.unmet));
    return standing.unmet.empty() ? kAsExpected : kUnmet;
  }
  absl::PrintF("missing: %d runs; there are %d of at most %d\n", standing.missing, standing.there,
               standing.runs_max);
  if (shards == 1) {
    absl::PrintF("  `%s sweep FILE --resume` makes them\n", ProgramAsCalled());
    return kIncomplete;
  }
  for (const auto& [shard, runs] : standing.by_shard)
    absl::PrintF("  `%s sweep FILE --shard %d/%d` makes %d of them\n", ProgramAsCalled(), shard,
                 shards, runs);
  return kIncomplete;
}

absl::StatusOr<ExitCode> MergeFiles(const MergeFlags& flags, const Additions& own) {
  if (absl::Status checked = CheckInputs(flags); !checked.ok()) return checked;
  const auto first = ResultsFile::OpenToRead(flags.inputs[0]);
  if (!first.ok()) return first.status();
  auto target = OpenTarget(flags.out, (*first)->header());
  if (!target.ok()) return target.status();
  const auto shards = MergeInputs(flags, *target->file);
  absl::Status done = shards.status();
  absl::StatusOr<Standing> standing = Standing();
  if (done.ok()) {
    standing = StandingOf(*target->file, *shards, own);
    done = standing.status();
  }
  const absl::Status closed = target->file->Close();
  if (done.ok()) done = closed;
  // Rows that stand beside it would be left behind by its new name.
  if (done.ok() && target->file->HasRowsBeside())
    done = absl::ResourceExhaustedError(
        absl::StrCat(flags.out,
                     ": its last rows could not be taken in; see that the disk is not "
                     "full, and merge again"));
  if (!target->temporary.empty()) {
    if (done.ok()) done = analysis::Publish(target->temporary, flags.out);
    if (!done.ok()) RemoveFile(target->temporary);
  }
  if (!done.ok()) {
    // The temporary name means nothing to who asked for OUT.
    const std::string message(done.message());
    return absl::Status(done.code(),
                        target->temporary.empty()
                            ? message
                            : absl::StrReplaceAll(message, {{target->temporary, flags.out}}));
  }
  return ReportStanding(*standing, *shards);
}

}  // namespace

void AddMerge(CLI::App& app, Call& call) {
  CLI::App* const command =
      app.add_subcommand("merge", "Joins the results of shards, and says what is missing");
  const auto flags = std::make_shared<MergeFlags>();
  command->add_option("out", flags->out, "Results file to make, or to add to")
      ->required()
      ->type_name("FILE");
  command->add_option("in", flags->inputs, "Results files of shards")
      ->required()
      ->type_name("FILE");
  call.Teach(*command, kMergeTeaching, {kAsExpected, kInternalError, kBadInput, kUnmet, kIncomplete});
  command->callback([flags, &call] {
    const auto merged = MergeFiles(*flags, call.own);
    call.exit_code = merged.ok() ? int{*merged} : ReportError(merged.status());
  });
}

}  // namespace lockstep::cli
