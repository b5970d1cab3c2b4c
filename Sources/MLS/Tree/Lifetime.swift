// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// When a key package's leaf is valid (RFC 9420 §7.2).
///
/// ```
/// struct { uint64 not_before; uint64 not_after; } Lifetime;
/// ```
public struct Lifetime: Hashable, Sendable, WireValue {
  /// The first valid second, since 1970-01-01T00:00:00Z.
  public let notBefore: UInt64
  /// The last valid second, since 1970-01-01T00:00:00Z.
  public let notAfter: UInt64

  /// A lifetime between two seconds since 1970-01-01T00:00:00Z.
  public init(notBefore: UInt64, notAfter: UInt64) {
    self.notBefore = notBefore
    self.notAfter = notAfter
  }

  /// A lifetime around `now`. It begins `slack` early, so that a peer whose clock runs behind
  /// accepts it.
  public init(from now: Instant, lasting duration: Duration, slack: Duration = .seconds(3600)) {
    self.init(
      notBefore: (now + (.zero - slack)).seconds, notAfter: (now + duration).seconds)
  }

  /// Takes a lifetime from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    notBefore = try input.readUInt64()
    notAfter = try input.readUInt64()
  }

  /// Writes the lifetime.
  public func encode(to output: inout ByteWriter) {
    output.write(notBefore)
    output.write(notAfter)
  }

  /// Whether the instant lies inside, both ends included.
  public func contains(_ instant: Instant) -> Bool {
    notBefore <= instant.seconds && instant.seconds <= notAfter
  }

  /// The whole length in seconds; zero for an inverted lifetime.
  public var totalSeconds: UInt64 { notAfter >= notBefore ? notAfter - notBefore : 0 }
}

/// Which lifetimes a client accepts. RFC 9420 §7.2 demands a bound on the total length of every
/// application, and §7.3 only recommends that receivers look at the window.
public struct LifetimePolicy: Hashable, Sendable {
  /// When a leaf's window is compared with the clock.
  public enum Window: Hashable, Sendable {
    /// Whenever a leaf is validated, members of a tree that one joins included.
    case everywhere
    /// Only when a leaf is about to enter a group. A member that was added long ago and has not
    /// committed since is no obstacle to joining.
    case newLeaves
    /// Never.
    case nowhere
  }

  /// The longest total lifetime, or `nil` for no bound.
  public let totalMax: Duration?
  /// When the window counts.
  public let window: Window

  /// A policy of these two rules.
  public init(totalMax: Duration?, window: Window) {
    self.totalMax = totalMax
    self.window = window
  }

  /// At most 90 days and a few hours of slack, looked at when a leaf enters a group.
  public static let standard = LifetimePolicy(totalMax: .seconds(91 * 86_400), window: .newLeaves)

  /// Accepts every lifetime; for known-answer tests, whose key packages have long expired.
  public static let unchecked = LifetimePolicy(totalMax: nil, window: .nowhere)

  /// Checks one lifetime.
  ///
  /// - Throws: `lifetimeTooLong` or `outsideLifetime`.
  func check(_ lifetime: Lifetime, isNew: Bool, at now: Instant) throws(MLSFailure) {
    if let totalMax {
      let seconds = UInt64(max(0, totalMax.inMilliseconds / 1000))
      guard lifetime.totalSeconds <= seconds else { throw .lifetimeTooLong }
    }
    let applies =
      switch window {
      case .everywhere: true
      case .newLeaves: isNew
      case .nowhere: false
      }
    if applies { guard lifetime.contains(now) else { throw .outsideLifetime } }
  }
}
