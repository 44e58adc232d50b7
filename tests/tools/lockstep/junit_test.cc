// JUnit XML: what is counted, and what XML has no place for.

#include "tools/lockstep/junit.h"

#include <string>

#include "tests/support/text.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {

using cli::JUnitOutcome;

TEST_CASE("junit: suites and the whole count what their cases came to") {
  const std::string xml = cli::JUnitXml(
      "all", {{"one",
               {{"good", 0.5, JUnitOutcome::kPassed, "", "", ""},
                {"bad", 1, JUnitOutcome::kFailure, "safety violated", "two values", "run it"}}},
              {"two",
               {{"broken", 0.25, JUnitOutcome::kError, "harness error", "no file", ""},
                {"late", 0, JUnitOutcome::kSkipped, "", "interrupted", ""}}}});
  Has(xml,
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"all\" tests=\"4\" "
      "failures=\"1\" errors=\"1\" skipped=\"1\" time=\"1.750\">\n");
  Has(xml,
      "<testsuite name=\"one\" tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" "
      "time=\"1.500\">\n");
  Has(xml, "<testcase classname=\"one\" name=\"good\" time=\"0.500\"/>\n");
  Has(xml, "<failure type=\"safety violated\" message=\"two values\">run it</failure>\n");
  Has(xml, "<error type=\"harness error\" message=\"no file\"></error>\n");
  Has(xml, "<skipped message=\"interrupted\"/>\n");
}

TEST_CASE("junit: what would be markup, or no XML at all, is text") {
  const auto named = [](const std::string& name) {
    const std::string xml = cli::JUnitXml(name, {});
    const std::size_t begin = xml.find("name=\"") + 6;
    return xml.substr(begin, xml.find("\" tests") - begin);
  };
  CHECK(named(R"(a<b>&"c")") == "a&lt;b&gt;&amp;&quot;c&quot;");
  CHECK(named("two\nlines\tand a return\r") == "two&#10;lines&#9;and a return&#13;");
  CHECK(named("k′ über 𝄞") == "k′ über 𝄞");
  const std::string no = "\xef\xbf\xbd";
  CHECK(named("a\x1b[31mb") == "a" + no + "[31mb");
  CHECK(named(std::string("nul\0", 4)) == "nul" + no);
  CHECK(named("\xff\x80") == no + no);
  CHECK(named("cut \xe2\x80") == "cut " + no + no);
  CHECK(named("overlong \xc0\xaf") == "overlong " + no + no);
  CHECK(named("surrogate \xed\xa0\x80") == "surrogate " + no);
  CHECK(named("\xef\xbf\xbf") == no);  // U+FFFF is no character.
}

}  // namespace lockstep::tests
