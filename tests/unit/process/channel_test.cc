// SPDX-License-Identifier: MIT
#include "process/channel.h"

#include <string>

#include "catch.h"

using namespace gateway;

TEST_CASE("messages arrive one by one and whole", "[process]") {
  auto ends = make_channel();
  REQUIRE(ends);
  send_message(ends->master.get(), "d01");
  send_message(ends->master.get(), "t");
  CHECK(receive_message(ends->worker.get()).text == "d01");
  CHECK(receive_message(ends->worker.get()).text == "t");
  CHECK(receive_message(ends->worker.get()).state == Message::State::None);
}

TEST_CASE("the end of one side is seen by the other", "[process]") {
  auto ends = make_channel();
  REQUIRE(ends);
  send_message(ends->worker.get(), "R");
  ends->worker.reset();
  CHECK(receive_message(ends->master.get()).text == "R");
  CHECK(receive_message(ends->master.get()).state == Message::State::End);
  send_message(ends->master.get(), "nobody hears it");
}

TEST_CASE("who does not listen holds nobody up", "[process]") {
  auto ends = make_channel();
  REQUIRE(ends);
  const std::string message(1000, 'x');
  for (int i = 0; i < 10'000; i++) send_message(ends->master.get(), message);
  CHECK(receive_message(ends->worker.get()).text == message);
}
