// Abstract states of a run: see coverage.h.

#include "tools/fuzz/coverage.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>
#include <variant>

namespace lockstep::fuzz {
namespace {

using trace::Event;
using trace::EventKind;

enum StateKind : std::uint64_t {
  kInputs = 1,
  kLists,
  kNotes,
  kNumbers,
  kDrops,
  kDestroyed,
  kLives,
  kVerdicts,
  kCounts,
  kDroppedTypes,
};
enum InputKind : std::uint64_t { kStarted = 1, kHanded, kFired, kWritable, kAsked, kAnswered };

constexpr std::uint64_t InputOf(InputKind kind, std::uint64_t type = 0) { return kind << 8 | type; }

// The first byte of a message is its type, with its layer.
std::uint64_t TypeOf(const core::Bytes& payload) {
  const std::string_view literal = payload.literal();
  return literal.empty() ? 0 : static_cast<std::uint8_t>(literal[0]);
}

// Small numbers as they are, larger ones by their powers of two.
std::uint64_t Bucket(std::uint64_t number) {
  constexpr std::uint64_t kExact = 4;
  return number < kExact ? number : kExact + static_cast<std::uint64_t>(std::bit_width(number));
}

// splitmix64 (Steele, Lea, Flood 2014).
std::uint64_t Mixed(std::uint64_t value) {
  value += 0x9e37'79b9'7f4a'7c15;
  value = (value ^ value >> 30) * 0xbf58'476d'1ce4'e5b9;
  value = (value ^ value >> 27) * 0x94d0'49bb'1331'11eb;
  return value ^ value >> 31;
}

std::uint64_t NumberOf(std::string_view letter) {
  std::uint64_t number = 0;
  for (const char c : letter) number = number << 8 | static_cast<std::uint8_t>(c);
  return number;
}

// What an effect is, for whoever asks what a node did; 0 where that says nothing.
std::uint64_t EffectOf(const core::Effect& effect) {
  const auto kind = static_cast<std::uint64_t>(effect.index() + 1) << 40;
  if (const auto* send = std::get_if<core::effect::Send>(&effect))
    return kind | TypeOf(send->payload);
  if (const auto* note = std::get_if<core::effect::Note>(&effect)) return kind | note->kind.id();
  return std::holds_alternative<core::effect::Spend>(effect) ? 0 : kind;
}

// A node as it was built, and who watches it.
class WatchedNode final : public core::Node {
 public:
  WatchedNode(std::unique_ptr<core::Node> node, core::NodeId self,
              const core::MessageFields& fields, Coverage& coverage)
      : node_(std::move(node)), self_(self), fields_(fields), coverage_(coverage) {}

  void OnStart(const core::Now& now, std::span<const core::Bytes> saved,
               core::Effects& out) override {
    Watch(InputOf(kStarted, saved.empty() ? 0 : 1), out, [&] { node_->OnStart(now, saved, out); });
  }
  void OnMessage(const core::Now& now, core::NodeId from, const core::Bytes& payload,
                 core::Effects& out) override {
    coverage_.OnHanded(payload, fields_);
    Watch(InputOf(kHanded, TypeOf(payload)), out,
          [&] { node_->OnMessage(now, from, payload, out); });
  }
  void OnTimer(const core::Now& now, core::TimerId timer, core::Effects& out) override {
    Watch(InputOf(kFired), out, [&] { node_->OnTimer(now, timer, out); });
  }
  void OnWritable(const core::Now& now, core::NodeId peer, core::Effects& out) override {
    Watch(InputOf(InputKind::kWritable), out, [&] { node_->OnWritable(now, peer, out); });
  }
  void OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                core::RequestId low, const core::Bytes& request, core::Effects& out) override {
    Watch(InputOf(kAsked), out, [&] { node_->OnSubmit(now, client, id, low, request, out); });
  }
  void OnAnswer(const core::Now& now, core::ClientId client, core::RequestId id,
                const core::Bytes& answer, core::Effects& out) override {
    Watch(InputOf(kAnswered), out, [&] { node_->OnAnswer(now, client, id, answer, out); });
  }

 private:
  template <typename Call>
  void Watch(std::uint64_t input, core::Effects& out, Call&& call) {
    const std::size_t before = out.list().size();
    coverage_.OnInput(self_, input);
    call();
    coverage_.OnListed(self_, std::span<const core::Listed>(out.list()).subspan(before));
  }

