// The parameters of the baselines: see keys.h.

#include "protocols/c3b/keys.h"

namespace lockstep::c3b {
namespace {

constexpr core::Option kLeaderVariants[] = {
    {"paper", "Replica 0 alone sends across."},
    {"artifact", "Each replica i sends the whole stream to replica i; replica 0 alone passes it on."}};

void DescribeLeader(core::Keys& keys, Config& config) {
  keys.Choice({"variant", "Whose reading of the pattern."}, config.variant, kLeaderVariants);
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
