// Batches as bytes: see batch.h.

#include "protocols/chora/batch.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "protocols/core/check.h"
#include "protocols/core/little_endian.h"

namespace lockstep::chora {
namespace {

// Appends numbers to memory that has been made for them.
class Writer {
 public:
  explicit Writer(char* out) : out_(out) {}
  template <std::size_t kBytes>
  void Put(std::uint64_t value) {
    core::StoreLittle<kBytes>(value, out_);
    out_ += kBytes;
  }

 private:
  char* out_;
};

template <std::size_t kBytes>
std::uint64_t Get(std::string_view raw, std::uint64_t at) {
  return core::LoadLittle<kBytes>(raw.data() + at);
}

// Numbers, and the contents behind them. Contents are all literal or all filler but for tests, and
// each kind can be put together at one go.
core::Bytes Joined(std::string numbers, std::span<const Command> commands) {
  const auto is_literal = [](const Command& command) {
    return command.content.literal().size() == command.content.size();
  };
  const auto is_filler = [](const Command& command) { return command.content.literal().empty(); };
  if (std::all_of(commands.begin(), commands.end(), is_literal)) {
    for (const Command& command : commands) numbers.append(command.content.literal());
    return core::Bytes::Of(std::move(numbers), {});
  }
  if (std::all_of(commands.begin(), commands.end(), is_filler)) {
    std::vector<core::FillerRun> runs;
    runs.reserve(commands.size());
    for (const Command& command : commands) command.content.AppendFillerTo(runs);
    return core::Bytes::Of(std::move(numbers), std::move(runs));
  }
  core::BytesBuilder builder;
  builder.Append(numbers);
  for (const Command& command : commands) builder.Append(command.content);
  return builder.Take();
}

}  // namespace

core::Bytes Batch::Encode(std::span<const Reconf> reconfs, std::span<const Command> commands) {
  CHECK(reconfs.size() <= kReconfsMax);
  CHECK(commands.size() <= kCommandsMax);
  const std::uint64_t size = commands.empty() ? 0 : commands[0].content.size();
  const bool is_uniform = std::all_of(commands.begin(), commands.end(),
                                      [&](const Command& c) { return c.content.size() == size; });
  std::string numbers(BytesOf(reconfs.size(), commands.size(), 0, is_uniform), '\0');
  Writer writer(numbers.data());
  writer.Put<2>(commands.size());
  writer.Put<1>(reconfs.size());
  writer.Put<2>(is_uniform ? size : kSizesDiffer);
  for (const Reconf& reconf : reconfs) {
    writer.Put<1>(reconf.lane);
    writer.Put<1>(reconf.is_on ? 1 : 0);
    writer.Put<8>(reconf.epoch);
  }
  for (const Command& command : commands) {
    writer.Put<8>(command.client.value());
    writer.Put<8>(command.id.value());
    writer.Put<8>(command.low);
  }
  if (!is_uniform) {
    for (const Command& command : commands) writer.Put<2>(command.content.size());
  }
  return Joined(std::move(numbers), commands);
}

bool Batch::IsValid(const core::Bytes& bytes, std::uint32_t lanes) {
  if (bytes.size() < kHeadBytes) return false;
  const Batch batch(bytes);
  if (batch.commands_ > kCommandsMax || batch.reconfs_ > kReconfsMax) return false;
  if (bytes.size() < batch.ContentsBegin()) return false;
  std::uint64_t contents = batch.commands_ * batch.size_;
  if (batch.size_ == kSizesDiffer) {
    contents = 0;
    for (std::uint64_t i = 0; i < batch.commands_; ++i) contents += batch.SizeAt(i);
  }
  if (bytes.size() != batch.ContentsBegin() + contents) return false;
  for (std::uint64_t i = 0; i < batch.commands_; ++i) {
    const Head head = batch.HeadAt(i);
    if (head.low > head.id.value()) return false;
  }
  const std::vector<Reconf> reconfs = batch.Reconfs();
  return std::all_of(reconfs.begin(), reconfs.end(),
                     [&](const Reconf& reconf) { return reconf.lane < lanes; });
}

Batch::Batch(const core::Bytes& bytes) : bytes_(bytes), numbers_(bytes.literal()) {
  CHECK(bytes.size() >= kHeadBytes);
  ReadNumbers(kHeadBytes);
  commands_ = Get<2>(numbers_, 0);
  reconfs_ = Get<1>(numbers_, 2);
  size_ = Get<2>(numbers_, 3);
  if (bytes.size() >= ContentsBegin()) ReadNumbers(ContentsBegin());
}

void Batch::ReadNumbers(std::uint64_t size) {
  if (numbers_.size() >= size) return;
  written_out_ = bytes_.Slice(0, size).ToString();
  numbers_ = written_out_;
}

std::vector<Reconf> Batch::Reconfs() const {
  std::vector<Reconf> reconfs;
  for (std::uint64_t i = 0; i < reconfs_; ++i) {
    const std::uint64_t at = kHeadBytes + i * kReconfBytes;
    reconfs.push_back({static_cast<std::uint32_t>(Get<1>(numbers_, at)),
                       Get<1>(numbers_, at + 1) != 0, Get<8>(numbers_, at + 2)});
  }
  return reconfs;
}

Batch::Head Batch::HeadAt(std::uint64_t index) const {
  const std::uint64_t at = HeadsBegin() + index * kCommandBytes;
  return {core::ClientId(Get<8>(numbers_, at)), core::RequestId(Get<8>(numbers_, at + 8)),
          Get<8>(numbers_, at + 16)};
}

std::uint64_t Batch::SizeAt(std::uint64_t index) const {
  return size_ == kSizesDiffer ? Get<2>(numbers_, SizesBegin() + kSizeBytes * index) : size_;
}

}  // namespace lockstep::chora
