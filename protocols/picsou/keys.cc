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
  keys.Integer({"certificate_bytes",
                "Of each message that has a certificate, beside its content and record_bytes."},
               wire.certificate_bytes, {0, kPaddingMax});
  keys.Integer({"phi_word_bytes", "Of each 64 messages that the φ-list covers."},
               wire.phi_word_bytes, {0, kWordMax});
}

void DescribeRepeats(core::Keys& keys, Config& config) {
  constexpr core::Duration kLeftOut = core::Duration::Picoseconds(-1);
  core::Duration interval = kLeftOut;
  keys.Time(
      {"repeat_interval",
       "A repeated acknowledgement complains only so long after the first; 0 as in the paper.",
       false,
       "measured: the time to a QUACK and four times its deviation, at least a round of "
       "acknowledgements, doubled by each attempt"},
      interval);
  if (interval == kLeftOut) {
    config.ack_round = config.noop_delay * static_cast<std::int64_t>(config.own.size);
  } else {
    config.repeat_interval = interval;
  }
}

// What the artifact knows nothing of: it has no proofs, counts every repeat, never fetches, and has
// lengths of its own.
void DescribePaper(core::Keys& keys, Config& config) {
  constexpr std::uint64_t kWindowMax = 1U << 30;
  keys.Bool({"certificates",
             "Each message of a stream bears the proof that its cluster has committed it: an "
             "aggregate of signatures of replicas of u + r + 1. Receivers check it before they "
             "hold, pass on or acknowledge anything, and what peers of a cluster tell each other "
             "is authenticated, too. Figures do without: the paper's measurements, and its "
             "lengths, are of programs that check no proofs."},
            config.certificates);
  DescribeRepeats(keys, config);
  static constexpr core::Option kRemedies[] = {
      {"fetch", "fetches that from replicas of its own cluster."},
      {"advance", "goes past that, and never delivers it."}};
  keys.Choice({"remedy",
               "What a receiver does that was left behind: that lacks what a quorum has "
               "acknowledged. It"},
              config.remedy, kRemedies);
  keys.Only(config.remedy == Remedy::kFetch, {"remedy", "fetch"}, [&](core::Keys& fetch) {
    std::uint64_t retain = 0;
    fetch.Integer({"retain",
                   "Messages of the other's stream that are kept for peers that lack them. While "
                   "there is no room the own acknowledgement stands, unless as many peers have "
                   "them as may fail and lie.",
                   false, "2 quack_window"},
                  retain, {1, kWindowMax});
    if (retain > 0) config.retain = retain;
  });
  keys.Object({"wire",
               "Padding, so that messages are as long as those of the implementation whose "
               "figures are reproduced."},
              [&](core::Keys& wire) { DescribeWire(wire, config.wire); });
}

}  // namespace

void Describe(core::Keys& keys, Config& config) {
  constexpr std::uint64_t kPhiMax = 1U << 24;
  constexpr std::uint64_t kWindowMax = 1U << 30;
  static constexpr core::Option kRules[] = {
      {"paper", "the paper's, and what is decided here where it is silent."},
      {"artifact",
       "the published artifact's schedule, counting, flushing and lengths, defects included."}};
  keys.Choice({"rule", "Whose rule replicas follow:"}, config.rule, kRules);
  keys.Integer({"phi",
                "Length of the φ-list, the selective acknowledgements behind each cumulative one, "
                "in messages."},
               config.phi, {0, kPhiMax});
  keys.Size({"batch_bytes",
             "A batch is sent when it holds so much. The send buffer has room for one, with a "
             "message more and 1 MiB."},
            config.batch_bytes, {1});
  keys.Time({"batch_delay", "A batch is sent when it is so old."}, config.batch_delay);
  keys.Integer({"quack_window", "W_q: messages that may be sent above the QUACK."},
               config.quack_window, {1, kWindowMax});
  keys.Integer({"ack_window",
                "W_a: batches that may be sent while the own cumulative acknowledgement stands "
                "still.",
                false, "no such window"},
               config.ack_window, {0, kWindowMax});
  keys.Period({"noop_delay",
               "Each time an empty batch (a no-op) carries the acknowledgement to the next "
               "receiver, whatever else is sent."},
              config.noop_delay);
  keys.Period({"max_delay",
               "After so long without a send, a message may pass a window that is "
               "closed."},
              config.max_delay);
  if (config.rule == Rule::kArtifact) config.certificates = false;  // It checks none.
  keys.Only(config.rule == Rule::kPaper, {"rule", "paper"},
            [&](core::Keys& paper) { DescribePaper(paper, config); });
}

}  // namespace lockstep::picsou
