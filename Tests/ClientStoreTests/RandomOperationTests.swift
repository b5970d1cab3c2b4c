// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SansIO
import Testing

@testable import ClientStore

/// Random transactions leave the same in the file as in memory, whatever mix of commits,
/// rollbacks and reopenings comes.
@Suite struct RandomOperationTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
  func sameAsInMemory(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let home = try TemporaryHome()
    var store = try home.open()
    var memory = InMemoryClientStore()
    for round in 0..<60 {
      var script = RandomScript(generator: generator.split())
      let fails = generator.chance(1, in: 4)
      try run(&script, fails: fails, on: &memory)
      var same = script.restarted()
      try run(&same, fails: fails, on: &store)
      if generator.chance(1, in: 8) {
        try store.close()
        store = try home.open(creating: false)
      }
      let expected = try memory.transact { (t) throws(ClientStoreFailure) in try WholeState(of: t) }
      let found = try store.transact { (t) throws(ClientStoreFailure) in try WholeState(of: t) }
      #expect(found == expected, "seed \(seed), round \(round)")
      if found != expected { return }
    }
  }

  private func run(
    _ script: inout RandomScript, fails: Bool, on store: inout some ClientStore
  ) throws {
    do {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        let count = Int.random(in: 1...25, using: &script.generator)
        for _ in 0..<count { try script.step(&transaction) }
        if fails { throw .injected }
      }
    } catch ClientStoreFailure.injected {
      #expect(fails)
    }
  }
}

/// Everything that the protocol lets one read.
private struct WholeState: Equatable {
  var account: AccountRow?
  var keyPackages: [KeyPackageRow]
  var peers: [PeerRow]
  var welcomes: [WelcomeRow]
  var conversations: [ConversationRow]
  var groups: [GroupRow]
  var epochs: [[EpochRow]] = []
  var pendingCommits: [PendingCommitRow?] = []
  var messages: [[MessageRow]] = []
  var annotations: [[AnnotationRow]] = []
  var rooms: [RoomRow?] = []
  var roomChanges: [[RoomChangeRow]] = []
  var roomReceipts: [[RoomReceiptRow]] = []
  var joinLinks: [[JoinLinkRow]] = []
  var knocks: [[KnockRow]] = []
  var ownKnocks: [OwnKnockRow]
  var contactRequests: [ContactRequestRow]
  var blocks: [BlockRow]
  var pendingUploads: [UploadRow]
  var keptFiles: [[KeptFileRow]] = []
  var keptFileTotal: KeptFileTotal
  var uploads: [[UploadRow]] = []
  var unseen: [[MessageRow]] = []
  var timers: [TimerRow?] = []
  var dueTimers: [TimerRow]
  var earliestDeadline: Instant?
  var unseenCounts: [Int] = []
  var found: [[MessageRow]] = []
  var outbox: [[OutboxRow]] = []
  var receipts: [[ReceiptRow]] = []
  var oldestReceipt: ReceiptRow?
  var events: [EventRow]
  var eventHead: UInt64
  var subscribers: [SubscriberRow]
  var settings: [SettingRow?] = []

  init(of transaction: some ClientTransaction) throws(ClientStoreFailure) {
    account = try transaction.account()
    keyPackages = try transaction.keyPackages()
    peers = try transaction.peers()
    welcomes = try transaction.welcomes()
    conversations = try transaction.conversations()
    groups = try transaction.groups()
    oldestReceipt = try transaction.oldestReceipt()
    events = try transaction.events(after: 0, limit: 10_000)
    eventHead = try transaction.eventHead()
    subscribers = try transaction.subscribers()
    ownKnocks = try transaction.ownKnocks()
    contactRequests = try transaction.contactRequests()
    blocks = try transaction.blocks()
    pendingUploads = try transaction.pendingUploads()
    keptFileTotal = try transaction.keptFileTotal()
    for phase in KeptFileRow.Phase.allCases {
      keptFiles.append(try transaction.keptFiles(phase: phase, limit: 10_000))
    }
    dueTimers = try transaction.timers(dueAt: Instant(milliseconds: .max), limit: 10_000)
    earliestDeadline = try transaction.earliestDeadline()
    for name: UInt8 in 0..<RandomScript.names {
      let id = [name]
      timers.append(try transaction.timer(seq: UInt64(name)))
      epochs.append(try transaction.epochs(groupID: id))
      pendingCommits.append(try transaction.pendingCommit(groupID: id))
      messages.append(try transaction.messages(conversationID: id, before: nil, limit: 10_000))
      for other: UInt8 in 0..<RandomScript.names {
        annotations.append(try transaction.annotations(conversationID: id, target: [other]))
        roomReceipts.append(
          try transaction.roomReceipts(conversationID: id, messageID: [other]))
        annotations.append(try transaction.annotations(conversationID: id, messageID: [other]))
      }
      for other: UInt8 in 0..<RandomScript.names {
        uploads.append(try transaction.uploads(conversationID: id, messageID: [other]))
        keptFiles.append(try transaction.keptFiles(conversationID: id, messageID: [other]))
      }
      keptFiles.append(try transaction.keptFiles(blobID: id))
      joinLinks.append(try transaction.joinLinks(conversationID: id))
      knocks.append(try transaction.knocks(conversationID: id))
      rooms.append(try transaction.room(conversationID: id))
      roomChanges.append(try transaction.roomChanges(conversationID: id))
      unseen.append(
        try transaction.unseenMessages(conversationID: id, upTo: .max, limit: 10_000))
      unseenCounts.append(try transaction.unseenCount(conversationID: id))
      outbox.append(
        try transaction.outboxRows(
          conversationID: id, phases: OutboxRow.Phase.allCases, limit: 10_000))
      receipts.append(try transaction.receipts(conversationID: id, limit: 10_000))
      settings.append(try transaction.setting(key: "k\(name)"))
      found.append(
        try transaction.search(
          SearchQuery("\(name) t", conversationID: id), before: nil, limit: 10_000))
    }
  }
}
