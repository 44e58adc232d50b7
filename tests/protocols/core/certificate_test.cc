// Certificates: who has to have signed what, and what is none.

#include "protocols/core/certificate.h"

#include <cstdint>
#include <vector>

#include "protocols/core/bytes.h"
#include "protocols/core/run.h"
#include "sim/keys.h"
#include "tests/support/notary.h"

// Last: CHECK becomes doctest's.
#include "tests/support/doctest.h"

namespace lockstep::tests {
namespace {

using core::Certificate;
using core::Run;

constexpr std::uint64_t kEntryBytes = 50;
constexpr core::StreamId kProven(3);

core::Bytes EntriesOf(const Run& run) {
  return core::Bytes::Filler({4, run.first, run.stride, run.count, kEntryBytes, 0});
}

// Cluster of 7 hosts from 10 on, u = 2, r = 1: four have to sign.
struct Quorum {
  explicit Quorum(std::vector<std::uint32_t> stake = {}) {
    cluster = {"q", core::NodeId(10), 7, 2, 1, false, std::move(stake), {}};
  }
  core::StreamProofs Proofs() const { return {notary.certificates(), cluster, kProven}; }
  // What those of `signers`, a list of indices with repetitions, make of it with their own keys.
  Certificate SignedBy(const std::vector<std::uint64_t>& signers, const Run& run,
                       const core::Bytes& contents, std::uint64_t epoch = 0) const {
    Certificate certificate;
    certificate.epoch = epoch;
    const core::Committed entries{kProven, run, kEntryBytes, contents.Digest()};
    for (const std::uint64_t signer : signers) {
      certificate.signers.push_back({signer, 1, 1});
      const sim::Keys keys(kNotarySecret, cluster.Speaker(signer));
      certificate.tag =
          core::Folded(certificate.tag, keys.Sign(core::SignedDigest(entries, epoch)));
    }
    return certificate;
  }
  bool IsProven(const Certificate& certificate, const Run& run) const {
    return Proofs().IsProven(run, kEntryBytes, EntriesOf(run), certificate);
  }

  NotaryOf notary{core::NodeId(12)};
  core::Cluster cluster;
};

TEST_CASE("certificate: what a quorum has committed is proven, and nothing else is") {
  const Quorum quorum;
  const Run run{5, 9, 3};
  const Certificate certificate = quorum.Proofs().Certify(run, kEntryBytes, EntriesOf(run));
  CHECK(certificate.signers == std::vector<Run>{{0, 4, 1}});  // u + r + 1 of them
  CHECK(quorum.IsProven(certificate, run));
  for (const Run& another : {Run{6, 9, 3}, Run{5, 8, 3}, Run{5, 9, 1}}) {
    CHECK_FALSE(quorum.IsProven(certificate, another));
    CHECK_FALSE(quorum.Proofs().IsProven(another, kEntryBytes, EntriesOf(run), certificate));
  }
  CHECK_FALSE(quorum.Proofs().IsProven(run, kEntryBytes + 1, EntriesOf(run), certificate));
  CHECK_FALSE(quorum.Proofs().IsProven(run, kEntryBytes, core::Bytes::Copy("other"), certificate));
  Certificate changed = certificate;
  ++changed.epoch;
  CHECK_FALSE(quorum.IsProven(changed, run));
  changed = certificate;
  changed.tag.high ^= 1;
  CHECK_FALSE(quorum.IsProven(changed, run));
  changed = certificate;
  changed.signers[0].count = 5;
  CHECK_FALSE(quorum.IsProven(changed, run));
  const core::StreamProofs of_another(quorum.notary.certificates(), quorum.cluster,
                                      core::StreamId(4));
  CHECK_FALSE(of_another.IsProven(run, kEntryBytes, EntriesOf(run), certificate));
}

TEST_CASE("certificate: any four of the seven will do, three or one of them four times will not") {
  const Quorum quorum;
  const Run run{0, 2, 1};
  const core::Bytes contents = EntriesOf(run);
  CHECK(quorum.IsProven(quorum.SignedBy({1, 3, 4, 6}, run, contents), run));
  CHECK(quorum.IsProven(quorum.SignedBy({0, 1, 2, 3, 4, 5, 6}, run, contents), run));
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({}, run, contents), run));
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({4, 5, 6}, run, contents), run));
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({2, 2, 2, 2}, run, contents), run));
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({2, 4, 5, 5}, run, contents), run));
  // A list in another order is no list of ours.
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({1, 3, 6, 4}, run, contents), run));
  // Signed for another epoch, by its members: right in itself, and not of now.
  CHECK_FALSE(quorum.IsProven(quorum.SignedBy({1, 3, 4, 6}, run, contents, 1), run));
  Certificate outside = quorum.SignedBy({1, 3, 4}, run, contents);
  outside.signers.push_back({7, 1, 1});
  CHECK_FALSE(quorum.IsProven(outside, run));
}

TEST_CASE("certificate: signers count by stake") {
  const Quorum heavy({1, 1, 1, 4, 1, 1, 1});
  const Run run{0, 1, 1};
  CHECK(heavy.Proofs().Certify(run, kEntryBytes, EntriesOf(run)).signers ==
        std::vector<Run>{{0, 4, 1}});
  CHECK(heavy.IsProven(heavy.SignedBy({3}, run, EntriesOf(run)), run));
  CHECK_FALSE(heavy.IsProven(heavy.SignedBy({4, 5, 6}, run, EntriesOf(run)), run));
}

TEST_CASE("certificate: one of a run has one of every part, and a false one has none") {
  const Quorum quorum;
  const Run run{5, 9, 3};
  const core::StreamProofs proofs = quorum.Proofs();
  const Certificate whole = proofs.Certify(run, kEntryBytes, EntriesOf(run));
  for (const Run& part : {run.Part(0, 3), run.Part(4, 5), run.Part(8, 1), Run{8, 4, 6}}) {
    const Certificate of_part =
        proofs.Part(run, kEntryBytes, EntriesOf(run), whole, part, EntriesOf(part));
    CHECK(quorum.IsProven(of_part, part));
    CHECK_FALSE(quorum.IsProven(of_part, run));
    // Of contents that nobody has signed, or too few.
    const Certificate false_part =
        proofs.Part(run, kEntryBytes, core::Bytes::Copy("other"), whole, part, EntriesOf(part));
    CHECK_FALSE(quorum.IsProven(false_part, part));
    const Certificate weak = quorum.SignedBy({2, 2, 2, 2}, run, EntriesOf(run));
    CHECK_FALSE(quorum.IsProven(
        proofs.Part(run, kEntryBytes, EntriesOf(run), weak, part, EntriesOf(part)), part));
  }
}

}  // namespace
}  // namespace lockstep::tests
