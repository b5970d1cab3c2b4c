// SPDX-License-Identifier: Apache-2.0
// Two threads change one number. Scripts/sanitize demands that ThreadSanitizer sees it, with all that
// it was told of Swift's libraries and with all suppressions.

import Dispatch

final class Box: @unchecked Sendable { var value = 0 }
let box = Box()
let group = DispatchGroup()
for _ in 0..<2 {
  DispatchQueue.global().async(group: group) {
    for step in 0..<5_000_000 { box.value ^= step &* (box.value | 1) }
  }
}
group.wait()
print(box.value)
