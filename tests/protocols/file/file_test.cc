// The File RSM: how its log grows, and what stands in it.

#include "protocols/file/file.h"

#include <cstdint>
#include <string>
#include <vector>

#include "nlohmann/json.hpp"

#include "protocols/core/log.h"
#include "protocols/core/run.h"
#include "protocols/core/view.h"
#include "protocols/file/keys.h"
#include "protocols/parameters/key_reader.h"
#include "protocols/parameters/parameters.h"
#include "tests/support/listed.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::NoteKind;
using core::Run;
namespace effect = core::effect;

const core::Contents& kContents = core::ContentsOf(core::ContentKind::kFiller);

class Reader : public core::LogReader {
 public:
  void OnCommitted(const core::Now&, core::Effects&) override { ++calls; }
  void OnView(const core::Now&, const core::View& view, core::Effects& out) override {
    views.push_back(view.number);
    listed_before = out.list().size();
  }
  int calls = 0;
  std::vector<std::uint64_t> views;
  std::size_t listed_before = 0;  // when it was handed the last view
};

core::Bytes Announcement(std::uint64_t number) {
  return core::EncodeView({number, {{core::NodeId(0), 4, {}, {1, 0, 3, 2}}}});
}
void Announce(file::FileRsm& rsm, const core::Bytes& view, core::Effects& out) {
  rsm.OnSubmit(NowAtMs(1), core::kViewService, core::RequestId(1), core::RequestId(1), view, out);
}

