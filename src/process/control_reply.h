// SPDX-License-Identifier: MIT
//
// The lines in which the master answers on its control socket, each a JSON object:
//
//   {"kind":"accepted"}                    at once, before anything is done: somebody is there
//   {"kind":"progress","text":"..."}       what is being waited for
//   {"kind":"change","text":"..."}         one thing that a reload changed
//   {"kind":"warning","text":"..."}        what an operator should know
//   {"kind":"error","text":"..."}          why it failed; as -t has it, one or more lines
//   {"kind":"result","ok":true,...}        the last one
//
// Who gets none of them may ask again, whatever it was: nothing was done.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

std::string accepted_line();
std::string text_line(std::string_view kind, std::string_view text);
/// `members`: more of the object, such as "\"generation\":3".
std::string result_line(bool is_ok, std::string_view text, std::string_view members = {});

}  // namespace gateway
