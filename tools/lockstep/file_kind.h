// Kinds of files: who is handed one where another is wanted says which command takes it, and who
// takes several finds out which one it is.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace lockstep::cli {

// Kinds by the key that each has at its top: "lockstep", "lockstep_sweep", "lockstep_figure".
// Refuses a document that says it is of another kind than `wanted`; one that says nothing passes,
// since its reader has better words for that.
absl::Status CheckKind(const nlohmann::json& document, const std::string& wanted,
                       const std::string& file);

// What the first bytes of a file say that it is.
enum class FileKind : std::uint8_t {
  kResults,   // of a sweep: SQLite
  kTrace,     // packed, too
  kDocument,  // JSON of any other kind
};

// A file whose first bytes were looked at. What can be read only once, such as a pipe, stays open,
// so that its writer does not take its reader for gone; whoever reads on is told what was taken.
class FileHead {
 public:
  // "-" is standard input, which nobody has read before. Errors name the file: it cannot be read,
  // or is of no known kind.
  static absl::StatusOr<FileHead> Read(const std::string& path);
  ~FileHead();
  FileHead(FileHead&& other) noexcept;
  FileHead& operator=(FileHead&&) = delete;
  FileHead(const FileHead&) = delete;
  FileHead& operator=(const FileHead&) = delete;

  FileKind kind() const { return kind_; }
  // The bytes that who opens the file by its name does not get any more.
  const std::string& taken() const { return taken_; }
  // All of it, at most 64 MiB; once.
  absl::StatusOr<std::string> ReadAll();

 private:
  FileHead(std::string path, int file) : path_(std::move(path)), file_(file) {}
  // Appends what there is, until `head` has so many bytes or the file ends.
  absl::Status Append(std::string& head, std::size_t most) const;
  absl::Status FindKind(const std::string& head);

  std::string path_;
  int file_;  // -1: moved from
  FileKind kind_ = FileKind::kDocument;
  bool is_regular_ = false;
  std::string taken_;
};

}  // namespace lockstep::cli
