// Specifications to SVG: see svg.h.

#include "tools/lockstep/svg.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <optional>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"

#include "protocols/core/hash.h"
#include "protocols/parameters/parameters.h"
#include "tools/lockstep/scratch.h"

extern char** environ;  // NOLINT: POSIX declares it nowhere.

namespace lockstep::cli {
namespace {

namespace fs = std::filesystem;

absl::Status Missing(const std::string& what, const std::string& remedy) {
  return absl::FailedPreconditionError(absl::StrCat("cannot draw: ", what, ". ", remedy,
                                                    " installs what draws (node, vega, vega-lite); "
                                                    "--spec and --csv work without"));
}

// The renderer and its packages, or what of them is not in `folder`.
std::optional<std::string> LackOf(const fs::path& folder) {
  std::error_code ignored;
  for (const char* const wanted : {"render.mjs", "node_modules/vega", "node_modules/vega-lite"})
    if (!fs::exists(folder / wanted, ignored)) return wanted;
  return std::nullopt;
}

// Where a user keeps data (the XDG Base Directory Specification); empty where none is named.
fs::path DataOfUser() {
  const auto named = [](const char* variable) {
    const char* const text = std::getenv(variable);
    return fs::path(text == nullptr ? "" : text);
  };
  const fs::path data = named("XDG_DATA_HOME");
  if (data.is_absolute()) return data / "lockstep";
  const fs::path home = named("HOME");
  return home.empty() ? home : home / ".local/share/lockstep";
}

// Where the renderer and its packages are.
absl::StatusOr<fs::path> PicturesFolder() {
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path().parent_path();
  const fs::path shipped = beside / "share/lockstep/pictures";  // without the packages of npm
  const fs::path own = DataOfUser() / "pictures";
  const bool is_installed = fs::exists(shipped, error);
  std::vector<fs::path> folders = {is_installed ? shipped : beside / "pictures"};
  if (is_installed) folders.push_back(own);
  if (const char* const named = std::getenv("LOCKSTEP_PICTURES");
      named != nullptr && *named != '\0')
    folders = {named};
  for (const fs::path& folder : folders)
    if (!LackOf(folder)) return folder.lexically_normal();
  const fs::path& last = folders.back();
  std::string remedy = "`tools/setup --pictures`";
  if (is_installed)
    remedy = absl::StrCat("`mkdir -p ", own.string(), " && cp ", shipped.string(), "/* ",
                          own.string(), " && npm ci --ignore-scripts --prefix ", own.string(), "`");
  return Missing(
      absl::StrCat("there is no ", *LackOf(last), " in ", last.lexically_normal().string()),
      remedy);
}

// Runs node to its end; its exit code, with what it said in `errors`.
absl::StatusOr<int> RunNode(const std::vector<std::string>& arguments, const std::string& errors) {
  std::vector<char*> raw;
  std::vector<std::string> copies = arguments;
  for (std::string& argument : copies) raw.push_back(argument.data());
  raw.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t pid = 0;
  const int failed = posix_spawnp(&pid, "node", &actions, nullptr, raw.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed == ENOENT) return Missing("there is no program `node`", "`apt-get install nodejs`");
  if (failed != 0)
    return absl::FailedPreconditionError(
        absl::StrCat("cannot draw: node does not start: ", std::strerror(failed)));
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string SpecificationDigest(const nlohmann::json& specification) {
  const std::string text = specification.dump();
  return absl::StrFormat("%016x", core::HashBytes(text.data(), text.size()));
}

absl::StatusOr<std::string> RenderSvg(const nlohmann::json& specification) {
  const auto folder = PicturesFolder();
  if (!folder.ok()) return folder.status();
  const Scratch scratch;
  if (!scratch.is_there())
    return absl::FailedPreconditionError("cannot draw: no temporary folder can be made");
  std::ofstream(scratch.File("spec.json")) << specification.dump();
  const auto code = RunNode({"node", (*folder / "render.mjs").string(), scratch.File("spec.json"),
                             scratch.File("picture.svg")},
                            scratch.File("errors"));
  if (!code.ok()) return code.status();
  if (*code != 0) {
    const auto why = ReadTextFile(scratch.File("errors"));
    return absl::FailedPreconditionError(absl::StrCat(
        "the renderer failed: ", why.ok() ? std::string(absl::StripSuffix(*why, "\n")) : ""));
  }
  const auto picture = ReadTextFile(scratch.File("picture.svg"));
  if (!picture.ok()) return picture.status();
  return absl::StrCat(*picture, "<!-- by lockstep plot, of the specification ",
                      SpecificationDigest(specification), " -->\n");
}

}  // namespace lockstep::cli
