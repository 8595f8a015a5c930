// SPDX-License-Identifier: MIT
//
// Sender: what all answers of the example service to one request have in common.
#pragma once

#include <string_view>

#include "http/exchange.h"
#include "util/cause.h"

namespace gateway::example {

inline constexpr std::string_view kJson = "application/json";

struct Sender {
  std::string_view service;  ///< name, lives as long as the service
  bool is_head = false;      ///< the answer must not have a body

  /// Status line and the fields of every answer.
  void write_head(http::HeadWriter& head, int status, std::string_view content_type) const;
  /// A whole answer.
  void send(http::Exchange& exchange, int status, std::string_view content_type,
            std::string_view body) const;
  /// {"error","message","service"}
  void send_error(http::Exchange& exchange, int status, std::string_view error,
                  std::string_view message) const;
  void send_error(http::Exchange& exchange, Cause cause) const;
};

}  // namespace gateway::example
