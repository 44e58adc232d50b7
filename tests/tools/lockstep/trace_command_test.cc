// lockstep trace, and lockstep compare of traces: what people see of them.

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

// Hosts a0 to a2 and b0 to b3, a stream from a to b, and one event of each sort.
constexpr const char* kRecipeLine =
    R"({"lockstep_trace":2,"seed":7,"clusters":[{"name":"a","first":0,"size":3,"u":1,"r":0},)"
    R"({"name":"b","first":3,"size":4,"u":1,"r":0}],"streams":[{"stream":0,"from":0,"to":1,)"
    R"("content":{"kind":"file","generator":"1","message_bytes":10},"for_all":false,)"
    R"("throughput":"quack"}],"promises":[],"run":{"for_ps":1,"warmup_ps":0},)"
    R"("phases":{"heal_ps":0,"settle_ps":0},"faults":[{"id":"dead","kind":"crash"}]})";
const std::string kEvents =
    R"({"t":1000000,"i":0,"k":"start","n":3}
{"t":2500000,"i":1,"k":"send","n":1,"p":6,"m":"1/17","b":100,"d":"ab"}
{"t":2500000,"i":2,"k":"carries.sent","n":1,"p":6,"m":"1/17","v":1000,"c":3,"st":4}
{"t":2600000,"i":2,"k":"drop","n":1,"p":6,"m":"1/17#1","b":100,"x":2,"y":5}
{"t":3000000,"i":3,"k":"note","note":"delivered","l":1,"n":6,"v":1000,"c":3,"st":4}
{"t":3000000,"i":4,"k":"set_timer","n":6,"v":2,"x":4500000,"y":1}
{"t":4000000,"i":5,"k":"fault","n":0,"x":1}
{"t":5000000,"i":6,"k":"end","n":0}
)";

std::string TraceText(const std::string& events) {
  return std::string(kRecipeLine) + "\n" + events + "{\"footer\":{}}\n";
}

