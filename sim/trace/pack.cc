// libzstd at its usual level, with its checksum: see pack.h.

#include "sim/trace/pack.h"

#include <cstddef>

#include "protocols/core/check.h"
#include "zstd.h"

namespace lockstep::trace {

struct Packer::Stream {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ~Stream() { ZSTD_freeCCtx(context); }
};

Packer::Packer() : stream_(std::make_unique<Stream>()) {
  CHECK(stream_->context != nullptr);
  ZSTD_CCtx_setParameter(stream_->context, ZSTD_c_checksumFlag, 1);
}
Packer::~Packer() = default;

std::string_view Packer::Pack(std::string_view bytes, bool is_last) {
  ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
  const std::size_t step = ZSTD_CStreamOutSize();
  std::size_t used = 0;
  while (true) {
    packed_.resize(used + step);
    ZSTD_outBuffer to{packed_.data(), packed_.size(), used};
    const std::size_t left =
        ZSTD_compressStream2(stream_->context, &to, &from, is_last ? ZSTD_e_end : ZSTD_e_continue);
    CHECK(!ZSTD_isError(left));
    used = to.pos;
    if (is_last ? left == 0 : from.pos == from.size) break;
  }
  return std::string_view(packed_).substr(0, used);
}

}  // namespace lockstep::trace
