// The File RSM: see file.h.

#include "protocols/file/file.h"

#include <algorithm>

#include "absl/numeric/int128.h"

#include "protocols/core/view.h"
#include "protocols/core/wire.h"

namespace lockstep::file {
namespace {

constexpr core::TimerId kGrow(0);
constexpr core::Duration kTick = core::Duration::Milliseconds(1);

// Entries committed after `elapsed`:  floor(rate * elapsed / 1 s)
std::uint64_t CommittedAfter(core::Duration elapsed, std::uint64_t rate_per_s) {
  const auto elapsed_ps = static_cast<std::uint64_t>(std::max<std::int64_t>(0, elapsed.ps()));
  return static_cast<std::uint64_t>(absl::uint128(rate_per_s) * elapsed_ps / 1'000'000'000'000U);
}

}  // namespace

void FileRsm::OnStart(const core::Now& now, std::span<const core::Bytes> saved,
                      core::Effects& out) {
  // What is torn is no view.
  for (const core::Bytes& record : saved) TakeView(now, record, /*saves=*/false, out);
  if (config_.rate_per_s == 0) {
    committed_ = core::Log::kEndless;
    if (reader_ != nullptr) reader_->OnCommitted(now, out);
    return;
  }
  // Clocks start anywhere, so the log grows from the first start on; the disk remembers which.
  began_ = now.monotonic();
  if (saved.empty()) {
    core::Encoder record;
    record.U64(static_cast<std::uint64_t>(began_.ps()));
    out.Save(record.Take());
  } else {
    core::Decoder record(saved.front());
    const auto saved_ps = static_cast<std::int64_t>(record.U64());
    if (record.ok() && record.remaining() == 0)
      began_ = core::Instant::FromPicoseconds(saved_ps);  // Else it was torn.
  }
  Grow(now, out);
}

void FileRsm::OnTimer(const core::Now& now, core::TimerId, core::Effects& out) { Grow(now, out); }

void FileRsm::Grow(const core::Now& now, core::Effects& out) {
  const std::uint64_t committed =
      std::min(end(), CommittedAfter(now.monotonic() - began_, config_.rate_per_s));
  if (committed < end()) out.SetTimer(kGrow, now.monotonic() + kTick);
  if (committed <= committed_) return;
  const core::Run fresh{committed_, committed - committed_, 1};
  committed_ = committed;
  out.Note({core::NoteKind::kCommitted, core::NodeId(), core::StreamId(), fresh, 0,
            Contents(fresh).Digest()});
  if (reader_ != nullptr) reader_->OnCommitted(now, out);
}

core::Entry FileRsm::At(core::SeqNo k) const {
  const core::Run position{k.value(), 1, 1};
  const core::Bytes content = Contents(position);
  return core::Entry{content, CertificateOf(position, content), k};
}

core::Extent FileRsm::Uniform(const core::Run& positions) const {
  return core::Extent{positions.count, config_.message_bytes};
}

core::Bytes FileRsm::Contents(const core::Run& positions) const {
  return contents_.Make(config_.generator, positions, config_.message_bytes);
}

std::optional<core::Certificate> FileRsm::CertificateOf(const core::Run& positions,
                                                        const core::Bytes& contents) const {
  if (!proofs_) return std::nullopt;
  return proofs_->Certify(positions, config_.message_bytes, contents);
}

// A log without consensus has no peers, and its clients change nothing.
void FileRsm::OnMessage(const core::Now&, core::NodeId from, const core::Bytes&,
                        core::Effects& out) {
  out.Note({core::NoteKind::kMalformed, from, core::StreamId(), core::Run{}, 0, 0});
}
void FileRsm::OnWritable(const core::Now&, core::NodeId, core::Effects&) {}
void FileRsm::TakeView(const core::Now& now, const core::Bytes& record, bool saves,
                       core::Effects& out) {
  const std::optional<core::View> view = core::DecodeView(record);
  if (!view || view->number <= view_) return;
  view_ = view->number;
  // Before anything is sent in it.
  if (saves) out.Save(record);
  if (reader_ != nullptr) reader_->OnView(now, *view, out);
}

void FileRsm::OnSubmit(const core::Now& now, core::ClientId client, core::RequestId id,
                       core::RequestId, const core::Bytes& request, core::Effects& out) {
  if (client != core::kViewService) return out.Reply(client, id, core::Bytes());
  TakeView(now, request, /*saves=*/true, out);
}

}  // namespace lockstep::file