std::vector<std::string> Shown(const std::string& file, const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = {"trace", file};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const Finished ran = Lockstep(arguments);
  CHECK_MESSAGE(ran.exit_code == 0, ran.err);
  std::vector<std::string> lines;
  std::istringstream text(ran.out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("trace command: hosts, messages, streams and faults have their names") {
  const TemporaryFolder folder;
  const std::string file = folder.Write("t", TraceText(kEvents));
  const std::vector<std::string> lines = Shown(file, {});
  REQUIRE(lines.size() == 8);
  CHECK(lines[0].find("1.000000 us  #0        b0     start             life 0") !=
        std::string::npos);
  CHECK(lines[1].find("a1     send              to b3, a1/17, 100 B, content ab") !=
        std::string::npos);
  CHECK(lines[2].find("k′ 1000, 1004, ... (3, by 4), stream a -> b") != std::string::npos);
  CHECK(lines[3].find("to b3, a1/17#1, 100 B, loss, at place 4") != std::string::npos);
  CHECK(lines[4].find("b3     delivered         1000, 1004, ... (3, by 4), stream a -> b") !=
        std::string::npos);
  CHECK(lines[5].find("timer 2 for 4.5 us on the synced clock") != std::string::npos);
  CHECK(lines[6].find("fault dead begins") != std::string::npos);
}

TEST_CASE("trace command: each flag chooses, and several choose what all of them do") {
  const TemporaryFolder folder;
  const std::string file = folder.Write("t", TraceText(kEvents));
  const auto count = [&](const std::vector<std::string>& flags) {
    CAPTURE(flags);
    return Shown(file, flags).size();
  };
  CHECK(count({"--node", "b3"}) == 2);
  CHECK(count({"--node", "6"}) == 2);
  CHECK(count({"--node", "b3", "--node", "b0"}) == 3);
  CHECK(count({"--peer", "b3"}) == 3);
  CHECK(count({"--kind", "delivered"}) == 1);
  CHECK(count({"--kind", "carries"}) == 1);
  CHECK(count({"--kind", "carries.handed"}) == 0);
  CHECK(count({"--kind", "drop", "--kind", "note"}) == 2);
  CHECK(count({"--from", "2.5us", "--to", "2600ns"}) == 3);
  CHECK(count({"--message", "a1/17"}) == 3);
  CHECK(count({"--message", "a1/17#1"}) == 1);
  CHECK(count({"--k", "1004"}) == 2);
  CHECK(count({"--k", "1001"}) == 0);
  CHECK(count({"--k", "1012"}) == 0);
  CHECK(count({"--k", "1008", "--node", "b3"}) == 1);
}

TEST_CASE("trace command: runs are unfolded on demand, and lines of JSON hold all of an event") {
  const TemporaryFolder folder;
  const std::string file = folder.Write("t", TraceText(kEvents));
  const auto unfolded = Shown(file, {"--unfold", "--kind", "delivered"});
  REQUIRE(unfolded.size() == 3);
  CHECK(unfolded[2].find("delivered         1008, stream a -> b") != std::string::npos);
  CHECK(Shown(file, {"--unfold", "--k", "1004"}).size() == 2);
  const json row = json::parse(Shown(file, {"--json", "--kind", "drop"}).at(0));
  CHECK(row == json{{"t_ps", 2600000},
                    {"index", 2},
                    {"kind", "drop"},
                    {"node", "a1"},
                    {"peer", "b3"},
                    {"message", "a1/17#1"},
                    {"bytes", 100},
                    {"detail", 2},
                    {"further", 5}});
}

TEST_CASE(
    "trace command: a run of billions is told in one line, and unfolded no further than sense") {
  const TemporaryFolder folder;
  const std::string many =
      R"({"t":1,"i":0,"k":"note","note":"delivered","n":6,"v":7,"c":4000000000,"st":3})"
      "\n";
  const std::string file = folder.Write("t", TraceText(many));
  CHECK(Shown(file, {}).size() == 1);
  const Finished unfolded = Lockstep({"trace", file, "--unfold"});
  CHECK(unfolded.exit_code == 0);
  CHECK(std::count(unfolded.out.begin(), unfolded.out.end(), '\n') == 1 << 20);
  Has(unfolded.err, "of a run of 4000000000, the first 1048576 are shown");
}

TEST_CASE("trace command: what is not there is refused with what was wanted") {
  const TemporaryFolder folder;
  const std::string file = folder.Write("t", TraceText(kEvents));
  CheckRefused(Lockstep({"trace", file, "--kind", "delivred"}), "(delivered?)");
  CheckRefused(Lockstep({"trace", file, "--node", "b4"}), "--node: want a host");
  CheckRefused(Lockstep({"trace", file, "--message", "17"}), "SENDER/COUNT");
  CheckRefused(Lockstep({"trace", file, "--from", "soon"}), "--from: ");
  CheckRefused(Lockstep({"trace", folder.File("none")}), "No such file");
  // A trace that was cut is shown as far as it goes.
  const std::string cut = folder.Write("cut", std::string(kRecipeLine) + "\n" + kEvents);
  const Finished ran = Lockstep({"trace", cut});
  CHECK(ran.exit_code == cli::kBadInput);
  Has(ran.err, cut + ":10: truncated");
  Has(ran.out, "life 0");
  const Finished none = Lockstep({"trace", file, "--kind", "crash"});
  CHECK(none.exit_code == 0);
  Has(none.err, "no event of the trace is wanted");
}

TEST_CASE("trace command: names that command a terminal reach it as blanks") {
  const TemporaryFolder folder;
  std::string text = TraceText(kEvents);
  const std::string name = R"("name":"b")";
  text.replace(text.find(name), name.size(), R"("name":"\u001b[31m")");
  const Finished ran = Lockstep({"trace", folder.Write("t", text)});
  CHECK(ran.exit_code == 0);
  CHECK(ran.out.find('\x1b') == std::string::npos);
  Has(ran.out, " [31m3");
}

TEST_CASE(
    "compare: traces are the same but for who wrote them, or their first difference is shown") {
  const TemporaryFolder folder;
  const std::string a = folder.Write("a", TraceText(kEvents));
  std::string other = TraceText(kEvents);
  other.replace(other.find("\"seed\":7"), 8, R"("seed":7,"revision":"abc")");
  const Finished same = Lockstep({"compare", a, folder.Write("b", other)});
  CHECK(same.exit_code == 0);
  Has(same.out, "8 events are the same, all of them\nsame\n");

  std::string moved = TraceText(kEvents);
  moved.replace(moved.find("\"v\":1000,\"c\":3,\"st\":4}\n{\"t\":3000000,\"i\":4"), 8,
                "\"v\":1004");
  const std::string b = folder.Write("b", moved);
  const Finished differ = Lockstep({"compare", a, b});
  CHECK(differ.exit_code == cli::kDiffers);
  Has(differ.out, "4 events are the same; then they differ:\n");
  Has(differ.out, "/value is 1000 in A, 1004 in B");
  Has(differ.out, "  A            3.000000 us  #3        b3     delivered         1000, 1004");
  const json told = json::parse(Lockstep({"compare", a, b, "--json"}).out);
  CHECK(told["same"] == false);
  CHECK(told["same_events"] == 4);
  CHECK(told["a"]["line"] == 6);
  CHECK(told["before"].size() == 3);

  // One ends before the other.
  const std::string end = "{\"t\":5000000,\"i\":6,\"k\":\"end\",\"n\":0}\n";
  std::string shorter = TraceText(kEvents);
  shorter.erase(shorter.find(end), end.size());
  const Finished ends = Lockstep({"compare", a, folder.Write("c", shorter)});
  CHECK(ends.exit_code == cli::kDiffers);
  Has(ends.out, "  B ends here\n");

  // Another seed, and nothing came of it.
  std::string seed = TraceText(kEvents);
  seed.replace(seed.find("\"seed\":7"), 8, "\"seed\":8");
  const Finished seeds = Lockstep({"compare", a, folder.Write("d", seed)});
  CHECK(seeds.exit_code == cli::kDiffers);
  Has(seeds.out, "first line: /seed is 7 in A, 8 in B");
  Has(seeds.out, "8 events are the same, all of them\n");
}

TEST_CASE("compare: a trace and what is none are not compared") {
  const TemporaryFolder folder;
  const std::string a = folder.Write("a", TraceText(kEvents));
  CheckRefused(Lockstep({"compare", a, folder.Write("b", "SQLite format 3")}),
               "want two traces or two results");
  CheckRefused(Lockstep({"compare", a, folder.File("none")}), "want two traces or two results");
}

TEST_CASE("trace command: packed traces of two runs of one seed are the same, of two seeds not") {
  const TemporaryFolder folder;
  const auto run = [&](const char* name, const char* seed) {
    CHECK(Lockstep({"run", "scenarios/smoke/pingpong.json", "--seed", seed, "--trace",
                    folder.File(name)})
              .exit_code == 0);
    return folder.File(name);
  };
  const std::string a = run("a.jsonl.zst", "1");
  const std::string b = run("b.jsonl", "1");
  const std::string c = run("c.jsonl.zst", "2");
  CHECK(std::filesystem::file_size(a) * 3 < std::filesystem::file_size(b));
  CHECK(Lockstep({"compare", a, b}).exit_code == 0);
  CHECK(Lockstep({"compare", a, c}).exit_code == cli::kDiffers);
  CHECK(Lockstep({"check", a, "--json"}).out == Lockstep({"check", b, "--json"}).out);
}

}  // namespace lockstep::tests
