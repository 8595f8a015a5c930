// SPDX-License-Identifier: MIT
#include "process/title.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace gateway {
namespace {

struct Room {
  char* begin = nullptr;
  std::size_t size = 0;
};
Room g_room;

}  // namespace

// The kernel shows the memory in which it put the arguments, with the environment behind them. It
// is ours to write to, once nobody looks for the environment there.
void prepare_title(int argc, char** argv) {
  if (argc < 1) return;
  char* end = argv[0];
  for (int i = 0; i < argc && argv[i] == end; i++) end += std::strlen(argv[i]) + 1;
  std::size_t count = 0;
  for (; environ[count] != nullptr; count++) {
    if (environ[count] == end) end += std::strlen(end) + 1;
  }
  // Never freed: these are the environment from now on.
  static auto& copies = *new std::vector<std::string>(environ, environ + count);
  static auto& pointers = *new std::vector<char*>;
  for (std::string& copy : copies) pointers.push_back(copy.data());
  pointers.push_back(nullptr);
  environ = pointers.data();
  g_room = {argv[0], static_cast<std::size_t>(end - argv[0])};
}

void set_title(const std::string& text) {
  if (g_room.size < 2) return;
  const std::string title = "api-gateway: " + text;
  const std::size_t length = std::min(title.size(), g_room.size - 1);
  std::memset(g_room.begin, 0, g_room.size);
  std::memcpy(g_room.begin, title.data(), length);
}

}  // namespace gateway
