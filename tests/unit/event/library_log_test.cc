// SPDX-License-Identifier: MIT
#include "event/library_log.h"

#include <csignal>
#include <string>

#include "catch.h"
#include "event/handles.h"
#include "event/loop.h"

using namespace gateway;

namespace {

LogLevel g_level = LogLevel::Off;
std::string g_message;

}  // namespace

TEST_CASE("what libevent says is passed on with its level", "[event]") {
  route_library_messages([](LogLevel level, std::string_view message) {
    g_level = level;
    g_message = message;
  });
  Loop loop;
  // A signal is not readable: libevent refuses, and says so.
  const auto nothing = [](evutil_socket_t, short, void*) {};
  CHECK_FALSE(EventPtr(event_new(loop.base(), SIGUSR2, EV_SIGNAL | EV_READ, nothing, nullptr)));
  CHECK(g_level == LogLevel::Warning);
  CHECK(g_message.find("EV_SIGNAL") != std::string::npos);
  event_set_log_callback(nullptr);
  event_set_fatal_callback(nullptr);
}
