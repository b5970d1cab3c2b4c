// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// That a message is pinned in its conversation, or no longer (pins.md).
///
/// ```
/// pin   = [1, seconds: uint .size 4]      ; 0: until it is unpinned
/// unpin = [2]
/// ```
public enum PinContent: WireValue, Hashable {
  /// For so many seconds from acceptance by the server; 0 for no end.
  case pin(seconds: UInt32)
  /// No longer.
  case unpin

  /// The media type of the part.
  public static let contentType = "application/x.sotto.pin+cbor"

  /// Takes the part.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readCBORArray(maximum: 2, field: "pin")
    let kind = try input.readCBORUnsigned(maximum: 2, field: "pin")
    switch (kind, count) {
    case (1, 2):
      let seconds = try input.readCBORUnsigned(maximum: UInt64(UInt32.max), field: "pin")
      self = .pin(seconds: UInt32(truncatingIfNeeded: seconds))
    case (2, 1): self = .unpin
    default: throw .invalidValue(field: "pin")
    }
  }

  /// Appends the part.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .pin(let seconds):
      output.writeCBOR(arrayOf: 2)
      output.writeCBOR(unsigned: 1)
      output.writeCBOR(unsigned: UInt64(seconds))
    case .unpin:
      output.writeCBOR(arrayOf: 1)
      output.writeCBOR(unsigned: 2)
    }
  }
}

extension MIMIContent {
  /// A pin, or its end.
  public static func pin(
    _ remark: PinContent, upon message: MessageID, salt: Salt,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    .remark(
      PinContent.contentType, remark.encoded, upon: message, salt: salt, extensions: extensions)
  }

  /// The pin or its end that the message is, when it can be read.
  public var pinRemark: PinContent? {
    remark(PinContent.contentType).flatMap { try? PinContent(decoding: $0) }
  }
}
