// SPDX-License-Identifier: MIT
#include "process/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "util/text.h"
#include "util/unique_fd.h"

namespace gateway {
namespace {

Error cannot_listen(const Address& address, int error) {
  std::string advice;
  if (error == EADDRINUSE) advice = "; stop the program that listens there or choose another path";
  if (error == EACCES) advice = "; the directory has to be writable for the gateway";
  if (error == ENOENT) advice = "; create its directory first";
  return Error{"cannot listen on " + address.to_string() + ": " + errno_text(error) + advice};
}

bool is_abandoned(const Address& address) {
  const UniqueFd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED;
}

Status make_room(const Address& address) {
  const std::string path = address.host();
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return ok();  // bind() says what else is wrong
  if (!S_ISSOCK(found.st_mode)) {
    return Error{"cannot listen on " + address.to_string() +
                 ": there is a file that is no socket; remove it or choose another path"};
  }
  if (is_abandoned(address) && unlink(path.c_str()) != 0) return cannot_listen(address, errno);
  return ok();
}

}  // namespace

Result<SocketFile> SocketFile::bind(int socket, const Address& address, mode_t mode) {
  if (Status status = make_room(address); !status) return std::move(status).error();
  if (::bind(socket, address.data(), address.size()) != 0) return cannot_listen(address, errno);
  SocketFile file;
  struct stat made {};
  file.path_ = address.host();
  file.owner_ = getpid();
  // Nobody can connect before listen(): there is no moment with another mode.
  if (lstat(file.path_.c_str(), &made) != 0 || chmod(file.path_.c_str(), mode) != 0) {
    return cannot_listen(address, errno);
  }
  file.device_ = made.st_dev;
  file.inode_ = made.st_ino;
  return file;
}

SocketFile SocketFile::adopt(const Address& address) {
  SocketFile file;
  struct stat found {};
  if (lstat(address.host().c_str(), &found) != 0 || !S_ISSOCK(found.st_mode)) return file;
  file.path_ = address.host();
  file.owner_ = getpid();
  file.device_ = found.st_dev;
  file.inode_ = found.st_ino;
  return file;
}

Status SocketFile::move_to(const std::string& path) {
  if (path_.empty()) return ok();
  if (rename(path_.c_str(), path.c_str()) != 0) {
    return Error{"cannot rename " + path_ + " to " + path + ": " + errno_text(errno)};
  }
  path_ = path;
  return ok();
}

SocketFile::SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(owner_, other.owner_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

SocketFile::~SocketFile() {
  if (path_.empty() || owner_ != getpid()) return;
  struct stat found {};
  const bool is_ours =
      lstat(path_.c_str(), &found) == 0 && found.st_dev == device_ && found.st_ino == inode_;
  if (is_ours) unlink(path_.c_str());
}

}  // namespace gateway
