// SPDX-License-Identifier: MIT
//
// Fuzzes BodyDecoder: content and end of a body do not depend on how its bytes arrive. The first
// byte chooses framing and length, the second one the size of the pieces.
#include "http/body_decoder.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "check.h"

using namespace gateway::http;

namespace {

struct Decoded {
  std::string content;
  std::string trailers;
  std::size_t used = 0;
  bool done = false;
  bool failed = false;
  bool operator==(const Decoded&) const = default;
};

Decoded decode(BodyDecoder decoder, std::string_view bytes, std::size_t step) {
  Decoded decoded;
  decoder.collect_trailers(&decoded.trailers);
  for (std::size_t from = 0; from < bytes.size(); from += step) {
    const std::string_view part = bytes.substr(from, step);
    std::vector<char> memory(part.begin(), part.end());  // ends exactly where the bytes do
    const auto piece = decoder.feed(memory);
    fuzz::check(piece.used <= memory.size() && piece.content.size() <= piece.used);
    if (!piece.content.empty()) {
      fuzz::check(piece.content.data() >= memory.data());
      fuzz::check(piece.content.data() + piece.content.size() <= memory.data() + piece.used);
    }
    decoded.content.append(piece.content.data(), piece.content.size());
    decoded.used += piece.used;
    if (decoder.is_done() || decoder.has_failed()) break;
    fuzz::check(piece.used == memory.size());
  }
  decoded.done = decoder.is_done();
  decoded.failed = decoder.has_failed();
  fuzz::check(decoded.trailers.size() <= BodyDecoder::kMaxExtra + 1);
  fuzz::check(!decoded.done || decoded.trailers.empty() || decoded.trailers.ends_with("\r\n"));
  return decoded;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  BodyDecoder decoder;
  decoder.begin(data[0] < 192 ? Framing::Chunked : static_cast<Framing>(data[0] % 4), data[0]);
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  const Decoded whole = decode(decoder, bytes, bytes.size());
  fuzz::check(decode(decoder, bytes, 1) == whole);
  fuzz::check(decode(decoder, bytes, 1 + data[1] % 32) == whole);
  return 0;
}
