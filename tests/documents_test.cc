// Documents are named only where a reader finds them: in this tree.

#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kRooms = {"sim",      "protocols", "scenarios",
                                         "analysis", "tests",     "tools"};

// Files with text that somebody reads; from the root.
std::vector<std::string> Readable() {
  const std::set<std::string> endings = {".cc", ".h", ".md", ".json", ".cmake", ".txt", ""};
  std::vector<std::string> files = {"README.md", "CHANGELOG.md", "CMakeLists.txt"};
  for (const std::string& room : kRooms)
    for (const auto& entry : fs::recursive_directory_iterator(room))
      if (entry.is_regular_file() && endings.count(entry.path().extension().string()) > 0)
        files.push_back(entry.path().string());
  return files;
}

// The names of documents in `text` that are the end of none of `files`.
std::vector<std::string> Unknown(const std::string& text, const std::vector<std::string>& files) {
  static const std::regex kName(R"([A-Za-z0-9_][A-Za-z0-9_./-]*\.md\b)");
  std::vector<std::string> unknown;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kName);
       it != std::sregex_iterator(); ++it) {
    const std::string name = it->str();
    bool is_known = false;
    for (const std::string& file : files)
      is_known = is_known || file == name || file.ends_with(absl::StrCat("/", name));
    if (!is_known) unknown.push_back(name);
  }
  return unknown;
}

}  // namespace

TEST_CASE("documents: no file names one that is not in the tree") {
  const std::vector<std::string> files = Readable();
  CHECK(files.size() > 500);
  for (const std::string& file : files) {
    if (file == "tests/documents_test.cc") continue;
    const std::vector<std::string> unknown = Unknown(ReadText(file), files);
    CHECK_MESSAGE(unknown.empty(), file, " names ", absl::StrJoin(unknown, ", "));
  }
}

TEST_CASE("documents: a name is known by its end, and one of nowhere is found") {
  const std::vector<std::string> files = {"README.md", "sim/trace/FORMAT.md"};
  CHECK(Unknown("see FORMAT.md, trace/FORMAT.md and (README.md)", files).empty());
  CHECK(Unknown("see FAULTS.md section 2; papers/picsou.md.", files) ==
        std::vector<std::string>{"FAULTS.md", "papers/picsou.md"});
}

}  // namespace lockstep::tests
