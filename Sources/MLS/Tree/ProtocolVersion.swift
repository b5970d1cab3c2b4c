// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// `uint16 ProtocolVersion` (RFC 9420 §6). Any number decodes; only `mls10` is spoken.
public struct ProtocolVersion: RawRepresentable, Hashable, Comparable, Sendable, WireValue {
  /// The number on the wire.
  public let rawValue: UInt16

  /// Takes any number.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// MLS 1.0, the version of RFC 9420.
  public static let mls10 = ProtocolVersion(rawValue: 1)

  /// Takes the number from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.init(rawValue: try input.readUInt16())
  }

  /// Writes the number.
  public func encode(to output: inout ByteWriter) { output.write(rawValue) }

  /// Older versions come first.
  public static func < (left: ProtocolVersion, right: ProtocolVersion) -> Bool {
    left.rawValue < right.rawValue
  }
}
