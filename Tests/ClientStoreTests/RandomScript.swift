// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Random changes of a store, drawn from a generator: the same generator makes the same changes.
/// Names come from a small set, so that rows are often replaced and removed.
struct RandomScript {
  static let names: UInt8 = 5
  var generator: SeededGenerator
  private let start: SeededGenerator

  init(generator: SeededGenerator) {
    self.generator = generator
    start = generator
  }

  /// The same script from its beginning.
  func restarted() -> RandomScript { RandomScript(generator: start) }

  mutating func step(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    switch UInt8.random(in: 0..<15, using: &generator) {
    case 0: try changeAccount(&t)
    case 1: try changePeers(&t)
    case 2: try changeGroups(&t)
    case 3: try changeEpochs(&t)
    case 4, 5: try changeMessages(&t)
    case 6: try changeOutbox(&t)
    case 7: try changeAnnotations(&t)
    case 8: try changeRooms(&t)
    case 9: try changeTimers(&t)
    case 10: try changeJoins(&t)
    case 11: try changeContacts(&t)
    case 12: try changeUploads(&t)
    case 13: try changeKeptFiles(&t)
    default: try changeEvents(&t)
    }
  }

  private mutating func changeTimers(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    let seq = UInt64(name())
    guard flag(), let timer = MessageTimer(visibleSeconds: 5, once: flag()) else {
      t.noteDestruction()
      return try t.removeTimer(seq: seq)
    }
    try t.put(
      TimerRow(
        seq: seq, timer: timer, anchor: at(), deadline: optionalAt(), eventSeq: UInt64(name()),
        isKept: flag()))
  }

  private mutating func changeContacts(
    _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    switch name() {
    case 0: try t.removeContactRequest(conversationID: id())
    case 1: try t.removeBlock(address: "p\(name())")
    case 2: try t.put(BlockRow(address: "p\(name())", at: at()))
    default:
      try t.put(
        ContactRequestRow(
          conversationID: id(), sender: "p\(name())", at: at(), isHidden: flag(),
          dropped: small()))
    }
  }

  private mutating func changeUploads(
    _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    switch name() {
    case 0: try t.removeUpload(blobID: id())
    case 1: try t.removeDoneUploads(createdBefore: at())
    default:
      try t.put(
        UploadRow(
          blobID: id(), conversationID: id(), messageID: id(), content: bytes(),
          token: Secret(bytes()), size: number(), phase: pick(UploadRow.Phase.allCases),
          createdAt: at()))
    }
  }

  private mutating func changeKeptFiles(
    _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    let row = KeptFileRow(
      blobID: id(), conversationID: id(), messageID: id(), size: small(),
      phase: pick(KeptFileRow.Phase.allCases), createdAt: at())
    if flag() { try t.put(row) } else { try t.remove(row) }
  }

  private mutating func changeJoins(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    switch name() {
    case 0: try t.removeJoinLink(linkID: id())
    case 1: try t.removeKnock(conversationID: id(), address: "p\(name())")
    case 2: try t.removeOwnKnock(reference: "g\(name())")
    case 3:
      try t.put(
        JoinLinkRow(
          linkID: id(), conversationID: id(), since: at(), cursor: number(),
          announcedAt: optionalAt()))
      try t.put(
        OwnKnockRow(
          reference: "g\(name())", link: Secret(bytes()), createdAt: at(),
          askedAt: optionalAt()))
    default:
      try t.put(
        KnockRow(
          conversationID: id(), address: "p\(name())", linkID: id(), at: at(),
          certificate: bytes(), state: pick(KnockRow.State.allCases), seenAt: at()))
    }
  }

