// Histories as files: the lines that are read, those that are skipped, and those that are refused.

#include "analysis/linear/history_file.h"

#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/linear/edn.h"
#include "analysis/linear/linearizability.h"
#include "tests/support/text.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using analysis::Verdict;
using analysis::linear::Edn;
using analysis::linear::HistoryFile;
using analysis::linear::Model;
using analysis::linear::Operation;

absl::StatusOr<HistoryFile> ReadText(const std::string& text, Model model) {
  std::istringstream in(text);
  return ReadHistory(in, "h.log", model);
}

std::vector<std::string> Described(const std::string& text, Model model) {
  const absl::StatusOr<HistoryFile> file = ReadText(text, model);
  REQUIRE_MESSAGE(file.ok(), file.status().message());
  std::vector<std::string> described;
  for (const Operation& each : file->history.operations)
    described.push_back(Describe(each, model) + (each.has_returned() ? "" : " (open)"));
  return described;
}

void CheckError(const std::string& text, Model model, const std::string& where_and_why) {
  const absl::StatusOr<HistoryFile> file = ReadText(text, model);
  REQUIRE(!file.ok());
  Has(std::string(file.status().message()), where_and_why);
}

using Texts = std::vector<std::string>;

TEST_CASE("history file: lines of Jepsen's log, with tabs or spaces, among others") {
  const std::string text =
      "INFO  jepsen.core - Worker 0 starting\n"
      "INFO  jepsen.util - 0\t:invoke\t:read\tnil\n"
      "INFO  jepsen.util - 1 :invoke :write 3\r\n"
      "\n"
      "INFO  jepsen.util - :nemesis\t:info\t:start\tnil\n"
      "INFO  jepsen.util - 0\t:ok\t:read\tnil\n"
      "2015-03-02 17:20:01,123{GMT}\tINFO\t[jepsen worker 2] jepsen.util: 2\t:invoke\t:cas\t[3 0]\n"
      "INFO  jepsen.util - 1\t:info\t:write\t:timed-out\n"
      "INFO  jepsen.util - 2\t:ok\t:cas\t[3 0]\n"
      "INFO  jepsen.util - 0\t:invoke\t:cas\t[1 2]\n"
      "INFO  jepsen.util - 0\t:fail\t:cas\t[1 2]\n"
      "3 :invoke :read nil\n"
      "3 :ok :read 0\n"
      "{:valid? true, :configs ({:model {:value 0}})}\n"
      "Everything looks good!";
  CHECK(Described(text, Model::kRegister) == Texts{":read -> nil", ":write 3 (open)", ":cas [3 0]",
                                                   ":cas [1 2] -> refused", ":read -> 0"});
  const absl::StatusOr<HistoryFile> file = ReadText(text, Model::kRegister);
  CHECK(file->lines == 15);
  CHECK(file->skipped == 4);
  CHECK(file->history.operations[1].invoked_line == 3);
  CHECK(file->history.operations[4].returned_line == 13);
  CHECK(CheckLinearizability(file->history, {}).verdict == Verdict::kHolds);
}

TEST_CASE("history file: what failed says nothing, but that a compare-and-set was refused") {
  CHECK(Described("0 :invoke :read nil\n0 :fail :read :timed-out\n"
                  "0 :invoke :write 1\n0 :fail :write 1\n"
                  "0 :invoke :cas [1 2]\n0 :fail :cas :timed-out\n"
                  "0 :invoke :cas [1 2]\n0 :fail :cas [1 2] :connection-refused\n"
                  "0 :invoke :cas [3 2]\n0 :fail :cas [3 2]\n",
                  Model::kRegister) == Texts{":cas [3 2] -> refused"});
}

TEST_CASE("history file: a process may go on after an operation of which it has not heard") {
  CHECK(Described("0 :invoke :write 1\n0 :info :write :timed-out\n0 :invoke :read nil\n"
                  "0 :ok :read 1\n1 :invoke :write 2\n",
                  Model::kRegister) == Texts{":write 1 (open)", ":read -> 1", ":write 2 (open)"});
}

