// SPDX-License-Identifier: MIT
//
// Reloader: reloads one at a time, and tells whoever asked what came of it.
//
// Coalesced  what is asked for while a reload runs is one more reload after it, for all who asked:
//            the file may have changed since the running one read it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/environment.h"
#include "process/control_server.h"
#include "process/notify.h"
#include "process/succession.h"
#include "util/result.h"

namespace gateway {

class Reloader {
 public:
  using Load = std::function<Result<LoadedConfig>()>;
  using Answer =
      std::function<void(ControlServer::ClientId client, std::string_view lines, bool is_last)>;

  Reloader(const Load& load, Succession& succession, ServiceManager& manager, Answer answer);

  /// `client` waits for the outcome; nobody does after a signal.
  void request(std::optional<ControlServer::ClientId> client);
  /// Whatever is wanted or runs comes to nothing; who waits is told why.
  void refuse(std::string_view reason);
  /// Ends what has ended and begins what is wanted; false when there is nothing more to do now.
  bool look_after();
  /// Or is about to.
  bool is_running() const { return is_wanted_ || is_running_; }

 private:
  void begin();
  void tell_differences(const LoadedConfig& loaded);
  void succeed();
  void fail(const Error& error);
  void finish(std::string_view result);

  const Load& load_;
  Succession& succession_;
  ServiceManager& manager_;
  Answer answer_;
  std::vector<ControlServer::ClientId> waiting_;  ///< for the next one
  std::vector<ControlServer::ClientId> asking_;   ///< of the one that runs
  std::string lines_;                             ///< of the one that runs
  std::vector<std::string> changes_;
  bool is_wanted_ = false;
  bool is_running_ = false;
};

}  // namespace gateway
