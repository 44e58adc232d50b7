// The parameters of the File RSM: see keys.h.

#include "protocols/file/keys.h"

namespace lockstep::file {

void Describe(core::Keys& keys, Config& config) {
  constexpr std::uint64_t kMessageBytesMax = 1U << 30;
  constexpr std::uint64_t kRateMax = 1'000'000'000;
  keys.Integer(core::Required("message_bytes", "Size of each committed message, in bytes."),
               config.message_bytes, {1, kMessageBytesMax});
  keys.Integer({"rate", "Messages committed per second.", false, "as many as are read"},
               config.rate_per_s, {1, kRateMax});
  keys.Integer({"messages", "Messages in all, of a log with a rate.", false, "no end"},
               config.messages, {1, core::Log::kEndless - 1});
  // All of them at once would be a burst that no clock and no credit bounds.
  if (keys.ok() && config.messages > 0 && config.rate_per_s == 0)
    keys.FailWanted("messages", "a \"rate\" beside it, at which they are committed");
}

}  // namespace lockstep::file
