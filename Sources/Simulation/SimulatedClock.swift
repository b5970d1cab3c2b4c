// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What one process takes for the time. As in the drivers, the wall clock is read when the process
/// starts and advanced by a clock that never runs backwards: a step takes effect at the next start.
package struct SimulatedClock: Sendable {
  /// How wrong a clock is.
  package struct Skew: Sendable {
    /// When the process starts.
    package var offset = Duration.zero
    /// Parts in a million by which it runs too fast; below zero too slowly.
    package var drift: Int64 = 0
  }

  private var origin = Instant(milliseconds: 0)
  private var skew = Skew()

  /// The clock that is right.
  package init() {}

  /// A clock that begins to be wrong at `origin`.
  package init(from origin: Instant, skew: Skew) {
    self.origin = origin
    self.skew = skew
  }

  /// What the clock shows at a real instant.
  package func local(_ real: Instant) -> Instant {
    let passed = (real - origin).inMilliseconds
    return real + skew.offset + .milliseconds(passed * skew.drift / 1_000_000)
  }

  /// The first real instant at which the clock shows `local`, or a millisecond after it.
  package func real(_ local: Instant) -> Instant {
    let passed = (local - origin).inMilliseconds - skew.offset.inMilliseconds
    return origin + .milliseconds(passed * 1_000_000 / (1_000_000 + skew.drift) + 1)
  }
}

extension World {
  /// How wrong the clock of a process is that starts now.
  mutating func skew() -> SimulatedClock.Skew {
    let offset = options.skewMax.inMilliseconds
    return SimulatedClock.Skew(
      offset: .milliseconds(Int64.random(in: -offset...offset, using: &clocks)),
      drift: Int64.random(in: -options.driftMax...options.driftMax, using: &clocks))
  }
}
