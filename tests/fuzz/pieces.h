// SPDX-License-Identifier: MIT
//
// What clients and services say to the whole gateway, in pieces, and the input that chooses them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fuzz {

// '@' becomes a number that no other piece has.
inline constexpr std::string_view kRequests[] = {
    "GET /@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "HEAD /@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
    "GET /@ HTTP/1.0\r\n\r\n",
    "GET /@ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "POST /@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
    "PUT /@ HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n",
    "PUT /@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /@ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST /@ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE, X\r\nX: y\r\n\r\n",
    "PUT /@ HTTP/1.1\r\nHost: a\r\nTrailer: X\r\nTransfer-Encoding: chunked\r\n\r\n",
    "GET /redirect/@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /fixed/@ HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "GET http://b/@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET http://b?@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /../@ HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET /@ HTTP/2.0\r\nHost: a\r\n\r\n",
    "POST /@ HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /@ HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n",
    "GET /@ HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
    "GET ",
    "/@",
    " HTTP/1.1\r\n",
    "Host: a\r\n",
    "Content-Length: 5\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer_Encoding: chunked\r\n",
    "Connection: close, x\r\n",
    "X: y\r\n",
    "\r\n",
    "\r\n\r\n",
    "hello",
    "5\r\nhello\r\n",
    "5;x=\"y\"\r\nhello\r\n",
    "ffff\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "0\r\nContent-Length: 5\r\n\r\n",
    "\n",
    "\r",
    " ",
    "0",
};

// '@' becomes the target of the request that is answered, else "unasked".
inline constexpr std::string_view kAnswers[] = {
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 70000\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nX-Echo: @\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nX-Echo: @\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.1 204 None\r\nX-Echo: @\r\n\r\n",
    "HTTP/1.1 204 None\r\nX-Echo: @\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 304 Same\r\nX-Echo: @\r\nContent-Length: 5\r\n\r\n",
    "HTTP/1.1 101 Switch\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
    "HTTP/1.1 413 Large\r\nX-Echo: @\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nTransfer-Encoding: gzip\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n"
    "X-Echo: surplus\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 100 Go\r\n\r\n",
    "HTTP/1.1 103 Soon\r\nLink: x\r\n\r\n",
    "HTTP/1.1 200 OK\r\nX-Echo: @\r\n",
    "HTTP/1.1 2",
    "X: y\r\n",
    "Content-Length: 5\r\n",
    "\r\n",
    "ok",
    "2\r\nok\r\n",
    "ffff\r\n",
    "0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "\n",
    "noise",
};

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool is_empty() const { return left_ == 0; }
  unsigned byte() {
    if (left_ == 0) return 0;
    left_--;
    return *data_++;
  }
  std::string bytes(std::size_t count) {
    count = std::min(count, left_);
    std::string taken(reinterpret_cast<const char*>(data_), count);
    data_ += count;
    left_ -= count;
    return taken;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

inline std::string with(std::string_view text, const std::string& value) {
  std::string out;
  for (const char c : text) c == '@' ? out += value : out += c;
  return out;
}

}  // namespace fuzz
