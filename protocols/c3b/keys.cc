// The parameters of the baselines: see keys.h.

#include "protocols/c3b/keys.h"

namespace lockstep::c3b {
namespace {

constexpr core::Option kLeaderVariants[] = {
    {"paper", "Replica 0 alone sends across."},
    {"artifact",
     "Each replica i sends the whole stream to replica i; replica 0 alone passes it on."}};

void DescribeLeader(core::Keys& keys, Config& config) {
  keys.Choice({"variant", "Whose reading of the pattern."}, config.variant, kLeaderVariants);
}

constexpr core::Option kOptimisticVariants[] = {
    {"paper", "A leader that sends nothing of what is committed is replaced by the next replica."},
    {"artifact", "There is no timer: a dead leader stops the stream."}};

void DescribeOptimistic(core::Keys& keys, Config& config) {
  // What fewer bytes would lose is more than a batch on its way.
  constexpr std::uint64_t kRetainLeast = 1U << 22;
  keys.Choice({"variant", "Whose reading of the pattern."}, config.variant, kOptimisticVariants);
  keys.Only(config.variant == Variant::kPaper, {"variant", "paper"}, [&](core::Keys& paper) {
    paper.Period({"timeout",
                  "A receiver that has got nothing for so long asks for it; when it has lacked for "
                  "so long what is known to be committed it asks for the next leader. More than a "
                  "message takes, or leaders are replaced that are only slow.",
                  false, "500ms, which is enough between continents"},
                 config.timeout);
    paper.Size({"retain", "Contents that a receiver keeps for peers that lack them."},
               config.retain, {kRetainLeast});
  });
}

}  // namespace

void Describe(core::Keys& keys, Config& config) {
  constexpr std::uint64_t kPaddingMax = 1U << 20;
  keys.Size({"batch_bytes",
             "A batch is sent when it holds so much. The send buffer has room for one, with a "
             "message more and 1 MiB."},
            config.batch_bytes, {1});
  keys.Time({"batch_delay", "A batch is sent when it is so old."}, config.batch_delay);
  if (config.pattern == Pattern::kLeader) DescribeLeader(keys, config);
  if (config.pattern == Pattern::kOptimistic) DescribeOptimistic(keys, config);
  keys.Object({"wire",
               "Padding, so that messages are as long as those of the implementation whose "
               "figures are reproduced."},
              [&](core::Keys& wire) {
                wire.Integer({"record_bytes", "Of each message in a batch, beside its content."},
                             config.wire.record_bytes, {0, kPaddingMax});
                wire.Integer({"batch_bytes", "Of each batch, its authenticator included."},
                             config.wire.batch_bytes, {0, kPaddingMax});
              });
}

}  // namespace lockstep::c3b
