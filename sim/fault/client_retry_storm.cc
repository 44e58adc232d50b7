// `client_retry_storm`: clients send each request again and again, all at once.

#include "sim/fault/engine/requests.h"

namespace lockstep::sim {
namespace {

struct ClientRetryStorm final : FaultBody {
  std::uint64_t copies = 3;

  void Describe(core::Keys& keys, const HostNames&) override {
    keys.Integer({"copies", "Of each request, beside itself."}, copies, {1, 1'000});
  }
};

class ClientRetryStormActor final : public FaultActor {
 public:
  ClientRetryStormActor(const FaultScene& scene, std::size_t index, const ClientRetryStorm& storm)
      : FaultActor(scene, index), copies_(storm.copies) {}
  bool OnSend(const SendCase& send) override {
    if (!IsRequest(scene(), send)) return true;
    Touch();
    for (std::uint64_t i = 0; i < copies_; ++i) send.Add(send.send.payload, send.marks);
    Change(send.now, copies_);
    return true;
  }

 private:
  std::uint64_t copies_;
};

}  // namespace

extern const FaultKind kClientRetryStormFault = {
    .name = "client_retry_storm",
    .meaning = "Clients on the host send each request several times at once.",
    .changed = "Requests that were sent besides.",
    .family = "load",
    .takes = Takes::kTarget,
    .points = Points::kSends,
    .body = MakeBody<ClientRetryStorm>,
    .act = ActBy<ClientRetryStormActor, ClientRetryStorm>};

}  // namespace lockstep::sim
