// SPDX-License-Identifier: MIT
//
// PidFile: says which process is the master, and that there is only one.
//
// Locked   by its master for as long as that lives (fcntl: not inherited by workers), so a file
//          left behind by a crash is told from one in use, whatever its number says.
// Atomic   the file appears with its content and its lock, never half made.
#pragma once

#include <sys/types.h>

#include <string>

#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

class PidFile {
 public:
  /// Fails when another live master has it.
  static Result<PidFile> create(const std::string& path);

  PidFile() = default;  ///< no file
  PidFile(PidFile&& other) noexcept = default;
  PidFile& operator=(PidFile&& other) noexcept;
  ~PidFile() { remove(); }

  const std::string& path() const { return path_; }
  /// Renames it; lock and content stay.
  Status move_to(const std::string& path);
  /// Unlinks the file if it is still ours.
  void remove();
  bool is_held() const { return file_.is_open(); }
  /// In a worker: the file stays the master's.
  void disown() { file_.reset(); }

 private:
  PidFile(std::string path, UniqueFd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  UniqueFd file_;
};

/// The pid in the file, if its master is alive. Errors say why there is nobody to signal.
Result<pid_t> find_master(const std::string& path);

}  // namespace gateway
