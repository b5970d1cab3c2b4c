// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// Cases about the account, peers, conversations and groups.
extension ClientStoreCase {
  func emptyAtFirst(_ store: inout some ClientStore) throws {
    let counts = try store.transact { (transaction) throws(ClientStoreFailure) in
      [
        try transaction.account() == nil ? 0 : 1, try transaction.keyPackages().count,
        try transaction.peers().count, try transaction.welcomes().count,
        try transaction.conversations().count, try transaction.groups().count,
        Int(try transaction.eventHead()), try transaction.subscribers().count,
        try transaction.oldestReceipt() == nil ? 0 : 1,
        try transaction.message(seq: 1) == nil ? 0 : 1,
        try transaction.events(after: 0, limit: 10).count,
      ]
    }
    try demandEqual(counts, Array(repeating: 0, count: counts.count))
  }

  func account(_ store: inout some ClientStore) throws {
    var row = Sample.account()
    try store.transact { (transaction) throws(ClientStoreFailure) in try transaction.put(row) }
    try demandEqual(try read(&store) { (t) throws(ClientStoreFailure) in try t.account() }, row)
    row.phase = .registered
    row.inboxCursor = 10
    row.secrets = Secret([9])
    try store.transact { (transaction) throws(ClientStoreFailure) in try transaction.put(row) }
    try demandEqual(try read(&store) { (t) throws(ClientStoreFailure) in try t.account() }, row)
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.removeAccount()
    }
    let gone = try read(&store) { (t) throws(ClientStoreFailure) in try t.account() }
    try demand(gone == nil, "no account after removal")
  }

  func keyPackages(_ store: inout some ClientStore) throws {
    let rows = [
      Sample.keyPackage(9, at: 1), Sample.keyPackage(2, at: 5), Sample.keyPackage(3, at: 5),
    ]
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows.reversed() { try transaction.put(row) }
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.keyPackages() }, rows)
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      try t.keyPackage(reference: Sample.id(2))
    }
    try demandEqual(found, rows[1])
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.removeKeyPackage(reference: Sample.id(2))
      try transaction.removeKeyPackage(reference: Sample.id(77))
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.keyPackages() },
      [rows[0], rows[2]])
  }

  func peers(_ store: inout some ClientStore) throws {
    var changed = Sample.peer("b@x.example")
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for address in ["b@x.example", "a@x.example", "a-b@x.example"] {
        try transaction.put(Sample.peer(address))
      }
    }
    changed.standing = .contradicted
    changed.verifiedAt = nil
    changed.manifestWanted = false
    let row = changed
    try store.transact { (transaction) throws(ClientStoreFailure) in try transaction.put(row) }
    let rows = try read(&store) { (t) throws(ClientStoreFailure) in try t.peers() }
    try demandEqual(rows.map(\.address), ["a-b@x.example", "a@x.example", "b@x.example"])
    try demandEqual(rows[2], row)
    let missing = try read(&store) { (t) throws(ClientStoreFailure) in
      try t.peer(address: "c@x.example")
    }
    try demand(missing == nil, "no peer of that address")
  }

  func welcomes(_ store: inout some ClientStore) throws {
    let rows = [3, 1, 20].map {
      WelcomeRow(inboxSeq: $0, body: [UInt8($0)], acceptedAt: Sample.at(2), attempts: 4)
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows { try transaction.put(row) }
      try transaction.removeWelcome(inboxSeq: 1)
      try transaction.removeWelcome(inboxSeq: 99)
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.welcomes() }, [rows[0], rows[2]])
  }

  func conversations(_ store: inout some ClientStore) throws {
    let rows = [
      Sample.conversation(3, "c@x.example", at: 1), Sample.conversation(1, "a@x.example", at: 2),
      Sample.conversation(2, "b@x.example", at: 2),
    ]
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows.reversed() { try transaction.put(row) }
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.conversations() }, rows)
    var changed = rows[2]
    changed.phase = .blocked
    changed.generation = .max
    let row = changed
    try store.transact { (transaction) throws(ClientStoreFailure) in try transaction.put(row) }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      [
        try t.conversation(id: Sample.id(2, count: 16)),
        try t.conversation(address: "b@x.example"), try t.conversation(address: "B@x.example"),
        try t.conversation(id: Sample.id(9, count: 16)),
      ]
    }
    try demandEqual(found, [row, row, nil, nil])
  }

  func groups(_ store: inout some ClientStore) throws {
    var second = Sample.group(1, conversation: 1)
    second.cursor = nil
    second.lastPathAt = nil
    second.commitRetryAt = nil
    second.answering = false
    let rows = [Sample.group(9, conversation: 1), second, Sample.group(5, conversation: 2)]
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows { try transaction.put(row) }
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.group(id: Sample.id(1)), try t.groups(conversationID: Sample.id(1, count: 16)),
        try t.groups(), try t.group(id: Sample.id(2))
      )
    }
    try demandEqual(found.0, rows[1])
    try demandEqual(found.1, [rows[1], rows[0]])
    try demandEqual(found.2, [rows[1], rows[2], rows[0]])
    try demandEqual(found.3, nil)
  }

  func epochs(_ store: inout some ClientStore) throws {
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for epoch: UInt64 in [3, 1, 2] { try transaction.put(Sample.epoch(7, epoch)) }
      try transaction.put(Sample.epoch(8, 1))
      try transaction.updateRatchets(
        groupID: Sample.id(7), epoch: 2, ratchets: Secret([200, 201]))
      try transaction.removeEpoch(groupID: Sample.id(7), epoch: 1)
      try transaction.removeEpoch(groupID: Sample.id(7), epoch: 50)
    }
    var second = Sample.epoch(7, 2)
    second.ratchets = Secret([200, 201])
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in try t.epochs(groupID: Sample.id(7)) },
      [second, Sample.epoch(7, 3)])
    let failure: Void? = try? read(&store) { (t) throws(ClientStoreFailure) in
      try t.updateRatchets(groupID: Sample.id(7), epoch: 1, ratchets: Secret([1]))
    }
    try demand(failure == nil, "ratchets of an epoch that is not there are refused")
  }

  func pendingCommit(_ store: inout some ClientStore) throws {
    let rows = [1, 2].map { (epoch: UInt64) in
      PendingCommitRow(
        groupID: Sample.id(4), epoch: epoch, submitID: Sample.id(6, count: 16), reason: .answer,
        request: [1, 2], state: Secret([3]), createdAt: Sample.at(2))
    }
    try store.transact { (transaction) throws(ClientStoreFailure) in
      for row in rows { try transaction.put(row) }
    }
    try demandEqual(
      try read(&store) { (t) throws(ClientStoreFailure) in
        try t.pendingCommit(groupID: Sample.id(4))
      }, rows[1])
    try store.transact { (transaction) throws(ClientStoreFailure) in
      try transaction.removePendingCommit(groupID: Sample.id(4))
      try transaction.removePendingCommit(groupID: Sample.id(5))
    }
    let gone = try read(&store) { (t) throws(ClientStoreFailure) in
      try t.pendingCommit(groupID: Sample.id(4))
    }
    try demand(gone == nil, "the pending commit is removed")
  }

  /// One transaction whose value is wanted.
  func read<Store: ClientStore, Value>(
    _ store: inout Store,
    _ body: (inout Store.Transaction) throws(ClientStoreFailure) -> Value
  ) throws -> Value {
    try store.transact(body)
  }
}
