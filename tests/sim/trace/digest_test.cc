// The digest: what it depends on, and what it must not.

#include "sim/trace/digest.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "sim/trace/emitter.h"
#include "sim/trace/event.h"
#include "sim/trace/sink.h"

#undef CHECK  // Ours aborts; doctest's counts.
#include "doctest/doctest.h"

namespace lockstep::trace {
namespace {

// A sink that wants `wants` and forgets it.
class Listener : public Sink {
 public:
  explicit Listener(const Interest& wants) : wants_(wants) {}
  Interest Wants() const override { return wants_; }
  void OnEvent(const Event& event) override { last_ = event.kind; }
  void Finish() override {}

 private:
  Interest wants_;
  EventKind last_ = EventKind::kEnd;
};

// No field has the value that it has by default, nor that of another field.
Event Base() {
  Event event;
  event.at = core::Instant::FromPicoseconds(1'000'003);
  event.index = 17;
  event.kind = EventKind::kNote;
  event.note = core::NoteKind::kQuacked;
  event.message = {core::NodeId(5), 29, 31};
  event.layer = core::Layer(2);
  event.stream = core::StreamId(3);
  event.node = core::NodeId(5);
  event.peer = core::NodeId(7);
  event.size = core::ByteCount(1'000'037);
  event.value = 11;
  event.detail = 13;
  event.further = 14;
  event.digest = 0x0123'4567'89AB'CDEF;
  event.count = 19;
  event.stride = 23;
  return event;
}

Event OfKind(EventKind kind) {
  Event event = Base();
  event.kind = kind;
  if (kind != EventKind::kNote) event.note = core::NoteKind{};
  return event;
}

std::string DigestOf(const std::vector<Event>& events) {
  Digest digest;
  for (const Event& event : events) digest.OnEvent(event);
  return digest.Hex();
}

// As a run with this listener beside the digest would have it.
std::string EmittedDigest(const std::vector<Event>& events, const Interest& listened) {
  Digest digest;
  Listener listener(listened);
  Emitter emitter;
  emitter.Add(&listener);
  emitter.Add(&digest);
  for (Event event : events) emitter.Emit(event);
  emitter.Finish();
  return digest.Hex();
}

TEST_CASE("digest: what an event says changes it, its index and the name of its message do not") {
  const std::vector<std::function<void(Event&)>> changes = {
      [](Event& e) { e.at = e.at + core::Duration::Picoseconds(1); },
      [](Event& e) { e.kind = EventKind::kSpend; },
      [](Event& e) { e.note = core::NoteKind("another"); },
      [](Event& e) { e.layer = core::Layer(3); },
      [](Event& e) { e.stream = core::StreamId(4); },
      [](Event& e) { e.node = core::NodeId(6); },
      [](Event& e) { e.peer = core::NodeId(8); },
      [](Event& e) { std::swap(e.node, e.peer); },
      [](Event& e) { e.size = e.size + core::ByteCount(1); },
      [](Event& e) { ++e.value; },
      [](Event& e) { ++e.detail; },
      [](Event& e) { std::swap(e.value, e.detail); },
      [](Event& e) { ++e.further; },
      [](Event& e) { std::swap(e.detail, e.further); },
      [](Event& e) { ++e.digest; },
      [](Event& e) { ++e.count; },
      [](Event& e) { ++e.stride; },
      [](Event& e) { std::swap(e.count, e.stride); },
  };
  std::set<std::string> digests = {DigestOf({Base()})};
  for (const auto& change : changes) {
    Event event = Base();
    change(event);
    digests.insert(DigestOf({event}));
  }
  CHECK(digests.size() == changes.size() + 1);

  // What has its default is left out, but not what it was.
  const std::vector<std::function<void(Event&)>> alone = {
      [](Event& e) { e.size = core::ByteCount(2); },
      [](Event& e) { e.note = core::NoteKind("a"); },
      [](Event& e) { e.value = 2; },
      [](Event& e) { e.detail = 2; },
      [](Event& e) { e.further = 2; },
      [](Event& e) { e.digest = 2; },
      [](Event& e) { e.count = 3; },
      [](Event& e) { e.stride = 3; },
      [](Event& e) { e.count = 0; },
      [](Event& e) { e.stride = 0; }};
  digests = {DigestOf({Event()})};
  for (const auto& change : alone) {
    Event event;
    change(event);
    digests.insert(DigestOf({event}));
  }
  CHECK(digests.size() == alone.size() + 1);

  Event later = Base();
  ++later.index;
  ++later.message.count;
  CHECK(DigestOf({later}) == DigestOf({Base()}));
}

TEST_CASE("digest: the order of events matters, and so does every one of them") {
  const Event send = OfKind(EventKind::kSend);
  const Event save = OfKind(EventKind::kSave);
  const std::set<std::string> digests = {
      DigestOf({}),           DigestOf({send}),       DigestOf({save}),      DigestOf({send, save}),
      DigestOf({save, send}), DigestOf({send, send}), DigestOf({save, save})};
  CHECK(digests.size() == 7);
}

TEST_CASE("digest: neither listeners nor facts nor comments change it") {
  const std::vector<Event> observed = {OfKind(EventKind::kStart), OfKind(EventKind::kMessage),
                                       OfKind(EventKind::kNote), OfKind(EventKind::kFault)};
  std::vector<Event> all;
  for (const Event& event : observed) {
    for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
      const auto derived = static_cast<EventKind>(kind);
      if ((Bit(derived) & kObservableKinds) == 0) all.push_back(OfKind(derived));
    }
    all.push_back(event);
  }
  const std::string expected = DigestOf(observed);
  for (const Interest& listened :
       {Interest(), TheStory(), Interest(kObservableKinds), Interest(kAllKinds)}) {
    CHECK(EmittedDigest(observed, listened) == expected);
    CHECK(EmittedDigest(all, listened) == expected);
  }
}

TEST_CASE("digest: it has 32 hexadecimal digits, the high half first, and counts its events") {
  Digest digest;
  CHECK(digest.Hex() == "00000000000000000000000000000000");
  CHECK(digest.events() == 0);
  digest.OnEvent(Base());
  digest.OnEvent(Base());
  CHECK(digest.events() == 2);
  CHECK(digest.Hex().size() == 32);
  CHECK(std::stoull(digest.Hex().substr(0, 16), nullptr, 16) == digest.value().high);
  CHECK(std::stoull(digest.Hex().substr(16), nullptr, 16) == digest.value().low);
}

// A change here changes every digest ever printed; no compiler or library may cause one.
TEST_CASE("digest: a fixed sequence has the digest that it always had") {
  std::vector<Event> events;
  for (std::size_t kind = 0; kind < kEventKinds; ++kind) {
    if ((Bit(static_cast<EventKind>(kind)) & kObservableKinds) != 0)
      events.push_back(OfKind(static_cast<EventKind>(kind)));
  }
  Event extreme;
  extreme.kind = EventKind::kSetTimer;
  extreme.at = core::Instant::Max();
  extreme.value = ~std::uint64_t{0};
  events.push_back(extreme);
  CHECK(events.size() == 20);
  CHECK(DigestOf(events) == "68f4a4f466d7ab0670582bccfbdc4904");
}

}  // namespace
}  // namespace lockstep::trace