  std::unique_ptr<core::Node> node_;
  core::NodeId self_;
  const core::MessageFields& fields_;
  Coverage& coverage_;
};

}  // namespace

std::unique_ptr<core::Node> WatchedProgram::Build(const core::Seat& seat) const {
  return std::make_unique<WatchedNode>(program_.Build(seat), seat.self, Fields(seat.cluster),
                                       coverage_);
}

trace::Interest Coverage::Wants() const {
  trace::Interest wants(Bit(EventKind::kNote) | Bit(EventKind::kDrop) | Bit(EventKind::kCrash) |
                        Bit(EventKind::kRestart) | Bit(EventKind::kReceipt));
  for (std::size_t fact = 0; fact < core::kFactNames.size(); ++fact)
    wants.Add(static_cast<core::Fact>(fact), trace::Phase::kDestroyed);
  return wants;
}

void Coverage::Add(std::uint64_t kind, std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  states_.insert(Mixed(Mixed(Mixed(Mixed(kind) + a) + b) + c));
}

void Coverage::OnEvent(const Event& event) {
  if (event.kind == EventKind::kReceipt) {
    if (changed_.size() <= event.value) changed_.resize(event.value + 1);
    changed_[event.value] += event.further;
    return;
  }
  if (event.node.value() >= hosts_.size()) return;
  Host& host = hosts_[event.node.value()];
  switch (event.kind) {
    case EventKind::kNote:
      Add(kNotes, host.note, event.note.id());
      Add(kNumbers, event.note.id(), Bucket(event.count), Bucket(event.detail));
      host.note = event.note.id();
      return;
    case EventKind::kDrop:
      Add(kDrops, event.detail, host.input);
      OnDropped(event);
      return;
    case EventKind::kFact:
      Add(kDestroyed, static_cast<std::uint64_t>(event.fact), Bucket(event.count));
      return;
    case EventKind::kCrash:
    case EventKind::kRestart:
      Add(kLives, static_cast<std::uint64_t>(event.kind), host.input, host.note);
      return;
    default:
      return;
  }
}

void Coverage::OnInput(core::NodeId node, std::uint64_t input) {
  Host& host = hosts_[node.value()];
  Add(kInputs, host.input, input);
  host.input = input;
}

void Coverage::OnHanded(const core::Bytes& payload, const core::MessageFields& fields) {
  Type& type = types_[TypeOf(payload)];
  if (type.is_handed || !fields.Read(payload, read_)) return;
  type.is_handed = true;
  type.name = std::string(fields.types()[read_.type].name);
}

void Coverage::OnDropped(const Event& event) {
  const Sent& sent = sent_[event.digest % kSent];
  if (sent.digest != event.digest) return;  // Changed on its way, or too long ago.
  types_[sent.type].is_dropped = true;
  Add(kDroppedTypes, sent.type, event.detail);
}

std::vector<TypeFate> Coverage::Types() const {
  std::vector<TypeFate> fates;
  for (const Type& type : types_)
    if (!type.name.empty()) fates.push_back({type.name, type.is_handed, type.is_dropped});
  std::sort(fates.begin(), fates.end(),
            [](const TypeFate& a, const TypeFate& b) { return a.name < b.name; });
  return fates;
}

void Coverage::OnListed(core::NodeId node, std::span<const core::Listed> listed) {
  const std::uint64_t input = hosts_[node.value()].input;
  std::uint64_t before = 0;
  for (const core::Listed& each : listed) {
    if (const auto* send = std::get_if<core::effect::Send>(&each.what)) {
      const std::uint64_t digest = send->payload.Digest();
      sent_[digest % kSent] = {digest, static_cast<std::uint8_t>(TypeOf(send->payload))};
    }
    const std::uint64_t effect = EffectOf(each.what);
    if (effect == 0 || effect == before) continue;
    Add(kLists, input, before, effect);
    before = effect;
  }
}

void Coverage::OnChecker(const analysis::Checker& checker) {
  const std::uint64_t letter = NumberOf(checker.oracle());
  Add(kVerdicts, letter, static_cast<std::uint64_t>(checker.verdict()));
  std::uint64_t index = 0;
  for (const std::uint64_t count : checker.counts()) Add(kCounts, letter, index++, Bucket(count));
}

std::vector<State> Coverage::Take() const {
  std::vector<State> states(states_.begin(), states_.end());
  std::sort(states.begin(), states.end());
  return states;
}

}  // namespace lockstep::fuzz
