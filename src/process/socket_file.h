// SPDX-License-Identifier: MIT
//
// SocketFile: the file that a listening unix socket leaves in the file system.
//
// Removed   by the process that made it, when it lets go; not by a worker that inherited it, and
//           not when another program has put its own in its place.
// Mode      by default 0666: who may connect is up to the directory it is in.
#pragma once

#include <sys/types.h>

#include <string>

#include "util/address.h"
#include "util/result.h"

namespace gateway {

class SocketFile {
 public:
  SocketFile() = default;
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;
  SocketFile(const SocketFile&) = delete;
  SocketFile& operator=(const SocketFile&) = delete;
  ~SocketFile();

  /// Binds `socket` to `address`. A file that a program left behind when it ended is replaced; one
  /// that somebody answers on, or that is no socket, is an error.
  static Result<SocketFile> bind(int socket, const Address& address, mode_t mode = 0666);

  /// The file that is there already: from now on it is this process's to remove.
  static SocketFile adopt(const Address& address);

  /// Renames it.
  Status move_to(const std::string& path);
  /// Leaves the file to somebody else.
  void disown() { path_.clear(); }

 private:
  std::string path_;  ///< empty: none
  pid_t owner_ = 0;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace gateway
