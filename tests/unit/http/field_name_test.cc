// SPDX-License-Identifier: MIT
#include "http/field_name.h"

#include <cctype>
#include <string>
#include <utility>
#include <vector>

#include "catch.h"

namespace gateway::http {
namespace {

const std::vector<std::pair<std::string, FieldId>> kKnown{
    {"Connection", FieldId::Connection},
    {"Content-Length", FieldId::ContentLength},
    {"Date", FieldId::Date},
    {"Expect", FieldId::Expect},
    {"Forwarded", FieldId::Forwarded},
    {"Host", FieldId::Host},
    {"Keep-Alive", FieldId::KeepAlive},
    {"Proxy-Connection", FieldId::ProxyConnection},
    {"TE", FieldId::Te},
    {"Trailer", FieldId::Trailer},
    {"Transfer-Encoding", FieldId::TransferEncoding},
    {"Upgrade", FieldId::Upgrade},
    {"X-Forwarded-For", FieldId::XForwardedFor},
    {"X-Forwarded-Host", FieldId::XForwarded},
    {"X-Forwarded-Proto", FieldId::XForwarded},
    {"X-Forwarded-a", FieldId::XForwarded},
    {"X-Request-ID", FieldId::XRequestId},
};

std::string changed(std::string text, int (*change)(int)) {
  for (char& c : text) c = static_cast<char>(change(static_cast<unsigned char>(c)));
  return text;
}

TEST_CASE("known fields are told by their name in any case", "[http]") {
  for (const auto& [name, id] : kKnown) {
    CAPTURE(name);
    CHECK(classify(name) == id);
    CHECK(classify(changed(name, std::tolower)) == id);
    CHECK(classify(changed(name, std::toupper)) == id);
  }
}

// The comparison works on words with a bit set, so each single byte is tried.
TEST_CASE("a name that differs in one byte is another one", "[http]") {
  for (const auto& [name, id] : kKnown) {
    const std::size_t fixed = id == FieldId::XForwarded ? 12 : name.size();
    for (std::size_t i = 0; i < fixed; i++) {
      for (int byte = 0; byte < 256; byte++) {
        std::string other = name;
        other[i] = static_cast<char>(byte);
        const auto at = static_cast<std::size_t>(byte);
        if (!kTokenByte[at] || std::tolower(byte) == std::tolower(name[i])) continue;
        // "X-Forwarded-Fox" is of the family that X-Forwarded-For begins.
        if (id == FieldId::XForwardedFor && i >= 12) continue;
        CAPTURE(other);
        REQUIRE(classify(other) == FieldId::Other);
      }
    }
  }
  CHECK(classify("X-Forwarded-Fox") == FieldId::XForwarded);
}

TEST_CASE("a longer or shorter name is another one", "[http]") {
  for (const auto& [name, id] : kKnown) {
    CAPTURE(name);
    CHECK(classify(name.substr(1)) == FieldId::Other);
    if (id == FieldId::XForwarded) continue;
    if (id != FieldId::XForwardedFor) {
      CHECK(classify(name + "s") == FieldId::Other);
      CHECK(classify(name.substr(0, name.size() - 1)) == FieldId::Other);
    }
  }
  CHECK(classify("X-Forwarded-") == FieldId::Other);
  CHECK(classify("x") == FieldId::Other);
}

TEST_CASE("a name with _ is a look-alike when with - it would be known", "[http]") {
  for (const char* name :
       {"X_Forwarded_For", "x-forwarded_for", "X_FORWARDED_PROTO", "Content_Length",
        "Transfer_Encoding", "X_Request-ID", "keep_alive", "Proxy_Connection", "X_Forwarded_a_b"}) {
    CAPTURE(name);
    CHECK(is_look_alike(name));
  }
  for (const char* name : {"X-Forwarded-For", "Host", "_", "Host_", "X_Own", "Content_Type",
                           "XForwarded_For", "Content__Length"}) {
    CAPTURE(name);
    CHECK_FALSE(is_look_alike(name));
  }
}

TEST_CASE("tokens have the bytes of RFC 9110 §5.6.2", "[http]") {
  const std::string others = "!#$%&'*+-.^_`|~";
  for (int byte = 0; byte < 256; byte++) {
    CAPTURE(byte);
    const bool expected =
        byte < 128 && (std::isalnum(byte) != 0 ||
                       (byte > 0 && others.find(static_cast<char>(byte)) != std::string::npos));
    CHECK(kTokenByte[static_cast<std::size_t>(byte)] == expected);
  }
}

TEST_CASE("whitespace around a value is space and tab", "[http]") {
  CHECK(trim_whitespace(" \t a b \t ") == "a b");
  CHECK(trim_whitespace("\t ").empty());
  CHECK(trim_whitespace("").empty());
  CHECK(trim_whitespace("\va\n") == "\va\n");
}

TEST_CASE("a list leaves out empty elements (RFC 9110 §5.6.1.2)", "[http]") {
  const auto elements = [](std::string_view value) {
    std::vector<std::string> found;
    ListReader reader(value);
    while (auto element = reader.next()) found.emplace_back(*element);
    return found;
  };
  using List = std::vector<std::string>;
  CHECK(elements("").empty());
  CHECK(elements(" , ,\t,").empty());
  CHECK(elements("a") == List{"a"});
  CHECK(elements("a,b , c d ,") == List{"a", "b", "c d"});
  CHECK(elements(",a,,b") == List{"a", "b"});
}

}  // namespace
}  // namespace gateway::http