  private mutating func name() -> UInt8 { .random(in: 0..<Self.names, using: &generator) }
  private mutating func id() -> [UInt8] { [name()] }
  private mutating func flag() -> Bool { generator.chance(1, in: 2) }
  private mutating func small() -> UInt32 { .random(in: 0...UInt32.max, using: &generator) }
  private mutating func number() -> UInt64 { flag() ? UInt64(name()) : generator.next() }
  private mutating func at() -> Instant {
    Instant(milliseconds: flag() ? Int64(name()) : Int64(bitPattern: generator.next()))
  }
  private mutating func optionalAt() -> Instant? { flag() ? at() : nil }
  private mutating func bytes() -> [UInt8] {
    generator.bytes(flag() ? 0 : Int.random(in: 1...6_000, using: &generator))
  }
  private mutating func pick<Value>(_ values: [Value]) -> Value {
    values[Int.random(in: 0..<values.count, using: &generator)]
  }

  private mutating func changeAccount(_ t: inout some ClientTransaction) throws(ClientStoreFailure)
  {
    switch name() {
    case 0: try t.removeAccount()
    case 1, 2:
      try t.put(
        AccountRow(
          address: "a\(name())@x.example", accountID: bytes(), deviceID: small(),
          phase: pick(AccountRow.Phase.allCases), invite: "i", secrets: Secret(bytes()),
          manifest: bytes(), inboxCursor: number(), createdAt: at()))
    case 3:
      try t.put(
        KeyPackageRow(
          reference: id(), bundle: Secret(bytes()), lastResort: flag(), createdAt: at(),
          expiresAt: at()))
    default: try t.removeKeyPackage(reference: id())
    }
  }

  private mutating func changePeers(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    switch name() {
    case 0, 1:
      try t.put(
        PeerRow(
          address: "p\(name())", accountID: bytes(), identityKey: bytes(), manifest: bytes(),
          manifestVersion: small(), standing: pick(PeerRow.Standing.allCases),
          offeredIdentityKey: bytes(), manifestWanted: flag(), firstSeenAt: at(),
          verifiedAt: optionalAt()))
    case 2:
      try t.put(
        WelcomeRow(inboxSeq: number(), body: bytes(), acceptedAt: at(), attempts: small()))
    case 3: try t.removeWelcome(inboxSeq: UInt64(name()))
    default:
      let name = name()
      try t.put(
        ConversationRow(
          id: [name], address: "p\(name)", phase: pick(ConversationRow.Phase.allCases),
          generation: small(), restarts: small(), restartsSince: at(), createdAt: at(),
          lastActivityAt: at()))
    }
  }

  private mutating func changeGroups(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    switch name() {
    case 0, 1:
      try t.put(
        GroupRow(
          groupID: id(), conversationID: id(), routingID: bytes(),
          phase: pick(GroupRow.Phase.allCases), generation: small(), epoch: number(),
          joinedEpoch: number(), cursor: flag() ? number() : nil, lastPathAt: optionalAt(),
          messagesSincePath: small(), answering: flag(), commitAttempts: small(),
          commitRetryAt: optionalAt(), createdAt: at()))
    case 2: try t.removePendingCommit(groupID: id())
    default:
      try t.put(
        PendingCommitRow(
          groupID: id(), epoch: number(), submitID: bytes(),
          reason: pick(PendingCommitRow.Reason.allCases), request: bytes(),
          state: Secret(bytes()), createdAt: at()))
    }
  }

  private mutating func changeEpochs(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    let groupID = id()
    let epochs = try t.epochs(groupID: groupID).map(\.epoch)
    switch name() {
    case 0 where !epochs.isEmpty: try t.removeEpoch(groupID: groupID, epoch: pick(epochs))
    case 1, 2:
      guard !epochs.isEmpty else { return }
      try t.updateRatchets(groupID: groupID, epoch: pick(epochs), ratchets: Secret(bytes()))
    default:
      try t.put(
        EpochRow(
          groupID: groupID, epoch: number(), state: Secret(bytes()), ratchets: Secret(bytes()),
          retiredAt: optionalAt()))
    }
  }

