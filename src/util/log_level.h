// SPDX-License-Identifier: MIT
//
// LogLevel: severity of an error-log line, and the least severity that is written.
#pragma once

namespace gateway {

enum class LogLevel { Trace, Debug, Info, Warning, Error, Critical, Off };

}  // namespace gateway
