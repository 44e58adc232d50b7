// lockstep merge OUT IN...

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

#include "analysis/results.h"
#include "tools/lockstep/commands.h"
#include "tools/lockstep/exit_code.h"

namespace lockstep::cli {
namespace {

using analysis::ResultsFile;

constexpr const char* kTeaching =
    "Joins what `lockstep sweep FILE --shard i/k` has made on several machines. Doing it again, "
    "or\n"
    "with the same file twice, changes nothing; OUT may be there already, and gets what it lacks.\n"
    "\n"
    "Files of another sweep or revision are refused, and so is a run that has another result in "
    "two\n"
    "files. A run that its machine ended (wall limit, memory limit, crash) gives way to one that\n"
    "ended by itself.\n"
    "\n"
    "Examples:\n"
    "  lockstep merge all.sqlite part-1.sqlite part-2.sqlite part-3.sqlite\n"
    "  lockstep merge all.sqlite part-4.sqlite        # one more, later\n"
    "\n";

struct MergeFlags {
  std::string out;
  std::vector<std::string> inputs;
};

// What a merged file lacks.
struct Missing {
  std::uint64_t runs = 0;
  std::uint64_t expected = 0;
  std::map<std::uint64_t, std::uint64_t> by_shard;  // from 1; how many each of them would make
};

// The runs that the sweep of `file` has and the file has not, were it made in `shards` shards; none
// where the file alone does not tell, since how many seeds or points are run depends on results.
//
// Takes it that run = point * seeds + nth, and that shard i of k has the points i - 1, i - 1 + k,
// ...
absl::StatusOr<std::optional<Missing>> MissingRuns(const ResultsFile& file, std::uint64_t shards) {
  const analysis::ResultsHeader& header = file.header();
  const nlohmann::json& sweep = header.sweep;
  const bool has_rule = sweep.is_object() && sweep.contains("seeds") &&
                        sweep["seeds"].is_object() && sweep["seeds"].contains("until");
  if (has_rule || (sweep.is_object() && sweep.contains("bisect"))) return std::nullopt;
  std::vector<bool> is_there(header.points * header.seeds, false);
  const absl::Status read =
      file.Query("SELECT run FROM runs", {[](const std::vector<std::string>&) { return true; },
                                          [&](const std::vector<nlohmann::json>& row) {
                                            const auto run = row[0].get<std::uint64_t>();
                                            if (run < is_there.size()) is_there[run] = true;
                                            return true;
                                          }});
  if (!read.ok()) return read;
  Missing missing;
  missing.expected = is_there.size();
  for (std::uint64_t run = 0; run < is_there.size(); ++run) {
    if (is_there[run]) continue;
    ++missing.runs;
    ++missing.by_shard[run / header.seeds % shards + 1];
  }
  return missing;
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
  target.temporary = out + ".merging";
  if (std::filesystem::exists(target.temporary)) {
    // Left by a merge that was killed, unless that one still runs and has it locked.
    auto stale = ResultsFile::OpenToWrite(target.temporary);
    if (absl::IsUnavailable(stale.status())) return stale.status();
    if (stale.ok()) (*stale)->Close().IgnoreError();
    for (const char* const suffix : {"", "-wal", "-shm", "-journal"})
      RemoveFile(target.temporary + suffix);
  }
  header.shard = 1;
  header.shards = 1;
  auto file = ResultsFile::Create(target.temporary, header);
  if (!file.ok()) return file.status();
  target.file = *std::move(file);
  return target;
}

// Gives the temporary file the name OUT, which must still be free.
absl::Status Publish(const std::string& temporary, const std::string& out) {
  std::error_code failed;
  std::filesystem::create_hard_link(temporary, out, failed);
  if (!failed) {
    RemoveFile(temporary);
    return absl::OkStatus();
  }
  if (failed != std::errc::file_exists) std::filesystem::rename(temporary, out, failed);
  if (!failed) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrCat(out, ": cannot be created: ", failed.message()));
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

ExitCode ReportMissing(const std::optional<Missing>& missing, std::uint64_t shards) {
  if (!missing) {
    absl::PrintF("what is missing cannot be told: how much is run depends on results\n");
    return kAsExpected;
  }
  if (missing->runs == 0) {
    absl::PrintF("complete: %d runs\n", missing->expected);
    return kAsExpected;
  }
  absl::PrintF("missing: %d of %d runs\n", missing->runs, missing->expected);
  if (shards == 1) {
    absl::PrintF("  `lockstep sweep FILE --resume` makes them\n");
    return kIncomplete;
  }
  for (const auto& [shard, runs] : missing->by_shard)
    absl::PrintF("  `lockstep sweep FILE --shard %d/%d` makes %d of them\n", shard, shards, runs);
  return kIncomplete;
}

absl::StatusOr<ExitCode> MergeFiles(const MergeFlags& flags) {
  if (absl::Status checked = CheckInputs(flags); !checked.ok()) return checked;
  const auto first = ResultsFile::OpenToRead(flags.inputs[0]);
  if (!first.ok()) return first.status();
  auto target = OpenTarget(flags.out, (*first)->header());
  if (!target.ok()) return target.status();
  const auto shards = MergeInputs(flags, *target->file);
  absl::Status done = shards.status();
  absl::StatusOr<std::optional<Missing>> missing = std::optional<Missing>();
  if (done.ok()) {
    missing = MissingRuns(*target->file, *shards);
    done = missing.status();
  }
  const absl::Status closed = target->file->Close();
  if (done.ok()) done = closed;
  if (!target->temporary.empty()) {
    if (done.ok()) done = Publish(target->temporary, flags.out);
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
  return ReportMissing(*missing, *shards);
}

}  // namespace

void AddMerge(CLI::App& app, int& exit_code) {
  CLI::App* const command =
      app.add_subcommand("merge", "Joins the results of shards, and says what is missing");
  const auto flags = std::make_shared<MergeFlags>();
  command->add_option("out", flags->out, "Results file to make, or to add to")
      ->required()
      ->type_name("OUT");
  command->add_option("in", flags->inputs, "Results files of shards")->required()->type_name("IN");
  command->footer(std::string(kTeaching) + ExitCodeTable());
  command->callback([flags, &exit_code] {
    const auto merged = MergeFiles(*flags);
    exit_code = merged.ok() ? int{*merged} : ReportError(merged.status());
  });
}

}  // namespace lockstep::cli
