// SPDX-License-Identifier: MIT
//
// Answers the gateway makes itself: their heads, and the JSON body of errors.
//
// Body     {"error","message","request_id","cause","service"?}: api-gateway(8), ERROR ANSWERS.
#pragma once

#include <string>
#include <string_view>

#include "http/exchange.h"
#include "proxy/access_entry.h"
#include "proxy/proxy_context.h"
#include "util/cause.h"

namespace gateway::proxy {

struct OwnReply {
  int status = 200;
  std::string_view content_type;  ///< empty: no Content-Type
  std::string_view body;
  std::string_view extra_fields;  ///< whole "Name: value\r\n" lines
};

std::string error_body(Cause cause, const AccessEntry& entry);

/// Sends `reply` as the whole answer (without its body to HEAD) and notes its status in `entry`.
void send_own_reply(ProxyContext& context, http::Exchange& exchange, AccessEntry& entry,
                    const OwnReply& reply);

/// Sends the error answer of `cause` and notes it in `entry`.
void send_error(ProxyContext& context, http::Exchange& exchange, AccessEntry& entry, Cause cause,
                std::string_view extra_fields = {});

}  // namespace gateway::proxy
