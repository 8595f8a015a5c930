// SPDX-License-Identifier: MIT
//
// Responder: answers requests from memory, without a service. Implemented by endpoint/registry,
// called by proxy/gateway, so that the two need not know each other.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"
#include "util/cause.h"

namespace gateway::http {

/// An answer made from memory. With a cause other than None the caller makes the error body.
struct Reply {
  int status = 200;
  Cause cause = Cause::None;
  std::string_view allow;  ///< value of Allow when the cause is Method
  std::string content_type = "application/json";
  std::string body;
};

class Responder {
 public:
  virtual ~Responder() = default;
  /// nullopt: not one of ours. HEAD is answered like GET; the caller leaves out the body.
  virtual std::optional<Reply> respond(const RequestHead& request) = 0;
};

}  // namespace gateway::http
