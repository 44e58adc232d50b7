// Which call has had the last word: see last_word.h.

#include "sim/host/last_word.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "protocols/core/effects.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using sim::LastWord;

LastWord::Thing Timer(std::uint64_t id) {
  return *LastWord::ThingOf({core::Layer(), core::effect::CancelTimer{core::TimerId(id)}});
}

}  // namespace

TEST_CASE("last word: a timer is set and cancelled, a peer held and resumed, as one thing each") {
  const core::NodeId peer(3);
  const auto thing = [](core::Effect effect) {
    return LastWord::ThingOf({core::Layer(), std::move(effect)});
  };
  CHECK(thing(core::effect::SetTimer{core::TimerId(7), core::Instant()}) == Timer(7));
  CHECK(thing(core::effect::Hold{peer}) == thing(core::effect::Resume{peer}));
  CHECK(thing(core::effect::Hold{peer}) != thing(core::effect::Hold{core::NodeId(4)}));
  CHECK(thing(core::effect::Hold{peer}) !=
        thing(core::effect::AwaitWritable{peer, core::ByteCount(1)}));
  CHECK_FALSE(thing(core::effect::Spend{core::Work::kLog, 1, core::ByteCount(0)}));
  CHECK_FALSE(thing(core::effect::Save{}));
}

TEST_CASE("last word: only an earlier call's is void") {
  LastWord word;
  word.Note(Timer(1), 5);
  CHECK_FALSE(word.Stands(Timer(1), 4));
  CHECK(word.Stands(Timer(1), 5));
  CHECK(word.Stands(Timer(1), 6));
  CHECK(word.Stands(Timer(2), 4));
}

TEST_CASE("last word: what nobody can come too late for is forgotten") {
  LastWord word;
  std::size_t most = 0;
  for (std::uint64_t call = 0; call < 100'000; ++call) {
    word.Note(Timer(call), call);
    // The last 20 calls may still wait.
    if (word.is_large()) word.Forget(call - std::min<std::uint64_t>(call, 20));
    most = std::max(most, word.size());
  }
  CHECK(most <= 64);
  CHECK_FALSE(word.Stands(Timer(99'990), 99'985));
  word.Clear();
  CHECK(word.is_empty());
}

}  // namespace lockstep::tests
