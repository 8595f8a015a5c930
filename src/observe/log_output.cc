// SPDX-License-Identifier: MIT
#include "observe/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

#include "util/text.h"

namespace gateway {
namespace {

static_assert(LogOutput::kMaxLine <= PIPE_BUF);

Error failure(std::string_view place, int error_number) {
  return Error{std::string(place) + ": " + errno_text(error_number)};
}

}  // namespace

Result<LogOutput> LogOutput::open(std::string_view target) {
  LogOutput output;
  if (target == "off") return output;
  Status opened = ok();
  if (target == "stdout") {
    opened = output.open_standard(STDOUT_FILENO, target);
  } else if (target == "stderr") {
    opened = output.open_standard(STDERR_FILENO, target);
  } else {
    output.path_ = target;
    opened = output.open_path();
  }
  if (!opened) return std::move(opened).error();
  return output;
}

Status LogOutput::open_path() {
  // O_NONBLOCK is for names of pipes and devices: without it the open itself can block.
  constexpr int kFlags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  UniqueFd fd(::open(path_.c_str(), kFlags, 0640));
  struct stat facts {};
  if (!fd.is_open() || ::fstat(fd.get(), &facts) != 0) {
    return failure("log file " + path_, errno);
  }
  flush();
  kind_ = S_ISREG(facts.st_mode) ? Kind::File : Kind::Pipe;
  fd_ = std::move(fd);
  return hand_over();
}

Status LogOutput::open_standard(int fd, std::string_view name) {
  struct stat facts {};
  if (::fstat(fd, &facts) != 0) return failure(name, errno);
  kind_ = S_ISREG(facts.st_mode) ? Kind::File : S_ISSOCK(facts.st_mode) ? Kind::Socket : Kind::Pipe;
  if (kind_ == Kind::File) {
    // Whoever else writes through the inherited description (the shell, a later command) has an
    // offset of its own and would write over our lines; GNU make does the same.
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_APPEND);
  }
  if (kind_ != Kind::Socket) {
    // A description of our own: O_NONBLOCK set on the inherited one would surprise the shell, or
    // whoever else writes to the same pipe.
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    fd_.reset(::open(self.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  }
  if (!fd_.is_open()) {
    may_block_ = kind_ == Kind::Pipe;
    fd_.reset(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
  }
  return fd_.is_open() ? ok() : failure(name, errno);
}

void LogOutput::append(std::string_view lines) {
  if (is_off()) return;
  if (queue_.size() + lines.size() > kCapacity) {
    dropped_ += static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n'));
    return;
  }
  queue_.append(lines);
  if (queue_.size() >= flush_at_) flush();
}

void LogOutput::flush() {
  std::size_t written = 0;
  while (written < queue_.size()) {
    const std::string_view waiting = std::string_view(queue_).substr(written);
    const std::ptrdiff_t count = write_some(waiting.substr(0, next_piece(waiting)));
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  queue_.erase(0, written);
  flush_at_ = queue_.size() + kBatch;  // while nothing moves, not one system call per line
}

// How much of `waiting` one write takes. The queue ends with a whole line, always.
std::size_t LogOutput::next_piece(std::string_view waiting) const {
  if (kind_ == Kind::File || waiting.size() <= PIPE_BUF) return waiting.size();
  // Not rfind(), which goes byte by byte: 220 instructions for each line of a log in a pipe.
  const auto* last = static_cast<const char*>(::memrchr(waiting.data(), '\n', PIPE_BUF));
  return last == nullptr ? PIPE_BUF : static_cast<std::size_t>(last - waiting.data()) + 1;
}

// Never blocks, but for a pipe that may block and was filled by another writer since it was asked.
std::ptrdiff_t LogOutput::write_some(std::string_view bytes) {
  if (may_block_) {
    pollfd ready{fd_.get(), POLLOUT, 0};
    if (::poll(&ready, 1, 0) <= 0) return -1;
  }
  std::ptrdiff_t count = -1;
  do {
    count = kind_ == Kind::Socket
                ? ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL)
                : ::write(fd_.get(), bytes.data(), bytes.size());
  } while (count < 0 && errno == EINTR);
  return count;
}

Status LogOutput::give_to(uid_t user, gid_t group) {
  owner_ = {user, group};
  return path_.empty() ? ok() : hand_over();
}

// A file that was root's before, because somebody made it so, is handed over too: workers could not
// open it anew otherwise.
Status LogOutput::hand_over() {
  if (!owner_ || kind_ != Kind::File || ::geteuid() != 0) return ok();
  if (::fchown(fd_.get(), owner_->user, owner_->group) == 0) return ok();
  return failure("log file " + path_, errno);
}

Status LogOutput::reopen() { return path_.empty() ? ok() : open_path(); }

void LogOutput::after_fork() {
  queue_.clear();
  flush_at_ = kBatch;
  dropped_ = 0;
}

}  // namespace gateway
