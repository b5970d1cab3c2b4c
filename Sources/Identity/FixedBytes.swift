// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A byte string of one fixed length with a meaning of its own, so that a key can never stand where
/// a hash or a signature belongs.
public protocol FixedBytes: WireValue, Hashable, Comparable, CustomStringConvertible {
  /// The length of every value of the type, in bytes.
  static var byteCount: Int { get }

  /// The bytes; always `byteCount` of them.
  var bytes: [UInt8] { get }

  /// Takes the bytes, or gives `nil` when there are more or fewer than `byteCount`.
  init?(_ bytes: [UInt8])
}

extension FixedBytes {
  /// Takes `byteCount` bytes from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let value = Self(try input.readBytes(Self.byteCount)) else { throw .truncated }
    self = value
  }

  /// Appends the bytes with no length before them.
  public func encode(to output: inout ByteWriter) { output.write(raw: bytes) }

  /// Byte order, so that lists of these have one order everywhere.
  public static func < (left: Self, right: Self) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The bytes in lower-case hexadecimal.
  public var description: String { Hex.encode(bytes) }
}

/// The random number of an account. It stays the same when the address or a key changes.
public struct AccountID: FixedBytes {
  /// 16 bytes.
  public static let byteCount = 16
  /// The 16 bytes.
  public let bytes: [UInt8]

  /// Takes 16 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A new random number, drawn from `generator`.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = generator.bytes(Self.byteCount)
  }
}

/// The SHA-256 hash of something public.
public struct Fingerprint: FixedBytes {
  /// 32 bytes.
  public static let byteCount = 32
  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Takes 32 bytes.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// 32 zero bytes: where a structure has a place for a hash and there is nothing to hash.
  public static let zero = Fingerprint(zeroCount: byteCount)

  private init(zeroCount: Int) { bytes = Array(repeating: 0, count: zeroCount) }
}

/// The number of a device within its account. A number is given once and never again.
public struct DeviceID: WireValue, Hashable, Comparable, CustomStringConvertible {
  /// The number.
  public let rawValue: UInt32

  /// Takes the number.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Takes four bytes, big-endian.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    rawValue = try input.readUInt32()
  }

  /// Appends four bytes, big-endian.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }

  /// Lower numbers come first.
  public static func < (left: DeviceID, right: DeviceID) -> Bool {
    left.rawValue < right.rawValue
  }

  /// The number in decimal digits.
  public var description: String { String(rawValue) }
}
