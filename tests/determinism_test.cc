// One scenario and one seed give one digest: run twice, with memory laid out differently, beside
// another world, in another process, and whatever is written down of it.
//
// tools/matrix compares compilers and sanitizers, which takes builds of its own.

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

#include "protocols/core/random.h"
#include "sim/trace/digest.h"
#include "sim/world.h"
#include "tests/support/process.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// Jitter, loss, clocks, a crash with a restart, a liar and random drops.
const std::string kScenario = "tests/data/determinism.json";
const std::string kPingPong = "scenarios/smoke/pingpong.json";
const std::string kMap = "scenarios/smoke/isp-map.json";
const std::string kLeafSpine = "scenarios/smoke/leaf-spine.json";
const std::string kWorldFaults = "scenarios/faults/world-faults.json";
const std::string kClockFaults = "scenarios/faults/clock-faults.json";
const std::string kChora = "scenarios/faults/chora-pause.json";
const std::string kGolden = "tests/golden/digests.txt";

cli::Prepared Prepared(const std::vector<sim::Override>& overrides = {}) {
  auto prepared = cli::Prepare(kScenario, overrides);
  REQUIRE_MESSAGE(prepared.ok(), std::string(prepared.status().message()));
  return *std::move(prepared);
}

// A world that is run slice by slice, and its digest.
class Run {
 public:
  explicit Run(const std::string& seed = "11")
      : prepared_(Prepared({{"/run/seed", seed}})),
        world_(std::make_unique<sim::World>(prepared_.scenario, *prepared_.program,
                                            std::vector<trace::Sink*>{&digest_})) {}

  // False where there is nothing left to do.
  bool Slice(std::uint64_t steps) { return world_->Run(prepared_.scenario.end, steps); }
  std::string Finish() {
    world_->Finish(/*is_cut=*/false);
    return digest_.Hex();
  }
  std::string RunAll(std::uint64_t steps = 1'000'000) {
    while (Slice(steps)) {
    }
    return Finish();
  }

 private:
  cli::Prepared prepared_;
  trace::Digest digest_;
  std::unique_ptr<sim::World> world_;
};

