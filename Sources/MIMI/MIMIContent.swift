// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a message says (draft-ietf-mimi-content-08), in the one deterministic encoding.
///
/// ```
/// mimiContent = [
///   salt: bstr .size 16,
///   replaces: null / MessageId,
///   topicId: bstr,
///   expires: null / Expiration,
///   inReplyTo: null / MessageId,
///   mimiExtensions: extensions,
///   nestedPart: NestedPart
/// ]
/// ```
public struct MIMIContent: WireValue, Hashable {
  /// The longest message, in bytes; what is larger goes as an external part.
  public static let lengthMax = 65_536
  /// The longest topic, in bytes.
  public static let topicLengthMax = 4096

  /// Random bytes that make the message unlike every other.
  public var salt: Salt
  /// The message that this one edits or deletes.
  public var replaces: MessageID?
  /// The topic that this message belongs to; empty for none.
  public var topicID: [UInt8]
  /// When the message is to be forgotten.
  public var expires: Expiration?
  /// The message that this one answers or reacts to.
  public var inReplyTo: MessageID?
  /// Extension fields.
  public var extensions: ContentExtensions
  /// What is said.
  public var body: NestedPart

  /// Takes the fields.
  public init(
    salt: Salt, replaces: MessageID? = nil, topicID: [UInt8] = [], expires: Expiration? = nil,
    inReplyTo: MessageID? = nil, extensions: ContentExtensions = ContentExtensions(),
    body: NestedPart
  ) {
    self.salt = salt
    self.replaces = replaces
    self.topicID = topicID
    self.expires = expires
    self.inReplyTo = inReplyTo
    self.extensions = extensions
    self.body = body
  }

  /// Takes one message, which is all of `input` or the front of it.
  ///
  /// - Throws: `limitExceeded` when `input` is longer than a message may be, has too many parts or
  ///   lies too deep, and whatever else is not the one encoding of a message.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard input.count <= Self.lengthMax else { throw .limitExceeded }
    try input.readCBORArray(exactly: 7, field: "message")
    guard let salt = Salt(try input.readCBORBytes(exactly: Salt.byteCount, field: "salt")) else {
      throw .invalidValue(field: "salt")
    }
    self.salt = salt
    replaces = try Self.readMessageID(from: &input, field: "replaces")
    topicID = try input.readCBORBytes(maximum: Self.topicLengthMax, field: "topic")
    expires = try input.readCBORNullable {
      (body: inout Span<UInt8>) throws(DecodingFailure) in try Expiration(from: &body)
    }
    inReplyTo = try Self.readMessageID(from: &input, field: "inReplyTo")
    extensions = try ContentExtensions(from: &input)
    var parts = 0
    body = try NestedPart(from: &input, level: 1, counting: &parts)
  }

  /// Appends the message.
  public func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: 7)
    output.writeCBOR(bytes: salt.bytes)
    output.writeCBOR(messageID: replaces)
    output.writeCBOR(bytes: topicID)
    if let expires { expires.encode(to: &output) } else { output.writeCBORNull() }
    output.writeCBOR(messageID: inReplyTo)
    extensions.encode(to: &output)
    body.encode(to: &output)
  }

  /// The message's bytes, after a check that every receiver takes them.
  ///
  /// - Throws: `limitExceeded` when the message is too long, too deep or in too many parts, and
  /// what
  ///   else a receiver would say.
  public func encodedForSending() throws(DecodingFailure) -> [UInt8] {
    let bytes = encoded
    _ = try MIMIContent(decoding: bytes)
    return bytes
  }

  /// The message's ID, for the sender and conversation that the context knows. Both must be those
  /// that the message was authenticated with, not what it says of itself.
  public func messageID(senderURI: String, roomURI: String) -> MessageID {
    MessageID(content: encoded, salt: salt, senderURI: senderURI, roomURI: roomURI)
  }

  /// A message ID that may be `null`; one whose algorithm nobody knows names no message.
  private static func readMessageID(
    from input: inout Span<UInt8>, field: StaticName
  ) throws(DecodingFailure) -> MessageID? {
    try input.readCBORNullable { (body: inout Span<UInt8>) throws(DecodingFailure) in
      let id = try MessageID(from: &body, field: field)
      guard id.hasKnownAlgorithm else { throw .invalidValue(field: field) }
      return id
    }
  }
}

extension ByteWriter {
  /// Writes a message ID, or `null`.
  mutating func writeCBOR(messageID: MessageID?) {
    if let messageID { writeCBOR(bytes: messageID.bytes) } else { writeCBORNull() }
  }
}

extension Expiration {
  /// The furthest that a time of expiry may lie away: what is further is nonsense or malice.
  public static let distanceMax: Duration = .seconds(366 * 86_400)

  /// Takes the array of two.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    try input.readCBORArray(exactly: 2, field: "expiration")
    let isRelative = try input.readCBORBool(field: "expiration")
    let number = try input.readCBORUnsigned(maximum: UInt64(UInt32.max), field: "expiration")
    let seconds = UInt32(truncatingIfNeeded: number)
    self = isRelative ? .relative(seconds: seconds) : .absolute(seconds: seconds)
  }

  /// Appends the array of two.
  func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: 2)
    switch self {
    case .relative(let seconds):
      output.writeCBOR(bool: true)
      output.writeCBOR(unsigned: UInt64(seconds))
    case .absolute(let seconds):
      output.writeCBOR(bool: false)
      output.writeCBOR(unsigned: UInt64(seconds))
    }
  }

  /// Whether the time lies within a year of `accepted`, as draft-ietf-mimi-content-08 ("General
  /// handling") asks of a message that is to be believed.
  public func isPlausible(acceptedAt accepted: Instant) -> Bool {
    switch self {
    case .relative(let seconds): return .seconds(Int64(seconds)) <= Self.distanceMax
    case .absolute(let seconds):
      let distance = Instant(milliseconds: Int64(seconds) * 1000) - accepted
      return -Self.distanceMax.inMilliseconds <= distance.inMilliseconds
        && distance.inMilliseconds <= Self.distanceMax.inMilliseconds
    }
  }
}
