// SPDX-License-Identifier: MIT
#include "process/pid_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <optional>
#include <string_view>

#include "util/text.h"

namespace gateway {
namespace {

struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool lock(int file) {
  const struct flock wanted = whole_file();
  return fcntl(file, F_SETLK, &wanted) == 0;
}

bool is_locked_by_other(int file) {
  struct flock wanted = whole_file();
  return fcntl(file, F_GETLK, &wanted) == 0 && wanted.l_type != F_UNLCK;
}

bool is_file_at(int file, const std::string& path) {
  struct stat ours {};
  struct stat there {};
  return fstat(file, &ours) == 0 && lstat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

std::optional<pid_t> read_pid(int file) {
  std::array<char, 32> text{};
  const ssize_t length = pread(file, text.data(), text.size(), 0);
  if (length <= 0) return std::nullopt;
  const auto number = parse_decimal(trim({text.data(), static_cast<std::size_t>(length)}));
  if (number.value_or(0) < 1 || *number > std::uint64_t{std::numeric_limits<pid_t>::max()}) {
    return std::nullopt;
  }
  return static_cast<pid_t>(*number);
}

Error failed(std::string_view what, const std::string& path, int error) {
  return Error{"cannot " + std::string(what) + " the pid file " + path + ": " + errno_text(error)};
}

/// A locked file with our pid in it, under a name of its own.
Result<UniqueFd> write_draft(const std::string& path) {
  unlink(path.c_str());  // of a namesake that crashed here: our pid was its
  UniqueFd file(open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  const std::string text = std::to_string(getpid()) + "\n";
  if (!file.is_open() || !lock(file.get()) ||
      write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return failed("write", path, errno);
  }
  return file;
}

/// Empty, or with a pid in it: not somebody's data that --pid-file names by mistake.
bool is_pid_file(int file) {
  struct stat info {};
  return fstat(file, &info) == 0 && (info.st_size == 0 || read_pid(file));
}

/// Removes the file at `path` unless a live master has it.
Status remove_stale(const std::string& path) {
  UniqueFd file(open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (!file.is_open()) return errno == ENOENT ? ok() : failed("open", path, errno);
  if (!lock(file.get())) {
    const auto pid = read_pid(file.get());
    return Error{"another gateway is running" + (pid ? " with pid " + std::to_string(*pid) : "") +
                 ": it has the pid file " + path +
                 "; stop it, or give this one its own --pid-file or --runtime-dir"};
  }
  if (!is_pid_file(file.get())) {
    return Error{path + " is not a pid file; it is left alone, give another --pid-file"};
  }
  // Between open and lock somebody else may have put a new file there.
  if (is_file_at(file.get(), path) && unlink(path.c_str()) != 0) {
    return failed("remove", path, errno);
  }
  return ok();
}

}  // namespace

Result<PidFile> PidFile::create(const std::string& path) {
  const std::string draft = path + "." + std::to_string(getpid());
  auto file = write_draft(draft);
  if (!file) return std::move(file).error();
  Status status = ok();
  while (status && link(draft.c_str(), path.c_str()) != 0) {
    status = errno == EEXIST ? remove_stale(path) : failed("create", path, errno);
  }
  unlink(draft.c_str());
  if (!status) return std::move(status).error();
  return PidFile(path, *std::move(file));
}

PidFile& PidFile::operator=(PidFile&& other) noexcept {
  if (this != &other) {
    remove();
    path_ = std::move(other.path_);
    file_ = std::move(other.file_);
  }
  return *this;
}

Status PidFile::move_to(const std::string& path) {
  if (!is_held()) return ok();
  if (rename(path_.c_str(), path.c_str()) != 0) return failed("rename", path_, errno);
  path_ = path;
  return ok();
}

void PidFile::remove() {
  if (file_.is_open() && is_file_at(file_.get(), path_)) unlink(path_.c_str());
  file_.reset();
}

Result<pid_t> find_master(const std::string& path) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) {
    return Error{"no gateway is running: there is no pid file " + path +
                 "; if it runs elsewhere, give its --runtime-dir or --pid-file"};
  }
  if (!file.is_open()) return failed("open", path, errno);
  const auto pid = read_pid(file.get());
  if (!pid) return Error{"the pid file " + path + " holds no pid"};
  if (!is_locked_by_other(file.get())) {
    return Error{"no gateway is running: the pid file " + path + " (pid " + std::to_string(*pid) +
                 ") was left behind by one that has ended"};
  }
  return *pid;
}

}  // namespace gateway
