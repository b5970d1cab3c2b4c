// SPDX-License-Identifier: Apache-2.0

import Foundation
import SansIO

/// The driver's clock: the wall clock of the start, advanced by the monotonic one, so that a step
/// of the wall clock changes no order and expires nothing early.
struct ServerClock: Sendable {
  private let wallStart: Int64
  private let monotonicStart: ContinuousClock.Instant

  init() {
    wallStart = Int64(Date().timeIntervalSince1970 * 1000)
    monotonicStart = ContinuousClock.now
  }

  var now: Instant {
    let passed = monotonicStart.duration(to: ContinuousClock.now)
    return Instant(milliseconds: wallStart) + passed
  }
}
