// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// What two devices say about history, byte by byte.
@Suite struct HistoryMessageTests {
  private static let at = Instant(milliseconds: 1_800_000_000_000)
  private static let id = [UInt8](repeating: 7, count: 32)

  private static func segment() -> HistorySegment {
    var segment = HistorySegment()
    _ = segment.place(of: .init(address: "bob@x.example", hasLeft: false))
    segment.records = [
      HistoryRecord(
        conversation: 0, isDeleted: false, messageID: id, sender: "alice@x.example", own: true,
        state: .read, at: at, editedAt: at, inReplyTo: id, content: [1, 2],
        timer: MessageTimer("1h").map { .init(timer: $0, deadline: at) },
        reactions: [
          .init(messageID: id, sender: "bob@x.example", own: false, text: "👍", at: at)
        ], versions: [.init(messageID: id, text: "before", at: at)]),
      HistoryRecord(
        conversation: 0, isDeleted: true, messageID: id, sender: "bob@x.example", own: false,
        state: .seen, at: at, content: []),
      HistoryRecord(
        conversation: 0, isDeleted: false, messageID: id, sender: "bob@x.example", own: false,
        state: .seen, at: at, content: [1],
        timer: MessageTimer("1h").map { .init(timer: $0, deadline: at) },
        consent: .init(messageID: id, turn: 300)),
    ]
    return segment
  }

  @Test func segmentsReadBack() throws {
    let segment = Self.segment()
    let bytes = segment.encoded
    #expect(try HistorySegment(decoding: bytes) == segment)
    #expect(throws: DecodingFailure.trailingBytes) { try HistorySegment(decoding: bytes + [0]) }
    for length in bytes.indices {
      #expect(throws: DecodingFailure.self) {
        try HistorySegment(decoding: Array(bytes.prefix(length)))
      }
    }
    #expect(throws: DecodingFailure.invalidValue(field: "history segment format")) {
      try HistorySegment(decoding: [2] + bytes.dropFirst())
    }
  }

  /// Records that say what no device says, each with the failure that it meets.
  @Test func impossibleRecordsAreRefused() throws {
    func record(
      conversation: UInt16 = 0, isDeleted: Bool = false, sender: String = "bob@x.example",
      own: Bool = false, state: MessageState = .seen, inReplyTo: [UInt8] = [],
      content: [UInt8] = [1], timer: HistoryRecord.Timer? = nil,
      consent: HistoryRecord.Consent? = nil,
      reactions: [HistoryRecord.Remark] = [], versions: [HistoryRecord.Version] = []
    ) -> HistoryRecord {
      HistoryRecord(
        conversation: conversation, isDeleted: isDeleted, messageID: Self.id, sender: sender,
        own: own, state: state, at: Self.at, inReplyTo: inReplyTo, content: content,
        timer: timer, consent: consent, reactions: reactions, versions: versions)
    }
    let once = try #require(MessageTimer("once"))
    let remark = HistoryRecord.Remark(
      messageID: Self.id, sender: "bob@x.example", own: false, text: "👍", at: Self.at)
    let version = HistoryRecord.Version(messageID: Self.id, text: "x", at: Self.at)
    let cases: [(HistoryRecord, DecodingFailure)] = [
      (record(conversation: 1), .invalidValue(field: "history conversation")),
      (record(sender: "bob"), .invalidValue(field: "address")),
      (record(own: true), .invalidValue(field: "history state")),
      (record(state: .read), .invalidValue(field: "history state")),
      (record(inReplyTo: [1]), .invalidValue(field: "history answer")),
      (record(content: []), .invalidValue(field: "history content")),
      (record(isDeleted: true), .invalidValue(field: "history content")),
      (
        record(content: [UInt8](repeating: 0, count: 65_537)), .limitExceeded
      ),
      (
        record(timer: .init(timer: once, deadline: Self.at)), .invalidValue(field: "history timer")
      ),
      (
        record(consent: .init(messageID: Self.id, turn: 1)), .invalidValue(field: "history timer")
      ),
      (
        record(isDeleted: true, content: [], reactions: [remark]),
        .invalidValue(field: "history kind")
      ),
      (record(reactions: Array(repeating: remark, count: 1_001)), .limitExceeded),
      (record(versions: Array(repeating: version, count: 101)), .limitExceeded),
    ]
    for (record, failure) in cases {
      var segment = Self.segment()
      segment.records = [record]
      #expect(throws: failure) { try HistorySegment(decoding: segment.encoded) }
    }
    for (address, hasLeft) in [
      ("bob", false), ("", false), ("bob@x.example", true), ("group-00.x.example", false),
    ] {
      var segment = HistorySegment()
      segment.conversations = [.init(address: address, hasLeft: hasLeft)]
      #expect(throws: DecodingFailure.self) { try HistorySegment(decoding: segment.encoded) }
    }
    var twice = Self.segment()
    twice.conversations += twice.conversations
    #expect(throws: DecodingFailure.invalidValue(field: "history conversation")) {
      try HistorySegment(decoding: twice.encoded)
    }
  }

  @Test func blobsOpenWithTheirKeyAlone() throws {
    var random = SeededGenerator(seed: 1)
    for count in [0, 1, 255, 256, 1_000, 70_001] {
      let bytes = random.bytes(count)
      let (blob, sealed) = try SealedBlob.seal(bytes, using: &random)
      #expect(blob.open(sealed) == bytes && sealed.count == blob.sealedSize)
      #expect(try SealedBlob(decoding: blob.encoded) == blob)
      for position in [0, sealed.count / 2, sealed.count - 1] {
        var changed = sealed
        changed[position] ^= 1
        #expect(blob.open(changed) == nil)
      }
      #expect(blob.open(sealed + [0]) == nil && blob.open([]) == nil)
      let (other, _) = try SealedBlob.seal(bytes, using: &random)
      #expect(other.blobID != blob.blobID && other.open(sealed) == nil)
    }
    var large = ByteWriter()
    large.write(raw: random.bytes(76))
    large.write(UInt32(2_097_153))
    #expect(throws: DecodingFailure.limitExceeded) { try SealedBlob(decoding: large.bytes) }
  }

  @Test func messagesAreOfOneChannel() throws {
    var random = SeededGenerator(seed: 2)
    let channel = HistoryChannel(secret: Secret(count: 32, using: &random))
    let other = HistoryChannel(secret: Secret(count: 32, using: &random))
    let (blob, _) = try SealedBlob.seal([1, 2], using: &random)
    let messages = [
      HistoryMessage(1, .segment(blob, messages: 5)), HistoryMessage(2, .end(messages: 6)),
      HistoryMessage(.max, .taken(messages: 7, missing: 8)),
    ]
    for message in messages {
      #expect(try HistoryMessage(decoding: message.encoded) == message)
      #expect(throws: DecodingFailure.self) {
        try HistoryMessage(decoding: Array(message.encoded.dropLast()))
      }
      let body = try channel.seal(message, submitID: channel.submitID("end", 1))
      #expect(channel.open(body) == message && other.open(body) == nil)
      // Said again, it is the same; under another id it is not.
      #expect(try channel.seal(message, submitID: channel.submitID("end", 1)) == body)
      #expect(try channel.seal(message, submitID: channel.submitID("end", 2)) != body)
      var changed = body
      changed[20] ^= 1
      #expect(channel.open(changed) == nil && channel.open([]) == nil)
    }
    #expect(throws: DecodingFailure.invalidValue(field: "history message type")) {
      try HistoryMessage(decoding: [1, 4, 0, 0, 0, 1])
    }
    #expect(channel.logID.count == 32 && channel.logID != other.logID)
  }
}
