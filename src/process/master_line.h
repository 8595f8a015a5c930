// SPDX-License-Identifier: MIT
//
// MasterLine: by which the two masters of an upgrade know whether the other one serves. A socket
// pair: each end is shut when its master is told to stop, for good, or dies. Who is told to stop
// later, maybe while the first one still drains, knows that nobody accepts what comes after it.
// The new master's start report (start_report.h) comes along it, too.
#pragma once

#include <utility>

#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

class MasterLine {
 public:
  MasterLine() = default;  ///< there is no other
  explicit MasterLine(UniqueFd end) : end_(std::move(end)) {}

  /// First that of the old master, which does not block, then that of the new one.
  static Result<std::pair<MasterLine, MasterLine>> make();

  bool other_serves() const;
  /// This one does not any more. Before the other is asked: of two that stop at the same time none
  /// may rely on the other.
  void leave() const;

  int end() const { return end_.get(); }
  UniqueFd copy() const;

 private:
  UniqueFd end_;
};

}  // namespace gateway
