// The worked examples of sim/trace/FORMAT.md, run as they stand there.

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

#include "tests/support/process.h"
#include "tests/support/text.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// The text of each block that is marked as a shell's.
std::vector<std::string> ShellBlocks(const std::string& text) {
  const std::string fence = "\n```sh\n";
  std::vector<std::string> blocks;
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    const std::size_t begin = at + fence.size();
    const std::size_t end = text.find("\n```", begin);
    REQUIRE(end != std::string::npos);
    blocks.push_back(text.substr(begin, end - begin + 1));
    at = end;
  }
  return blocks;
}

Finished Shell(const std::string& folder, const std::string& script) {
  const std::string tools = std::filesystem::path(LOCKSTEP_BINARY).parent_path();
  const std::string before = absl::StrCat("PATH=", tools, ":$PATH\ncd ", folder, "\n");
  return Process({"/bin/bash", "-ec", before + script}).Wait();
}

}  // namespace

TEST_CASE("trace format: its worked examples run, and three languages count the same") {
  const TemporaryFolder folder;
  std::filesystem::create_directory_symlink(std::filesystem::absolute("scenarios"),
                                            folder.File("scenarios"));
  const std::vector<std::string> blocks = ShellBlocks(ReadText("sim/trace/FORMAT.md"));
  REQUIRE(blocks.size() >= 5);
  std::vector<std::string> counts;
  for (const std::string& block : blocks) {
    CAPTURE(block);
    std::string missing;
    for (const char* tool : {"jq", "python3", "sqlite3"}) {
      const bool is_used =
          absl::StrCat("\n", block).find(absl::StrCat("\n", tool, " ")) != std::string::npos ||
          block.find(absl::StrCat("| ", tool, " ")) != std::string::npos;
      if (is_used && Shell("/", absl::StrCat("command -v ", tool)).exit_code != 0) missing = tool;
    }
    if (!missing.empty()) {
      MESSAGE("skipped: ", missing, " is not installed (tools/setup installs jq and sqlite3)");
      continue;
    }
    const Finished ran = Shell(folder.File(""), block);
    CHECK_MESSAGE(ran.exit_code == 0, ran.err);
    CHECK_FALSE(ran.out.empty());
    if (block.find("delivered") != std::string::npos) counts.push_back(ran.out);
  }
  for (const std::string& count : counts) CHECK(count == counts.front());
}

}  // namespace lockstep::tests
