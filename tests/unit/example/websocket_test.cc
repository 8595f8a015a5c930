// SPDX-License-Identifier: MIT
#include "example/websocket.h"

#include <string>
#include <vector>

#include "catch.h"

namespace gateway::example {
namespace {

// A client's frame: masked. `first` is the first byte, with flags and opcode.
std::string client_frame(unsigned first, std::string_view payload) {
  std::string frame;
  append_frame(frame, Opcode::Binary, /*is_final=*/true, payload);
  frame[0] = static_cast<char>(first);
  frame[1] = static_cast<char>(frame[1] | 0x80);
  frame.resize(frame.size() - payload.size());
  static constexpr std::string_view kMask = "\x37\xfa\x21\x3d";
  frame += kMask;
  for (std::size_t i = 0; i < payload.size(); i++) {
    frame += static_cast<char>(payload[i] ^ kMask[i % 4]);
  }
  return frame;
}

struct Seen {
  Opcode opcode;
  bool is_final;
  std::string payload;
  friend bool operator==(const Seen&, const Seen&) = default;
};

std::vector<Seen> read_all(FrameReader& reader, std::string_view bytes) {
  std::vector<Seen> seen;
  reader.feed(bytes);
  while (const auto frame = reader.next()) {
    seen.push_back({frame->opcode, frame->is_final, std::string(frame->payload)});
  }
  return seen;
}

CloseCode error_of(const std::string& bytes) {
  FrameReader reader;
  read_all(reader, bytes);
  return reader.error();
}

TEST_CASE("the example frames of RFC 6455 are read", "[example]") {
  FrameReader reader;
  const std::string hello = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  CHECK(read_all(reader, hello) == std::vector<Seen>{{Opcode::Text, true, "Hello"}});
  CHECK(reader.error() == CloseCode::None);
}

TEST_CASE("the example frames of RFC 6455 are written", "[example]") {
  std::string out;
  append_frame(out, Opcode::Text, /*is_final=*/true, "Hello");
  append_frame(out, Opcode::Text, /*is_final=*/false, "Hel");
  append_frame(out, Opcode::Continuation, /*is_final=*/true, "lo");
  append_frame(out, Opcode::Pong, /*is_final=*/true, "Hello");
  CHECK(out == "\x81\x05Hello\x01\x03Hel\x80\x02lo\x8a\x05Hello");
}

TEST_CASE("lengths of all three forms are written and read back", "[example]") {
  struct Row {
    std::size_t size;
    std::size_t header;
  };
  for (const Row& row : {Row{0, 2}, Row{125, 2}, Row{126, 4}, Row{65'535, 4}, Row{65'536, 10},
                         Row{FrameReader::kMaxPayload, 10}}) {
    std::string payload;
    for (std::size_t i = 0; i < row.size; i++) payload += static_cast<char>(i * 7);
    std::string out;
    append_frame(out, Opcode::Binary, /*is_final=*/true, payload);
    CHECK(out.size() == row.header + row.size);
    FrameReader reader;
    const auto seen = read_all(reader, client_frame(0x82, payload));
    REQUIRE(seen.size() == 1);
    CHECK(seen[0].payload == payload);
  }
}

TEST_CASE("frames are read however they are cut", "[example]") {
  const std::string bytes = client_frame(0x01, "frag") + client_frame(0x89, "ping") +
                            client_frame(0x80, std::string(300, 'x')) + client_frame(0x82, "");
  const std::vector<Seen> expected{{Opcode::Text, false, "frag"},
                                   {Opcode::Ping, true, "ping"},
                                   {Opcode::Continuation, true, std::string(300, 'x')},
                                   {Opcode::Binary, true, ""}};
  for (const std::size_t size : {std::size_t{1}, std::size_t{2}, std::size_t{7}, bytes.size()}) {
    FrameReader reader;
    std::vector<Seen> seen;
    for (std::size_t at = 0; at < bytes.size(); at += size) {
      for (auto& frame : read_all(reader, std::string_view(bytes).substr(at, size))) {
        seen.push_back(std::move(frame));
      }
    }
    CHECK(seen == expected);
  }
}

TEST_CASE("frames that break the protocol are refused", "[example]") {
  using namespace std::string_literals;
  CHECK(error_of("\x81\x05Hello"s) == CloseCode::ProtocolError);         // not masked
  CHECK(error_of(client_frame(0xc1, "x")) == CloseCode::ProtocolError);  // reserved bit
  CHECK(error_of(client_frame(0x83, "x")) == CloseCode::ProtocolError);  // reserved opcode
  CHECK(error_of(client_frame(0x8b, "x")) == CloseCode::ProtocolError);  // reserved control
  CHECK(error_of(client_frame(0x09, "x")) == CloseCode::ProtocolError);  // fragmented ping
  CHECK(error_of(client_frame(0x89, std::string(126, 'x'))) == CloseCode::ProtocolError);
  CHECK(error_of(client_frame(0x80, "x")) == CloseCode::ProtocolError);  // continues nothing
  CHECK(error_of(client_frame(0x01, "a") + client_frame(0x81, "b")) ==
        CloseCode::ProtocolError);  // begins twice
}

TEST_CASE("a frame that is too large is refused by its header alone", "[example]") {
  using namespace std::string_literals;
  CHECK(error_of("\x82\xff\x00\x00\x00\x00\x00\x10\x00\x01mask"s) == CloseCode::TooBig);
  CHECK(error_of("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask"s) == CloseCode::TooBig);
}

TEST_CASE("nothing is read behind an error", "[example]") {
  FrameReader reader;
  CHECK(read_all(reader, client_frame(0x83, "x") + client_frame(0x81, "y")).empty());
  CHECK(read_all(reader, client_frame(0x81, "z")).empty());
}

TEST_CASE("a close frame is empty or begins with a code that may be sent", "[example]") {
  using namespace std::string_literals;
  CHECK(is_valid_close(""));
  CHECK(is_valid_close("\x03\xe8"s));  // 1000
  CHECK(is_valid_close("\x03\xe8 bye"s));
  CHECK(is_valid_close("\x0b\xb8"s));  // 3000
  CHECK(is_valid_close("\x13\x87"s));  // 4999
  CHECK_FALSE(is_valid_close("\x03"s));
  CHECK_FALSE(is_valid_close("\x03\xe7"s));  // 999
  CHECK_FALSE(is_valid_close("\x03\xed"s));  // 1005
  CHECK_FALSE(is_valid_close("\x03\xee"s));  // 1006
  CHECK_FALSE(is_valid_close("\x07\xd0"s));  // 2000
  CHECK_FALSE(is_valid_close("\x13\x88"s));  // 5000
}

TEST_CASE("a close frame says why", "[example]") {
  std::string out;
  append_close(out, CloseCode::TooBig);
  CHECK(out == "\x88\x02\x03\xf1");
}

}  // namespace
}  // namespace gateway::example
