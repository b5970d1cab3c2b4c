// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// A count of permits that fills up with time.
package struct TokenBucket: Hashable, Sendable {
  /// How many permits fit in, and how long one takes to come back.
  package struct Rate: Hashable, Sendable {
    package let size: Int64
    package let refill: Duration

    /// - Precondition: both are above 0, the refill at least a microsecond.
    package init(size: Int64, refill: Duration) {
      precondition(size > 0 && refill >= .microseconds(1), "a rate lets something through")
      self.size = size
      self.refill = refill
    }

    /// The time in which an empty bucket fills up.
    var whole: Duration { refill * Int(size) }
  }

  /// When the bucket is full, if nothing more is taken: the whole state of it.
  private var fullAt: Instant
  private var remainder: Duration = .zero

  /// A full bucket.
  package init(fullAt now: Instant) { fullAt = now }

  /// Takes `cost` permits, or says how long to wait until they are there.
  package mutating func take(_ cost: Int64, of rate: Rate, at now: Instant) -> Duration? {
    var missing = fullAt > now ? fullAt - now + remainder : .zero
    // A clock that stepped back must not make the bucket emptier than empty.
    missing = min(missing, rate.whole)
    let after = missing + rate.refill * Int(min(cost, rate.size))
    guard after <= rate.whole else { return after - rate.whole }
    let milliseconds = after.inMilliseconds
    fullAt = now + .milliseconds(milliseconds)
    remainder = after - .milliseconds(milliseconds)
    return nil
  }

  /// Whether the bucket holds nothing that a new one would not.
  package func isFull(at now: Instant) -> Bool { fullAt <= now }
}
