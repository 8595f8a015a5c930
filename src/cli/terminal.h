// SPDX-License-Identifier: MIT
//
// Terminal: takes over the terminal on stdin and stdout for a live view, and gives it back.
//
// Given back  by its destructor, and by release() while the program is stopped. A program that ends
//             by a signal has to catch it, and end by returning.
#pragma once

#include <termios.h>

#include <vector>

#include "cli/top_text.h"

namespace gateway::cli {

class Terminal {
 public:
  /// Whether both streams are one.
  static bool is_there();

  Terminal() { take(); }
  ~Terminal() { release(); }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void take();
  void release();
  TopSize size() const;
  /// In the place of what was shown before.
  void show(const std::vector<TopLine>& lines);
  /// The next key that was pressed; 0: none.
  char read_key();

 private:
  termios before_{};
  bool is_taken_ = false;
};

}  // namespace gateway::cli
