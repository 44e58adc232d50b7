// `withhold`: a host's votes and acknowledgements flow, the payloads do not.

#include <algorithm>

#include "sim/derive.h"
#include "sim/fault/engine/actor.h"

namespace lockstep::sim {
namespace {

class WithholdActor final : public FaultActor {
 public:
  using FaultActor::FaultActor;
  bool OnSend(const SendCase& send) override {
    if (!CarriesContent(send)) return true;
    Touch();
    Change(send.now);
    return false;
  }

 private:
  bool CarriesContent(const SendCase& send) {
    const core::FieldedMessage* message = scene().deriver.Read(send.host, send.send.payload);
    if (message == nullptr) return false;
    const core::TypeSpec& type = scene().deriver.TypeOf(send.host, *message);
    return std::ranges::any_of(message->fields, [&](const core::Field& field) {
      return type.fields[field.spec].role == core::Role::kContent && field.content.size() > 0;
    });
  }
};

}  // namespace

extern const FaultKind kWithholdFault = {
    .name = "withhold",
    .meaning =
        "The host does not send messages that carry contents, as far as `link` and `msg` "
        "select them; votes and acknowledgements by themselves flow.",
    .changed = "Messages that it did not send.",
    .family = "byzantine",
    .takes = Takes::kTarget | Takes::kLink | Takes::kMessage,
    .points = Points::kSends,
    .spends = Spends::kU,
    .act = ActBy<WithholdActor>};

}  // namespace lockstep::sim
