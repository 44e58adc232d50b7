// The parameters of Picsou: see keys.h.
//
// Names and letters are those of the Picsou paper, section 4, and of its artifact.

#include "protocols/picsou/keys.h"

namespace lockstep::picsou {
namespace {

void DescribeWire(core::Keys& keys, WireSizes& wire) {
  constexpr std::uint64_t kPaddingMax = 1U << 20;
  constexpr std::uint64_t kWordMax = 1U << 10;
  keys.Integer({"record_bytes", "Of each message in a batch, beside its content."},
               wire.record_bytes, {0, kPaddingMax});
  keys.Integer({"batch_bytes", "Of each batch, its authenticator included."}, wire.batch_bytes,
               {0, kPaddingMax});
  keys.Integer({"phi_word_bytes", "Of each 64 messages that the φ-list covers."},
               wire.phi_word_bytes, {0, kWordMax});
}

}  // namespace

void Describe(core::Keys& keys, Config& config) {
  constexpr std::uint64_t kPhiMax = 1U << 24;
  constexpr std::uint64_t kWindowMax = 1U << 30;
  keys.Integer({"phi",
                "Length of the φ-list, the selective acknowledgements behind each cumulative one, "
                "in messages."},
               config.phi, {0, kPhiMax});
  keys.Size({"batch_bytes", "A batch is sent when it holds so much."}, config.batch_bytes);
  keys.Time({"batch_delay", "A batch is sent when it is so old."}, config.batch_delay);
  keys.Integer({"quack_window", "W_q: messages that may be sent above the QUACK."},
               config.quack_window, {1, kWindowMax});
  keys.Integer({"ack_window",
                "W_a: batches that may be sent while the own cumulative acknowledgement stands "
                "still.",
                false, "no such window"},
               config.ack_window, {0, kWindowMax});
  keys.Period({"noop_delay",
               "After so long without a send, an empty batch (a no-op) carries the "
               "acknowledgement."},
              config.noop_delay);
  keys.Period({"max_delay",
               "After so long without a send, a message may pass a window that is "
               "closed."},
              config.max_delay);
  keys.Time({"repeat_interval",
             "A repeated acknowledgement complains only so long after the "
             "first."},
            config.repeat_interval);
  keys.Object({"wire",
               "Padding, so that messages are as long as those of the implementation whose "
               "figures are reproduced."},
              [&](core::Keys& wire) { DescribeWire(wire, config.wire); });
}

}  // namespace lockstep::picsou