  private mutating func changeMessages(
    _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    var row = MessageRow(
      conversationID: id(), messageID: flag() ? [] : generator.bytes(16), sender: "p\(name())",
      own: flag(), kind: pick(MessageKind.allCases), state: pick(MessageState.allCases),
      failure: "", content: bytes(), text: "t\u{0}\(name())", at: at(), groupID: id(),
      logSeq: number(), inReplyTo: bytes(), editedAt: optionalAt())
    if flag() {
      _ = try t.append(row)
      return
    }
    let seq = UInt64.random(in: 0...20, using: &generator)
    guard let old = try t.message(seq: seq) else { return }
    row.seq = seq
    row.conversationID = old.conversationID
    row.messageID = old.messageID
    try t.update(row)
  }

  private mutating func changeAnnotations(
    _ t: inout some ClientTransaction
  ) throws(ClientStoreFailure) {
    var row = AnnotationRow(
      conversationID: id(), messageID: id(), target: id(), sender: "p\(name())", own: flag(),
      kind: pick(AnnotationRow.Kind.allCases), state: pick(MessageState.allCases), failure: "",
      text: "t\u{0}\(name())", at: at())
    switch name() {
    case 0, 1, 2: _ = try t.append(row)
    case 3: try t.removeAnnotation(seq: UInt64.random(in: 0...20, using: &generator))
    default:
      let rows = try t.annotations(conversationID: id(), target: id())
      guard let old = rows.first else { return }
      row.seq = old.seq
      try t.update(row)
    }
  }

  private mutating func changeRooms(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    var row = RoomChangeRow(
      conversationID: id(), change: bytes(), invitees: bytes(), createdAt: at())
    switch name() {
    case 0: try t.put(RoomRow(conversationID: id(), state: bytes()))
    case 1: try t.removeRoomChange(id: UInt64.random(in: 0...20, using: &generator))
    case 2, 3:
      guard let old = try t.roomChanges(conversationID: row.conversationID).first else { return }
      row.id = old.id
      try t.update(row)
    case 4:
      try t.put(
        RoomReceiptRow(
          conversationID: id(), messageID: id(), member: "p\(name())",
          state: pick(MessageState.allCases), at: at()))
    default: _ = try t.append(row)
    }
  }

  private mutating func changeOutbox(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    var row = OutboxRow(
      conversationID: id(), kind: pick(OutboxRow.Kind.allCases), messageID: bytes(),
      content: bytes(), submitID: generator.bytes(16), phase: pick(OutboxRow.Phase.allCases),
      groupID: id(), epoch: number(), body: bytes(), logSeq: number(), createdAt: at())
    switch name() {
    case 0: try t.removeOutboxRow(id: UInt64.random(in: 0...30, using: &generator))
    case 1: try t.removeStoredOutboxRows(groupID: id(), upTo: number())
    case 2:
      let phases = [pick(OutboxRow.Phase.allCases), pick(OutboxRow.Phase.allCases)]
      let found = try t.outboxRows(conversationID: id(), phases: phases, limit: 3)
      guard let last = found.last else { return }
      row.id = last.id
      try t.update(row)
    default: _ = try t.append(row)
    }
  }

  private mutating func changeEvents(_ t: inout some ClientTransaction) throws(ClientStoreFailure) {
    switch UInt8.random(in: 0..<8, using: &generator) {
    case 0: try t.removeEvents(upTo: UInt64.random(in: 0...60, using: &generator))
    case 1, 2: _ = try t.append(EventRow(at: at(), address: "p\(name())", body: bytes()))
    case 3:
      try t.put(SubscriberRow(name: "s\(name())", cursor: number(), createdAt: at()))
    case 4: try t.put(SettingRow(key: "k\(name())", value: bytes()))
    case 5: try t.removeReceipt(conversationID: id(), messageID: id())
    default:
      try t.put(
        ReceiptRow(
          conversationID: id(), messageID: id(), state: flag() ? .read : .delivered, at: at()))
    }
  }
}
