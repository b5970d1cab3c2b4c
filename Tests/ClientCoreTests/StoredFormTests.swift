// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// What the client stores reads back as it was, and nothing else reads at all.
@Suite struct StoredFormTests {
  static let parcel = CommitParcel(
    body: [1], nextTokenHash: Array(repeating: 2, count: 32), sealedGroupInfo: [3], welcome: [],
    welcomeDevices: [.init(address: "bob@x.example", deviceID: 4)], removes: true)

  @Test(arguments: [
    ClientEvent.Kind.conversationStarted(byPeer: true), .requestReceived(sender: "a@x.example"),
    .conversationRekeyed(epoch: 3, byPeer: false), .undecryptable(logSeq: 8),
    .messageStateChanged(messageID: [1], state: .failed, failure: .noDevices),
    .messageStateChanged(messageID: [1], state: .read, failure: nil),
    .messageEdited(messageID: [1], text: "new", byPeer: true),
    .messageDeleted(messageID: [1], byPeer: false),
    .messageExpired(messageID: [1]),
    .pinChanged(messageID: [1], sender: "a@x.example", pinned: true),
    .keepChanged(messageID: [1], sender: "a@x.example", change: .asked),
    .keepChanged(messageID: [1], sender: "a@x.example", change: .ended),
    .ownDeviceChanged(deviceID: 7, change: .removed, name: "Kitchen"),
    .ownDeviceChanged(deviceID: .max, change: .linked, name: nil),
    .pollChanged(messageID: [1], sender: "a@x.example", ended: false),
    .messageReceived(
      .init(
        messageID: [1], sender: "a@x.example", text: "Q", acceptedAt: Instant(milliseconds: 5),
        special: .poll(
          PollReport(
            question: "Q", several: true, isEnded: false,
            choices: [
              .init(text: "A", voters: [], own: false), .init(text: "B", voters: [], own: false),
            ],
            voterCount: 0)))),
    .messageReceived(
      .init(
        messageID: [1], sender: "a@x.example", text: "t", acceptedAt: Instant(milliseconds: 5),
        timer: MessageTimer("5s+once"))),
    .messageReceived(
      .init(
        messageID: [1], sender: "a@x.example", text: "", acceptedAt: Instant(milliseconds: 5),
        inReplyTo: [2], timer: MessageTimer("5s"),
        attachments: [AttachmentReport(name: "n", contentType: "image/png", size: .max)])),
    .roomChanged(
      RoomNotice(.role, actor: "a@x.example", subject: "b@x.example", detail: "admin")),
    .reactionChanged(messageID: [1], sender: "a@x.example", reaction: "👍", added: true),
    .messageReceived(
      .init(
        messageID: [1], sender: "a@x.example", text: "t", acceptedAt: Instant(milliseconds: 5),
        inReplyTo: [2])),
    .messageReceived(
      .init(
        messageID: [1], sender: "a@x.example", text: "t", acceptedAt: Instant(milliseconds: 5))),
  ])
  func eventsReadBack(kind: ClientEvent.Kind) throws {
    #expect(try ClientEvent.Kind(decoding: kind.encoded) == kind)
  }

  @Test(
    arguments: [
      ([], .truncated), ([0], .invalidValue(field: "event kind")),
      ([14], .invalidValue(field: "event kind")), ([10], .truncated),
      ([11, 1, 9, 0, 0], .trailingBytes), ([11, 1, 9, 2], .invalidValue(field: "by peer")),
      ([12, 1, 9, 0, 0, 2], .invalidValue(field: "added")),
      ([13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], .invalidValue(field: "in reply to")),
      ([70, 0], .invalidValue(field: "attachments")),
      ([70, 11], .invalidValue(field: "attachments")),
      ([70, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1], .invalidValue(field: "attachments")),
      ([81, 1, 9, 0, 2], .invalidValue(field: "pinned")),
      ([82, 1, 9, 0, 2], .invalidValue(field: "ended")),
      ([95, 1, 9, 0, 5], .invalidValue(field: "keep change")),
      ([95, 1, 9, 1, 0xff, 0], .invalidValue(field: "text")),
      ([95, 1, 9, 0, 0, 0], .trailingBytes),
      ([96, 0, 0, 0, 1, 3, 0], .invalidValue(field: "device change")),
      ([96, 0, 0, 0, 1, 0, 1, 0xff], .invalidValue(field: "text")),
      ([96, 0, 0, 0, 1, 0, 0x40, 65], .limitExceeded),
      ([83, 9], .invalidValue(field: "content")), ([83, 1, 0], .truncated),
      ([83, 1, 2, 0x81, 3], .invalidValue(field: "poll")),
      (
        [83, 1, 11, 0x84, 1, 0xf5, 0x62, 0x51, 0x3f, 0x82, 0x61, 0x41, 0x61, 0x42, 70],
        .invalidValue(field: "content")
      ),
      ([3, 2], .invalidValue(field: "by peer")), ([3, 255], .invalidValue(field: "by peer")),
      ([3, 1, 0], .trailingBytes),
      ([4, 0, 0, 0, 0, 0, 0, 0, 3, 7], .invalidValue(field: "by peer")),
      ([5, 0], .invalidValue(field: "failure code")),
      ([2, 1, 9, 4, 0x72, 0x65, 0x61, 0x64, 1, 0x78], .invalidValue(field: "failure code")),
      ([2, 1, 9, 1, 0x78, 0], .invalidValue(field: "message state")),
      ([6, 1, 0xff], .invalidValue(field: "text")),
      ([7, 1, 0x78], .invalidValue(field: "identity notice")), ([8, 0], .truncated),
    ] as [([UInt8], DecodingFailure)])
  func otherEventsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try ClientEvent.Kind(decoding: bytes) }
  }

  @Test func parcelsReadBack() throws {
    #expect(try CommitParcel(decoding: Self.parcel.encoded) == Self.parcel)
    var large = Self.parcel
    large.parts = [[1, 2], [3]]
    #expect(try CommitParcel(decoding: large.encoded) == large)
  }

  @Test func otherParcelsAreRefused() {
    let bytes = Self.parcel.encoded
    func expect(_ failure: DecodingFailure, _ change: (inout [UInt8]) -> Void) {
      var changed = bytes
      change(&changed)
      #expect(throws: failure) { try CommitParcel(decoding: changed) }
    }
    expect(.invalidValue(field: "removes")) { $0[$0.count - 1] = 2 }
    expect(.invalidValue(field: "commit parcel format")) { $0[0] = 3 }
    // With the format of a parcel with parts, and none.
    expect(.truncated) { $0[0] = 2 }
    expect(.invalidValue(field: "parts")) { $0 = [2] + $0.dropFirst() + [0] }
    expect(.truncated) { $0.removeLast() }
    expect(.trailingBytes) { $0.append(0) }
    // The last byte of the address, before the device's number and the flag.
    expect(.invalidValue(field: "address")) { $0[$0.count - 6] = 0xff }
  }

  @Test func conversationContextsHaveOneForm() throws {
    var random = SeededGenerator(seed: 1)
    let context = ConversationContext(generation: 2, using: &random)
    let bytes = context.encoded
    #expect(try ConversationContext(decoding: bytes) == context)
    #expect(throws: DecodingFailure.truncated) {
      try ConversationContext(decoding: Array(bytes.dropLast()))
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try ConversationContext(decoding: bytes + [0])
    }
    #expect(throws: DecodingFailure.invalidValue(field: "conversation context format")) {
      try ConversationContext(decoding: [2] + bytes.dropFirst())
    }
  }
}
