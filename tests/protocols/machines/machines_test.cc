// The machines that replicas run: what they answer, and that a snapshot is the whole state.

#include <string>

#include "protocols/core/operation.h"
#include "protocols/core/wire.h"
#include "protocols/machines/counter.h"
#include "protocols/machines/key_value.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using machines::Counter;
using machines::KeyValue;
using Kind = core::Operation::Kind;

core::Bytes Get(const std::string& key) { return core::EncodeOperation({Kind::kGet, key, ""}); }
core::Bytes Put(const std::string& key, const std::string& value) {
  return core::EncodeOperation({Kind::kPut, key, value});
}
core::Bytes Append(const std::string& key, const std::string& value) {
  return core::EncodeOperation({Kind::kAppend, key, value});
}
core::Bytes Delete(const std::string& key) {
  return core::EncodeOperation({Kind::kDelete, key, ""});
}

std::string Said(char how, const std::string& value = "") { return std::string(1, how) + value; }

TEST_CASE("counter: answers how many commands there have been") {
  Counter counter(/*state_bytes=*/1'000);
  counter.Apply(core::Bytes::Copy("a"));
  const core::Bytes answer = counter.Apply(core::Bytes());
  core::Decoder decoder(answer);
  CHECK(decoder.U64() == 2);
  CHECK(decoder.remaining() == 0);

  Counter other;
  CHECK(other.Digest() != counter.Digest());
  CHECK(counter.Snapshot().size() == 1'000);
  CHECK(other.Restore(counter.Snapshot()));
  CHECK(other.applied() == 2);
  CHECK(other.Digest() == counter.Digest());
  CHECK_FALSE(other.Restore(core::Bytes::Copy("short")));
  CHECK(other.applied() == 2);
  // A command may be filler: the same filler is the same command.
  const core::Bytes filler = core::Bytes::Filler({1, 2, 1, 1, 40, 0});
  counter.Apply(filler);
  other.Apply(filler.Slice(0, 40));
  CHECK(other.Digest() == counter.Digest());
  counter.Apply(core::Bytes::Copy("b"));
  other.Apply(core::Bytes::Copy("c"));
  CHECK(other.Digest() != counter.Digest());
}

TEST_CASE("key value: answers what was there before") {
  KeyValue machine;
  CHECK(machine.Apply(Get("a")).ToString() == Said(core::Operation::kAbsent));
  CHECK(machine.Apply(Put("a", "one")).ToString() == Said(core::Operation::kAbsent));
  CHECK(machine.Apply(Put("a", "")).ToString() == Said(core::Operation::kPresent, "one"));
  CHECK(machine.Apply(Get("a")).ToString() == Said(core::Operation::kPresent));
  CHECK(machine.Apply(Delete("a")).ToString() == Said(core::Operation::kPresent));
  CHECK(machine.Apply(Delete("a")).ToString() == Said(core::Operation::kAbsent));
  CHECK(machine.Apply(Append("a", "x")).ToString() == Said(core::Operation::kAbsent));
  CHECK(machine.Apply(Append("a", "y")).ToString() == Said(core::Operation::kPresent, "x"));
  CHECK(machine.Apply(Delete("a")).ToString() == Said(core::Operation::kPresent, "xy"));
  CHECK(machine.size() == 0);
  CHECK(machine.Digest() == KeyValue().Digest());
}

TEST_CASE("key value: what is no command changes nothing") {
  KeyValue machine;
  machine.Apply(Put("k", "v"));
  const std::uint64_t digest = machine.Digest();
  for (const std::string& bytes :
       {std::string(), std::string("\x01"), std::string("\x07\x00\x00", 3),
        std::string("\x01\x05\x00k", 4), std::string("\x00\x01\x00kv", 5)}) {
    CHECK(machine.Apply(core::Bytes::Copy(bytes)).ToString() == Said(core::Operation::kRefused));
  }
  // Filler, as simulated clients send it.
  machine.Apply(core::Bytes::Filler({3, 0, 0, 1, 40, 0}));
  CHECK(machine.Digest() == digest);
}

TEST_CASE("key value: a snapshot is the whole state, in whatever order it came about") {
  KeyValue one;
  KeyValue other;
  for (int i = 0; i < 20; ++i) one.Apply(Put(std::to_string(i), "v"));
  for (int i = 19; i >= 0; --i) other.Apply(Put(std::to_string(i), "v"));
  CHECK(one.Digest() == other.Digest());
  KeyValue restored;
  CHECK(restored.Restore(one.Snapshot()));
  CHECK(restored.Digest() == one.Digest());
  CHECK(restored.Snapshot() == one.Snapshot());
  CHECK_FALSE(restored.Restore(one.Snapshot().Slice(0, one.Snapshot().size() - 1)));
  CHECK(restored.Digest() == one.Digest());
}

}  // namespace
}  // namespace lockstep::tests
