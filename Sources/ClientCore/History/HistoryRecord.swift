// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
package import SansIO

/// One line of a conversation, as one device hands it to another (history.md).
///
/// ```
/// struct {
///   uint16 conversation;          // place in the segment's list
///   uint8 kind;                   // 1: text, 2: taken back by its sender, 3: kept by consent
///   uint8 message_id[32]; opaque sender<V>; uint8 own;
///   uint8 state;                  // 1 stored, 2 delivered, 3 read; 4: somebody else's
///   uint64 at; optional<uint64> edited_at; opaque in_reply_to<V>;    // 0 or 32 bytes
///   opaque content<V>;            // mimiContent; of what was taken back nothing
///   optional<HistoryTimer> timer;
///   select (kind) { case 3: HistoryConsent consent; }
///   HistoryReaction reactions<V>; HistoryVersion versions<V>;
/// } HistoryRecord;
/// struct { MessageTimer timer; uint64 deadline; } HistoryTimer;
/// struct { uint8 message_id[32]; uint16 turn; } HistoryConsent;
/// struct { uint8 message_id[32]; opaque sender<V>; uint8 own; opaque text<V>; uint64 at; }
///   HistoryReaction;
/// struct { uint8 message_id[32]; opaque text<V>; uint64 at; } HistoryVersion;   // oldest first
/// ```
///
/// Times are milliseconds since 1970.
package struct HistoryRecord: WireValue, Hashable {
  /// When the line disappears, whatever happens.
  struct Timer: Hashable {
    let timer: MessageTimer
    let deadline: Instant
  }

  /// The author's word that the line does not disappear.
  struct Consent: Hashable {
    let messageID: [UInt8]
    let turn: UInt16
  }

  /// Somebody's reaction.
  struct Remark: Hashable {
    let messageID: [UInt8]
    let sender: String
    let own: Bool
    let text: String
    let at: Instant
  }

  /// What the message said before.
  struct Version: Hashable {
    let messageID: [UInt8]
    let text: String
    let at: Instant
  }

  /// By the number that is sent.
  private static let states: [MessageState] = [.stored, .delivered, .read, .seen]

  let conversation: UInt16
  /// Nothing is left of it.
  let isDeleted: Bool
  let messageID: [UInt8]
  let sender: String
  let own: Bool
  let state: MessageState
  let at: Instant
  let editedAt: Instant?
  let inReplyTo: [UInt8]
  let content: [UInt8]
  let timer: Timer?
  let consent: Consent?
  let reactions: [Remark]
  let versions: [Version]

  init(
    conversation: UInt16, isDeleted: Bool, messageID: [UInt8], sender: String, own: Bool,
    state: MessageState, at: Instant, editedAt: Instant? = nil, inReplyTo: [UInt8] = [],
    content: [UInt8], timer: Timer? = nil, consent: Consent? = nil, reactions: [Remark] = [],
    versions: [Version] = []
  ) {
    self.conversation = conversation
    self.isDeleted = isDeleted
    self.messageID = messageID
    self.sender = sender
    self.own = own
    self.state = state
    self.at = at
    self.editedAt = editedAt
    self.inReplyTo = inReplyTo
    self.content = content
    self.timer = timer
    self.consent = consent
    self.reactions = reactions
    self.versions = versions
  }

  /// Takes the sent form.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    conversation = try input.readUInt16()
    let kind = try input.readUInt8()
    guard (1...3).contains(kind) else { throw .invalidValue(field: "history kind") }
    isDeleted = kind == 2
    messageID = try input.readBytes(MessageID.byteCount)
    sender = try input.readAddress()
    own = try input.readFlag(field: "history own")
    let state = Int(try input.readUInt8())
    guard (1...Self.states.count).contains(state) else {
      throw .invalidValue(field: "history state")
    }
    self.state = Self.states[state - 1]
    guard own == (self.state != .seen) else { throw .invalidValue(field: "history state") }
    at = try input.readInstant()
    editedAt = try input.readOptional { (input) throws(DecodingFailure) in
      try input.readInstant()
    }
    inReplyTo = try input.readVector(maximum: MessageID.byteCount)
    guard inReplyTo.isEmpty || inReplyTo.count == MessageID.byteCount else {
      throw .invalidValue(field: "history answer")
    }
    content = try input.readVector(maximum: ClientLimits.historyContentBytesMax)
    guard content.isEmpty == isDeleted else { throw .invalidValue(field: "history content") }
    timer = try input.readOptional { (input) throws(DecodingFailure) in
      Timer(timer: try MessageTimer(from: &input), deadline: try input.readInstant())
    }
    // What is shown once never travels.
    if timer?.timer.once == true { throw .invalidValue(field: "history timer") }
    consent =
      kind == 3
      ? Consent(
        messageID: try input.readBytes(MessageID.byteCount), turn: try input.readUInt16()) : nil
    // Only what would disappear is kept.
    if consent != nil, timer == nil { throw .invalidValue(field: "history timer") }
    reactions = try input.readList(maximumCount: ClientLimits.historyReactionsMax) {
      (input) throws(DecodingFailure) in
      Remark(
        messageID: try input.readBytes(MessageID.byteCount), sender: try input.readAddress(),
        own: try input.readFlag(field: "history own"),
        text: try input.readText(maximum: Reaction.bytesMax),
        at: try input.readInstant())
    }
    versions = try input.readList(maximumCount: ClientLimits.editsPerMessageMax) {
      (input) throws(DecodingFailure) in
      Version(
        messageID: try input.readBytes(MessageID.byteCount),
        text: try input.readText(maximum: ClientLimits.historyContentBytesMax),
        at: try input.readInstant())
    }
    if isDeleted, timer != nil || !reactions.isEmpty || !versions.isEmpty || editedAt != nil {
      throw .invalidValue(field: "history kind")
    }
  }

  /// Appends the sent form.
  package func encode(to output: inout ByteWriter) {
    output.write(conversation)
    output.write(UInt8(isDeleted ? 2 : consent == nil ? 1 : 3))
    output.write(raw: messageID)
    output.write(vector: Array(sender.utf8))
    output.write(UInt8(own ? 1 : 0))
    output.write(UInt8((Self.states.firstIndex(of: state) ?? 0) + 1))
    output.write(at)
    output.write(optional: editedAt) { output, time in output.write(time) }
    output.write(vector: inReplyTo)
    output.write(vector: content)
    output.write(optional: timer) { output, timer in
      output.write(timer.timer)
      output.write(timer.deadline)
    }
    if let consent {
      output.write(raw: consent.messageID)
      output.write(consent.turn)
    }
    output.write(list: reactions) { output, reaction in
      output.write(raw: reaction.messageID)
      output.write(vector: Array(reaction.sender.utf8))
      output.write(UInt8(reaction.own ? 1 : 0))
      output.write(vector: Array(reaction.text.utf8))
      output.write(reaction.at)
    }
    output.write(list: versions) { output, version in
      output.write(raw: version.messageID)
      output.write(vector: Array(version.text.utf8))
      output.write(version.at)
    }
  }
}

extension Span where Element == UInt8 {
  /// Takes a text of at most `maximum` bytes.
  mutating func readText(maximum: Int) throws(DecodingFailure) -> String {
    guard let text = String(validating: try readVector(maximum: maximum), as: UTF8.self) else {
      throw .invalidValue(field: "text")
    }
    return text
  }

  /// Takes a person's address.
  mutating func readAddress() throws(DecodingFailure) -> String {
    let text = try readText(maximum: ClientLimits.addressBytesMax)
    guard (try? Address(text))?.description == text else { throw .invalidValue(field: "address") }
    return text
  }

  /// Takes milliseconds since 1970, not before it.
  mutating func readInstant() throws(DecodingFailure) -> Instant {
    guard let milliseconds = Int64(exactly: try readUInt64()) else {
      throw .invalidValue(field: "time")
    }
    return Instant(milliseconds: milliseconds)
  }
}

extension ByteWriter {
  /// Writes milliseconds since 1970; what lies before it is 1970.
  mutating func write(_ instant: Instant) { write(UInt64(max(0, instant.milliseconds))) }
}
