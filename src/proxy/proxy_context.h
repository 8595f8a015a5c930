// SPDX-License-Identifier: MIT
//
// ProxyContext: what all exchanges of one worker share.
#pragma once

#include "config/config.h"
#include "event/loop.h"
#include "http/head_writer.h"
#include "observe/access_log.h"
#include "observe/series.h"

namespace gateway::proxy {

struct ProxyContext {
  Loop& loop;
  const Config& config;
  AccessLog& access_log;
  const Meters& meters;
  http::HeadWriter reply{};  ///< heads of answers are built here, one at a time
};

}  // namespace gateway::proxy
