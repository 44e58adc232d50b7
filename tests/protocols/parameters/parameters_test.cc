// Reading JSON strictly: each error names file, place and remedy.

#include "protocols/parameters/parameters.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep {
namespace {

using nlohmann::json;

std::string ErrorOf(const absl::Status& status) { return std::string(status.message()); }

std::string ParseErrorOf(std::string_view text) {
  const absl::StatusOr<json> parsed = ParseJson(text, "f.json");
  return parsed.ok() ? "none" : ErrorOf(parsed.status());
}

// A document and the reader on it.
struct Document {
  explicit Document(std::string_view text)
      : value(ParseJson(text, "f.json").value()), reader(value, "f.json", "") {}
  json value;
  Parameters reader;
};

TEST_CASE("json: a document is read as it stands") {
  const json document =
      ParseJson(R"({"a": [1, -2, true, null, "t\"x"], "b": {"c": {}}, "": 18446744073709551615})",
                "f.json")
          .value();
  CHECK(document["a"] == json::array({1, -2, true, nullptr, "t\"x"}));
  CHECK(document["b"]["c"] == json::object());
  CHECK(document[""] == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("json: what is broken is found by line and column") {
  CHECK(ParseErrorOf("").rfind("f.json:1:1: ", 0) == 0);
  CHECK(ParseErrorOf("{\n  \"a\": 1\n  \"b\": 2\n}").rfind("f.json:3:3: ", 0) == 0);
  CHECK(ParseErrorOf("[1, 2").rfind("f.json:1:6: ", 0) == 0);
  CHECK(ParseErrorOf("[1, 2]\n]").rfind("f.json:2:1: ", 0) == 0);
  CHECK(ParseErrorOf("[1,\n\n   ture]").rfind("f.json:3:", 0) == 0);
  CHECK(ParseErrorOf("[1e999]").find("f.json:1:2: number overflow") == 0);
  CHECK(ParseErrorOf("[\"\xff\"]").rfind("f.json:1:", 0) == 0);
  CHECK(ParseErrorOf("[1] // no comments").rfind("f.json:1:", 0) == 0);
  for (const std::string_view text : {"", "{", "[1 2]", "{\"a\" 1}", "nul", "\"", "\x01"}) {
    CAPTURE(text);
    const std::string error = ParseErrorOf(text);
    CHECK(error.find("json.exception") == std::string::npos);
    CHECK(error.find("line") == std::string::npos);
  }
}

TEST_CASE("json: a duplicate key is refused where it stands the second time") {
  CHECK(ParseErrorOf("{\"a\": 1,\n   \"a\": 2}") == "f.json:2:4: duplicate key \"a\"");
  CHECK(ParseErrorOf("{\"x\": [{\"a\": 1, \"\\u0061\": 2}]}") ==
        "f.json:1:17: duplicate key \"a\"");
  CHECK(ParseErrorOf(R"({"\"\\": 1, "\"\\": 2})") == R"(f.json:1:13: duplicate key ""\")");
  CHECK(ParseErrorOf("{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}") == "none");
}

TEST_CASE("json: a text that holds a NUL is refused") {
  CHECK(ParseErrorOf("[\"a\", \"b\\u0000c\"]") == "f.json:1:7: a text holds a NUL");
  CHECK(ParseErrorOf("{\"\\u0000\": 1}") == "f.json:1:2: a text holds a NUL");
}

TEST_CASE("json: nesting is bounded") {
  CHECK(ParseErrorOf(std::string(64, '[') + std::string(64, ']')) == "none");
  CHECK(ParseErrorOf(std::string(65, '[')) == "f.json:1:65: nested deeper than 64");
  CHECK(ParseErrorOf(std::string(1'000'000, '[')) == "f.json:1:65: nested deeper than 64");
}

TEST_CASE("json: a file that cannot be read is named, with the reason") {
  CHECK(ErrorOf(ReadJsonFile("no/such/file.json").status()) ==
        "no/such/file.json: cannot be read: No such file or directory");
  CHECK(ErrorOf(ReadJsonFile("tests").status()) == "tests: cannot be read: Is a directory");
}

TEST_CASE("units: a time is a whole number of picoseconds") {
  const auto ps = [](std::string_view text) { return ParseDuration(text).value().ps(); };
  CHECK(ps("20ps") == 20);
  CHECK(ps("100ns") == 100'000);
  CHECK(ps("250us") == 250'000'000);
  CHECK(ps("1.5ms") == 1'500'000'000);
  CHECK(ps("3s") == 3'000'000'000'000);
  CHECK(ps("0s") == 0);
  CHECK(ps("0.000000000001s") == 1);
  CHECK(ps("0.0000000000010000s") == 1);
  CHECK(ps("0081.20ns") == 81'200);
  CHECK(ps("9158399.999999999999s") == 106LL * 86'400 * 1'000'000'000'000 - 1);
}

TEST_CASE("units: a time is written and read back unchanged") {
  // Steps that hit all units and many digits.
  std::int64_t ps = 1;
  for (int i = 0; i < 60; ++i) {
    const core::Duration time = core::Duration::Picoseconds(ps);
    CHECK(ParseDuration(FormatDuration(time)).value() == time);
    const std::string thousandths = std::to_string(1'000 + ps % 1'000).substr(1);
    CHECK(ParseDuration(absl::StrCat(ps / 1'000, ".", thousandths, "ns")).value() == time);
    ps = ps > 4'000'000'000'000'000'000 ? ps / 1'000'003 : ps * 2 + i % 3;
    if (ps >= 106LL * 86'400 * 1'000'000'000'000) ps /= 7;
  }
  CHECK(FormatDuration(core::Duration::Microseconds(250)) == "250us");
  CHECK(FormatDuration(core::Duration::Milliseconds(1'500)) == "1500ms");
  CHECK(FormatDuration(core::Duration::Seconds(3)) == "3s");
  CHECK(FormatDuration(core::Duration()) == "0s");
}

TEST_CASE("units: a time that is none is refused with what was wanted") {
  const auto error = [](std::string_view text) { return ErrorOf(ParseDuration(text).status()); };
  for (const std::string_view text : {"", "s", "5", "5 s", " 5s", "5s ", "+5s", "1e3s", ".5s",
                                      "5.s", "1.2.3s", "5S", "5m", "0x5s", "--5s", "5ss", "1,5s"}) {
    CAPTURE(text);
    CHECK(error(text) == absl::StrCat("want a time with its unit, such as \"250us\" (s, ms, us, "
                                      "ns, ps), not \"",
                                      std::string(text), "\""));
  }
  CHECK(error("-5us") == "want a time that is not negative, not \"-5us\"");
  CHECK(error("0.5ps") == "want a whole number of picoseconds, not \"0.5ps\"");
  CHECK(error("1.00000000000000001s") ==
        "want a whole number of picoseconds, not \"1.00000000000000001s\"");
  for (const std::string_view text : {"9158400s", "9223372036854775807s", "18446744073709551616ps",
                                      "99999999999999999999999999999999999999999999999999s"}) {
    CAPTURE(text);
    CHECK(error(text) ==
          absl::StrCat("want a time below 106 days, not \"", std::string(text), "\""));
  }
}

TEST_CASE("units: a rate is a whole number of bits per second") {
  CHECK(ParseRate("7.5Gbps").value() == 7'500'000'000);
  CHECK(ParseRate("135Mbps").value() == 135'000'000);
  CHECK(ParseRate("10kbps").value() == 10'000);
  CHECK(ParseRate("1bps").value() == 1);
  CHECK(ParseRate("0.000000001Gbps").value() == 1);
  CHECK(ParseRate("1000000Gbps").value() == 1'000'000'000'000'000);
  CHECK(ErrorOf(ParseRate("0bps").status()) == "want a rate of at least 1bps, not \"0bps\"");
  CHECK(ErrorOf(ParseRate("-1bps").status()) == "want a rate of at least 1bps, not \"-1bps\"");
  CHECK(ErrorOf(ParseRate("0.5bps").status()) ==
        "want a whole number of bits per second, not \"0.5bps\"");
  CHECK(ErrorOf(ParseRate("1000001Gbps").status()) ==
        "want a rate of at most 1000000Gbps, not \"1000001Gbps\"");
  CHECK(ErrorOf(ParseRate("7.5gbps").status()).rfind("want a rate with its unit", 0) == 0);
}

TEST_CASE("units: a size is a whole number of bytes") {
  CHECK(ParseBytes("64KiB").value() == core::ByteCount(65'536));
  CHECK(ParseBytes("1.5MiB").value() == core::ByteCount(1'572'864));
  CHECK(ParseBytes("1GiB").value() == core::ByteCount(1'073'741'824));
  CHECK(ParseBytes("200kB").value() == core::ByteCount(200'000));
  CHECK(ParseBytes("0.1MB").value() == core::ByteCount(100'000));
  CHECK(ParseBytes("100B").value() == core::ByteCount(100));
  CHECK(ParseBytes("0B").value() == core::ByteCount(0));
  CHECK(ErrorOf(ParseBytes("0.1KiB").status()) == "want a whole number of bytes, not \"0.1KiB\"");
  CHECK(ErrorOf(ParseBytes("-1B").status()) == "want a size that is not negative, not \"-1B\"");
  CHECK(ErrorOf(ParseBytes("1048577GiB").status()) ==
        "want a size of at most 1048576GiB, not \"1048577GiB\"");
  CHECK(ErrorOf(ParseBytes("64").status()).rfind("want a size with its unit", 0) == 0);
}

TEST_CASE("parameters: values of all kinds are read, and nothing is left over") {
  Document d(R"({"n": 3, "s": "text", "c": "two", "t": true, "delay": "25us", "wait_ms": 3,
                 "rate": "1Gbps", "cap_bps": 9, "segment": "1KiB", "message_bytes": 100,
                 "batch_bytes": "2kB", "o": {"x": 1}, "l": [{"y": 1}, {"y": 2}], "raw": [null]})");
  CHECK(d.reader.Integer("n", 1, 3) == 3);
  CHECK(d.reader.IntegerOr("absent", 8, 0, 3) == 8);
  CHECK(d.reader.String("s") == "text");
  CHECK(d.reader.Choice("c", {"one", "two"}) == 1);
  CHECK(d.reader.ChoiceOr("absent", 7, {"one"}) == 7);
  CHECK(d.reader.BoolOr("t", false));
  CHECK(d.reader.Time("delay") == core::Duration::Microseconds(25));
  CHECK(d.reader.Has("wait"));
  CHECK(d.reader.Time("wait") == core::Duration::Milliseconds(3));
  CHECK(d.reader.Rate("rate") == 1'000'000'000);
  CHECK(d.reader.Rate("cap") == 9);
  CHECK(d.reader.Size("segment") == core::ByteCount(1'024));
  CHECK(d.reader.Size("message_bytes") == core::ByteCount(100));
  CHECK(d.reader.Size("batch_bytes") == core::ByteCount(2'000));
  CHECK(d.reader.SizeOr("absent", core::ByteCount(5)) == core::ByteCount(5));
  CHECK(d.reader.Object("o").Integer("x", 0, 1) == 1);
  CHECK_FALSE(d.reader.ObjectOr("absent").has_value());
  std::vector<Parameters> list = d.reader.ObjectsOr("l");
  REQUIRE(list.size() == 2);
  CHECK(list[0].pointer() == "/l/0");
  CHECK(list[0].Integer("y", 0, 9) + list[1].Integer("y", 0, 9) == 3);
  CHECK(d.reader.Raw("raw")->size() == 1);
  CHECK(d.reader.Done() == absl::OkStatus());
}

TEST_CASE("parameters: an error says where, what was wanted and what is there") {
  const auto error = [](std::string_view text, auto read) {
    Document d(text);
    read(d.reader);
    CHECK_FALSE(d.reader.ok());
    return ErrorOf(d.reader.Done());
  };
  CHECK(error(R"({"o": {"size": "four"}})", [](Parameters& p) {
          p.Object("o").Integer("size", 1, 1000);
        }) == "f.json: /o/size: want a whole number from 1 to 1000, not \"four\"");
  const auto integer = [](Parameters& p) { p.Integer("n", 1, 5); };
  CHECK(error(R"({"n": 4.5})", integer) == "f.json: /n: want a whole number from 1 to 5, not 4.5");
  CHECK(error(R"({"n": 6})", integer) == "f.json: /n: want a whole number from 1 to 5, not 6");
  CHECK(error(R"({"n": -1})", integer) == "f.json: /n: want a whole number from 1 to 5, not -1");
  CHECK(error(R"({"n": []})", integer) ==
        "f.json: /n: want a whole number from 1 to 5, not an empty array");
  CHECK(error("{}", integer) == "f.json: /n: is missing; want a whole number from 1 to 5");
  CHECK(error(R"({"v": 2})", [](Parameters& p) { p.Integer("v", 1, 1); }) ==
        "f.json: /v: want 1, not 2");
  CHECK(error(R"({"c": "too"})", [](Parameters& p) {
          p.Choice("c", {"one", "two", "six"});
        }) == "f.json: /c: want \"one\", \"two\" or \"six\", not \"too\"");
  CHECK(error(R"({"s": ""})", [](Parameters& p) { p.String("s"); }) ==
        "f.json: /s: want a text that is not empty, not \"\"");
  CHECK(error(R"({"b": 1})", [](Parameters& p) { p.BoolOr("b", true); }) ==
        "f.json: /b: want true or false, not 1");
  CHECK(error(R"({"o": 1})", [](Parameters& p) { p.Object("o"); }) ==
        "f.json: /o: want an object, not 1");
  CHECK(error(R"({"l": {}})", [](Parameters& p) { p.ObjectsOr("l"); }) ==
        "f.json: /l: want an array of objects, not an object");
  CHECK(error(R"({"l": [{}, 7]})", [](Parameters& p) { p.ObjectsOr("l"); }) ==
        "f.json: /l/1: want an object, not 7");
  CHECK(error(R"({"a/b~": 1})", [](Parameters& p) { p.String("a/b~"); }) ==
        "f.json: /a~1b~0: want a text that is not empty, not 1");
  const json array = json::array();
  CHECK(ErrorOf(Parameters(array, "f.json", "").Done()) ==
        "f.json: want an object, not an empty array");
}

TEST_CASE("parameters: a quantity says its unit once, in the value or in the key") {
  const auto error = [](std::string_view text) {
    Document d(text);
    d.reader.Time("delay");
    return ErrorOf(d.reader.Done());
  };
  CHECK(error(R"({"delay_ns": 5})").empty());
  CHECK(error(R"({"delay": 25})") ==
        "f.json: /delay: want a time with its unit, such as \"250us\" "
        "(s, ms, us, ns, ps), not 25");
  CHECK(error(R"({"delay_us": "25us"})") == "f.json: /delay_us: want a whole number, not \"25us\"");
  CHECK(error(R"({"delay_us": 2.5})") == "f.json: /delay_us: want a whole number, not 2.5");
  CHECK(error(R"({"delay_us": -2})") ==
        "f.json: /delay_us: want a time that is not negative, not -2");
  CHECK(error(R"({"delay_s": 9158400})") ==
        "f.json: /delay_s: want a time below 106 days, not 9158400");
  CHECK(error(R"({"delay": "1us", "delay_ns": 1000})") ==
        "f.json: /delay_ns: is given already, as \"delay\"");
  CHECK(error(R"({"delay_us": 1, "delay_ns": 1000})") ==
        "f.json: /delay_ns: is given already, as \"delay_us\"");
  CHECK(error("{}").rfind("f.json: /delay: is missing; want a time with its unit", 0) == 0);
}

TEST_CASE("parameters: an unknown key is refused with the nearest known one") {
  Document d(R"({"run": {"sed": 7, "for": "1s"}})");
  Parameters run = d.reader.Object("run");
  run.Time("for");
  run.Integer("seed", 0, 9);
  run.TimeOr("warmup", {});
  CHECK(ErrorOf(d.reader.Done()) ==
        "f.json: /run/sed: unknown key; did you mean \"seed\"? known keys: for, seed, warmup");

  Document far(R"({"o": {"zebra": 7}})");
  far.reader.Object("o").IntegerOr("count", 0, 0, 9);
  CHECK(ErrorOf(far.reader.Done()) == "f.json: /o/zebra: unknown key; known keys: count");

  Document unit(R"({"dealy_us": 7})");
  unit.reader.TimeOr("delay", {});
  CHECK(ErrorOf(unit.reader.Done()) ==
        "f.json: /dealy_us: unknown key; did you mean \"delay_us\"? known keys: delay");
}

TEST_CASE("parameters: a key that was asked for but not read has no meaning") {
  Document d(R"({"window": 1})");
  CHECK(d.reader.Has("window"));
  CHECK(ErrorOf(d.reader.Done()) == "f.json: /window: has no meaning here");
}

TEST_CASE("parameters: the first error sticks") {
  Document d(R"({"a": -1, "b": "x"})");
  d.reader.Integer("a", 0, 9);
  d.reader.Integer("b", 0, 9);
  d.reader.Fail("", "late");
  CHECK(ErrorOf(d.reader.Done()) == "f.json: /a: want a whole number from 0 to 9, not -1");
}

TEST_CASE("parameters: the nearest word is near enough to be meant") {
  const std::vector<std::string> words = {"seed", "warmup", "for", "period"};
  CHECK(Nearest("sed", words) == "seed");
  CHECK(Nearest("sede", words) == "seed");
  CHECK(Nearest("fro", words) == "for");
  CHECK(Nearest("warm_up", words) == "warmup");
  CHECK(Nearest("x", words) == std::nullopt);
  CHECK(Nearest("", words) == std::nullopt);
  CHECK(Nearest("speed_limit", words) == std::nullopt);
  CHECK(Nearest("b", {"a"}) == std::nullopt);
}

}  // namespace
}  // namespace lockstep
