// SPDX-License-Identifier: MIT
#include "cli/explain.h"

#include <cstdlib>
#include <iostream>

#include "cli/commands.h"
#include "explain/explanation.h"

namespace gateway::cli {

int run_explain(const Result<LoadedConfig>& loaded, const explain::Request& request,
                ExplainStyle style) {
  if (!loaded) {
    complain(loaded.error().message);
    return EXIT_FAILURE;
  }
  for (const std::string& warning : loaded->warnings) complain("warning: " + warning);
  const explain::Explanation explanation(*loaded, request);
  std::cout << (style == ExplainStyle::Json
                    ? explain::to_json(explanation)
                    : explain::to_text(explanation, style == ExplainStyle::All));
  return explanation.is_answered() ? EXIT_SUCCESS : EXIT_FAILURE;
}

}  // namespace gateway::cli