TEST_CASE("history file: EDN, alone or in a vector, with escapes and fields that nobody wants") {
  const std::string text =
      "; a comment\n"
      "[{:process 0, :type :invoke, :f :append, :key \"4\", :value \"x 0 \\\"1\\\" y\"}\n"
      " {:process 0 :type :ok :f :append :key \"4\" :value \"x 0 \\\"1\\\" y\"}\n"
      "#jepsen.history.Op{:index 2, :time 17, :type :invoke, :process 1, :f :get, :key \"4\", "
      ":value nil}\n"
      "{:process :nemesis, :type :info, :f :kill, :value [:random #{1 2}]}\n"
      "{:type :ok, :f :get, :value \"x 0 \\\"1\\\" y\\n\\u00e9\", :key \"4\", :process 1}\n"
      "{:process 0, :type :invoke, :f :put, :key 4, :value \"\"}\n"
      "{:process 1, :type :invoke, :f :get, :key \"5\", :value nil}\n"
      "{:process 1, :type :ok, :f :get, :key \"5\", :value nil}]\n";
  CHECK(Described(text, Model::kKeyValue) == Texts{":append \"4\" \"x 0 \\\"1\\\" y\"",
                                                   ":get \"4\" -> \"x 0 \\\"1\\\" y\\n\xC3\xA9\"",
                                                   ":put 4 \"\" (open)", ":get \"5\" -> \"\""});
  CHECK(ReadText(text, Model::kKeyValue)->skipped == 2);
}

TEST_CASE("history file: EDN of a register, whose values may be anything") {
  CHECK(Described("{:process 0, :type :invoke, :f :cas, :value [[1 2] {:a 1}]}\n"
                  "{:process 0, :type :ok, :f :cas, :value [[1, 2] {:a 1}]}\n",
                  Model::kRegister) == Texts{":cas [[1 2] {:a 1}]"});
}

TEST_CASE("history file: an operation that cannot be understood is an error with its place") {
  const std::string fine = "0 :invoke :read nil\n0 :ok :read nil\n";
  CheckError(fine + "INFO  jepsen.util - 1\t:invok\t:read\tnil\n", Model::kRegister,
             "h.log:3: want a process, :invoke, :ok, :fail or :info");
  CheckError(fine + "INFO  jepsen.util - 1", Model::kRegister, "h.log:3: want a process");
  CheckError(fine + "1 :invoke :cas [3 0\n", Model::kRegister, "h.log:3: want a process");
  CheckError(fine + "1 :invoke :cas 3\n", Model::kRegister, "h.log:3: want a pair such as [3 0]");
  CheckError(fine + "1 :invoke :write\n", Model::kRegister, "h.log:3: want a value to write");
  CheckError(fine + "1 :invoke :delete 3\n", Model::kRegister,
             "h.log:3: want :read, :write or :cas; got: :delete");
  CheckError(fine + "{:process 1, :type :invoke, :f :get, :key \"a\"", Model::kRegister,
             "h.log:3: want {:process 0, :type :invoke");
  CheckError(fine + "{:type :invoke, :f :read, :value nil}", Model::kRegister, "h.log:3: want {");
  CheckError(
      fine + "{:process 1, :type :invoke, :f :get, :key \"a\"}", Model::kRegister,
      "h.log:3: want an operation of the model that was asked for; :get is one of --model kv");
  CheckError("{:process 1, :type :invoke, :f :get}", Model::kKeyValue, "h.log:1: want a :key");
}

TEST_CASE("history file: a process does one thing after the other, and ends what it began") {
  CheckError("0 :invoke :read nil\n0 :invoke :write 3\n", Model::kRegister,
             "h.log:2: process 0 invokes an operation while the one of line 1 is open");
  CheckError("0 :invoke :read nil\n1 :ok :read nil\n", Model::kRegister,
             "h.log:2: process 1 has nothing open that could end");
  CheckError("0 :invoke :write 3\n0 :ok :read nil\n", Model::kRegister,
             "h.log:2: want the end of what process 0 invoked in line 1: :write 3");
  CheckError("0 :invoke :write 3\n0 :ok :write :timed-out\n", Model::kRegister,
             "h.log:2: want :info of an operation that has timed out");
}

TEST_CASE("history file: one without an operation is an error, since it is of another kind") {
  CheckError("hello\n\nworld\n", Model::kRegister, "h.log: none of its 3 lines is an operation");
  CheckError("", Model::kKeyValue, "h.log: none of its 0 lines is an operation");
}

TEST_CASE("edn: what is not whole is none") {
  for (std::string_view text : {"[1 2", "{:a}", "\"abc", "\"\\x\"", "#", "\\", "]", "", "#_"}) {
    CAPTURE(text);
    CHECK(!analysis::linear::TakeEdn(text).has_value());
  }
  std::string deep(100'000, '[');
  std::string_view view = deep;
  CHECK(!analysis::linear::TakeEdn(view).has_value());
}

TEST_CASE("edn: a value is taken with what surrounds it") {
  std::string_view text = " , #tag [1, \\] #{a} #_ignored (:b \"c\")] ; comment\n rest";
  const auto edn = analysis::linear::TakeEdn(text);
  REQUIRE(edn.has_value());
  CHECK(edn->ToString() == "[1 \\] #{a} [:b \"c\"]]");
  CHECK(text == "rest");
}

}  // namespace
}  // namespace lockstep::tests
