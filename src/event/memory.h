// SPDX-License-Identifier: MIT
//
// The memory of libevent's objects: what it frees is kept for what it asks for next.
//
// Why      evhttp makes and frees 19 small objects for each proxied request, always of the same
//          sizes: 2,600 of 26,300 instructions of a small GET.
// Kept     at most some hundred blocks of each size; what is more goes back to free().
// Blocks   are those of malloc(): libevent may have got some before, and anybody may free() one.
// Runs on  one thread. Without effect under AddressSanitizer, which has to see each object's end.
#pragma once

namespace gateway {

/// From now on.
void keep_library_memory();

}  // namespace gateway
