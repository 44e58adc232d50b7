// Lines of events: what is written is read back, and what is no event is refused with its column.

#include "sim/trace/event_line.h"

#include <limits>
#include <string>
#include <vector>

#include "tests/sim/trace/trace_files.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::trace {
namespace {

TEST_CASE("event line: an event of every kind is read back as it was") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(*events == EveryKind());
}

TEST_CASE("event line: the greatest numbers are read back as they were") {
  const Folder folder;
  Event event = At(0, ~std::uint64_t{0}, EventKind::kNote, ~0U, ~0U - 1);
  event.at = core::Instant::Max();
  event.note = core::NoteKind::kMalformed;
  event.layer = core::Layer(255);
  event.stream = core::StreamId(~0U);
  event.size = core::ByteCount(std::numeric_limits<std::int64_t>::max());
  event.message = {core::NodeId(~0U), ~0U, ~std::uint64_t{0}};
  event.value = event.detail = event.further = event.digest = event.count = event.stride =
      ~std::uint64_t{0};
  Event fact = event;
  fact.kind = EventKind::kFact;
  fact.note = core::NoteKind();
  fact.votes = {~std::uint64_t{0}, ~std::uint64_t{0}};
  fact.runs = Kept(std::vector<core::Run>(
      50'000, core::Run{~std::uint64_t{0}, ~std::uint64_t{0}, ~std::uint64_t{0}}));
  const std::vector<Event> written = {fact, event};
  REQUIRE(WriteTrace(folder.File("t"), written).ok());
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK((*events == written));
}

TEST_CASE("event line: a line that is no event is refused with its column") {
  const Folder folder;
  const std::vector<Refusal> wanted = {
      {"", "1: want an event"},
      {"[]", "1: want an event"},
      {"{}", "2: want a key"},
      {"{\"t\" :1}", "5: want a key and a colon"},
      {"{\"t\":1", "6: want a whole number"},
      {"{\"t\":1,}", "8: want a key"},
      {"{\"t\":1,\"n\":2}", "14: want the keys t, i, k and n"},
      {"{\"t\":1,\"t\":1}", "8: want each key once"},
      {"{\"t\":1,\"z\":1}", "8: want one of the keys of an event"},
      {"{\"t\":-1}", "6: want a whole number from 0 to 9223372036854775807"},
      {"{\"t\":9223372036854775808}", "6: want a whole number"},
      {"{\"t\":1.5}", "6: want a whole number"},
      {"{\"t\":1e3}", "6: want a whole number"},
      {"{\"t\":\"1\"}", "6: want a whole number"},
      {"{\"t\":null}", "6: want a whole number"},
      {"{\"t\":}", "6: want a whole number"},
      {"{\"t\":01}", "6: want a whole number"},
      {"{\"i\":18446744073709551616}", "6: want a whole number from 0 to 18446744073709551615"},
      {"{\"l\":256}", "6: want a whole number from 0 to 255"},
      {"{\"n\":4294967296}", "6: want a whole number from 0 to 4294967295"},
      {"{\"k\":\"sent\"}", "6: want the name of an event kind"},
      {"{\"k\":3}", "6: want the name of an event kind"},
      {"{\"k\":\"fact\"}", "6: want the name of an event kind"},
      {"{\"k\":\"carries\"}", "6: want the name of an event kind"},
      {"{\"k\":\"carries.lost\"}", "6: want the name of an event kind"},
      {"{\"m\":\"5\"}", "6: want a message"},
      {"{\"m\":\"5/0\"}", "6: want a message"},
      {"{\"m\":\"5/01\"}", "6: want a message"},
      {"{\"m\":\"5/1#0\"}", "6: want a message"},
      {"{\"m\":\"5/1#\"}", "6: want a message"},
      {"{\"m\":\"5/1x\"}", "6: want a message"},
      {"{\"m\":\"4294967296/1\"}", "6: want a message"},
      {"{\"r\":[]}", "6: want [first,count,stride,...]"},
      {"{\"r\":[1,2]}", "6: want [first,count,stride,...]"},
      {"{\"r\":[1,2,3,]}", "6: want [first,count,stride,...]"},
      {"{\"r\":[1,2,3", "6: want [first,count,stride,...]"},
      {"{\"t\":0,\"i\":0,\"k\":\"end\",\"n\":0,\"r\":[1,2,3]}",
       "42: want the keys \"known\", \"ones\""},
      {"{\"note\":\"\"}", "9: want the name of a note kind"},
      {"{\"d\":\"\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"xyz\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"12345678123456789\"}", "6: want a string of 1 to 16 hexadecimal digits"},
      {"{\"d\":\"1}", "6: want a string"},
      {"{\"t\":0,\"i\":0,\"k\":\"note\",\"n\":0}", "31: want the key \"note\" where"},
      {"{\"t\":0,\"i\":0,\"k\":\"end\",\"note\":\"state\",\"n\":0}", "45: want the key \"note\""},
      {"{\"t\":0,\"i\":0,\"k\":\"end\",\"n\":0}}", "30: want nothing after the }"},
      {"{\"t\":0,\"i\":0,\"k\":\"end\"\"n\":0}", "23: want , or }"},
  };
  for (const Refusal& refusal : wanted) {
    Spill(folder.File("t"), "{\"lockstep_trace\":2}\n" + refusal.what + "\n{\"footer\":{}}\n");
    const absl::Status status = ReadTrace(folder.File("t")).status();
    CAPTURE(refusal.what);
    CAPTURE(status);
    CHECK(Contains(status, folder.File("t") + ":2:" + refusal.reason));
  }
}

TEST_CASE("event line: keys come in any order, and defaults may be spelled out") {
  const Folder folder;
  Spill(folder.File("t"),
        "{\"lockstep_trace\":2}\n"
        "{\"st\":1,\"c\":1,\"d\":\"0aF\",\"v\":0,\"p\":2,\"n\":2,\"k\":\"send\",\"i\":4,\"t\":3}\n"
        "{\"footer\":{}}\n");
  const auto events = ReadTrace(folder.File("t"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  Event event = At(0, 4, EventKind::kSend, 2, 2);
  event.at = core::Instant::FromPicoseconds(3);
  event.digest = 0xAF;
  CHECK(*events == std::vector<Event>{event});
}

}  // namespace
}  // namespace lockstep::trace
