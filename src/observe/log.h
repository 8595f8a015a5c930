// SPDX-License-Identifier: MIT
//
// The error log: life-cycle, warnings and errors of this process, through spdlog.
//
// Grammar  lower case, no full stop, fact first, values as key=value:
//            log::warn("worker exited pid={} status={}", pid, status);
// Lines    "2026-01-31T12:00:00.000Z info [412] message", one write each, never blocking.
// Before   start() is called lines go to stderr at level info.
#pragma once

#include <spdlog/spdlog.h>

#include <utility>

#include "observe/log_output.h"
#include "util/log_level.h"

namespace gateway::log {

/// From now on write to `output` (which must outlive the log) at `level` and above.
void start(LogOutput& output, LogLevel level);

spdlog::logger& logger();

template <class... A>
void debug(spdlog::format_string_t<A...> text, A&&... values) {
  logger().debug(text, std::forward<A>(values)...);
}
template <class... A>
void info(spdlog::format_string_t<A...> text, A&&... values) {
  logger().info(text, std::forward<A>(values)...);
}
template <class... A>
void warn(spdlog::format_string_t<A...> text, A&&... values) {
  logger().warn(text, std::forward<A>(values)...);
}
template <class... A>
void error(spdlog::format_string_t<A...> text, A&&... values) {
  logger().error(text, std::forward<A>(values)...);
}
template <class... A>
void critical(spdlog::format_string_t<A...> text, A&&... values) {
  logger().critical(text, std::forward<A>(values)...);
}

}  // namespace gateway::log
