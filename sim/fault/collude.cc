// `collude`: liars of both ends share what they know, and keep it among them.
//
// A lie that claims too much is found out by who knows how much there is; those at the sending end
// know exactly how much. And what only they have got, nobody else can pass on.

#include <algorithm>
#include <optional>

#include "absl/container/btree_map.h"

#include "sim/derive.h"
#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

enum class Script : std::uint8_t { kBoth, kAcks, kPayload };

struct Collude final : FaultBody {
  Script script = Script::kBoth;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kScripts[] = {
        {"both", "the two that follow."},
        {"acks", "acknowledges all that one of them has sent of that stream, and no more."},
        {"payload", "sends what carries contents to its accomplices only."}};
    keys.Choice({"script", "What each of them does."}, script, kScripts);
  }
  std::optional<Refusal> Refuse(const Fault& fault, const WorldSpec&) const override {
    if (fault.targets.size() > 1) return std::nullopt;
    return Refusal{"target", "want two hosts or more: one alone has nobody to share with"};
  }
};

class ColludeActor final : public FaultActor {
 public:
  ColludeActor(const FaultScene& scene, std::size_t index, const Collude& collude)
      : FaultActor(scene, index), script_(collude.script) {}

  bool OnSend(const SendCase& send) override {
    const bool has_contents = Learn(send);
    if (script_ != Script::kAcks && has_contents && !Targets(send.send.to)) {
      Touch();
      Change(send.now);
      return false;
    }
    if (script_ == Script::kPayload) return true;
    std::uint64_t stream = 0;
    const std::uint64_t changed = RewriteNumbers(
        scene(), index(), send, [&](const core::TypeSpec& type, const core::Field& field) {
          const core::Role role = type.fields[field.spec].role;
          if (role == core::Role::kStream) stream = field.values.first;
          std::optional<std::uint64_t> lie;
          if (role != core::Role::kAck) return lie;
          Touch();
          const auto known = ends_.find(stream);
          if (known != ends_.end() && known->second > field.values.first) lie = known->second;
          return lie;
        });
    Change(send.now, changed);
    return true;
  }

 private:
  // What they know of a stream grows by what one of them sends; whether that has contents.
  bool Learn(const SendCase& send) {
    const core::FieldedMessage* message = scene().deriver.Read(send.host, send.send.payload);
    if (message == nullptr) return false;
    const core::TypeSpec& type = scene().deriver.TypeOf(send.host, *message);
    bool has_contents = false;
    std::uint64_t stream = 0;
    for (const core::Field& field : message->fields) {
      switch (type.fields[field.spec].role) {
        case core::Role::kStream:
          stream = field.values.first;
          break;
        case core::Role::kSeq:
          if (field.values.count > 0) {
            std::uint64_t& end = ends_[stream];
            end = std::max(end,
                           field.values.first + (field.values.count - 1) * field.values.stride + 1);
          }
          break;
        case core::Role::kContent:
          has_contents = has_contents || field.content.size() > 0;
          break;
        default:
          break;
      }
    }
    return has_contents;
  }

  Script script_;
  absl::btree_map<std::uint64_t, std::uint64_t> ends_;  // ends_[stream]: one past what was sent
};

}  // namespace

extern const FaultKind kColludeFault = {
    .name = "collude",
    .meaning =
        "The targets, of one cluster or several, lie together: those that receive acknowledge "
        "what those that send know to exist, and contents go from one of them to another only.",
    .changed = "Messages that were not sent, and acknowledgements that say something else.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Collude>,
    .act = ActBy<ColludeActor, Collude>};

}  // namespace lockstep::sim
