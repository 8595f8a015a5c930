// SPDX-License-Identifier: MIT
#include "http/target.h"

#include "catch.h"

namespace gateway::http {
namespace {

TEST_CASE("an authority is a host and maybe a port (RFC 9110 §7.2)", "[http]") {
  for (const char* good : {"h", "h:", "h:80", "a.b-c_d~e", "1.2.3.4:65535", "[::]", "[::1]:80",
                           "[2001:DB8::1.2.3.4]", "a%41b", "!$&'()*+,;="}) {
    CAPTURE(good);
    CHECK(is_valid_authority(good));
  }
  for (const char* bad :
       {"",         ":",         ":80",       "h:65536",      "h:99999", "[1.2.3.4]",
        "[:::1]",   "[1::2::3]", "[12345::]", "[v1.x]",       " ",       "h i",
        "h/",       "u@h",       "h:80:",     "h:x",          "h:-1",    "h:+1",
        "h:123456", "::1",       "[",         "[]",           "[:]",     "[::1",
        "[::1]80",  "[::1]:x",   "[::g]",     "[::1%25eth0]", "[[::1]]", "h\\",
        "h?",       "h#",        "\"",        "<h>",          "\x7f",    "\xc3\xa9"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_valid_authority(bad));
  }
}

TEST_CASE("a percent sign in a host begins a whole encoding (RFC 3986 §2.1)", "[http]") {
  for (const char* bad : {"%", "a%", "a%4", "a%4:80", "a%g0", "a%0g", "%%41"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_valid_authority(bad));
  }
}

TEST_CASE("an origin form begins with a slash and is visible ASCII", "[http]") {
  for (const char* good : {"/", "//", "/a/../b", "/a?b", "/?", "/%41%fF", "/?%", "/?%zz"}) {
    CAPTURE(good);
    CHECK(is_valid_origin_form(good));
  }
  for (const char* bad : {"", "a", "*", "?", "/ ", "/\t", "/#", "/a?b#c", "/\x7f", "/\x80", "/%",
                          "/%4", "/%4?1", "/%g1", "/%1g", "/%%32", "/%00", "/a%00?b"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_valid_origin_form(bad));
  }
}

TEST_CASE("paths that stay below their prefix", "[http]") {
  for (const char* rest :
       {"",       "a",        "a/b/",   "a/..",  "a/../b",      "a/b/../..", "./a/.././b",
        ".",      "...",      "a/...",  "..a/b", "a..b",        ".../..",    "a%2fb",
        "%41%2f", "a/%2e%2e", "a%2f..", "a\\..", "%252e%252e/", "%2e",       "%2",
        "%",      "%2e%",     "a;x/..", "%zz/.."}) {
    CAPTURE(rest);
    CHECK_FALSE(leaves_prefix(rest));
  }
}

TEST_CASE("paths that some service could read as leaving their prefix", "[http]") {
  for (const char* rest :
       {"..", "../", "../a", "a/../..", "a/../../b", "./..", "a/./../..", "/..", "//..", "a//../..",
        "/a/../..",
        // encoded dots
        "%2e%2e", "%2E%2e/", ".%2e", "%2e.", "a/%2e%2e/.%2E/b",
        // encoded slashes
        "..%2f", "..%2Fa", "a%2f..%2f..", "a%2f..%2f../b", "%2f..",
        // backslashes
        "..\\a", "..%5ca", "a\\..\\..", "a%5C..%5C../b", "\\..",
        // path parameters
        "..;", "..;x/a", "..;x=1/../a", "%2e%2e;/a", "..%3bx/a", ";a/..", "a/..;/..;/b"}) {
    CAPTURE(rest);
    CHECK(leaves_prefix(rest));
  }
}

// To a service that decodes %2f but knows no backslash, "a\b" is one segment; to one that knows
// backslashes but keeps %2f, "a%2fb" is.
TEST_CASE("a separator that a service does not know adds no depth", "[http]") {
  for (const char* rest : {"a\\b%2f..%2f..%2fc", "a%5cb%2f..%2f..%2fc", "a\\b%2f..%2f../c",
                           "a%2fb\\..\\..\\c", "a%2fb%5c..%5c..%5cc", "a%2fb\\..\\../c"}) {
    CAPTURE(rest);
    CHECK(leaves_prefix(rest));
  }
}

}  // namespace
}  // namespace gateway::http
