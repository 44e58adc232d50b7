// Views of clusters: their encoding, and what they make of a cluster.

#include "protocols/core/view.h"

#include <cstdint>
#include <vector>

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

core::View SomeView() {
  return {3,
          {{core::NodeId(0), 4, {1, 0, 2, 1}, {}},
           {core::NodeId(4), 3, {}, {2, 0, 1}},
           {core::NodeId(7), 2, {}, {}}}};
}

// u = r = 1: a stake of 4 is wanted.
core::Cluster FourOf(core::NodeId first) { return {"a", first, 4, 1, 1}; }

TEST_CASE("view: what is encoded is decoded, and what is cut or longer is no view") {
  const core::Bytes bytes = core::EncodeView(SomeView());
  CHECK(core::DecodeView(bytes) == SomeView());
  for (std::uint64_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(core::DecodeView(bytes.Slice(0, size)).has_value());
  CHECK_FALSE(core::DecodeView(core::Bytes::Copy("a request")).has_value());
}

TEST_CASE("view: a cluster is as the view says, with the budgets that it had") {
  core::Cluster cluster = FourOf(core::NodeId(0));
  cluster.positions = {1, 0, 3, 2};
  const auto changed = SomeView().Of(cluster);
  REQUIRE(changed.has_value());
  CHECK(changed->stake == std::vector<std::uint32_t>{1, 0, 2, 1});
  CHECK(changed->positions.empty());
  CHECK(changed->u == 1);
  CHECK(changed->r == 1);
  CHECK(changed->name == "a");
}

TEST_CASE("view: one that a cluster cannot be in is none of it") {
  const auto of = [](const core::View::Members& members, const core::Cluster& cluster) {
    return core::View{1, {members}}.Of(cluster).has_value();
  };
  const core::Cluster cluster = FourOf(core::NodeId(0));
  CHECK(of({core::NodeId(0), 4, {1, 1, 1, 1}, {3, 2, 1, 0}}, cluster));
  CHECK(of({core::NodeId(0), 4, {4, 0, 0, 0}, {}}, cluster));
  CHECK_FALSE(of({core::NodeId(4), 4, {}, {}}, cluster));               // another cluster
  CHECK_FALSE(of({core::NodeId(0), 5, {}, {}}, cluster));               // another size
  CHECK_FALSE(of({core::NodeId(0), 4, {1, 1, 1, 0}, {}}, cluster));     // 3 are less than 4
  CHECK_FALSE(of({core::NodeId(0), 4, {1, 1, 1, 1, 1}, {}}, cluster));  // one too many
  CHECK_FALSE(of({core::NodeId(0), 4, {}, {0, 1, 2}}, cluster));
  CHECK_FALSE(of({core::NodeId(0), 4, {}, {0, 1, 2, 2}}, cluster));
  CHECK_FALSE(of({core::NodeId(0), 4, {(1U << 20) + 1, 1, 1, 1}, {}}, cluster));
}

}  // namespace
}  // namespace lockstep::tests
