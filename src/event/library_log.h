// SPDX-License-Identifier: MIT
//
// What libevent itself has to say goes to the error log instead of stderr.
#pragma once

#include <string_view>

#include "util/log_level.h"

namespace gateway {

/// From now on `write` gets libevent's messages. Where libevent would exit() the process aborts
/// instead, after the message: the master sees a crash and starts another worker.
void route_library_messages(void (*write)(LogLevel level, std::string_view message));

}  // namespace gateway
