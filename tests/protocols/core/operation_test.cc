// Operations of a store: what they do, and what bytes they are.

#include "protocols/core/operation.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Operation;
using Kind = Operation::Kind;

TEST_CASE("operation: what is encoded is decoded, and other bytes are none") {
  for (const Operation& operation :
       {Operation{Kind::kGet, "k", ""}, Operation{Kind::kPut, "", "value"},
        Operation{Kind::kDelete, std::string(300, 'k'), ""}, Operation{Kind::kAppend, "k", ""}}) {
    const core::Bytes bytes = core::EncodeOperation(operation);
    CHECK(core::DecodeOperation(bytes) == operation);
    CHECK(bytes.size() == Operation::kOverhead + operation.key.size() + operation.value.size());
  }
  for (const std::string& text : {std::string(), std::string("\x01\x05\x00k", 4),
                                  std::string("\x00\x01\x00kv", 5), std::string("\x04\x00\x00", 3)})
    CHECK(!core::DecodeOperation(core::Bytes::Copy(text)).has_value());
}

TEST_CASE("operation: each leaves what it says under its key") {
  const std::optional<std::string> before = "a";
  CHECK(Operation{Kind::kGet, "k", ""}.Apply(before) == "a");
  CHECK(Operation{Kind::kPut, "k", "b"}.Apply(before) == "b");
  CHECK(Operation{Kind::kAppend, "k", "b"}.Apply(before) == "ab");
  CHECK(Operation{Kind::kAppend, "k", "b"}.Apply(std::nullopt) == "b");
  CHECK(Operation{Kind::kDelete, "k", ""}.Apply(before) == std::nullopt);
}

TEST_CASE("operation: a mix has its shares, within its size, and writes each value once") {
  constexpr core::OperationMix kMix = {8, 40, 20, 20};
  std::set<std::string> keys;
  std::set<std::string> values;
  std::uint64_t gets = 0;
  std::uint64_t appends = 0;
  constexpr std::uint64_t kRequests = 10'000;
  for (std::uint64_t i = 0; i < kRequests; ++i) {
    const Operation operation = kMix.Of(core::ClientId(i % 7), core::RequestId(i / 7));
    keys.insert(operation.key);
    if (operation.kind == Kind::kGet) ++gets;
    if (operation.kind == Kind::kAppend) ++appends;
    if (operation.has_value()) CHECK(values.insert(operation.value).second);
    CHECK(core::EncodeOperation(operation).size() <= kMix.RequestBytes());
  }
  CHECK(keys.size() == 8);
  // Five standard deviations: 5 * sqrt(n p (1 - p)) is 245 and 200.
  CHECK(gets > 3'755);
  CHECK(gets < 4'245);
  CHECK(appends > 1'800);
  CHECK(appends < 2'200);
}

}  // namespace
}  // namespace lockstep::tests
