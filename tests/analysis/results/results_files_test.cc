// A results file and its lock keep their hands off files of other people.

#include "analysis/results/results_files.h"

#include <filesystem>
#include <string>
#include <sys/stat.h>

#include "absl/strings/str_cat.h"

#include "analysis/results/results.h"
#include "analysis/results/sqlite.h"
#include "tests/analysis/results/small_results.h"
#include "tests/support/process.h"
#include "tests/support/text.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

namespace fs = std::filesystem;
using analysis::ResultsFile;

std::string WhyNotMade(const std::string& path) {
  const auto made = ResultsFile::Create(path, SmallHeader());
  return made.ok() ? "" : std::string(made.status().message());
}

}  // namespace

TEST_CASE("results files: a .lock that is not ours is neither cut, followed nor removed") {
  const TemporaryFolder folder;
  const std::string path = folder.File("Cargo");
  for (const char* const text : {"[[package]]\nname = \"x\"\n", ""}) {
    const std::string lock = folder.Write("Cargo.lock", text);
    Has(WhyNotMade(path), lock + ", which is there and is no lock of lockstep");
    CHECK(ReadText(lock) == text);
    CHECK_FALSE(fs::exists(path));
    fs::remove(lock);
  }
  // A link, even to where nothing is, and a pipe, which nobody may wait for.
  fs::create_symlink("elsewhere", path + ".lock");
  Has(WhyNotMade(path), "is no lock of lockstep");
  CHECK_FALSE(fs::exists(folder.File("elsewhere")));
  fs::remove(path + ".lock");
  REQUIRE(mkfifo((path + ".lock").c_str(), 0600) == 0);
  Has(WhyNotMade(path), "is no lock of lockstep");
  fs::remove(path + ".lock");
  CHECK(WhyNotMade(path).empty());
  CHECK_FALSE(fs::exists(path + ".lock"));
}

TEST_CASE("results files: what stands beside a new file under SQLite's names is refused and kept") {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.sqlite");
  for (const char* const suffix : {"-wal", "-shm", "-journal"}) {
    const std::string other = folder.Write(absl::StrCat("r.sqlite", suffix), "mine");
    Has(WhyNotMade(path), other + " is there, which SQLite would write over");
    CHECK(ReadText(other) == "mine");
    CHECK_FALSE(fs::exists(path));
    fs::remove(other);
  }
  const std::string mine = folder.Write("r.sqlite.new", "mine");
  CHECK(WhyNotMade(path).empty());
  CHECK(ReadText(mine) == "mine");
}

TEST_CASE("results files: a journal whose writer was killed before it was synced stops nobody") {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.sqlite");
  CHECK(WhyNotMade(path).empty());
  // As it was found after a kill: no magic, no count of pages yet; a sector of 512, a page of 4096.
  std::string header(28, '\0');
  header.replace(12, 16, std::string("\xff\x34\x5f\x70\0\0\0\x0a\0\0\x02\0\0\0\x10\0", 16));
  folder.Write("r.sqlite-journal", header + std::string(484, '\0'));
  CHECK(ResultsFile::OpenToRead(path).ok());
  CHECK(ResultsFile::OpenToWrite(path).ok());
  // Zeros are none, nor is what somebody wrote.
  for (const std::string& other : {std::string(512, '\0'), std::string("a diary")}) {
    const std::string journal = folder.Write("r.sqlite-journal", other);
    Has(std::string(ResultsFile::OpenToWrite(path).status().message()), journal + " is there");
    CHECK(ReadText(journal) == other);
  }
}

TEST_CASE("results files: a log beside a file that is no log of SQLite's, or a link, is refused") {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.sqlite");
  CHECK(WhyNotMade(path).empty());
  const std::string wal = folder.Write("r.sqlite-wal", "a diary");
  const auto refuse = [&] {
    for (const auto& opened :
         {ResultsFile::OpenToRead(path).status(), ResultsFile::OpenToWrite(path).status()})
      Has(std::string(opened.message()), wal + " is there");
  };
  refuse();
  CHECK(ReadText(wal) == "a diary");
  fs::remove(wal);
  const std::string target = folder.Write("target", "");
  fs::create_symlink("target", wal);
  refuse();
  CHECK(fs::file_size(target) == 0);
  fs::remove(wal);
  CHECK(ResultsFile::OpenToWrite(path).ok());
}

TEST_CASE("results files: rows that a reader keeps in the log are told of, and no others") {
  const TemporaryFolder folder;
  const std::string path = folder.File("r.sqlite");
  auto file = ResultsFile::Create(path, SmallHeader());
  REQUIRE(file.ok());
  CHECK((*file)->Add(SmallPoint(0)).ok());
  CHECK((*file)->Add(SmallRun(0)).ok());
  CHECK((*file)->Commit().ok());
  {
    auto reader = analysis::Database::Open(path, analysis::Database::Mode::kRead);
    REQUIRE(reader.ok());
    auto rows = reader->Prepare("SELECT run FROM runs");
    REQUIRE(rows.ok());
    CHECK(*rows->Step());  // In the middle of its reading.
    CHECK((*file)->Add(SmallRun(1)).ok());
    CHECK((*file)->Close().ok());
    CHECK((*file)->HasRowsBeside());
  }
  // Nothing is lost: the next writer takes them in.
  auto again = ResultsFile::OpenToWrite(path);
  REQUIRE(again.ok());
  CHECK((*again)->FindRun(1)->has_value());
  CHECK((*again)->Close().ok());
  CHECK_FALSE((*again)->HasRowsBeside());
  CHECK_FALSE(fs::exists(path + "-wal"));
}

}  // namespace lockstep::tests
