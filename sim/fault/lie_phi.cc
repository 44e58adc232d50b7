// `lie_phi`: a host's φ-lists deny what it has, or claim what it has not.

#include <algorithm>

#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

enum class PhiMode : std::uint8_t { kClear, kSet };

struct LiePhi final : FaultBody {
  PhiMode mode = PhiMode::kClear;

  void Describe(core::Keys& keys, const HostNames&) override {
    static constexpr core::Option kModes[] = {
        {"clear", "nothing above the cumulative acknowledgement is held."},
        {"set", "all of it is, up to where the list judges."}};
    keys.Choice(core::Required("mode", "What it says."), mode, kModes);
  }
};

class LiePhiActor final : public FaultActor {
 public:
  LiePhiActor(const FaultScene& scene, std::size_t index, const LiePhi& lie)
      : FaultActor(scene, index), mode_(lie.mode) {}
  bool OnSend(const SendCase& send) override {
    const bool is_changed = Rewrite(scene(), index(), send,
                                    [&](const core::TypeSpec& type, core::FieldedMessage& message) {
                                      return Lie(type, message);
                                    });
    if (is_changed) Change(send.now);
    return true;
  }

 private:
  bool Lie(const core::TypeSpec& type, core::FieldedMessage& message) {
    const auto role = [&](const core::Field& field) { return type.fields[field.spec].role; };
    std::vector<core::Field> fields;
    std::uint64_t ack = 0;
    bool has_list = false;
    for (core::Field& field : message.fields) {
      if (role(field) == core::Role::kAck) ack = field.values.first;
      if (role(field) == core::Role::kPhi) continue;
      if (role(field) == core::Role::kPhiEnd) {
        has_list = true;
        AddClaim(type, ack, field, fields);
      }
      fields.push_back(std::move(field));
    }
    if (has_list) Touch();
    message.fields = std::move(fields);
    return has_list;
  }
  // All that is above what is acknowledged, in the group of the list's end.
  void AddClaim(const core::TypeSpec& type, std::uint64_t ack, const core::Field& end,
                std::vector<core::Field>& fields) const {
    if (mode_ == PhiMode::kClear || end.values.first <= ack) return;
    for (std::uint32_t spec = 0; spec < type.fields.size(); ++spec) {
      const core::FieldSpec& field = type.fields[spec];
      if (field.role != core::Role::kPhi || field.group != type.fields[end.spec].group) continue;
      fields.push_back(core::Field{spec, 0, core::Run{ack, end.values.first - ack, 1}, {}, {}});
      return;
    }
  }

  PhiMode mode_;
};

}  // namespace

extern const FaultKind kLiePhiFault = {
    .name = "lie_phi",
    .meaning = "The host's φ-lists are rewritten and signed with its own key.",
    .changed = "Messages whose φ-list says something else.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kUAndR,
    .body = MakeBody<LiePhi>,
    .act = ActBy<LiePhiActor, LiePhi>};

}  // namespace lockstep::sim
