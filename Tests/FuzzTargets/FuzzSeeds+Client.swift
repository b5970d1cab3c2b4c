// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO

/// What a client stores, and what stands in its home.
extension FuzzSeeds {
  /// The shortest form that is a picture: one grey frame, and a byte of it.
  private static let smallJPEG: [UInt8] = [
    0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63,
    0, 7, 0xff, 0xd9,
  ]

  static func client(_ target: FuzzTarget) -> [any WireValue] {
    var random = SeededGenerator(seed: 5)
    switch target {
    case .commitParcel:
      return [
        CommitParcel(
          body: [1, 2], nextTokenHash: Array(repeating: 3, count: 32), sealedGroupInfo: [4],
          welcome: [5], welcomeDevices: [.init(address: "bob@x.example", deviceID: 6)],
          removes: true),
        CommitParcel(
          body: [1], nextTokenHash: Array(repeating: 3, count: 32), sealedGroupInfo: [4],
          welcome: [], welcomeDevices: [], removes: false, parts: [[5, 6], [7]]),
      ]
    case .treeReference:
      let bytes = [1] + random.bytes(32) + [0x40, 64] + random.bytes(64)
      return [try? TreeReference(decoding: bytes)].compactMap { $0 }
    case .roomState:
      var room = RoomState.pair
      if let owner = AccountID(random.bytes(16)), let domain = try? ServiceDomain("x.example") {
        room = .group(named: "Hike", owner: owner, domain: domain, using: &random)
        room.about = "Sundays\nat eight"
        room.banned = [AccountID(using: &random), AccountID(using: &random)]
      }
      let proposal = PairPolicy.Proposal(proposer: AccountID(using: &random), timer: nil)
      let policy = PairPolicy(timer: MessageTimer(visibleSeconds: 60), proposal: proposal)
      var pair = RoomState.pair
      pair.timer = policy.encoded
      var shown = room
      shown.picture = RoomPicture(Self.smallJPEG)
      return [room, RoomState.pair, pair, shown]
    case .ownNote:
      let place = OwnPlace(generation: 1, groupID: random.bytes(32), seq: 5)
      return [
        OwnNote([.ask, .known(OwnKey(.accepted, "bob@x.example"), [1], place)]),
        OwnNote([
          .change(OwnKey(.draft, "bob@x.example"), utf8("half")),
          .change(OwnKey(.star, "bob@x.example", part: [1]), [0, 0, 1, 0, 0, 0, 0, 0]),
          .change(OwnKey(.deviceName, [0, 0, 0, 2]), utf8("Kitchen")),
        ]),
        OwnNote([.change(OwnKey(.mute, "bob@x.example"), [0, 0, 1, 0, 0, 0, 0, 0])]),
      ]
    case .typingSignal:
      let time = UInt64(1_800_000_000_000)
      return [1, 2].compactMap { state in
        var output = ByteWriter()
        output.write(UInt32(3))
        output.write(time)
        output.write(UInt8(state))
        output.write(raw: random.bytes(Signature.byteCount) + Array(repeating: 0, count: 22))
        return try? TypingSignal(decoding: output.bytes)
      }
    case .roomChange:
      let changes: [RoomChange] = [
        .add(address: "a@x.example"), .remove(address: "a@x.example", banning: true),
        .rename("Hike"), .role(address: "a@x.example", .admin), .permission(.post, .owner),
        .admit(address: "a@x.example", linkID: random.bytes(16)),
        .closeLink(random.bytes(16)), .acceptTimer(random.bytes(10)), .declineTimer([]),
        .picture(Self.smallJPEG),
      ]
      return changes
    case .knock:
      guard let address = try? Address("carol@x.example"),
        let signature = Signature(random.bytes(Signature.byteCount))
      else { return [] }
      let account = AccountSecrets(address: address, using: &random)
      let at = Instant(milliseconds: 1_800_000_000_000)
      let certificate = account.issueCertificate(
        for: DeviceSecrets(using: &random), expires: at)
      return [
        Knock(at: at, certificate: certificate, signature: signature),
        JoinKey(publicKey: random.bytes(40)),
      ]
    case .conversationContext: return [ConversationContext(generation: 1, using: &random)]
    default:
      let message = ClientEvent.Message(
        messageID: [1, 2], sender: "bob@x.example", text: "Grüße",
        acceptedAt: Instant(milliseconds: 1_800_000_000_000))
      var shown = AttachmentReport(name: "a", contentType: "image/png", size: 5)
      shown.media = .picture(width: 640, height: 480)
      let kinds: [ClientEvent.Kind] = [
        .messageReceived(message),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "", acceptedAt: message.acceptedAt,
            attachments: [AttachmentReport(name: "a", contentType: "image/png", size: 5)])),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "", acceptedAt: message.acceptedAt,
            attachments: [shown])),
        .messageEdited(
          messageID: [1], text: "@a@x.example", byPeer: true,
          mentions: Mentions(["a@x.example"], includesMe: true)),
        .pollChanged(messageID: [1], sender: "a@x.example", ended: true),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "h", acceptedAt: message.acceptedAt,
            special: .location(LocationReport(latitude: "1", longitude: "2")))),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "h", acceptedAt: message.acceptedAt,
            special: .contact(ContactCardReport(name: "B", address: "bob@x.example")))),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "h", acceptedAt: message.acceptedAt,
            preview: LinkPreviewReport(url: "https://x.example", title: "T"))),
        .pinChanged(messageID: [1], sender: "a@x.example", pinned: true),
        .keepChanged(messageID: [1], sender: "a@x.example", change: .kept),
        .ownDeviceChanged(deviceID: 2, change: .named, name: "Kitchen"),
        .messageReceived(
          ClientEvent.Message(
            messageID: [1], sender: "a@x.example", text: "Q", acceptedAt: message.acceptedAt,
            special: .poll(
              PollReport(
                question: "Q", several: false, isEnded: false,
                choices: ["A", "B"].map { PollReport.Choice(text: $0, voters: [], own: false) },
                voterCount: 0)))),
        .messageStateChanged(messageID: [1], state: .stored, failure: nil),
        .messageStateChanged(messageID: [1], state: .failed, failure: .unknownAddress),
        .messageEdited(messageID: [1], text: "new", byPeer: true),
        .messageDeleted(messageID: [1], byPeer: false),
        .messageExpired(messageID: [1]),
        .reactionChanged(messageID: [1], sender: "a@x.example", reaction: "👍", added: true),
        .roomChanged(RoomNotice(.renamed, actor: "a@x.example", detail: "Hike")),
        .requestReceived(sender: "a@x.example"),
        .conversationStarted(byPeer: true), .conversationRekeyed(epoch: 7, byPeer: false),
        .conversationRestarted(.ghostDevice), .conversationBlocked(.ghostDevice),
        .historyReceived(messages: 5, missing: 1), .historyGiven(deviceID: 2, messages: 6),
        .identityNotice(.ghostDevice), .undecryptable(logSeq: 9), .gap(after: 3, upTo: 5),
      ]
      return kinds
    }
  }

  static func home(_ target: FuzzTarget) -> [String] {
    guard target == .wrappedKey else {
      return [
        #"{"jsonrpc":"2.0","id":1,"method":"send","params":{"address":"a@x.example"}}"#,
        #"{"jsonrpc":"2.0","id":2,"method":"send","params":{"text":"\u00fc\ud83d\ude00"}}"#,
        #"{"jsonrpc":"2.0","id":"two","method":"status"}"#,
        #"{"jsonrpc":"2.0","method":"event","params":{"seq":-1,"list":[true,null,1.5e3]}}"#,
      ]
    }
    let salt = String(repeating: "0a", count: 32)
    let sealed = String(repeating: "f1", count: 60)
    return ["sotto-key 1\nscrypt 131072 8 1\nsalt \(salt)\nsealed \(sealed)\n"]
  }
}
