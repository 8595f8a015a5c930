// SPDX-License-Identifier: MIT
//
// LogOutput: where log lines go, without ever blocking the process that writes them.
//
// Files    one O_APPEND write per batch, so lines of different workers never interleave.
// Pipes    and terminals are opened anew without blocking; whole lines, at most PIPE_BUF a
//          write; what a full pipe refuses waits in a bounded buffer, then lines are dropped
//          and counted.
// Sockets  (a journal) are written with MSG_DONTWAIT, under the same rules.
// Shared   opened by the master, inherited by every worker; each process has its own buffer.
// Errors   a failed write is a write that is tried again at the next flush; the process must
//          ignore SIGPIPE.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

class LogOutput {
 public:
  /// `target`: "stdout", "stderr", "off" or the path of a file (created with mode 0640).
  static Result<LogOutput> open(std::string_view target);

  /// Queues one or more whole lines (each ends with '\n'); writes when `kBatch` bytes wait.
  void append(std::string_view lines);
  /// Writes what is queued. What cannot be written now stays queued, up to `kCapacity`.
  void flush();
  /// Opens a file anew by its name (log rotation); nothing to do for the others. On failure the
  /// old file stays in use.
  Status reopen();
  /// From now on the file, and each that is opened in its place, belongs to the user who will have
  /// to open it again: a worker of a master that is root.
  Status give_to(uid_t user, gid_t group);
  /// In a new child: what is queued is the parent's to write, and the count starts again.
  void after_fork();

  bool is_off() const { return kind_ == Kind::Off; }
  std::uint64_t dropped_lines() const { return dropped_; }

  /// Longest line that pipes take whole; longer ones may be interleaved with other writers'.
  static constexpr std::size_t kMaxLine = 4096;
  static constexpr std::size_t kBatch = 60 << 10;
  static constexpr std::size_t kCapacity = 1 << 20;

 private:
  enum class Kind { Off, File, Pipe, Socket };
  LogOutput() = default;

  Status open_path();
  Status hand_over();
  Status open_standard(int fd, std::string_view name);
  std::size_t next_piece(std::string_view waiting) const;
  std::ptrdiff_t write_some(std::string_view bytes);

  Kind kind_ = Kind::Off;
  UniqueFd fd_;
  bool may_block_ = false;  ///< a pipe that could not be opened anew: ask before each write
  std::string path_;        ///< empty unless a file
  struct Owner {
    uid_t user;
    gid_t group;
  };
  std::optional<Owner> owner_;
  std::string queue_;
  std::size_t flush_at_ = kBatch;  ///< queue size at which append() writes
  std::uint64_t dropped_ = 0;
};

}  // namespace gateway
