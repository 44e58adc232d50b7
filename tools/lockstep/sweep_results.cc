// The file of a sweep: see sweep_results.h.

#include "tools/lockstep/sweep_results.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"

#include "tools/lockstep/version.h"

namespace lockstep::cli {
namespace {

// What keeps a sweep from going on in a file that says this; empty where nothing does.
std::string WhyNotResume(const analysis::ResultsHeader& there,
                         const analysis::ResultsHeader& wanted) {
  if (there.sweep != wanted.sweep) {
    const nlohmann::json changes = nlohmann::json::diff(there.sweep, wanted.sweep);
    const std::string place = changes.empty() ? "" : changes[0].value("path", "");
    return absl::StrCat("holds another sweep, \"", there.name, "\" (it differs at ", place, ")");
  }
  if (there.shard != wanted.shard || there.shards != wanted.shards) {
    return absl::StrCat("holds shard ", there.shard, "/", there.shards, ", not ", wanted.shard, "/",
                        wanted.shards);
  }
  if (there.revision != wanted.revision) {
    return absl::StrCat("was made by lockstep ", there.revision, ", and this is ", wanted.revision);
  }
  return "";
}

}  // namespace

analysis::ResultsHeader HeaderOf(const Planned& planned, const sweep::Shard& shard) {
  const sweep::Plan& plan = planned.plan;
  analysis::ResultsHeader header;
  std::error_code unknown;  // Then it is empty.
  header.file = std::filesystem::absolute(plan.sweep().path, unknown).lexically_normal().string();
  header.sweep = plan.sweep().document;
  header.name = plan.sweep().name;
  header.parameters = plan.names();
  header.revision = RevisionOf(planned.own);
  header.toolchain = Toolchain();
  header.shard = shard.index;
  header.shards = shard.count;
  header.points = plan.points();
  header.seeds = plan.sweep().seeds.count;
  return header;
}

absl::StatusOr<std::unique_ptr<analysis::ResultsFile>> OpenResults(
    const std::string& out, bool is_resumed, const analysis::ResultsHeader& header) {
  std::error_code ignored;
  if (!std::filesystem::exists(out, ignored)) return analysis::ResultsFile::Create(out, header);
  if (!is_resumed) {
    return absl::AlreadyExistsError(absl::StrCat(
        out, ": is there already; --resume goes on with it, --out FILE makes another"));
  }
  auto file = analysis::ResultsFile::OpenToWrite(out);
  if (!file.ok()) return file;
  if (const std::string why = WhyNotResume((*file)->header(), header); !why.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(out, ": ", why, "; choose another --out, or remove it"));
  }
  return file;
}

}  // namespace lockstep::cli
