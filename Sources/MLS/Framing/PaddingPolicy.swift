// SPDX-License-Identifier: Apache-2.0

/// How many zero bytes stand behind the content of a private message (RFC 9420 §15.1).
public enum PaddingPolicy: Hashable, Sendable {
  /// None.
  case none
  /// Up to the Padmé length of PURB (Nikitin et al. 2019), at least `minimum` bytes in all: the
  /// length tells at most O(log log n) bits, for an overhead below 12 %.
  case padme(minimum: Int)

  /// Padmé with at least 256 bytes, so that short messages all look alike.
  public static let standard = PaddingPolicy.padme(minimum: 256)

  /// The number of zero bytes behind `length` bytes.
  public func paddingLength(for length: Int) -> Int {
    switch self {
    case .none: 0
    case .padme(let minimum): PaddingPolicy.padme(max(length, minimum)) - length
    }
  }

  /// Rounds up so that the last `e - s` bits are zero, where e = ⌊log2 n⌋ and s = ⌊log2 e⌋ + 1.
  private static func padme(_ length: Int) -> Int {
    guard length > 2 else { return length }
    let exponent = Int.bitWidth - 1 - length.leadingZeroBitCount
    let bits = Int.bitWidth - exponent.leadingZeroBitCount
    let mask = (1 << (exponent - bits)) - 1
    return (length + mask) & ~mask
  }
}
