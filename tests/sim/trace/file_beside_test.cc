// A file that takes the place of another once it is whole, and touches nobody else's.

#include "sim/trace/file_beside.h"

#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"

#include "tests/support/process.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;

std::size_t FilesIn(const TemporaryFolder& folder) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(folder.File("."))) ++count;
  return count;
}

}  // namespace

TEST_CASE("file beside: the old file is there until the new one is whole") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("f", "old");
  {
    auto file = trace::FileBeside::Make(path);
    REQUIRE(file.ok());
    std::fputs("ne", file->file());
    std::fflush(file->file());
    CHECK(ReadText(path) == "old");
    std::fputs("w", file->file());
    CHECK(file->Publish().ok());
    CHECK(ReadText(path) == "new");
  }
  CHECK(FilesIn(folder) == 1);
}

TEST_CASE("file beside: what was not published leaves nothing behind") {
  const TemporaryFolder folder;
  const std::string path = folder.Write("f", "old");
  {
    auto file = trace::FileBeside::Make(path);
    REQUIRE(file.ok());
    std::fputs("half", file->file());
    CHECK(FilesIn(folder) == 2);
  }
  CHECK(ReadText(path) == "old");
  CHECK(FilesIn(folder) == 1);
}

TEST_CASE("file beside: neither a file nor a link of the name for now is touched") {
  const TemporaryFolder folder;
  const std::string path = folder.File("f");
  const std::string mine = folder.Write("mine", "not yours");
  const auto name = trace::MakeBeside(path, "partial");
  REQUIRE(name.ok());
  fs::remove(*name);
  fs::create_symlink(mine, *name);
  CHECK(trace::WriteFile(path, "text").ok());
  CHECK(ReadText(path) == "text");
  CHECK(ReadText(mine) == "not yours");
  CHECK(fs::is_symlink(*name));
  CHECK(FilesIn(folder) == 3);
}

TEST_CASE("file beside: a link stays a link, and what it leads to keeps its rights") {
  const TemporaryFolder folder;
  const std::string real = folder.Write("real", "old");
  REQUIRE(chmod(real.c_str(), 0640) == 0);
  const std::string link = folder.File("link");
  fs::create_symlink("real", link);
  CHECK(trace::WriteFile(link, "new").ok());
  CHECK(fs::is_symlink(link));
  CHECK(ReadText(real) == "new");
  CHECK((fs::status(real).permissions() & fs::perms::mask) == fs::perms(0640));
  // One that leads nowhere yet.
  const std::string far = folder.File("far");
  fs::create_symlink("later", far);
  CHECK(trace::WriteFile(far, "text").ok());
  CHECK(ReadText(folder.File("later")) == "text");
  CHECK(fs::is_symlink(far));
}

TEST_CASE("file beside: what is no file is written in place, and what cannot be is told") {
  const TemporaryFolder folder;
  CHECK(trace::WriteFile("/dev/null", "gone").ok());
  const auto refuse = [](const std::string& path, const std::string& why) {
    const absl::Status status = trace::WriteFile(path, "text");
    CHECK(std::string(status.message()) == absl::StrCat(path, ": cannot write: ", why));
  };
  refuse(folder.File("none/f"), "No such file or directory");
  refuse(folder.File("."), "Is a directory");
  refuse("/dev/full", "No space left on device");
  CHECK(FilesIn(folder) == 0);
}

}  // namespace lockstep::tests
