// SPDX-License-Identifier: MIT
//
// AccessEntry: what the log will say about one exchange, collected along its way.
#pragma once

#include <string>
#include <string_view>

#include "http/exchange.h"
#include "observe/access_log.h"

namespace gateway::proxy {

class AccessEntry {
 public:
  /// Copies what the log needs of the request, and takes over or makes the request id.
  void begin(const http::Exchange& exchange);
  void write(AccessLog& log, const http::Exchange& exchange) const;

  std::string_view request_id() const { return id_; }
  /// Empty: the peer itself.
  std::string_view client() const { return client_; }
  std::string_view method() const { return std::string_view(text_).substr(0, method_length_); }
  void set_upstream_path(std::string_view prefix, std::string_view rest);

  std::string_view service;
  std::string_view detail;  ///< static text
  int status = 0;           ///< of the answer; 0: none was sent
  unsigned attempts = 0;
  Cause cause = Cause::None;

 private:
  std::string text_;  ///< method, path and upstream path, one behind the other
  std::string id_;
  std::string client_;
  std::size_t method_length_ = 0;
  std::size_t path_length_ = 0;
  bool is_http10_ = false;
};

}  // namespace gateway::proxy
