// Traces that gzip or zstd has packed: read as what was packed, refused where they are not whole.

#include <cstddef>
#include <string>
#include <vector>

#include "sim/trace/line_source.h"
#include "sim/trace/unpack.h"
#include "tests/sim/trace/trace_files.h"
#include "zlib.h"
#include "zstd.h"

// The last include: see there.
#include "tests/support/doctest.h"

namespace lockstep::trace {
namespace {

std::string Gzipped(const std::string& text) {
  std::string packed(compressBound(static_cast<uLong>(text.size())) + 32, '\0');
  z_stream stream{};
  constexpr int kWithHeader = 16;
  REQUIRE(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + kWithHeader, 8, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  std::string copy = text;
  stream.next_in = reinterpret_cast<Bytef*>(copy.data());
  stream.avail_in = static_cast<uInt>(copy.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

std::string Zstded(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

TEST_CASE("packed: a trace that ends in .zst is packed, and read back as it was") {
  const Folder folder;
  REQUIRE(WriteTrace(folder.File("t"), EveryKind()).ok());
  REQUIRE(WriteTrace(folder.File("t.zst"), EveryKind()).ok());
  CHECK(folder.Names() == std::vector<std::string>{"t", "t.zst"});
  const std::string plain = Slurp(folder.File("t"));
  const std::string packed = Slurp(folder.File("t.zst"));
  CHECK(packed.size() < plain.size() / 2);
  std::string unpacked(plain.size() + 1, '\0');
  unpacked.resize(ZSTD_decompress(unpacked.data(), unpacked.size(), packed.data(), packed.size()));
  CHECK(unpacked == plain);
  const auto events = ReadTrace(folder.File("t.zst"));
  REQUIRE_MESSAGE(events.ok(), events.status());
  CHECK(*events == EveryKind());
}

TEST_CASE("packed: what gzip and zstd write is read, by its first bytes and under any name") {
  const Folder folder;
  const std::string plain = Slurp(kData + "every_kind.jsonl");
  const std::string head = plain.substr(0, 1000);
  const std::string rest = plain.substr(1000);
  const std::vector<std::string> wholes = {Gzipped(plain), Zstded(plain),
                                           // As `cat a.gz b.gz` joins them.
                                           Gzipped(head) + Gzipped(rest),
                                           Zstded(head) + Zstded(rest)};
  for (const std::string& whole : wholes) {
    Spill(folder.File("t"), whole);
    const auto events = ReadTrace(folder.File("t"));
    REQUIRE_MESSAGE(events.ok(), events.status());
    CHECK(*events == EveryKind());
  }
}

TEST_CASE("packed: a file that was cut or damaged anywhere is refused by name") {
  const Folder folder;
  const std::string plain = Slurp(kData + "every_kind.jsonl");
  for (const std::string& whole : {Gzipped(plain), Zstded(plain)}) {
    for (std::size_t at = 0; at < whole.size(); at += 7) {
      Spill(folder.File("t"), whole.substr(0, at));
      const absl::Status cut = ReadTrace(folder.File("t")).status();
      CAPTURE(at);
      CAPTURE(cut);
      CHECK(Contains(cut, folder.File("t") + ":"));
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
      Spill(folder.File("t"), damaged);
      // The header of gzip holds bytes that say nothing of what was packed.
      const auto read = ReadTrace(folder.File("t"));
      if (read.ok()) CHECK(*read == EveryKind());
    }
    Spill(folder.File("t"), whole.substr(0, whole.size() - 1));
    CHECK(Contains(ReadTrace(folder.File("t")).status(), "cut short: want all of the file"));
    Spill(folder.File("t"), whole + "more");
    CHECK_FALSE(ReadTrace(folder.File("t")).ok());
  }
}

TEST_CASE("packed: a small file that unpacks to a large one is refused") {
  const Folder folder;
  const std::string first = "{\"lockstep_trace\":2}\n";
  std::string many = first;
  const std::string line = "{\"t\":0,\"i\":0,\"k\":\"metric\",\"n\":0}\n";
  while (many.size() <= 2 * kUnpackedFree) many += line;
  // gzip packs nothing more than a thousandfold.
  Spill(folder.File("t"), Zstded(many));
  CHECK(Contains(ReadTrace(folder.File("t")).status(), "times as large unpacked: no trace is"));
  // One line without an end.
  Spill(folder.File("t"), first + std::string(LineSource::kLineMax + 1, ' '));
  CHECK(Contains(ReadTrace(folder.File("t")).status(), ":2: want a line of at most 32 MiB"));
}

TEST_CASE("packed: a trace is not written to a name that says gzip") {
  const Folder folder;
  const auto writer = JsonLinesWriter::Open(folder.File("t.jsonl.gz"), Recipe(), kAllKinds);
  CHECK(Contains(writer.status(), "want a name that ends in .zst"));
  CHECK(folder.Names().empty());
}

}  // namespace
}  // namespace lockstep::trace
