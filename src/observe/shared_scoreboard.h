// SPDX-License-Identifier: MIT
//
// SharedScoreboard: a file without a name that holds the scoreboard, and its mapping.
//
// Kept by    the master, workers through the mapping they inherit. The program that follows it
//            gets the descriptor and goes on with adopt(). Gone with the last process.
// A memfd    and not a file on a disk: writing a mapped page back can make whoever stores to it
//            wait for the disk. Readers open it through /proc (see find_scoreboard).
// Sealed     against changes of size: no reader can be made to fault.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "observe/scoreboard.h"
#include "observe/series.h"
#include "util/result.h"
#include "util/unique_fd.h"

namespace gateway {

/// Owns a mapping of a whole scoreboard.
class ScoreboardMapping {
 public:
  ScoreboardMapping() = default;
  explicit ScoreboardMapping(void* memory) : memory_(memory) {}
  ScoreboardMapping(ScoreboardMapping&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)) {}
  ScoreboardMapping& operator=(ScoreboardMapping&& other) noexcept {
    std::swap(memory_, other.memory_);
    return *this;
  }
  ScoreboardMapping(const ScoreboardMapping&) = delete;
  ScoreboardMapping& operator=(const ScoreboardMapping&) = delete;
  ~ScoreboardMapping();

  Scoreboard* get() const { return static_cast<Scoreboard*>(memory_); }

 private:
  void* memory_ = nullptr;
};

class SharedScoreboard {
 public:
  /// Empty, started now.
  static Result<SharedScoreboard> create();
  /// One that another master made: everything counted goes on.
  static Result<SharedScoreboard> adopt(UniqueFd file);

  Scoreboard& operator*() const { return *mapping_.get(); }
  Scoreboard* operator->() const { return mapping_.get(); }
  /// Close-on-exec; for the program that follows.
  int file() const { return file_.get(); }
  /// In a worker: the mapping is all it needs.
  void close_file() { file_.reset(); }

  /// Rows for the names of a new generation. Waits for another master that does the same.
  SeriesRows assign_rows(const SeriesNames& names, std::uint32_t generation);

 private:
  SharedScoreboard(UniqueFd file, ScoreboardMapping mapping)
      : file_(std::move(file)), mapping_(std::move(mapping)) {}

  UniqueFd file_;
  ScoreboardMapping mapping_;
};

/// The scoreboard of another process, read-only.
class ScoreboardView {
 public:
  static Result<ScoreboardView> open(UniqueFd file);

  const Scoreboard& operator*() const { return *mapping_.get(); }
  const Scoreboard* operator->() const { return mapping_.get(); }

 private:
  explicit ScoreboardView(ScoreboardMapping mapping) : mapping_(std::move(mapping)) {}

  ScoreboardMapping mapping_;
};

/// That of the master with this pid. Errors name what to do.
Result<ScoreboardView> find_scoreboard(pid_t master);

}  // namespace gateway
