// SPDX-License-Identifier: MIT
#include "event/memory.h"

#include <string>
#include <vector>

#include "catch.h"
#include "event/handles.h"

namespace gateway {
namespace {

class KeptMemory {
 public:
  KeptMemory() { keep_library_memory(); }
  ~KeptMemory() { event_set_mem_functions(nullptr, nullptr, nullptr); }
};

std::string text_of(std::size_t size) {
  return std::string(size, static_cast<char>('a' + size % 26));
}

EvbufferPtr buffer_of(std::size_t size) {
  EvbufferPtr buffer(evbuffer_new());
  evbuffer_add(buffer.get(), text_of(size).data(), size);
  return buffer;
}

std::string content_of(const EvbufferPtr& buffer) {
  std::string content(evbuffer_get_length(buffer.get()), '\0');
  evbuffer_copyout(buffer.get(), content.data(), content.size());
  return content;
}

std::vector<EvbufferPtr> buffers_of_many_sizes() {
  std::vector<EvbufferPtr> buffers;
  for (std::size_t size = 1; size < 9000; size += 5) buffers.push_back(buffer_of(size));
  return buffers;
}

void check_contents(const std::vector<EvbufferPtr>& buffers) {
  std::size_t size = 1;
  std::size_t spoilt = 0;
  for (const EvbufferPtr& buffer : buffers) {
    if (content_of(buffer) != text_of(size)) spoilt++;
    size += 5;
  }
  CHECK(spoilt == 0);
}

}  // namespace

TEST_CASE("blocks that libevent gets again hold what it puts in", "[event]") {
  const KeptMemory kept;
  for (int round = 0; round < 3; round++) check_contents(buffers_of_many_sizes());
}

TEST_CASE("libevent's blocks may be older or younger than its kept memory", "[event]") {
  std::vector<EvbufferPtr> older = buffers_of_many_sizes();
  std::vector<EvbufferPtr> younger;
  {
    const KeptMemory kept;
    check_contents(older);
    older.clear();
    younger = buffers_of_many_sizes();
  }
  check_contents(younger);
}

}  // namespace gateway
