// SPDX-License-Identifier: MIT
#include "event/library_log.h"

#include <cstdlib>

#include "event/handles.h"

namespace gateway {
namespace {

// libevent's callback has no argument to carry it.
void (*g_write)(LogLevel, std::string_view) = nullptr;

LogLevel level_of(int severity) {
  switch (severity) {
    case EVENT_LOG_DEBUG: return LogLevel::Debug;
    case EVENT_LOG_MSG: return LogLevel::Info;
    case EVENT_LOG_WARN: return LogLevel::Warning;
    default: return LogLevel::Error;
  }
}

}  // namespace

void route_library_messages(void (*write)(LogLevel level, std::string_view message)) {
  g_write = write;
  event_set_log_callback(
      [](int severity, const char* message) { g_write(level_of(severity), message); });
  event_set_fatal_callback([](int) { std::abort(); });
}

}  // namespace gateway
