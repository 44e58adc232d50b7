// lockstep list and lockstep explain, as a user starts them; and that nothing is without a meaning.

#include <set>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "analysis/oracles.h"
#include "tests/support/process.h"
#include "tests/support/text.h"
#include "tools/lockstep/exit_code.h"
#include "tools/lockstep/glossary.h"
#include "tools/lockstep/listing.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using nlohmann::json;

json Listed(const std::string& what) {
  const Finished run = Lockstep({"list", what, "--json"});
  REQUIRE_MESSAGE(run.exit_code == cli::kAsExpected, run.err);
  return json::parse(run.out, nullptr, /*allow_exceptions=*/false);
}

void CheckKeys(const json& keys) {
  std::set<std::string> names;
  for (const json& key : keys) {
    CAPTURE(key.dump());
    CHECK(names.insert(key["name"].get<std::string>()).second);
    CHECK_FALSE(key["type"].get<std::string>().empty());
    CHECK_FALSE(key["meaning"].get<std::string>().empty());
    if (key.contains("keys")) CheckKeys(key["keys"]);
  }
}

TEST_CASE("list: each listing has entries, each with a name and a meaning, and so has each key") {
  for (const std::string& what : cli::Listings()) {
    const json entries = Listed(what);
    CAPTURE(what);
    CHECK(entries.size() >= 5);
    std::set<std::string> names;
    for (const json& entry : entries) {
      CAPTURE(entry.dump());
      CHECK(names.insert(entry["name"].get<std::string>()).second);
      CHECK_FALSE(entry["meaning"].get<std::string>().empty());
      if (entry.contains("keys")) CheckKeys(entry["keys"]);
    }
  }
}

TEST_CASE("list protocols: keys with type, unit, range, default and meaning") {
  const json protocols = Listed("protocols");
  json picsou;
  for (const json& entry : protocols)
    if (entry["name"] == "picsou") picsou = entry;
  REQUIRE(picsou.is_object());
  CHECK(picsou["layer"] == "c3b");
  CHECK(picsou["promises"][0] == "I");
  json delay;
  for (const json& key : picsou["keys"])
    if (key["name"] == "max_delay") delay = key;
  CHECK(delay["type"] == "time");
  CHECK(delay["unit"] == "s, ms, us, ns, ps");
  CHECK(delay["range"] == "above zero");
  CHECK(delay["default"] == "75ms");
  const Finished text = Lockstep({"list", "protocols", "picsou"});
  Has(text.out, "picsou  {\"c3b\": \"picsou\", ...}");
  Has(text.out, "max_delay: time, above zero (s, ms, us, ns, ps); default: 75ms");
  CHECK(text.out.find("chora") == std::string::npos);
}

TEST_CASE("list: what is not there is refused with what is meant") {
  CheckRefused(Lockstep({"list", "protocols", "picso"}), "did you mean \"picsou\"?");
  CHECK(Lockstep({"list", "protcols"}).exit_code == cli::kBadInput);
}

TEST_CASE("explain: words of reports, letters of oracles, keys and metrics") {
  for (const char* word : {"QUACK", "φ-list", "premature", "R1", "as published", "quack", "L"}) {
    CAPTURE(word);
    const Finished run = Lockstep({"explain", word});
    CHECK(run.exit_code == cli::kAsExpected);
    CHECK_FALSE(run.out.empty());
  }
  Has(Lockstep({"explain", "as", "published"}).out, "Counted as the paper of the protocol counts");
  Has(Lockstep({"explain", "noop_delay"}).out, "A key of \"picsou\".");
  Has(Lockstep({"explain", "delivered_per_s"}).out, "(messages/s)");
  Has(Lockstep({"explain", "nic_stall"}).out, "dir: word");
  // A letter may be a word as well.
  Has(Lockstep({"explain", "L"}).out, "Delivery");
  Has(Lockstep({"explain", "L"}).out, "the round length");
  CheckRefused(Lockstep({"explain", "quakc"}), "did you mean \"QUACK\"?");
  CheckRefused(Lockstep({"explain", "QUAKC"}), "did you mean \"QUACK\"?");
}

TEST_CASE("glossary: each oracle has an entry, and no name has two") {
  for (const analysis::Oracle* oracle : analysis::Oracles()) {
    const std::string letter(oracle->letter);
    CAPTURE(letter);
    const bool is_there = cli::FindInGlossary(letter + " (oracle)") != nullptr ||
                          cli::FindInGlossary(letter) != nullptr;
    CHECK(is_there);
  }
  std::set<std::string> names;
  for (const cli::GlossaryEntry& entry : cli::Glossary()) {
    CAPTURE(entry.names[0]);
    CHECK_FALSE(entry.text.empty());
    for (const std::string& name : entry.names) CHECK(names.insert(name).second);
  }
  CHECK(names.size() > 80);
  Has(ReadText("README.md"), "(analysis/GLOSSARY.md)");
}

TEST_CASE("list: text is wrapped between words") {
  CHECK(cli::Wrapped("a  b\nc", 2) == "  a b c\n");
  CHECK(cli::Wrapped("", 4).empty());
  const std::string word(50, 'x');
  CHECK(cli::Wrapped(word + " " + word, 4) == "    " + word + "\n    " + word + "\n");
}

}  // namespace
}  // namespace lockstep::tests
