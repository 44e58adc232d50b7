// Hostile results: whatever hands and accidents make of a file of a sweep, every command that reads
// it ends with an answer or an error that names the file.

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"
#include "sqlite3.h"

#include "protocols/core/random.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

const std::array<const char*, 20> kValues = {"0",
                                             "1",
                                             "-1",
                                             "7",
                                             "4294967296",
                                             "9223372036854775807",
                                             "-9223372036854775808",
                                             "1.5",
                                             "1e308",
                                             "NULL",
                                             "''",
                                             "'x'",
                                             "'{}'",
                                             "'[[['",
                                             "'{\"a\":1}'",
                                             "'null'",
                                             "x'00FF'",
                                             "'judged'",
                                             "'holds'",
                                             "'99999999999999999999999'"};
const std::array<const char*, 8> kTables = {"meta", "meta",    "points", "runs",
                                            "runs", "metrics", "speed",  "thresholds"};

std::string WriteSweep(const TemporaryFolder& folder) {
  const json sweep = {
      {"lockstep_sweep", 1},
      {"name", "of a test"},
      {"why", "Small."},
      {"scenario", std::filesystem::absolute("scenarios/smoke/pingpong.json").string()},
      {"set", {{"/run/for", "2ms"}}},
      {"axes", {{{"name", "loss"}, {"at", "/network/intra/loss"}, {"values", {{0, 1}, {1, 100}}}}}},
      {"seeds", 2}};
  return folder.Write("sweep.json", sweep.dump());
}

// A file that SQLite takes; statements that it refuses change nothing.
class Database {
 public:
  explicit Database(const std::string& path) {
    REQUIRE(sqlite3_open(path.c_str(), &database_) == SQLITE_OK);
  }
  ~Database() { sqlite3_close(database_); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void Do(const std::string& sql) const {
    sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr);
  }
  std::vector<std::string> ColumnsOf(const std::string& table) const {
    std::vector<std::string> columns;
    const auto take = [](void* to, int, char** values, char**) {
      static_cast<std::vector<std::string>*>(to)->emplace_back(values[1]);
      return 0;
    };
    const std::string sql = absl::StrCat("PRAGMA table_info(", table, ")");
    sqlite3_exec(database_, sql.c_str(), take, &columns, nullptr);
    return columns;
  }

 private:
  sqlite3* database_ = nullptr;
};

void MutateRows(const std::string& path, core::Random& random) {
  const Database database(path);
  const auto of = [&](const auto& list) { return list[random.Below(list.size())]; };
  for (std::uint64_t left = 1 + random.Below(3); left > 0; --left) {
    const std::string table = of(kTables);
    const std::vector<std::string> columns = database.ColumnsOf(table);
    if (columns.empty()) continue;
    const std::string column = absl::StrCat("\"", of(columns), "\"");
    const std::string where = absl::StrCat(" WHERE rowid IN (SELECT rowid FROM ", table,
                                           " LIMIT 1 OFFSET ", random.Below(4), ")");
    switch (random.Below(8)) {
      case 0:
        database.Do(absl::StrCat("DELETE FROM ", table, where));
        break;
      case 1:
        database.Do(absl::StrCat("ALTER TABLE ", table, " RENAME COLUMN ", column, " TO other"));
        break;
      case 2:
        database.Do(absl::StrCat("DROP TABLE ", table));
        break;
      default:
        // "meta" has no rowid.
        database.Do(absl::StrCat("UPDATE ", table, " SET ", column, " = ", of(kValues),
                                 table == "meta" ? "" : where));
    }
  }
}

void MutateBytes(const std::string& path, core::Random& random) {
  std::string bytes = ReadText(path);
  for (std::uint64_t left = 1 + random.Below(20); left > 0; --left)
    bytes[random.Below(bytes.size())] = static_cast<char>(random.Below(256));
  if (random.Below(4) == 0) bytes.resize(random.Below(bytes.size()));
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace

TEST_CASE("hostile results: rows that are not of the sweep are refused by their number") {
  const TemporaryFolder folder;
  const std::string sweep = WriteSweep(folder);
  const std::string good = folder.File("good.sqlite");
  REQUIRE(Lockstep({"sweep", sweep, "--out", good}).exit_code == 0);
  const std::string bad = folder.File("bad.sqlite");
  const auto expect = [&](const std::string& change, const std::string& why) {
    CAPTURE(change);
    std::filesystem::copy_file(good, bad, std::filesystem::copy_options::overwrite_existing);
    Database(bad).Do(change);
    for (const char* more : {"--resume", "--retry"}) {
      std::vector<std::string> arguments = {"sweep", sweep, "--out", bad, "--resume"};
      if (std::string(more) == "--retry") arguments.emplace_back(more);
      const Finished resumed = Lockstep(arguments);
      CHECK(resumed.exit_code == cli::kBadInput);
      Has(resumed.err, why);
      Has(resumed.err, "bad.sqlite");
    }
    std::filesystem::remove(folder.File("merged.sqlite"));
    const Finished merged = Lockstep({"merge", folder.File("merged.sqlite"), bad});
    CHECK(merged.exit_code == cli::kBadInput);
  };
  expect("UPDATE runs SET run = 4294967296 WHERE run = 3",
         "run 4294967296: want one of the 4 runs of the sweep");
  expect("UPDATE runs SET point = -1 WHERE run = 2", "run 2: want it to be of point 1 and seed 1");
  expect("UPDATE runs SET seed = 7 WHERE run = 1", "run 1: want it to be of point 0 and seed 2");
}

TEST_CASE("hostile results: mutations of a file end in an answer or an error") {
  const TemporaryFolder folder;
  const std::string sweep = WriteSweep(folder);
  const std::string good = folder.File("good.sqlite");
  REQUIRE(Lockstep({"sweep", sweep, "--out", good}).exit_code == 0);
  const std::string bad = folder.File("bad.sqlite");
  const std::string out = folder.File("out.sqlite");
  const std::vector<std::vector<std::string>> commands = {
      {"results", bad},
      {"results", bad, "--json"},
      {"results", bad, "--reproduce", "3"},
      {"compare", good, bad},
      {"merge", out, good, bad},
      {"plot", "sweep", bad, "--x", "loss", "--y", "dropped", "--csv"}};
  std::uint64_t mutations = 25;
  if (const char* text = std::getenv("LOCKSTEP_MUTATIONS"); text != nullptr)
    REQUIRE(absl::SimpleAtoi(text, &mutations));
  for (std::uint64_t seed = 1; seed <= mutations; ++seed) {
    core::Random random = core::Random(seed).Fork("results");
    std::filesystem::copy_file(good, bad, std::filesystem::copy_options::overwrite_existing);
    if (random.Below(3) == 0) {
      MutateBytes(bad, random);
    } else {
      MutateRows(bad, random);
    }
    // The last one changes the file.
    for (const auto& command :
         {commands[random.Below(commands.size())],
          std::vector<std::string>{"sweep", sweep, "--out", bad, "--resume"}}) {
      for (const char* ending : {"-wal", "-shm", "-journal"})
        std::filesystem::remove(absl::StrCat(bad, ending));
      std::filesystem::remove(out);
      const Finished ended = Lockstep(command);
      const bool is_good = ended.exit_code >= 0 && ended.exit_code <= cli::kIncomplete &&
                           ended.exit_code != cli::kInternalError;
      CHECK_MESSAGE(is_good, "seed " << seed << ", " << command[0] << " ended with "
                                     << ended.exit_code << ": " << ended.err);
    }
  }
}

}  // namespace lockstep::tests
