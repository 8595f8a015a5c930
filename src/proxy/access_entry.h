// SPDX-License-Identifier: MIT
//
// AccessEntry: what the log will say about one exchange, collected along its way.
//
// Copies   only what the log's lines have, and secrets masked: they are not kept here either.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "http/exchange.h"
#include "observe/access_log.h"
#include "observe/counters.h"
#include "proxy/phases.h"

namespace gateway::proxy {

class AccessEntry {
 public:
  /// Copies what `log` needs of the request, and takes over or makes the request id.
  void begin(const http::Exchange& exchange, const AccessLog& log);
  /// From now on until write() the request is in flight on the route that has `counters`.
  void count_on(RouteCounters& counters) {
    counters_ = &counters;
    counters.begin();
  }
  void write(AccessLog& log, const http::Exchange& exchange) const;

  std::string_view request_id() const { return id_; }
  /// Empty: the peer itself.
  std::string_view client() const { return client_; }
  std::string_view method() const;
  void begin_tunnel() { counters_->begin_tunnel(); }
  void set_upstream_path(std::string_view prefix, std::string_view rest);

  std::string_view route;
  std::string_view service;
  std::string_view instance;  ///< URL
  std::string_view detail;    ///< static text
  int status = 0;             ///< of the answer; 0: none was sent
  unsigned attempts = 0;
  Cause cause = Cause::None;
  Phases phases;

 private:
  /// What is copied, in the order it is kept in.
  enum class Text : std::uint8_t {
    Method,
    Path,
    Query,
    Host,
    UserAgent,
    Referer,
    TraceParent,
    UpstreamPath,  ///< last: it may be set again
  };
  static constexpr std::size_t kTexts = static_cast<std::size_t>(Text::UpstreamPath) + 1;

  void end(Text which) { ends_[static_cast<std::size_t>(which)] = text_.size(); }
  void copy_request(const http::Exchange& exchange, const AccessLog& log);
  void take_texts(AccessRecord& record) const;

  RouteCounters* counters_ = nullptr;  ///< nullptr: not counted
  std::string text_;                   ///< all of them, one behind the other
  std::array<std::size_t, kTexts> ends_{};
  std::string id_;
  std::string client_;
  bool is_http10_ = false;
};

}  // namespace gateway::proxy
