// JUnit XML: see junit.h. The schema is that of Apache Ant's task `junitreport`.

#include "tools/lockstep/junit.h"

#include <array>
#include <cstddef>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace lockstep::cli {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

// How many bytes the character at `i` has, and which one it is; 0 bytes where it is no UTF-8.
struct Character {
  std::size_t bytes = 0;
  std::uint32_t code = 0;
};
Character CharacterAt(std::string_view text, std::size_t i) {
  // By the number of bytes: the least that needs so many.
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const auto first = static_cast<unsigned char>(text[i]);
  if (first < 0x80) return {1, first};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || i + bytes > text.size()) return {};
  std::uint32_t code = first & (0x7fU >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    const auto next = static_cast<unsigned char>(text[i + k]);
    if ((next & 0xc0U) != 0x80) return {};
    code = code << 6 | (next & 0x3fU);
  }
  return code < kLeast[bytes] ? Character{} : Character{bytes, code};
}

// XML 1.0, production 2.
bool IsXml(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code <= 0xd7ff || (code >= 0xe000 && code <= 0xfffd) ||
         (code >= 0x10000 && code <= 0x10ffff);
}

std::string XmlText(std::string_view text) {
  std::string xml;
  for (std::size_t i = 0; i < text.size();) {
    const Character character = CharacterAt(text, i);
    const std::size_t bytes = character.bytes == 0 ? 1 : character.bytes;
    if (character.bytes == 0 || !IsXml(character.code)) {
      xml += kReplacement;
    } else if (character.code == '<') {
      xml += "&lt;";
    } else if (character.code == '>') {
      xml += "&gt;";
    } else if (character.code == '&') {
      xml += "&amp;";
    } else if (character.code == '"') {
      xml += "&quot;";
    } else if (character.code < 0x20) {
      // As it is it would be a blank where it stands in an attribute.
      absl::StrAppend(&xml, "&#", character.code, ";");
    } else {
      xml += text.substr(i, bytes);
    }
    i += bytes;
  }
  return xml;
}

struct Counts {
  std::size_t tests = 0;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;

  void Add(const JUnitCase& one) {
    ++tests;
    if (one.outcome == JUnitOutcome::kFailure) ++failures;
    if (one.outcome == JUnitOutcome::kError) ++errors;
    if (one.outcome == JUnitOutcome::kSkipped) ++skipped;
    seconds += one.seconds;
  }
  std::string Attributes() const {
    return absl::StrFormat(
        "tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\" time=\"%.3f\"", tests, failures,
        errors, skipped, seconds);
  }
};

std::string CaseXml(const JUnitSuite& suite, const JUnitCase& one) {
  std::string xml = absl::StrFormat("    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\"",
                                    XmlText(suite.name), XmlText(one.name), one.seconds);
  if (one.outcome == JUnitOutcome::kPassed) return xml + "/>\n";
  if (one.outcome == JUnitOutcome::kSkipped) {
    absl::StrAppend(&xml, ">\n      <skipped message=\"", XmlText(one.message), "\"/>\n");
  } else {
    const char* const element = one.outcome == JUnitOutcome::kFailure ? "failure" : "error";
    absl::StrAppend(&xml, ">\n      <", element, " type=\"", XmlText(one.type), "\" message=\"",
                    XmlText(one.message), "\">", XmlText(one.details), "</", element, ">\n");
  }
  return xml + "    </testcase>\n";
}

}  // namespace

std::string JUnitXml(std::string_view name, const std::vector<JUnitSuite>& suites) {
  Counts all;
  std::string body;
  for (const JUnitSuite& suite : suites) {
    Counts counts;
    std::string cases;
    for (const JUnitCase& one : suite.cases) {
      counts.Add(one);
      all.Add(one);
      cases += CaseXml(suite, one);
    }
    absl::StrAppend(&body, "  <testsuite name=\"", XmlText(suite.name), "\" ", counts.Attributes(),
                    ">\n", cases, "  </testsuite>\n");
  }
  return absl::StrCat("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"",
                      XmlText(name), "\" ", all.Attributes(), ">\n", body, "</testsuites>\n");
}

}  // namespace lockstep::cli
