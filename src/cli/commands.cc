// SPDX-License-Identifier: MIT
#include "cli/commands.h"

#include <cstdlib>
#include <iostream>

#include "config/report.h"
#include "util/address.h"
#include "util/text.h"

namespace gateway::cli {

void complain(std::string_view message) {
  for (const std::string_view line : split(message, '\n')) {
    std::cerr << "api-gateway: " << line << '\n';
  }
}

int test_configuration(const Result<LoadedConfig>& loaded) {
  if (!loaded) {
    complain(loaded.error().message);
    return EXIT_FAILURE;
  }
  for (const std::string& warning : loaded->warnings) complain("warning: " + warning);
  const Config& config = loaded->config;
  std::cout << "configuration ok:";
  for (const ListenerConfig& listener : config.listeners) {
    std::cout << " listen=";
    if (listener.unix_path.empty()) {
      std::cout << Address::from_ip(listener.host, listener.port)->to_string();
    } else {
      std::cout << "unix:" << listener.unix_path;
    }
  }
  std::cout << " services=" << config.services.size()
            << " workers=" << (config.workers == 0 ? "auto" : std::to_string(config.workers))
            << " tests=" << config.tests.size() << '\n';
  return EXIT_SUCCESS;
}

int dump_configuration(const Result<LoadedConfig>& loaded) {
  if (!loaded) {
    complain(loaded.error().message);
    return EXIT_FAILURE;
  }
  for (const std::string& warning : loaded->warnings) complain("warning: " + warning);
  std::cout << effective_text(*loaded);
  return EXIT_SUCCESS;
}

}  // namespace gateway::cli
