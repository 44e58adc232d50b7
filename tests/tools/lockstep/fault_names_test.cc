// Faults of messages of a type: one that no protocol sends is refused, with those that there are.

#include "tools/lockstep/fault_names.h"

#include <string>

#include "tests/support/text.h"
#include "tools/lockstep/runner.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

// Why picsou.json is refused with a fault of messages of `type` from `source`; empty: it is not.
std::string WhyNot(const std::string& type, const std::string& source = "{}") {
  const std::string fault = R"({"id": "x", "drop": {"link": )" + source + R"(, "msg": {"type": ")" +
                            type + R"("}}, "expect_effect": 0})";
  const auto prepared = cli::Prepare("scenarios/smoke/picsou.json", {{"/faults/-", fault}});
  return prepared.ok() ? "" : std::string(prepared.status().message());
}

TEST_CASE("fault types: a type that the protocol has is taken, from whichever side") {
  CHECK(WhyNot("picsou.batch").empty());
  CHECK(WhyNot("picsou.broadcast", R"({"src": {"cluster": "b"}})").empty());
}

TEST_CASE("fault types: one that it has not is refused, with the nearest and the list") {
  CHECK(WhyNot("picsou.bacth") ==
        "scenarios/smoke/picsou.json: /faults/0/drop/msg/type: no message is called "
        "\"picsou.bacth\"; did you mean \"picsou.batch\"? there are: picsou.batch, "
        "picsou.broadcast, picsou.fetch, picsou.supply");
  Has(WhyNot("chora.batch"), "there are: picsou.batch, picsou.broadcast");
}

}  // namespace
}  // namespace lockstep::tests