TEST_CASE("file: without a rate the log is endless from the start") {
  file::FileRsm rsm({3, 1'000, 0}, kContents);
  Reader reader;
  rsm.set_reader(&reader);
  CHECK(rsm.Committed() == core::SeqNo(0));
  core::Effects out;
  rsm.OnStart(NowAtMs(0), {}, out);
  CHECK(rsm.Committed() == core::SeqNo(core::Log::kEndless));
  CHECK(rsm.Positions() == rsm.Committed());
  CHECK(reader.calls == 1);
  CHECK(All<effect::SetTimer>(out).empty());
}

TEST_CASE("file: at a rate, floor(rate * t) entries are committed at each tick") {
  for (const std::uint64_t rate : {1U, 999U, 1'000U, 1'234'567U}) {
    CAPTURE(rate);
    file::FileRsm rsm({3, 100, rate}, kContents);
    Reader reader;
    rsm.set_reader(&reader);
    core::Effects out;
    rsm.OnStart(NowAtMs(0), {}, out);
    std::uint64_t noted = 0;
    int grown = 0;
    for (std::uint64_t ms = 0; ms <= 2'000; ++ms) {
      const std::vector<effect::SetTimer> timers = All<effect::SetTimer>(out);
      REQUIRE(timers.size() == 1);
      // Runs of notes: each entry is said to be committed once, in order.
      for (const effect::Note& note : Notes(out, NoteKind::kCommitted)) {
        REQUIRE(note.values.first == noted);
        REQUIRE(note.values.stride == 1);
        REQUIRE(note.digest == rsm.Contents(note.values).Digest());
        noted += note.values.count;
        ++grown;
      }
      REQUIRE(rsm.Committed().value() == rate * ms / 1'000);
      REQUIRE(rsm.Committed().value() == noted);
      REQUIRE(reader.calls == grown);
      out.Clear();
      const core::Instant at = timers[0].at;
      REQUIRE(at == NowAtMs(static_cast<std::int64_t>(ms) + 1).monotonic());
      rsm.OnTimer({at, at, at}, timers[0].id, out);
    }
  }
}

// The timer that makes the log grow.
core::TimerId GrowTimer(const core::Effects& out) { return All<effect::SetTimer>(out).at(0).id; }

TEST_CASE("file: a log of so many messages ends with them, and needs no timer any more") {
  file::FileRsm slow({3, 100, 1'000, 7}, kContents);
  core::Effects out;
  slow.OnStart(NowAtMs(0), {}, out);
  const core::TimerId grow = GrowTimer(out);
  out.Clear();
  slow.OnTimer(NowAtMs(6), grow, out);
  CHECK(slow.Committed() == core::SeqNo(6));
  CHECK(All<effect::SetTimer>(out).size() == 1);
  out.Clear();
  slow.OnTimer(NowAtMs(60), grow, out);
  CHECK(slow.Committed() == core::SeqNo(7));
  CHECK(All<effect::SetTimer>(out).empty());
}

TEST_CASE("file: a number of messages asks for a rate, since all at once nothing would bound") {
  const auto error = [](const char* text) {
    const nlohmann::json layer = nlohmann::json::parse(text);
    Parameters parameters(layer, "f.json", "/stack/0");
    KeyReader keys(parameters);
    file::Config config;
    Describe(keys, config);
    return std::string(parameters.Done().message());
  };
  CHECK(error(R"({"message_bytes": 5, "messages": 9})") ==
        "f.json: /stack/0/messages: want a \"rate\" beside it, at which they are committed, not 9");
  CHECK(error(R"({"message_bytes": 5, "messages": 9, "rate": 1})").empty());
  CHECK(error(R"({"message_bytes": 5})").empty());
}

TEST_CASE("file: the log grows from its first start on, whatever the clock says then") {
  const core::Duration start = core::Duration::Milliseconds(12'345);
  file::FileRsm rsm({3, 100, 1'000}, kContents);
  core::Effects out;
  rsm.OnStart(NowAt(start), {}, out);
  CHECK(rsm.Committed() == core::SeqNo(0));
  rsm.OnTimer(NowAt(start + core::Duration::Milliseconds(7)), GrowTimer(out), out);
  CHECK(rsm.Committed() == core::SeqNo(7));
}

TEST_CASE("file: a restart goes on as if the log had grown meanwhile") {
  const core::Duration start = core::Duration::Milliseconds(500);
  file::FileRsm before({3, 100, 1'000}, kContents);
  core::Effects out;
  before.OnStart(NowAt(start), {}, out);
  const std::vector<effect::Save> saves = All<effect::Save>(out);
  REQUIRE(saves.size() == 1);
  const std::vector<core::Bytes> disk = {saves[0].record};
  file::FileRsm after({3, 100, 1'000}, kContents);
  core::Effects restarted;
  after.OnStart(NowAt(start + core::Duration::Milliseconds(40)), disk, restarted);
  CHECK(after.Committed() == core::SeqNo(40));
  CHECK(All<effect::Save>(restarted).empty());
}

TEST_CASE("file: long after the start no product overflows") {
  constexpr std::uint64_t kRate = 1'000'000'000;
  file::FileRsm rsm({3, 100, kRate}, kContents);
  core::Effects out;
  rsm.OnStart(NowAtMs(0), {}, out);
  constexpr std::int64_t kLate = 9'000'000;  // seconds: nearly the end of time
  rsm.OnTimer(NowAt(core::Duration::Seconds(kLate)), GrowTimer(out), out);
  CHECK(rsm.Committed().value() == kRate * kLate);
}

TEST_CASE("file: every entry has its own content, the same at every replica of the cluster") {
  const file::FileRsm rsm({3, 50, 0}, kContents);
  const file::FileRsm twin({3, 50, 0}, kContents);
  const file::FileRsm other({4, 50, 0}, kContents);
  const core::Bytes run = rsm.Contents({5, 4, 7});
  CHECK(run.size() == 4 * 50);
  CHECK(run == twin.Contents({5, 4, 7}));
  CHECK_FALSE(run == other.Contents({5, 4, 7}));
  for (std::uint64_t i = 0; i < 4; ++i) {
    const core::Entry entry = rsm.At(core::SeqNo(5 + 7 * i));
    CHECK(entry.content == run.Slice(i * 50, 50));
    CHECK(entry.position == core::SeqNo(5 + 7 * i));
  }
  CHECK_FALSE(rsm.At(core::SeqNo(5)).content == rsm.At(core::SeqNo(6)).content);
  const core::Extent extent = rsm.Uniform({5, 1'000, 7});
  CHECK(extent.count == 1'000);
  CHECK(extent.size == 50);
}

TEST_CASE("file: it has no peers, and a client's request gets an empty answer") {
  file::FileRsm rsm({3, 50, 0}, kContents);
  core::Effects out;
  rsm.OnMessage(NowAtMs(0), core::NodeId(4), core::Bytes::Copy("x"), out);
  CHECK(Notes(out, NoteKind::kMalformed).at(0).peer == core::NodeId(4));
  out.Clear();
  rsm.OnSubmit(NowAtMs(0), core::ClientId(9), core::RequestId(2), core::RequestId(2),
               core::Bytes::Copy("put"), out);
  REQUIRE(out.list().size() == 1);
  CHECK(All<effect::Reply>(out).at(0) ==
        effect::Reply{core::ClientId(9), core::RequestId(2), core::Bytes()});
}

TEST_CASE("file: a view is saved, then handed up, where it is newer than those before") {
  file::FileRsm rsm({3, 50, 0}, kContents);
  Reader reader;
  rsm.set_reader(&reader);
  core::Effects out;
  Announce(rsm, Announcement(2), out);
  CHECK(reader.views == std::vector<std::uint64_t>{2});
  CHECK(reader.listed_before == 1);
  CHECK(All<effect::Save>(out).at(0).record == Announcement(2));
  for (const std::uint64_t stale : {2U, 1U}) Announce(rsm, Announcement(stale), out);
  Announce(rsm, core::Bytes::Copy("no view"), out);
  CHECK(reader.views.size() == 1);
  CHECK(out.list().size() == 1);
  Announce(rsm, Announcement(3), out);
  CHECK(reader.views == std::vector<std::uint64_t>{2, 3});
}

TEST_CASE("file: a client that is no service of views announces none") {
  file::FileRsm rsm({3, 50, 0}, kContents);
  Reader reader;
  rsm.set_reader(&reader);
  core::Effects out;
  rsm.OnSubmit(NowAtMs(0), core::ClientId(9), core::RequestId(2), core::RequestId(2),
               Announcement(1), out);
  CHECK(reader.views.empty());
  CHECK(All<effect::Save>(out).empty());
}

TEST_CASE("file: after a restart the views that the disk kept are handed up before all else") {
  for (const std::uint64_t rate : {0U, 1'000U}) {
    file::FileRsm first({3, 50, rate}, kContents);
    core::Effects before;
    first.OnStart(NowAtMs(0), {}, before);
    Announce(first, Announcement(1), before);
    Announce(first, Announcement(4), before);
    std::vector<core::Bytes> saved;
    for (const effect::Save& save : All<effect::Save>(before)) saved.push_back(save.record);
    // The last was torn when the host went down.
    saved.back() = saved.back().Slice(0, saved.back().size() - 2);
    file::FileRsm second({3, 50, rate}, kContents);
    Reader reader;
    second.set_reader(&reader);
    core::Effects out;
    second.OnStart(NowAtMs(5), saved, out);
    CHECK(reader.views == std::vector<std::uint64_t>{1});
    CHECK(All<effect::Save>(out).empty());
    // It goes on growing from when it began.
    if (rate > 0) CHECK(second.Committed() == core::SeqNo(5));
  }
}

}  // namespace
}  // namespace lockstep::tests
