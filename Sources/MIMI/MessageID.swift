// SPDX-License-Identifier: Apache-2.0

import Crypto
import SansIO

/// The 16 random bytes that make each message unlike every other (draft-ietf-mimi-content-08 §3.1).
public struct Salt: Hashable, Sendable {
  /// The length, in bytes.
  public static let byteCount = 16
  /// The 16 bytes.
  public let bytes: [UInt8]

  /// Takes 16 bytes; `nil` for any other length.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// A new salt, drawn from `generator`.
  public init(using generator: inout some RandomNumberGenerator) {
    bytes = generator.bytes(Self.byteCount)
  }
}

/// The name of a message: a hash algorithm's number and the first 31 bytes of its hash over sender,
/// room, content and salt (draft-ietf-mimi-content-08, "Message ID").
public struct MessageID: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// The length, in bytes.
  public static let byteCount = 32
  /// SHA-256 in IANA's Named Information registry: the one algorithm that the draft knows.
  public static let sha256: UInt8 = 1

  /// The 32 bytes.
  public let bytes: [UInt8]

  /// Takes 32 bytes; `nil` for any other length.
  public init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// The ID of the message with this content. The URIs are those of the sender's account and of the
  /// conversation, whether the content carries them or the context implies them.
  ///
  /// - Precondition: a URI has at most 65,535 bytes.
  public init(content: [UInt8], salt: Salt, senderURI: String, roomURI: String) {
    var input = ByteWriter(capacity: content.count + 512)
    for uri in [Array(senderURI.utf8), Array(roomURI.utf8)] {
      precondition(uri.count <= Int(UInt16.max), "URI too long")
      input.write(UInt16(uri.count))
      input.write(raw: uri)
    }
    input.write(raw: content)
    input.write(raw: salt.bytes)
    bytes = [Self.sha256] + SHA256.hash(data: input.bytes).prefix(Self.byteCount - 1)
  }

  /// Takes a CBOR byte string of 32 bytes.
  init(from input: inout Span<UInt8>, field: StaticName) throws(DecodingFailure) {
    bytes = try input.readCBORBytes(exactly: Self.byteCount, field: field)
  }

  /// Whether the first byte names an algorithm that the draft knows.
  public var hasKnownAlgorithm: Bool { bytes.first == Self.sha256 }

  /// Byte order, by which messages of one timestamp are sorted.
  public static func < (left: MessageID, right: MessageID) -> Bool {
    left.bytes.lexicographicallyPrecedes(right.bytes)
  }

  /// The bytes in lower-case hexadecimal.
  public var description: String { Hex.encode(bytes) }
}
