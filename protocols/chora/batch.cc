// Batches as bytes: see batch.h.

#include "protocols/chora/batch.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "protocols/core/check.h"

namespace lockstep::chora {
namespace {

void Put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <std::size_t kBytes>
std::uint64_t Get(const std::uint8_t* raw) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kBytes; ++i) value |= std::uint64_t{raw[i]} << (8 * i);
  return value;
}

// Reads a number of kBytes at `at`, which must be inside; numbers stand among the literal bytes in
// all but damaged messages.
template <std::size_t kBytes>
std::uint64_t Read(const core::Bytes& bytes, std::uint64_t at) {
  std::array<std::uint8_t, kBytes> raw;
  bytes.CopyTo(at, raw);
  return Get<kBytes>(raw.data());
}

}  // namespace

core::Bytes Batch::Encode(std::span<const Reconf> reconfs, std::span<const Command> commands) {
  CHECK(reconfs.size() <= kReconfsMax);
  CHECK(commands.size() <= kCommandsMax);
  const std::uint64_t size = commands.empty() ? 0 : commands[0].content.size();
  const bool is_uniform = std::all_of(commands.begin(), commands.end(),
                                      [&](const Command& c) { return c.content.size() == size; });
  std::string numbers;
  numbers.reserve(BytesMax(commands.size(), is_uniform ? size : 0));
  Put(numbers, commands.size(), 2);
  Put(numbers, reconfs.size(), 1);
  Put(numbers, is_uniform ? size : kSizesDiffer, 2);
  for (const Reconf& reconf : reconfs) {
    Put(numbers, reconf.lane, 1);
    Put(numbers, reconf.is_on ? 1 : 0, 1);
    Put(numbers, reconf.epoch, 8);
  }
  for (const Command& command : commands) {
    Put(numbers, command.client.value(), 8);
    Put(numbers, command.id.value(), 8);
    Put(numbers, command.low, 8);
  }
  if (!is_uniform) {
    for (const Command& command : commands) Put(numbers, command.content.size(), 2);
  }
  core::BytesBuilder builder;
  builder.Append(numbers);
  for (const Command& command : commands) builder.Append(command.content);
  return builder.Take();
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

Batch::Batch(const core::Bytes& bytes) : bytes_(bytes) {
  std::array<std::uint8_t, kHeadBytes> raw;
  bytes.CopyTo(0, raw);
  commands_ = Get<2>(raw.data());
  reconfs_ = raw[2];
  size_ = Get<2>(raw.data() + 3);
}

std::vector<Reconf> Batch::Reconfs() const {
  std::vector<Reconf> reconfs;
  for (std::uint64_t i = 0; i < reconfs_; ++i) {
    const std::uint64_t at = kHeadBytes + i * kReconfBytes;
    reconfs.push_back({static_cast<std::uint32_t>(Read<1>(bytes_, at)),
                       Read<1>(bytes_, at + 1) != 0, Read<8>(bytes_, at + 2)});
  }
  return reconfs;
}

Batch::Head Batch::HeadAt(std::uint64_t index) const {
  std::array<std::uint8_t, kCommandBytes> raw;
  bytes_.CopyTo(HeadsBegin() + index * kCommandBytes, raw);
  return {core::ClientId(Get<8>(raw.data())), core::RequestId(Get<8>(raw.data() + 8)),
          Get<8>(raw.data() + 16)};
}

std::uint64_t Batch::SizeAt(std::uint64_t index) const {
  return size_ == kSizesDiffer ? Read<2>(bytes_, SizesBegin() + 2 * index) : size_;
}

}  // namespace lockstep::chora
