// `mutate`: a number of a host's messages is another one.
//
// Source: the small-scope mutations of ByzzFuzz (Winter et al., 2023): a changed value is near the
// one that it replaces, or one that was seen before.

#include <string>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

enum class Operation : std::uint8_t { kInc, kDec, kSet, kSwap, kCopyPrevious };

struct Mutate final : FaultBody {
  std::string path;
  Operation operation = Operation::kInc;
  std::uint64_t value = 0;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kOperations[] = {
        {"inc", "one more."},
        {"dec", "one less, and 0 stays."},
        {"set", "`value`."},
        {"swap", "that of the next field of this path in the message, and the reverse."},
        {"copy_previous", "that of the message before in which the host said one."}};
    keys.Text(core::Required("field",
                             "A number, by its path in the protocol's MessageFields, such "
                             "as \"ack.cumulative\"."),
              path);
    keys.Choice({"op", "What it becomes."}, operation, kOperations);
    keys.Only(operation == Operation::kSet, {"op", "set"}, [&](core::Keys& set) {
      set.Integer(core::Required("value", "Said in its place."), value, {});
    });
  }
  std::string_view field() const override { return path; }
};

class MutateActor final : public FaultActor {
 public:
  MutateActor(const FaultScene& scene, std::size_t index, const Mutate& mutate)
      : FaultActor(scene, index), mutate_(mutate) {}
  bool OnSend(const SendCase& send) override {
    const bool is_changed = Rewrite(scene(), index(), send,
                                    [&](const core::TypeSpec& type, core::FieldedMessage& message) {
                                      return Mutated(type, message);
                                    });
    if (is_changed) Change(send.now);
    return true;
  }

 private:
  bool Mutated(const core::TypeSpec& type, core::FieldedMessage& message) {
    bool is_changed = false;
    core::Field* before = nullptr;  // of this message, to be swapped with
    for (core::Field& field : message.fields) {
      if (core::Path(type, field.spec) != mutate_.path) continue;
      Touch();
      const std::uint64_t honest = field.values.first;
      if (mutate_.operation == Operation::kSwap) {
        if (before != nullptr) std::swap(before->values.first, field.values.first);
        is_changed = is_changed || before != nullptr;
        before = before == nullptr ? &field : nullptr;
      } else {
        field.values.first = Changed(honest);
      }
      previous_ = honest;
      is_changed = is_changed || field.values.first != honest;
    }
    return is_changed;
  }
  std::uint64_t Changed(std::uint64_t honest) const {
    switch (mutate_.operation) {
      case Operation::kInc:
        return honest + 1;
      case Operation::kDec:
        return honest == 0 ? 0 : honest - 1;
      case Operation::kSet:
        return mutate_.value;
      case Operation::kCopyPrevious:
        return previous_.value_or(honest);
      case Operation::kSwap:
        break;
    }
    return honest;
  }

  const Mutate& mutate_;
  std::optional<std::uint64_t> previous_;
};

}  // namespace

extern const FaultKind kMutateFault = {
    .name = "mutate",
    .meaning = "A number of the host's messages is replaced, and they are signed with its own key.",
    .changed = "Messages that say something else.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<Mutate>,
    .act = ActBy<MutateActor, Mutate>};

}  // namespace lockstep::sim
