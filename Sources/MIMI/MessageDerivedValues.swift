// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What is known about a message beside its content (draft-ietf-mimi-content-08, "Derived Data
/// Values").
///
/// ```
/// MessageDerivedValues = [
///   messageId: MessageId,
///   hubAcceptedTimestamp: Timestamp,
///   mlsGroupId: bstr,
///   senderLeafIndex: uint .size 4,
///   senderClientUrl: uri,
///   senderUserUrl: uri,
///   roomUrl: uri
/// ]
/// ```
public struct MessageDerivedValues: WireValue, Hashable {
  /// When the server took the message.
  public enum Timestamp: Hashable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    case milliseconds(UInt64)
    /// The content of an extended time tag (RFC 9581 §3).
    case extended(CBORMap)
  }

  private static let extendedTimeTag: UInt64 = 1001

  /// The message's ID.
  public var messageID: MessageID
  /// When the server took it.
  public var acceptedTimestamp: Timestamp
  /// The MLS group.
  public var groupID: [UInt8]
  /// The sender's leaf in it.
  public var senderLeafIndex: UInt32
  /// The sender's device.
  public var senderClientURI: String
  /// The sender's account.
  public var senderUserURI: String
  /// The conversation.
  public var roomURI: String

  /// Takes the fields.
  public init(
    messageID: MessageID, acceptedTimestamp: Timestamp, groupID: [UInt8], senderLeafIndex: UInt32,
    senderClientURI: String, senderUserURI: String, roomURI: String
  ) {
    self.messageID = messageID
    self.acceptedTimestamp = acceptedTimestamp
    self.groupID = groupID
    self.senderLeafIndex = senderLeafIndex
    self.senderClientURI = senderClientURI
    self.senderUserURI = senderUserURI
    self.roomURI = roomURI
  }

  /// Takes the array above.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    try input.readCBORArray(exactly: 7, field: "derived values")
    messageID = try MessageID(from: &input, field: "message ID")
    // The tag is one level and its map another.
    switch try CBORValue(from: &input, levels: CBORValue.levelsMax) {
    case .unsigned(let milliseconds): acceptedTimestamp = .milliseconds(milliseconds)
    case .tagged(Self.extendedTimeTag, .map(let map)): acceptedTimestamp = .extended(map)
    default: throw .invalidValue(field: "timestamp")
    }
    groupID = try input.readCBORBytes(field: "group ID")
    senderLeafIndex = UInt32(
      truncatingIfNeeded: try input.readCBORUnsigned(
        maximum: UInt64(UInt32.max), field: "sender leaf index"))
    senderClientURI = try input.readCBORText(field: "sender client URI")
    senderUserURI = try input.readCBORText(field: "sender URI")
    roomURI = try input.readCBORText(field: "room URI")
  }

  /// Appends the array above.
  public func encode(to output: inout ByteWriter) {
    output.writeCBOR(arrayOf: 7)
    output.writeCBOR(bytes: messageID.bytes)
    switch acceptedTimestamp {
    case .milliseconds(let milliseconds): output.writeCBOR(unsigned: milliseconds)
    case .extended(let map): output.write(CBORValue.tagged(Self.extendedTimeTag, .map(map)))
    }
    output.writeCBOR(bytes: groupID)
    output.writeCBOR(unsigned: UInt64(senderLeafIndex))
    output.writeCBOR(text: senderClientURI)
    output.writeCBOR(text: senderUserURI)
    output.writeCBOR(text: roomURI)
  }
}
