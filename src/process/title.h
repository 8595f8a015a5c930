// SPDX-License-Identifier: MIT
//
// Title: what ps(1) and top(1) show of a process.
#pragma once

#include <string>

namespace gateway {

/// Once, first of all: later titles go where `argv` and the environment were, which moves away.
void prepare_title(int argc, char** argv);

/// "api-gateway: " and this; cut to the room there is.
void set_title(const std::string& text);

}  // namespace gateway
