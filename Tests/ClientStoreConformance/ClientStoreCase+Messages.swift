// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Cases about messages, the outbox, receipts, events and transactions.
extension ClientStoreCase {
  func messages(_ store: inout some ClientStore) throws {
    let one = Sample.id(1, count: 16)
    let seqs = try store.transact { (transaction) throws(ClientStoreFailure) in
      var seqs: [UInt64] = []
      for byte: UInt8 in 1...6 {
        let row = Sample.message(byte, conversation: byte.isMultiple(of: 2) ? 2 : 1)
        seqs.append(try transaction.append(row))
      }
      return seqs
    }
    try demandEqual(seqs, [1, 2, 3, 4, 5, 6])
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.messages(conversationID: one, before: nil, limit: 2).map(\.seq),
        try t.messages(conversationID: one, before: 3, limit: 9).map(\.seq),
        try t.messages(conversationID: one, before: 0, limit: 9).map(\.seq),
        try t.message(conversationID: one, messageID: Sample.id(3)),
        try t.message(conversationID: one, messageID: Sample.id(2))
      )
    }
    try demandEqual(found.0, [5, 3])
    try demandEqual(found.1, [1])
    try demandEqual(found.2, [])
    try demandEqual(found.3?.seq, 3)
    try demandEqual(found.4, nil)
    var row = Sample.message(3, conversation: 1, state: .failed)
    row.seq = 3
    row.failure = "no-devices"
    row.kind = .notice
    row.own = true
    row.inReplyTo = Sample.id(40)
    row.editedAt = Sample.at(41)
    let changed = row
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.update(changed)
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.message(seq: 3) }, changed)
    row.seq = 70
    let missing = row
    let failure: Void? = try? read(&store) { (t) throws(ClientStoreFailure) in try t.update(missing)
    }
    try demand(failure == nil, "updating a line that is not there is refused")
  }

  func unseen(_ store: inout some ClientStore) throws {
    let one = Sample.id(1, count: 16)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for (byte, state) in [
        (1, .received), (2, .stored), (3, .received), (4, .seen), (5, .received),
      ]
        as [(UInt8, MessageState)]
      {
        _ = try transaction.append(Sample.message(byte, conversation: 1, state: state))
      }
      _ = try transaction.append(Sample.message(6, conversation: 2))
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.unseenMessages(conversationID: one, upTo: 3, limit: 9).map(\.seq),
        try t.unseenMessages(conversationID: one, upTo: .max, limit: 2).map(\.seq),
        try t.unseenCount(conversationID: one)
      )
    }
    try demandEqual(found.0, [1, 3])
    try demandEqual(found.1, [1, 3])
    try demandEqual(found.2, 3)
  }

  func outbox(_ store: inout some ClientStore) throws {
    let one = Sample.id(1, count: 16)
    let first = try store.transact { (transaction) throws(ClientStoreFailure) in
      let id = try transaction.append(Sample.outbox(1, conversation: 1))
      _ = try transaction.append(Sample.outbox(2, conversation: 1, phase: .protected))
      _ = try transaction.append(Sample.outbox(3, conversation: 2))
      try transaction.removeOutboxRow(id: 3)
      return id
    }
    try demandEqual(first, 1)
    let next = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.append(Sample.outbox(4, conversation: 1, phase: .stored))
    }
    try demandEqual(next, 4)
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.outboxRows(conversationID: one, phases: [.queued, .stored], limit: 9).map(\.id),
        try t.outboxRows(conversationID: one, phases: [.queued, .protected, .stored], limit: 2)
          .map(\.id),
        try t.outboxCount(conversationID: one, phases: [.queued, .protected]),
        try t.outboxRow(submitID: Sample.id(2, count: 16)),
        try t.outboxRow(submitID: Sample.id(3, count: 16))
      )
    }
    try demandEqual(found.0, [1, 4])
    try demandEqual(found.1, [1, 2])
    try demandEqual(found.2, 2)
    var second = Sample.outbox(2, conversation: 1, phase: .protected)
    second.id = 2
    try demandEqual(found.3, second)
    try demandEqual(found.4, nil)
    second.phase = .queued
    second.kind = .report
    second.body = []
    let changed = second
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.update(changed)
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in
        try t.outboxRow(submitID: Sample.id(2, count: 16))
      }, changed)
  }

  func storedOutbox(_ store: inout some ClientStore) throws {
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for byte: UInt8 in 1...4 {
        let phase: OutboxRow.Phase = byte == 2 ? .protected : .stored
        _ = try transaction.append(Sample.outbox(byte, conversation: 1, phase: phase))
      }
      var other = Sample.outbox(5, conversation: 1, phase: .stored)
      other.groupID = Sample.id(10)
      other.logSeq = 1
      _ = try transaction.append(other)
      try transaction.removeStoredOutboxRows(groupID: Sample.id(9), upTo: 3)
    }
    let left = try read(&store) { (t) throws(ClientStoreFailure) in
      try t.outboxRows(
        conversationID: Sample.id(1, count: 16), phases: [.queued, .protected, .stored], limit: 9)
    }
    try demandEqual(left.map(\.id), [2, 4, 5])
  }

  func receipts(_ store: inout some ClientStore) throws {
    let one = Sample.id(1, count: 16)
    func row(_ byte: UInt8, _ state: MessageState, _ at: Int64) -> ReceiptRow {
      ReceiptRow(
        conversationID: one, messageID: Sample.id(byte), state: state, at: Sample.at(at))
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(row(2, .delivered, 5))
      try transaction.put(row(1, .delivered, 5))
      try transaction.put(row(3, .read, 4))
      try transaction.put(row(3, .delivered, 1))
      try transaction.put(row(2, .read, 6))
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.receipts(conversationID: one, limit: 9),
        try t.receipts(conversationID: one, limit: 1), try t.oldestReceipt(),
        try t.receipts(conversationID: Sample.id(2, count: 16), limit: 9)
      )
    }
    try demandEqual(found.0, [row(3, .read, 4), row(1, .delivered, 5), row(2, .read, 6)])
    try demandEqual(found.1, [row(3, .read, 4)])
    try demandEqual(found.2, row(3, .read, 4))
    try demandEqual(found.3, [])
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.removeReceipt(conversationID: one, messageID: Sample.id(3))
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.oldestReceipt() },
      row(1, .delivered, 5))
  }

  func events(_ store: inout some ClientStore) throws {
    func row(_ byte: UInt8) -> EventRow {
      EventRow(at: Sample.at(Int64(byte)), address: "b@x.example", body: [byte])
    }
    let last = try store.transact { (transaction) throws(ClientStoreFailure) in
      for byte: UInt8 in 1...4 { _ = try transaction.append(row(byte)) }
      try transaction.removeEvents(upTo: 4)
      return try transaction.append(row(5))
    }
    try demandEqual(last, 5)
    let next = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.append(row(6))
    }
    try demandEqual(next, 6)
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.events(after: 0, limit: 9).map(\.seq), try t.events(after: 5, limit: 9).map(\.body),
        try t.events(after: 0, limit: 1).map(\.seq), try t.eventHead(),
        try t.events(after: .max, limit: 9).count
      )
    }
    try demandEqual(found.0, [5, 6])
    try demandEqual(found.1, [[6]])
    try demandEqual(found.2, [5])
    try demandEqual(found.3, 6)
    try demandEqual(found.4, 0)
    let head = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.removeEvents(upTo: 6)
      return try transaction.eventHead()
    }
    try demandEqual(head, 6)
  }

  func subscribersAndSettings(_ store: inout some ClientStore) throws {
    let rows = ["b", "a"].map {
      SubscriberRow(name: $0, cursor: 3, createdAt: Sample.at(1))
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows { try transaction.put(row) }
      try transaction.put(SubscriberRow(name: "b", cursor: 9, createdAt: Sample.at(1)))
      try transaction.put(SettingRow(key: "k", value: [1]))
      try transaction.put(SettingRow(key: "k", value: []))
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.subscribers().map(\.name), try t.subscriber(name: "b")?.cursor,
        try t.subscriber(name: "c"), try t.setting(key: "k"), try t.setting(key: "l")
      )
    }
    try demandEqual(found.0, ["a", "b"])
    try demandEqual(found.1, 9)
    try demandEqual(found.2, nil)
    try demandEqual(found.3, SettingRow(key: "k", value: []))
    try demandEqual(found.4, nil)
  }

  func rollback(_ store: inout some ClientStore) throws {
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(Sample.group(1, conversation: 1))
      _ = try transaction.append(Sample.message(1, conversation: 1))
    }
    do {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        try transaction.put(Sample.account())
        var group = Sample.group(1, conversation: 1)
        group.epoch = 99
        try transaction.put(group)
        _ = try transaction.append(Sample.message(2, conversation: 1))
        _ = try transaction.append(EventRow(at: Sample.at(1), address: "a", body: []))
        throw .injected
      }
      try demand(false, "the failure of the body is thrown")
    } catch let failure as ClientStoreFailure {
      try demandEqual(failure, .injected)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.account() == nil, try t.group(id: Sample.id(1))?.epoch,
        try t.message(seq: 2) == nil, try t.eventHead()
      )
    }
    try demand(found.0 && found.2, "nothing is left of the failed body")
    try demandEqual(found.1, 4)
    try demandEqual(found.3, 0)
    let seq = try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.append(Sample.message(3, conversation: 1))
    }
    try demandEqual(seq, 2)
  }

  func readsOwnWrites(_ store: inout some ClientStore) throws {
    let found = try store.transact { (transaction) throws(ClientStoreFailure) in
      let seq = try transaction.append(Sample.message(1, conversation: 1))
      try transaction.put(Sample.epoch(1, 1))
      try transaction.updateRatchets(groupID: Sample.id(1), epoch: 1, ratchets: Secret([5]))
      return (
        try transaction.message(seq: seq)?.text,
        try transaction.epoch(groupID: Sample.id(1), epoch: 1)?.ratchets
      )
    }
    try demandEqual(found.0, "text 1")
    try demandEqual(found.1, Secret([5]))
  }

  func extremes(_ store: inout some ClientStore) throws {
    let bytes = (0...255).map { UInt8($0) }
    var group = Sample.group(1, conversation: 1)
    group.epoch = .max
    group.cursor = .max
    group.generation = .max
    var message = Sample.message(1, conversation: 1)
    message.text = "\u{0}\u{1F600} e\u{301} ' \" \\ \u{202E}"
    message.content = bytes
    message.logSeq = .max
    message.at = Instant(milliseconds: .min)
    message.seq = 1
    var epoch = Sample.epoch(1, 2)
    epoch.epoch = .max
    epoch.state = Secret(bytes)
    epoch.ratchets = Secret([])
    let rows = (group, message, epoch)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.put(rows.0)
      _ = try transaction.append(rows.1)
      try transaction.put(rows.2)
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.group(id: Sample.id(1)), try t.message(seq: 1),
        try t.epoch(groupID: Sample.id(1), epoch: .max)
      )
    }
    try demandEqual(found.0, group)
    try demandEqual(found.1, message)
    try demandEqual(found.1?.text.unicodeScalars.count, message.text.unicodeScalars.count)
    try demandEqual(found.2, epoch)
  }
}
