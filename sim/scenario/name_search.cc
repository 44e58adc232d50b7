// Names of files in files: see name_search.h.

#include "sim/scenario/name_search.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

namespace lockstep::sim {
namespace {

namespace fs = std::filesystem;

// `folder` and all above it, innermost first.
template <typename Visit>
std::optional<fs::path> FirstAbove(fs::path folder, Visit visit) {
  for (; !folder.empty(); folder = folder.parent_path()) {
    if (std::optional<fs::path> found = visit(folder)) return found;
    if (folder == folder.parent_path()) break;
  }
  return std::nullopt;
}

std::optional<fs::path> ScenariosAbove(const std::string& path) {
  const auto is_it = [](const fs::path& folder) {
    return folder.filename() == "scenarios" ? std::optional(folder) : std::nullopt;
  };
  const fs::path own = fs::path(path).parent_path();
  if (auto found = FirstAbove(own.lexically_normal(), is_it)) return found;
  std::error_code error;
  const fs::path whole = fs::absolute(own, error);
  return error ? std::nullopt : FirstAbove(whole.lexically_normal(), is_it);
}

// Scenarios of ours are known by their schema.
std::optional<fs::path> ScenariosIn(const fs::path& folder, const char* below) {
  std::error_code ignored;
  const bool is_there = fs::is_regular_file(folder / below / "schema.json", ignored);
  return is_there ? std::optional(folder / below) : std::nullopt;
}

// Those of the tree that this program was built in, or of the one that it was installed into; of a
// program of somebody else's, those that lockstep has installed, where data is looked for (the XDG
// Base Directory Specification).
std::optional<fs::path> ScenariosOfProgram() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) return std::nullopt;
  const auto beside = FirstAbove(program.parent_path(), [](const fs::path& folder) {
    const auto installed = ScenariosIn(folder, "share/lockstep/scenarios");
    return installed ? installed : ScenariosIn(folder, "scenarios");
  });
  if (beside) return beside;
  const char* const set = std::getenv("XDG_DATA_DIRS");
  std::istringstream folders(set == nullptr || *set == '\0' ? "/usr/local/share:/usr/share" : set);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const auto found = ScenariosIn(folder, "lockstep/scenarios")) return found;
  return std::nullopt;
}

// In the order in which they are looked at; the one before the program's own stands for all.
struct Places {
  std::vector<std::string> files;
  std::string shown;
};

Places PlacesOf(const std::string& path, const std::string& name) {
  Places places;
  const auto add = [&](const fs::path& folder) {
    std::string file = (folder / name).lexically_normal().string();
    if (std::find(places.files.begin(), places.files.end(), file) == places.files.end())
      places.files.push_back(std::move(file));
  };
  add(fs::path(path).parent_path());
  if (const auto above = ScenariosAbove(path)) add(*above);
  places.shown = places.files.back();
  if (const auto own = ScenariosOfProgram()) add(*own);
  return places;
}

}  // namespace

std::string ResolveName(const std::string& path, const std::string& name) {
  const Places places = PlacesOf(path, name);
  for (const std::string& file : places.files) {
    std::error_code ignored;
    if (fs::exists(file, ignored)) return file;
  }
  return places.shown;
}

namespace {

template <typename IsIt>
std::string FindGivenWhere(const std::string& name, IsIt is_it) {
  std::error_code ignored;
  const fs::path given(name);
  if (given.is_absolute() || fs::exists(given, ignored)) return name;
  const auto own = ScenariosOfProgram();
  if (!own) return name;
  for (const fs::path& file : {*own / given, own->parent_path() / given}) {
    const fs::path plain = file.lexically_normal();
    const bool is_own = plain.string().rfind(own->string() + "/", 0) == 0;
    if (is_own && is_it(plain)) return plain.string();
  }
  return name;
}

}  // namespace

std::string FindGiven(const std::string& name) {
  return FindGivenWhere(name, [](const fs::path& file) {
    std::error_code ignored;
    return fs::is_regular_file(file, ignored);
  });
}

std::string FindGivenFolder(const std::string& name) {
  return FindGivenWhere(name, [](const fs::path& folder) {
    std::error_code ignored;
    return fs::is_directory(folder, ignored);
  });
}

std::string WhereSought(const std::string& path, const std::string& name) {
  const std::vector<std::string> files = PlacesOf(path, name).files;
  if (files.size() == 1) return "";
  const absl::Span<const std::string> all(files);
  return absl::StrCat(" (looked for ", absl::StrJoin(all.first(all.size() - 1), ", "), " and ",
                      files.back(), ")");
}

}  // namespace lockstep::sim
