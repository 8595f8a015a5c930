// SPDX-License-Identifier: MIT
//
// explain: prints what the gateway would do with a request, and why.
#pragma once

#include "config/environment.h"
#include "explain/rehearsal.h"
#include "util/result.h"

namespace gateway::cli {

enum class ExplainStyle {
  Short,
  All,   ///< every route
  Json,  ///< for programs
};

/// Returns the exit status: failure also when the request would be refused.
int run_explain(const Result<LoadedConfig>& loaded, const explain::Request& request,
                ExplainStyle style);

}  // namespace gateway::cli
