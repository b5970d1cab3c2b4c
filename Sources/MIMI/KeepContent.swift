// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What is said about keeping a message that disappears (timers.md).
///
/// ```
/// ask      = [1]
/// withdraw = [2]
/// accept   = [3, turn: uint .size 2]
/// refuse   = [4, turn: uint .size 2]
/// ```
public enum KeepContent: WireValue, Hashable {
  /// Somebody asks the author to let it be kept.
  case ask
  /// Whoever asked takes that back.
  case withdraw
  /// The author lets it be kept. Of what the author says, the highest turn counts.
  case accept(turn: UInt16)
  /// The author does not, or no longer; of two of the same turn this one counts.
  case refuse(turn: UInt16)

  /// The media type of the part.
  public static let contentType = "application/x.sotto.keep+cbor"

  /// Takes the part.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readCBORArray(maximum: 2, field: "keep")
    let kind = try input.readCBORUnsigned(maximum: 4, field: "keep")
    guard count == (kind < 3 ? 1 : 2) else { throw .invalidValue(field: "keep") }
    switch kind {
    case 1: self = .ask
    case 2: self = .withdraw
    case 3: self = .accept(turn: try Self.turn(from: &input))
    case 4: self = .refuse(turn: try Self.turn(from: &input))
    default: throw .invalidValue(field: "keep")
    }
  }

  private static func turn(from input: inout Span<UInt8>) throws(DecodingFailure) -> UInt16 {
    let turn = try input.readCBORUnsigned(maximum: UInt64(UInt16.max), field: "keep")
    return UInt16(truncatingIfNeeded: turn)
  }

  /// Appends the part.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .ask: Self.encode(1, nil, to: &output)
    case .withdraw: Self.encode(2, nil, to: &output)
    case .accept(let turn): Self.encode(3, turn, to: &output)
    case .refuse(let turn): Self.encode(4, turn, to: &output)
    }
  }

  private static func encode(_ kind: UInt64, _ turn: UInt16?, to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: turn == nil ? 1 : 2)
    output.writeCBOR(unsigned: kind)
    if let turn { output.writeCBOR(unsigned: UInt64(turn)) }
  }
}

extension MIMIContent {
  /// What is said about keeping a message.
  public static func keep(
    _ remark: KeepContent, upon message: MessageID, salt: Salt,
    extensions: ContentExtensions = ContentExtensions()
  ) -> MIMIContent {
    .remark(
      KeepContent.contentType, remark.encoded, upon: message, salt: salt, extensions: extensions)
  }

  /// What the message says about keeping another one, when it can be read.
  public var keepRemark: KeepContent? {
    remark(KeepContent.contentType).flatMap { try? KeepContent(decoding: $0) }
  }
}
