// SPDX-License-Identifier: MIT
#include "proxy/redirect.h"

#include <algorithm>

namespace gateway::proxy {

std::string redirect_location(const Redirect& redirect, std::string_view rest,
                              std::string_view query) {
  std::string location = redirect.location;
  if (!redirect.keeps_path) return location;
  // Without it "https://new.example" and ".evil.example" would make another host.
  if (!location.ends_with('/')) location += '/';
  // Nor may "/" and "/evil.example"; browsers take a backslash for a slash.
  if (location == "/") rest.remove_prefix(std::min(rest.find_first_not_of("/\\"), rest.size()));
  return location.append(rest).append(query);
}

}  // namespace gateway::proxy
