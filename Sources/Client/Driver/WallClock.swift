// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import SansIO

/// The time that is handed to the core: the wall clock as it stood at the start, advanced by a
/// clock that never runs backwards.
struct WallClock: Sendable {
  private let startedAt: Instant
  private let origin: ContinuousClock.Instant

  init() {
    startedAt = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    origin = ContinuousClock.now
  }

  /// Now.
  var now: Instant { startedAt + (ContinuousClock.now - origin) }
}