// Blocks of random sizes on the heap, some freed and some taken at each call, so that whatever else
// is allocated lies elsewhere and in another order.
class HeapNoise {
 public:
  explicit HeapNoise(std::uint64_t seed) : random_(seed), blocks_(2'000) {}

  void Stir() {
    for (int i = 0; i < 300; ++i) {
      auto& block = blocks_[random_.Below(blocks_.size())];
      if (random_.Chance(1, 3)) {
        block.reset();
        continue;
      }
      const std::uint64_t size = 1 + random_.Below(std::uint64_t{1} << (3 + random_.Below(12)));
      block = std::make_unique<std::vector<char>>(size, static_cast<char>(random_.Below(256)));
    }
  }

 private:
  core::Random random_;
  std::vector<std::unique_ptr<std::vector<char>>> blocks_;
};

nlohmann::json SummaryOfProcess(const std::vector<std::string>& more,
                                const std::vector<std::string>& environment) {
  std::vector<std::string> arguments = {"run", kScenario, "--json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Finished run = Lockstep(arguments, environment);
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  return nlohmann::json::parse(run.out);
}

// A trace without its first line, which names revision and toolchain.
std::string BodyOf(const std::string& path) {
  const std::string text = ReadText(path);
  REQUIRE(text.find('\n') != std::string::npos);
  return text.substr(text.find('\n') + 1);
}

// The golden file: comments, then lines of scenario and digest.
struct Golden {
  std::string comments;
  std::map<std::string, std::string> digests;
};

Golden ReadGolden() {
  Golden golden;
  std::istringstream lines(ReadText(kGolden));
  for (std::string line; std::getline(lines, line);) {
    const auto space = line.find(' ');
    if (line.empty() || line[0] == '#') {
      absl::StrAppend(&golden.comments, line, "\n");
    } else if (space != std::string::npos) {
      golden.digests[line.substr(0, space)] = line.substr(space + 1);
    }
  }
  return golden;
}

void WriteGolden(const Golden& golden) {
  std::ofstream file(kGolden);
  file << golden.comments;
  for (const auto& [scenario, digest] : golden.digests) file << scenario << ' ' << digest << '\n';
}

}  // namespace

TEST_CASE("determinism: a second run has the digest of the first") {
  const std::string first = Run().RunAll();
  CHECK(Run().RunAll() == first);
}

TEST_CASE("determinism: how a run is cut into slices changes nothing") {
  const std::string whole = Run().RunAll();
  CHECK(Run().RunAll(1) == whole);
  CHECK(Run().RunAll(997) == whole);
}

TEST_CASE("determinism: another layout of the heap changes nothing") {
  const std::string calm = Run().RunAll();
  for (std::uint64_t seed = 1; seed < 4; ++seed) {
    HeapNoise noise(seed);
    for (int i = 0; i < 20; ++i) noise.Stir();
    Run run;
    while (run.Slice(500)) noise.Stir();
    CHECK(run.Finish() == calm);
  }
}

TEST_CASE("determinism: worlds in one process do not notice each other") {
  const std::string alone = Run().RunAll();
  const std::string other_alone = Run("12").RunAll();
  Run first;
  Run other("12");
  Run second;
  bool is_running = true;
  while (is_running) {
    is_running = first.Slice(700);
    is_running = other.Slice(300) || is_running;
    is_running = second.Slice(1'100) || is_running;
  }
  CHECK(first.Finish() == alone);
  CHECK(other.Finish() == other_alone);
  CHECK(second.Finish() == alone);
}

TEST_CASE("determinism: another process, whatever its memory holds, has the same digest") {
  const std::string here = Run().RunAll();
  const auto calm = SummaryOfProcess({}, {"MALLOC_PERTURB_=1"});
  const auto perturbed =
      SummaryOfProcess({}, {"MALLOC_PERTURB_=165", "MALLOC_ARENA_MAX=1",
                            "GLIBC_TUNABLES=glibc.malloc.tcache_count=0", "LC_ALL=C.UTF-8",
                            "TZ=Asia/Kathmandu", "LOCKSTEP_NOISE=" + std::string(10'000, 'x')});
  CHECK(calm["digest"] == here);
  CHECK(perturbed["digest"] == here);
  CHECK(calm["streams"] == perturbed["streams"]);
  CHECK(calm["oracles"] == perturbed["oracles"]);
}

TEST_CASE("determinism: a trace of any level has the digest of none, and the same bytes twice") {
  const std::string none = Run().RunAll();
  const TemporaryFolder folder;
  const auto trace = [&](const std::string& name, bool has_detail) {
    const auto result = cli::Run(Prepared(), {folder.File(name), has_detail, false});
    REQUIRE(result.ok());
    CHECK(result->summary["digest"] == none);
    return BodyOf(folder.File(name));
  };
  const std::string plain = trace("plain", false);
  const std::string detail = trace("detail", true);
  CHECK(detail.size() > plain.size());
  CHECK(plain.find(none) != std::string::npos);
  SummaryOfProcess({"--trace", folder.File("plain2")}, {"MALLOC_PERTURB_=90"});
  SummaryOfProcess({"--trace", folder.File("detail2"), "--detail"}, {"MALLOC_PERTURB_=91"});
  // Not CHECK(a == b), which would print megabytes.
  const bool is_plain_same = BodyOf(folder.File("plain2")) == plain;
  const bool is_detail_same = BodyOf(folder.File("detail2")) == detail;
  CHECK(is_plain_same);
  CHECK(is_detail_same);
}

TEST_CASE("determinism: the lines of a plain trace stand unchanged in the detailed one") {
  const TemporaryFolder folder;
  REQUIRE(cli::Run(Prepared(), {folder.File("plain"), false, false}).ok());
  REQUIRE(cli::Run(Prepared(), {folder.File("detail"), true, false}).ok());
  std::istringstream plain(BodyOf(folder.File("plain")));
  std::istringstream detail(BodyOf(folder.File("detail")));
  std::string line;
  std::string among;
  while (std::getline(plain, line) && line.rfind("{\"footer\"", 0) != 0) {
    while (std::getline(detail, among) && among != line) {
    }
    REQUIRE(among == line);
  }
}

TEST_CASE("determinism: two seeds differ") {
  const std::string eleven = Run().RunAll();
  CHECK(Run("12").RunAll() != eleven);
  CHECK(Run("11").RunAll() == eleven);
}

TEST_CASE("determinism: the digest is the golden one") {
  Golden golden = ReadGolden();
  const bool is_rewriting = std::getenv("REWRITE") != nullptr;
  for (const std::string& scenario :
       std::vector{kScenario, kPingPong, kMap, kLeafSpine, kWorldFaults, kClockFaults, kChora}) {
    const auto prepared = cli::Prepare(scenario, {});
    REQUIRE(prepared.ok());
    const auto result = cli::Run(*prepared, {});
    REQUIRE(result.ok());
    const auto digest = result->summary["digest"].get<std::string>();
    INFO("REWRITE=1 rewrites ", kGolden, ", which says when that is right");
    if (is_rewriting) golden.digests[scenario] = digest;
    CHECK(golden.digests[scenario] == digest);
  }
  if (is_rewriting) WriteGolden(golden);
}

}  // namespace lockstep::tests
