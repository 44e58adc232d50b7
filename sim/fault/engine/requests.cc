// Requests: see requests.h.

#include "sim/fault/engine/requests.h"

#include "protocols/core/request.h"
#include "sim/derive.h"

namespace lockstep::sim {

bool IsRequest(const FaultScene& scene, const SendCase& send) {
  const core::FieldedMessage* message = scene.deriver.Read(send.host, send.send.payload);
  if (message == nullptr) return false;
  return scene.deriver.TypeOf(send.host, *message).name == core::kRequestType;
}

}  // namespace lockstep::sim
