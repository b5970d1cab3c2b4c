// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO

/// Some lines that one device hands to another, the newest first: what one blob holds (history.md).
///
/// ```
/// struct { opaque address<V>; uint8 left; } HistoryConversation;    // left: is no member now
/// struct {
///   uint8 ver = 1; HistoryConversation conversations<V>; HistoryRecord records<V>;
/// } HistorySegment;
/// ```
package struct HistorySegment: WireValue, Hashable {
  private static let formatVersion: UInt8 = 1

  /// Whose lines these are.
  struct Conversation: Hashable {
    /// A person's address, or a group's reference.
    let address: String
    /// A group that this account is no member of any more.
    let hasLeft: Bool
  }

  var conversations: [Conversation] = []
  var records: [HistoryRecord] = []

  /// A segment with nothing in it.
  init() {}

  /// The place of a conversation in the list, which gets it when it lacks it.
  mutating func place(of conversation: Conversation) -> UInt16? {
    if let place = conversations.firstIndex(of: conversation) { return UInt16(place) }
    guard conversations.count < ClientLimits.historyConversationsMax else { return nil }
    conversations.append(conversation)
    return UInt16(conversations.count - 1)
  }

  /// Takes the sealed form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == Self.formatVersion else {
      throw .invalidValue(field: "history segment format")
    }
    conversations = try input.readList(maximumCount: ClientLimits.historyConversationsMax) {
      (input) throws(DecodingFailure) in
      let address = try input.readText(maximum: ClientLimits.addressBytesMax)
      let isPerson = (try? Address(address))?.description == address
      guard isPerson || RoomReference(address) != nil else {
        throw .invalidValue(field: "history conversation")
      }
      let hasLeft = try input.readFlag(field: "history left")
      guard !hasLeft || !isPerson else { throw .invalidValue(field: "history left") }
      return Conversation(address: address, hasLeft: hasLeft)
    }
    guard Set(conversations.map(\.address)).count == conversations.count else {
      throw .invalidValue(field: "history conversation")
    }
    let count = conversations.count
    records = try input.readList(maximumCount: ClientLimits.historyRecordsMax) {
      (input) throws(DecodingFailure) in
      let record = try HistoryRecord(from: &input)
      guard record.conversation < count else {
        throw .invalidValue(field: "history conversation")
      }
      return record
    }
  }

  /// Appends the sealed form.
  package func encode(to output: inout ByteWriter) {
    output.write(Self.formatVersion)
    output.write(list: conversations) { output, conversation in
      output.write(vector: Array(conversation.address.utf8))
      output.write(UInt8(conversation.hasLeft ? 1 : 0))
    }
    output.write(list: records)
  }
}
