// SPDX-License-Identifier: MIT
#include "observe/secret_mask.h"

#include <random>
#include <string>
#include <vector>

#include "catch.h"

namespace gateway {
namespace {

const std::vector<std::string> kNames{"token", "api_key", "password", "code", "Sig", "pässword"};

std::string query(std::string_view text, std::size_t max = 4096) {
  std::string out = "before ";
  SecretMask(kNames).append_query(out, text, max);
  CHECK(out.substr(0, 7) == "before ");
  return out.substr(7);
}

std::string url(std::string_view text, std::size_t max = 4096) {
  std::string out;
  SecretMask(kNames).append_url(out, text, max);
  return out;
}

struct Row {
  const char* text;
  const char* masked;
};

TEST_CASE("the values of secrets are masked and all else is kept", "[observe]") {
  for (const Row& row : {
           Row{"", ""},
           Row{"a", "a"},
           Row{"a=1&b=2", "a=1&b=2"},
           Row{"token=s", "token=***"},
           Row{"token=s&a=1", "token=***&a=1"},
           Row{"a=1&token=s", "a=1&token=***"},
           Row{"a=1&token=s&token=t&b=2", "a=1&token=***&token=***&b=2"},
           Row{"token=s=t==&a", "token=***&a"},
           // No value, no secret: that it is missing is worth knowing.
           Row{"token", "token"},
           Row{"token=", "token="},
           Row{"token=&a=1", "token=&a=1"},
           Row{"token&a=1", "token&a=1"},
           // Odd separators.
           Row{"&&a=1&&token=s&&", "&&a=1&&token=***&&"},
           Row{"=s", "=s"},
           Row{"=&=token=s", "=&=token=s"},
           Row{"?token=s", "?token=***"},
           Row{"a;token=s", "a;token=***"},
           Row{"token=s;a=1&b=2", "token=***&b=2"},  // ';' may be part of the value
           Row{"a=b?token=s", "a=b?token=***"},
           // Names that only look alike.
           Row{"tokens=1&mytoken=2&toke=3&token2=4", "tokens=1&mytoken=2&toke=3&token2=4"},
           Row{"a=token&b=token", "a=token&b=token"},
       }) {
    CAPTURE(row.text);
    CHECK(query(row.text) == row.masked);
  }
}

TEST_CASE("a name is told by its letters and digits, encoded or not", "[observe]") {
  for (const Row& row : {
           Row{"TOKEN=s&Token=t", "TOKEN=***&Token=***"},
           Row{"api-key=s&apikey=s&ApiKey=s&api.key=s",
               "api-key=***&apikey=***&ApiKey=***&api.key=***"},
           Row{"SIG=s", "SIG=***"},
           Row{"t%6Fken=s", "t%6Fken=***"},
           Row{"%74%6f%6B%65%6e=s", "%74%6f%6B%65%6e=***"},
           Row{"+token=s&%20token=t", "+token=***&%20token=***"},
           Row{"p%C3%A4ssword=s", "p%C3%A4ssword=***"},
           Row{"token%3Ds&a=1", "token%3D***&a=1"},
           Row{"a%26token=s", "a%26token=***"},
           Row{"token[]=s", "token[]=***"},
           Row{"user[password]=s&user[name]=n", "user[password]=***&user[name]=n"},
           Row{"password%5Bnew%5D=s", "password%5Bnew%5D=***"},
           // Not an encoding: it stands for itself.
           Row{"%=1&%7=2&%zz=3&to%ken=s", "%=1&%7=2&%zz=3&to%ken=***"},
           Row{"%", "%"},
           Row{"token=%", "token=***"},
           Row{"token%", "token%"},
       }) {
    CAPTURE(row.text);
    CHECK(query(row.text) == row.masked);
  }
}

TEST_CASE("the query of a URL in a query is looked at too", "[observe]") {
  CHECK(query("next=/cb?code=s&a=1") == "next=/cb?code=***&a=1");
  CHECK(query("next=https%3A%2F%2Fh%2Fcb%3Fcode%3Ds%26state%3Dt&a=1") ==
        "next=https%3A%2F%2Fh%2Fcb%3Fcode%3D***&a=1");
}

TEST_CASE("what is very long is masked and cut", "[observe]") {
  const std::string secret(100'000, 's');
  CHECK(query("token=" + secret) == "token=***");
  CHECK(query("token=" + secret + "&a=1") == "token=***&a=1");
  CHECK(query(secret + "=1&token=s", 8192) == std::string(8192, 's'));
  CHECK(query("a=" + secret, 10) == "a=ssssssss");
  CHECK(query("token=s&a=1", 9) == "token=***");
  CHECK(query("token=s&a=1", 7) == "token=*");
  CHECK(query("token=s", 6) == "token=");
  CHECK(query("token=s", 3) == "tok");
  CHECK(query("token=s", 0).empty());
  const std::string name(64, 'n');
  CHECK(query(name + "token=s&token=t") == name + "token=s&token=***");
}

TEST_CASE("without names nothing is masked", "[observe]") {
  std::string out;
  SecretMask({}).append_query(out, "token=s", 100);
  CHECK(out == "token=s");
  const std::vector<std::string> nothing{"_-"};
  SecretMask(nothing).append_query(out, "&=t", 100);
  CHECK(out == "token=s&=t");
}

TEST_CASE("a URL loses its user, and the secrets of its query", "[observe]") {
  for (const Row& row : {
           Row{"", ""},
           Row{"https://h/p?a=1", "https://h/p?a=1"},
           Row{"https://h/p?a=1&token=s#code=t", "https://h/p?a=1&token=***"},
           Row{"https://h/p#token=s", "https://h/p#token=***"},
           Row{"https://u:p@h/p", "https://h/p"},
           Row{"https://u@h", "https://h"},
           Row{"https://u@v@h:8/?token=s", "https://h:8/?token=***"},
           Row{"//u:p@h/", "//h/"},
           Row{"https:u:p@h/", "https:h/"},
           Row{"http:/\\u:p@h/", "http:/\\h/"},
           Row{"u:p@h/", "u:h/"},
           Row{"https://h/@x", "https://h/@x"},
           Row{"https://h?a=@x", "https://h?a=@x"},
           Row{"https://h\\@x", "https://h\\@x"},
           Row{"/a@b", "/a@b"},
           Row{"/a?token=s", "/a?token=***"},
           Row{"a@b", "a@b"},
           Row{"h:80/a@b", "h:80/a@b"},
       }) {
    CAPTURE(row.text);
    CHECK(url(row.text) == row.masked);
  }
  CHECK(url("https://user:pass@host/", 6) == "https:");
  CHECK(url("https://user:pass@host/", 10) == "https://ho");
}

// Queries put together from all that has a meaning, with a secret in one of the spellings of each
// name: whatever stands around it, it does not come out.
TEST_CASE("no secret passes, whatever stands around it", "[observe]") {
  constexpr std::string_view kSecret = "5ECRET";
  const std::vector<std::string> pieces{"&", "&&", ";",   "?",     "#",   "=",   "[",
                                        "]", "%",  "%2",  "%26",   "%3D", "%3f", "%00",
                                        "+", "a",  "b=1", "token", "/",   "_"};
  const std::vector<std::string> begins{"&", ";", "?", "#", "%26", "%3b", "%3F", "%23"};
  const std::vector<std::string> spellings{"token",   "TOKEN",  "%74oken",     "to-k_e.n",
                                           "api_key", "apiKey", "%61pi%5fkey", "user[password]",
                                           "+code",   "sig[0]", "%53%49%47"};
  const std::vector<std::string> equals{"=", "%3d", "%3D"};
  std::minstd_rand random(4711);  // NOLINT: the same queries each time
  const auto any = [&](const std::vector<std::string>& of) -> const std::string& {
    return of[random() % of.size()];
  };
  const auto noise = [&] {
    std::string text;
    for (auto count = random() % 6; count > 0; count--) text += any(pieces);
    return text;
  };
  const auto value_noise = [&] {  // what can belong to a value: anything but "&"
    std::string text;
    for (auto count = random() % 4; count > 0; count--) {
      const std::string& piece = any(pieces);
      if (piece.find('&') == piece.npos) text += piece;
    }
    return text;
  };
  const SecretMask mask(kNames);
  for (int round = 0; round < 20'000; round++) {
    std::string text = noise() + any(begins) + any(spellings) + any(equals) + value_noise();
    text.append(kSecret).append(value_noise()).append("&").append(noise());
    CAPTURE(text);
    const std::size_t max = random() % 2 == 0 ? 4096 : random() % 60;
    std::string query;
    std::string url = "kept";
    mask.append_query(query, text, max);
    mask.append_url(url, "https://u:5ECRET@h/" + text, max);
    CHECK(query.find(kSecret) == query.npos);
    CHECK(url.find(kSecret) == url.npos);
    CHECK(query.size() <= max);
    CHECK(url.size() <= max + 4);
  }
}

TEST_CASE("random bytes neither crash the mask nor pass its bound", "[observe]") {
  std::minstd_rand random(42);  // NOLINT: the same bytes each time
  const SecretMask mask(kNames);
  for (int round = 0; round < 5'000; round++) {
    std::string text;
    for (auto count = random() % 80; count > 0; count--) {
      text += static_cast<char>(random() % 3 == 0 ? "&=%;?[]#"[random() % 8] : random() % 256);
    }
    const std::size_t max = random() % 100;
    std::string out;
    mask.append_query(out, text, max);
    mask.append_url(out, text, max);
    CHECK(out.size() <= 2 * max);
  }
}

}  // namespace
}  // namespace gateway
