// `load_spike`: many more clients ask the same.

#include <utility>

#include "sim/fault/engine/requests.h"
#include "sim/fault/engine/rewrite.h"

namespace lockstep::sim {
namespace {

struct LoadSpike final : FaultBody {
  std::uint64_t factor = 2;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer(core::Required("factor", "So many times the requests."), factor, {2, 1'000});
  }
};

class LoadSpikeActor final : public FaultActor {
 public:
  LoadSpikeActor(const FaultScene& scene, std::size_t index, const LoadSpike& spike)
      : FaultActor(scene, index), factor_(spike.factor) {}
  bool OnSend(const SendCase& send) override {
    if (!IsRequest(scene(), send)) return true;
    Touch();
    for (std::uint64_t i = 1; i < factor_; ++i) {
      std::optional<core::Bytes> other =
          Rewritten(scene(), send, [&](const core::TypeSpec& type, core::FieldedMessage& message) {
            return OfOther(i, type, message);
          });
      if (other) send.Add(*std::move(other));
    }
    Change(send.now, factor_ - 1);
    return true;
  }

 private:
  // Clients of hosts are numbered from below: nobody else is called so.
  static bool OfOther(std::uint64_t number, const core::TypeSpec& type,
                      core::FieldedMessage& message) {
    for (core::Field& field : message.fields)
      if (type.fields[field.spec].role == core::Role::kClient)
        field.values.first = ~field.values.first - (number << 32);
    return true;
  }

  std::uint64_t factor_;
};

}  // namespace

extern const FaultKind kLoadSpikeFault = {
    .name = "load_spike",
    .meaning = "For each request of a client on the host others, who hear no answer, ask the same.",
    .changed = "Requests that were sent besides.",
    .family = "load",
    .takes = Takes::kTarget,
    .points = Points::kSends,
    .body = MakeBody<LoadSpike>,
    .act = ActBy<LoadSpikeActor, LoadSpike>};

}  // namespace lockstep::sim
