// SPDX-License-Identifier: MIT
//
// All that passed between clients, the gateway and the service, and what must be true of it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ends.h"
#include "reading.h"

namespace fuzz {

struct Record {
  std::vector<Client> clients;
  std::vector<Client> past_clients;
  std::deque<Service> services;
};

inline void print(const char* what, const std::string& bytes) {
  std::fprintf(stderr, "  %s (%zu bytes):\n    ", what, bytes.size());
  for (const char c : bytes.substr(0, 2000)) {
    if (c == '\n') {
      std::fputs("\\n\n    ", stderr);
    } else if (c >= ' ' && c <= '~') {
      std::fputc(c, stderr);
    } else {
      std::fprintf(stderr, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  std::fputc('\n', stderr);
}

/// Ends the program with all that passed, unless `ok`.
inline void require(bool ok, const char* what, const Record& record) {
  if (ok) return;
  std::fprintf(stderr, "NOT TRUE: %s\n", what);
  for (const auto* clients : {&record.past_clients, &record.clients}) {
    for (const Client& client : *clients) {
      if (client.sent.empty()) continue;
      print("a client sent", client.sent);
      print("it received", client.received);
    }
  }
  for (const Service& service : record.services) {
    print("the service received on a connection", service.received);
    print("it sent", service.sent);
  }
  std::abort();
}

inline std::size_t held_by(const Record& record) {
  std::size_t bytes = 0;
  const auto count = [&](const End& end) {
    bytes += end.sent.capacity() + end.received.capacity();
  };
  std::for_each(record.clients.begin(), record.clients.end(), count);
  std::for_each(record.past_clients.begin(), record.past_clients.end(), count);
  std::for_each(record.services.begin(), record.services.end(), count);
  return bytes;
}

/// As the service is told it: an absolute target loses its authority.
inline std::string plain_target(const Message& request) {
  constexpr std::string_view kScheme("http://");
  if (lower(request.target.substr(0, kScheme.size())) != kScheme) return request.target;
  const auto end = request.target.find_first_of("/?", kScheme.size());
  if (end == std::string::npos) return request.method == "OPTIONS" ? "*" : "/";
  return (request.target[end] == '?' ? "/" : "") + request.target.substr(end);
}

/// Whether `got` is what some client sent, or the beginning of it.
inline bool was_sent(const std::vector<Message>& sent, const Message& got) {
  return std::any_of(sent.begin(), sent.end(), [&](const Message& request) {
    if (request.method != got.method || plain_target(request) != got.target) return false;
    if (!got.complete) return request.body.starts_with(got.body);
    return request.complete && request.body == got.body;
  });
}

/// Trailers frame, route and authorize nothing.
inline bool are_harmless(const Message& message) {
  constexpr std::string_view kHeadOnly[] = {"content-length", "transfer-encoding", "host",
                                            "connection",     "x-request-id",      "authorization"};
  return std::none_of(message.trailers.begin(), message.trailers.end(), [&](const auto& field) {
    return std::find(std::begin(kHeadOnly), std::end(kHeadOnly), field.first) !=
           std::end(kHeadOnly);
  });
}

/// The service has only whole readings of requests that clients have sent.
inline void check_services(const Record& record) {
  std::vector<Message> sent;
  for (const auto* clients : {&record.past_clients, &record.clients}) {
    for (const Client& client : *clients) {
      for (Message& request : Reader(client.sent).requests().messages) {
        sent.push_back(std::move(request));
      }
    }
  }
  for (const Service& service : record.services) {
    const Reading reading = service.reading();
    require(!reading.malformed, "the service can read what it receives", record);
    for (const Message& got : reading.messages) {
      require(got.count("host") == 1, "the service is told one host", record);
      require(got.count("x-request-id") == 1, "the service is told the request's id", record);
      require(got.count("expect") == 0, "expectations end at the gateway", record);
      require(are_harmless(got), "trailers are no header fields", record);
      require(was_sent(sent, got), "what reaches the service was sent by a client", record);
    }
  }
}

/// Well-formed answers, in order, each made for its own request.
inline void check_client(const Client& client, bool may_lack_answers, const Record& record) {
  const std::vector<Message> asked = Reader(client.sent).requests().messages;
  std::vector<std::string> methods;
  for (const Message& request : asked) methods.push_back(request.method);
  const Reading told = Reader(client.received).responses(methods, client.has_ended);
  require(!told.malformed, "a client can read what it receives", record);
  std::size_t answers = 0;
  bool is_over = client.vanished || told.incomplete;
  for (const Message& response : told.messages) {
    is_over |= response.lists("connection", "close") || response.until_close ||
               !response.complete || response.status == 101;
    require(are_harmless(response), "trailers are no header fields", record);
    if (response.status < 200 && response.status != 101) continue;
    const std::string echo = response.value_of("x-echo");
    const bool fits =
        echo.empty() || (answers < asked.size() && echo == plain_target(asked[answers]));
    require(fits, "an answer belongs to its request", record);
    answers++;
  }
  require(answers <= asked.size() + 1, "a request has one answer", record);
  for (std::size_t i = answers; i < asked.size() && !is_over && !may_lack_answers; i++) {
    require(!asked[i].complete, "a request has an answer", record);
  }
}

inline void check_clients(const Record& record, bool may_lack_answers) {
  for (const Client& client : record.past_clients) check_client(client, may_lack_answers, record);
  for (const Client& client : record.clients) check_client(client, may_lack_answers, record);
}

}  // namespace fuzz
