// SPDX-License-Identifier: MIT
//
// StartReport: by which a master tells whoever waits for it that it is ready, or why it never will
// be: the process that put it into the background, or the old master of an upgrade.
//
// Lines  of a pipe: "ready", "warning TEXT" or "error TEXT"; its end without the first one is the
//        end of the master.
#pragma once

#include <string>
#include <string_view>

#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

class StartReport {
 public:
  StartReport() = default;  ///< nobody waits
  explicit StartReport(UniqueFd pipe) : pipe_(std::move(pipe)) {}

  bool is_awaited() const { return pipe_.is_open(); }
  void warn(std::string_view text) { write("warning", text); }
  /// One line for each of the message's.
  void fail(const Error& error);
  void ready();
  /// In a worker.
  void disown() { pipe_.reset(); }

 private:
  void write(std::string_view word, std::string_view text);

  UniqueFd pipe_;
};

/// The other end.
class StartReader {
 public:
  enum class State { Waiting, Ready, Failed };

  explicit StartReader(UniqueFd pipe) : pipe_(std::move(pipe)) {}

  int pipe() const { return pipe_.get(); }
  /// Reads what is there; blocks when the pipe does.
  State read();
  /// What it said of why, and warnings before that; one a line.
  const std::string& errors() const { return errors_; }
  const std::string& warnings() const { return warnings_; }

 private:
  void take(std::string_view line);

  UniqueFd pipe_;
  std::string buffer_;
  std::string errors_;
  std::string warnings_;
  State state_ = State::Waiting;
};

}  // namespace gateway
