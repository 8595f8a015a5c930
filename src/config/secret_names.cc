// SPDX-License-Identifier: MIT
#include "config/secret_names.h"

#include "util/text.h"

namespace gateway {
namespace {

constexpr std::string_view kPasswords = "password passwd passphrase pwd credential credentials otp";
constexpr std::string_view kKeys =
    "key api_key access_key secret_key private_key subscription_key secret client_secret";
constexpr std::string_view kTokens =
    "token access_token auth_token id_token id_token_hint refresh_token session_token jwt "
    "auth authorization";
constexpr std::string_view kSessions = "session session_id sid";
// RFC 6749 §4.1.2, RFC 7636 §4.5, RFC 7521 §4; SAML and CAS.
constexpr std::string_view kGrants =
    "code code_verifier assertion client_assertion saml_response ticket";
constexpr std::string_view kSignedUrls =
    "sig signature x_amz_signature x_amz_security_token x_goog_signature";

}  // namespace

std::vector<std::string> known_secret_names() {
  std::vector<std::string> names;
  for (const auto group : {kPasswords, kKeys, kTokens, kSessions, kGrants, kSignedUrls}) {
    for (const std::string_view name : split(group, ' ')) names.emplace_back(name);
  }
  return names;
}

}  // namespace gateway
