// SPDX-License-Identifier: Apache-2.0

/// A point in time, always handed in by the driver: a core owns no clock.
///
/// Counted in milliseconds since 1970-01-01T00:00:00Z. Drivers advance it by a monotonic clock, so
/// that it never runs backwards within one process.
public struct Instant: Hashable, Comparable, Sendable {
  /// Milliseconds since 1970-01-01T00:00:00Z.
  public let milliseconds: Int64

  /// Takes milliseconds since 1970-01-01T00:00:00Z.
  @inlinable
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  /// Whole seconds since 1970-01-01T00:00:00Z; never negative.
  public var seconds: UInt64 { UInt64(max(0, milliseconds / 1000)) }

  /// Earlier comes first.
  @inlinable
  public static func < (left: Instant, right: Instant) -> Bool {
    left.milliseconds < right.milliseconds
  }

  /// The instant that lies `duration` later, saturating at the ends of the range.
  public static func + (left: Instant, right: Duration) -> Instant {
    let sum = left.milliseconds.addingReportingOverflow(right.inMilliseconds)
    if !sum.overflow { return Instant(milliseconds: sum.partialValue) }
    return Instant(milliseconds: right.inMilliseconds < 0 ? .min : .max)
  }

  /// The time from `right` to `left`, saturating.
  public static func - (left: Instant, right: Instant) -> Duration {
    let difference = left.milliseconds.subtractingReportingOverflow(right.milliseconds)
    if !difference.overflow { return .milliseconds(difference.partialValue) }
    return .milliseconds(left < right ? Int64.min / 2 : Int64.max / 2)
  }
}

extension Duration {
  /// The duration in whole milliseconds, rounded towards zero and saturating.
  public var inMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let whole = seconds.multipliedReportingOverflow(by: 1000)
    if whole.overflow { return seconds < 0 ? .min : .max }
    let sum = whole.partialValue.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
    if sum.overflow { return seconds < 0 ? .min : .max }
    return sum.partialValue
  }
}
