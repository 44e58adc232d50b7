// The certificates of a replica, for tests: all of them are of one world.

#pragma once

#include <cstdint>

#include "protocols/core/certificate.h"
#include "protocols/core/ids.h"
#include "protocols/core/program.h"
#include "sim/keys.h"

namespace lockstep::tests {

inline constexpr std::uint64_t kNotarySecret = 77;

class NotaryOf {
 public:
  explicit NotaryOf(core::NodeId host)
      : keys_(kNotarySecret, core::SpeakerOf(host)), notary_(keys_) {}
  NotaryOf(const NotaryOf&) = delete;
  NotaryOf& operator=(const NotaryOf&) = delete;

  const core::Certificates& certificates() const { return notary_; }
  // The keys of that world, of one of its hosts.
  const sim::Keys& keys() const { return keys_; }

 private:
  sim::Keys keys_;
  sim::Notary notary_;
};

}  // namespace lockstep::tests
