// SPDX-License-Identifier: MIT
#include "config/credentials.h"

#include <string>
#include <string_view>
#include <vector>

#include "catch.h"

using namespace gateway;

TEST_CASE("names tell what carries credentials", "[config]") {
  for (const char* name :
       {"Authorization", "proxy-authorization", "Cookie", "SET-COOKIE", "X-Api-Key", "x_api_key",
        "X-Auth-Token", "apikey", "Ocp-Apim-Subscription-Key", "redis_password", "X.Secret"}) {
    CAPTURE(name);
    CHECK(carries_credentials(name));
  }
  for (const char* name : {"", "Accept", "X-Author", "Surrogate-Key", "Idempotency-Key", "Key",
                           "X-Api-Key-Id", "X-Tokens", "WWW-Authenticate", "-", "\xc3\xa9"}) {
    CAPTURE(name);
    CHECK_FALSE(carries_credentials(name));
  }
}

TEST_CASE("the value of a header edit is shown without what is secret", "[config]") {
  const auto shown = [](const char* name, const Secret& value) {
    return shown_value(HeaderField{name, value});
  };
  CHECK(shown("X-Team", {"orders"}) == "orders");
  CHECK(shown("Authorization", {"Bearer s3cret"}) == "***");
  CHECK(shown("X-Team", {"s3cret", "/run/a \"key\""}) == R"({"file": "/run/a \"key\""})");
  CHECK(shown("X-Api-Key", {"s3cret", "", "API_KEY"}) == R"({"env": "API_KEY"})");
  CHECK(shown("X-Team", {"s3cret", "", "", "${TEAM:-a}"}) == "${TEAM:-a}");
  CHECK(shown("X-Api-Key", {"s3cret", "", "", "${API_KEY}"}) == "${API_KEY}");
  CHECK(shown("Authorization", {"Bearer s3cret", "", "", "Bearer ${TOKEN}"}) == "Bearer ${TOKEN}");
  for (const char* written : {"${TOKEN:-s3cret}", "s3cret${TOKEN}", "Basic s3cret ${TOKEN}",
                              "${TOKEN}s3cret", "${A}${B}", "$${s3cret}", "Bearer  ${TOKEN}"}) {
    CAPTURE(written);
    CHECK(shown("Authorization", {"s3cret", "", "", written}) == "***");
  }
}

TEST_CASE("what stands for a secret is no secret", "[config]") {
  CHECK_FALSE(check_not_hidden("***"));
  CHECK(check_not_hidden("****"));
  CHECK(check_not_hidden(""));
}

TEST_CASE("credentials are found in any JSON text", "[config]") {
  const auto found = [](std::string_view text) {
    std::vector<std::string> values;
    for (const Span span : credential_spans(text)) {
      values.emplace_back(text.substr(span.begin, span.end - span.begin));
    }
    return values;
  };
  using Values = std::vector<std::string>;
  CHECK(found(R"({"X-Api-Key": "a", "X-Team": "b", "cookie" :"c\"d"})") == Values{"a", "c\\\"d"});
  CHECK(found("{\"token\" /* : \"x\" */ : // \"y\"\n \"z\", \"w\": \"token\"}") == Values{"z"});
  CHECK(found(R"({"token": {"env": "A"}, "password": ["a"], "secret": 1, "x": "b"})").empty());
  CHECK(found("{\"token\": \"broken\n\"token\": \"next\"}") == Values{"broken", "next"});
  CHECK(found(R"({"token": "open)") == Values{"open"});
  CHECK(found("{\"token\": \"a\\") == Values{"a\\"});
  CHECK(found("\"token\":").empty());
  CHECK(found("/* \"token\": \"a\"").empty());
}
