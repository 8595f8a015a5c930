// SPDX-License-Identifier: MIT
//
// Reopening: has master and workers open their log files anew, and tells whoever asked when all
// have.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "process/reloader.h"
#include "process/succession.h"

namespace gateway {

class Reopening {
 public:
  Reopening(Succession& succession, Reloader::Answer answer);

  /// `client` waits for the outcome; nobody does after a signal.
  void begin(std::optional<ControlServer::ClientId> client);
  void look_after();
  /// When to give up on a worker that says nothing, in monotonic microseconds.
  std::uint64_t next_due() const { return clients_.empty() ? UINT64_MAX : until_us_; }

 private:
  void finish(bool is_ok, std::string_view text);

  Succession& succession_;
  Reloader::Answer answer_;
  std::vector<ControlServer::ClientId> clients_;
  std::uint64_t until_us_ = 0;
  bool is_ok_here_ = true;  ///< the master's own logs were opened
};

}  // namespace gateway
