// SPDX-License-Identifier: MIT
#include "observe/shared_scoreboard.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>

#include "util/clock.h"
#include "util/text.h"

namespace gateway {
namespace {

constexpr const char* kName = "api-gateway-scoreboard";
constexpr std::string_view kLink = "/memfd:api-gateway-scoreboard";
constexpr int kSeals = F_SEAL_SHRINK | F_SEAL_GROW;
constexpr std::uint64_t kLayoutVersion = 3;

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
static_assert(std::atomic<std::int64_t>::is_always_lock_free);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free);
static_assert(std::atomic<Cause>::is_always_lock_free);

// FNV-1a: whatever changes what a number in the memory means should change it.
std::uint64_t fingerprint() {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix = [&hash](std::string_view bytes) {
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
    hash *= 0x100000001b3;
  };
  for (const std::size_t size :
       {sizeof(WorkerSlot), sizeof(RouteCounters), sizeof(InstanceCounters), sizeof(Names),
        sizeof(GatewayCounters), offsetof(WorkerSlot, routes), offsetof(WorkerSlot, instances),
        kStatusClasses}) {
    mix(std::to_string(size));
  }
  for (std::size_t i = 0; i < kCauseCount; i++) mix(info(static_cast<Cause>(i)).word);
  for (std::size_t i = 0; i < kBuckets; i++) mix(std::to_string(bucket_edge_us(i)));
  return hash;
}

ScoreboardLayout own_layout() { return {kLayoutVersion, sizeof(Scoreboard), fingerprint()}; }

Error failed(std::string_view what) {
  const int error = errno;
  return Error{"cannot " + std::string(what) +
               " the memory shared by all processes: " + errno_text(error)};
}

UniqueFd make_file() {
#ifndef MFD_NOEXEC_SEAL
  constexpr unsigned MFD_NOEXEC_SEAL = 8;
#endif
  // Kernels from 6.3 on may insist on it, older ones do not know it.
  UniqueFd file(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL));
  if (!file.is_open()) file.reset(memfd_create(kName, MFD_CLOEXEC | MFD_ALLOW_SEALING));
  return file;
}

Result<ScoreboardMapping> map(int file, int protection) {
  void* memory = mmap(nullptr, sizeof(Scoreboard), protection, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) return failed("map");
  // A core dump would give memory to every row that there could be.
  madvise(memory, sizeof(Scoreboard), MADV_DONTDUMP);
  return ScoreboardMapping(memory);
}

Result<ScoreboardMapping> map_existing(int file, int protection) {
  struct stat facts {};
  if (fstat(file, &facts) != 0) return failed("look at");
  const int seals = fcntl(file, F_GET_SEALS);
  auto mapping = static_cast<std::uint64_t>(facts.st_size) == sizeof(Scoreboard) && seals >= 0 &&
                         (seals & kSeals) == kSeals
                     ? map(file, protection)
                     : Result<ScoreboardMapping>(ScoreboardMapping());
  if (!mapping) return mapping;
  const Scoreboard* board = mapping->get();
  if (board == nullptr || board->magic.load(std::memory_order_acquire) != Scoreboard::kMagic ||
      board->layout != own_layout()) {
    return Error{"the running gateway is of another version than this program (" GATEWAY_VERSION
                 "): its counters cannot be read"};
  }
  return mapping;
}

}  // namespace

ScoreboardMapping::~ScoreboardMapping() {
  if (memory_ != nullptr) munmap(memory_, sizeof(Scoreboard));
}

Result<SharedScoreboard> SharedScoreboard::create() {
  UniqueFd file = make_file();
  if (!file.is_open() || fchmod(file.get(), S_IRUSR | S_IWUSR) != 0 ||
      ftruncate(file.get(), sizeof(Scoreboard)) != 0 ||
      fcntl(file.get(), F_ADD_SEALS, kSeals) != 0) {
    return failed("make");
  }
  auto mapping = map(file.get(), PROT_READ | PROT_WRITE);
  if (!mapping) return std::move(mapping).error();
  // All zero, which is what every member begins with: constructing them would touch every page.
  Scoreboard& board = *mapping->get();
  board.layout = own_layout();
  board.started_at_ms.store(unix_ms(), std::memory_order_relaxed);
  name_fixed_rows(board.names);
  board.magic.store(Scoreboard::kMagic, std::memory_order_release);
  return SharedScoreboard(std::move(file), *std::move(mapping));
}

Result<SharedScoreboard> SharedScoreboard::adopt(UniqueFd file) {
  auto mapping = map_existing(file.get(), PROT_READ | PROT_WRITE);
  if (!mapping) return std::move(mapping).error();
  fcntl(file.get(), F_SETFD, FD_CLOEXEC);
  return SharedScoreboard(std::move(file), *std::move(mapping));
}

SeriesRows SharedScoreboard::assign_rows(const SeriesNames& names, std::uint32_t generation) {
  // A lock of the process: gone with it, however it ends.
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  while (fcntl(file_.get(), F_SETLKW, &whole) != 0 && errno == EINTR) {
  }
  SeriesRows rows = gateway::assign_rows(**this, names, generation);
  whole.l_type = F_UNLCK;
  fcntl(file_.get(), F_SETLK, &whole);
  return rows;
}

Result<ScoreboardView> ScoreboardView::open(UniqueFd file) {
  auto mapping = map_existing(file.get(), PROT_READ);
  if (!mapping) return std::move(mapping).error();
  return ScoreboardView(*std::move(mapping));
}

Result<ScoreboardView> find_scoreboard(pid_t master) {
  const std::string directory = "/proc/" + std::to_string(master) + "/fd";
  struct CloseDirectory {
    void operator()(DIR* open) const { closedir(open); }
  };
  const std::unique_ptr<DIR, CloseDirectory> entries(opendir(directory.c_str()));
  if (!entries) {
    const int error = errno;
    return Error{"cannot look into the gateway with pid " + std::to_string(master) + ": " +
                 errno_text(error) +
                 (error == EACCES ? "; be root or the user who started it" : "")};
  }
  while (const dirent* entry = readdir(entries.get())) {
    const std::string path = directory + "/" + entry->d_name;
    std::array<char, 64> target{};
    const ssize_t length = readlink(path.c_str(), target.data(), target.size());
    if (length < 0 ||
        !std::string_view(target.data(), static_cast<std::size_t>(length)).starts_with(kLink)) {
      continue;
    }
    UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.is_open()) return ScoreboardView::open(std::move(file));
  }
  return Error{"the process with pid " + std::to_string(master) +
               " has no counters: it is no gateway of this version"};
}

}  // namespace gateway
