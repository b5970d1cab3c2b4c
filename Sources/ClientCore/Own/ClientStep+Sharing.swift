// SPDX-License-Identifier: Apache-2.0

import Identity
import MIMI
import MLS
import SansIO

/// Values that own devices share: the newest entry of the group's log counts, and what was changed
/// here holds here until it has its own place there (own-group.md).
extension ClientStep {
  private static var sharingKey: String { "own.shares" }
  private static var askedKey: String { "own.asked" }

  /// Whether this device has, or has had, other ones to tell.
  mutating func isSharing() throws(ClientStoreFailure) -> Bool {
    if let known = state.isSharing { return known }
    let isSharing = try transaction.setting(key: Self.sharingKey)?.value == [1]
    state.isSharing = isSharing
    return isSharing
  }

  /// From now on changes are told. What was arranged before counts from before all entries.
  mutating func beginSharing() throws(ClientStoreFailure) {
    guard try !isSharing() else { return }
    try transaction.put(SettingRow(key: Self.sharingKey, value: [1]))
    state.isSharing = true
    try recordPresent()
  }

  /// A value from before there was a group.
  mutating func record(_ key: OwnKey, _ value: [UInt8]) throws(ClientStoreFailure) {
    guard value.count <= OwnNote.valueBytesMax, key.allows(value),
      try transaction.ownRecord(key: key.encoded) == nil,
      try transaction.ownRecordCount() < ClientLimits.ownRecordsMax
    else { return }
    try transaction.put(OwnRecordRow(key: key.encoded, value: value, place: .origin))
  }

  /// The user has changed something here.
  mutating func share(_ key: OwnKey, _ value: [UInt8]) throws(ClientStoreFailure) {
    guard try isSharing(), value.count <= OwnNote.valueBytesMax, key.allows(value) else { return }
    guard var row = try row(of: key), row.effective != value else { return }
    row.local = value
    try transaction.put(row)
    state.ownChangedAt = state.ownChangedAt ?? now
    guard let address = state.device?.address.description,
      let conversation = try transaction.conversation(address: address)
    else { return }
    state.markDirty(conversation.id)
  }

  /// What holds for a key here; nothing when it is the usual.
  func shared(_ key: OwnKey) throws(ClientStoreFailure) -> [UInt8] {
    try transaction.ownRecord(key: key.encoded)?.effective ?? []
  }

  private func row(of key: OwnKey) throws(ClientStoreFailure) -> OwnRecordRow? {
    if let row = try transaction.ownRecord(key: key.encoded) { return row }
    guard try transaction.ownRecordCount() < ClientLimits.ownRecordsMax else { return nil }
    return OwnRecordRow(key: key.encoded, value: [], place: .origin)
  }

  // MARK: Telling

  /// Tells what was changed, once it has waited for more to go with it, and what another device
  /// has asked for.
  mutating func pumpSharing(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    guard isOwn(conversation.address), conversation.phase == .open,
      let row = try sendingGroup(of: conversation)
    else { return }
    try answerAsked(conversation, in: row)
    let due = (state.ownChangedAt ?? now) + ClientLimits.ownNoteDelay
    if let changed = state.ownChangedAt, changed <= now, now < due {
      return state.wake(conversation.id, at: due)
    }
    let waiting = try transaction.outboxRows(
      conversationID: conversation.id, phases: [.queued, .protected],
      limit: ClientLimits.outboxRowsMax)
    guard !waiting.contains(where: { $0.kind == .note }) else { return }
    state.ownChangedAt = nil
    var items: [OwnNote.Item] = []
    for changed in try transaction.changedOwnRecords(limit: OwnNote.itemsMax) {
      guard let key = try? OwnKey(decoding: changed.key), let value = changed.local else {
        throw .corrupt("own record")
      }
      items.append(.change(key, value))
    }
    guard let note = OwnNote.notes(of: items).first else { return }
    try queue(note, in: conversation)
  }

  /// Tells all that has a place, after `items`.
  mutating func tellKnown(
    in conversation: ConversationRow, _ items: [OwnNote.Item] = []
  ) throws(ClientStoreFailure) {
    var items = items
    var after: [UInt8]?
    while true {
      let rows = try transaction.ownRecords(after: after, limit: ClientLimits.pageMax)
      guard let last = rows.last else { break }
      after = last.key
      for row in rows where row.place != .origin || !row.value.isEmpty {
        guard let key = try? OwnKey(decoding: row.key) else { throw .corrupt("own record") }
        items.append(.known(key, row.value, row.place))
      }
    }
    for note in OwnNote.notes(of: items) { try queue(note, in: conversation) }
  }

  /// Another own device has missed entries: the first of the others in the order of leaves tells it
  /// at once, the next ones later, unless somebody has.
  private mutating func answerAsked(
    _ conversation: ConversationRow, in row: GroupRow
  ) throws(ClientStoreFailure) {
    let asked = try transaction.setting(key: Self.askedKey)?.value ?? []
    guard !asked.isEmpty else { return }
    guard asked.count == 12, let at = Instant(shared: Array(asked.prefix(8))) else {
      throw .corrupt("setting")
    }
    let asker = asked.dropFirst(8).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    let group = try group(row)
    let others = group.roomMembers.filter { $0.deviceID.rawValue != asker }
    let rank = others.firstIndex { $0.leaf == group.ownLeafIndex } ?? 0
    let due = min(at, now) + .milliseconds(Int64(rank) * ClientLimits.ownDeviceRankWait)
    guard due <= now else { return state.wake(conversation.id, at: due) }
    try transaction.put(SettingRow(key: Self.askedKey, value: []))
    try tellKnown(in: conversation)
  }

  // MARK: Hearing

  /// What another own device has told.
  mutating func take(
    _ note: OwnNote, from member: RoomMember, at place: OwnPlace, acceptedAt: Instant,
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var isAnswer = false
    for item in note.items {
      switch item {
      case .change(let key, let value): try merge(key, value, place)
      case .known(let key, let value, let from):
        // Nobody knows what comes after the entry that says it.
        guard from <= place else { continue }
        isAnswer = true
        try merge(key, value, from)
      case .ask:
        var asker = ByteWriter()
        asker.write(member.deviceID.rawValue)
        try transaction.put(
          SettingRow(key: Self.askedKey, value: min(acceptedAt, now).shared + asker.bytes))
        state.markDirty(conversation.id)
      }
    }
    // A note that says what is known and asks is of a device that comes in.
    if isAnswer, !note.items.contains(.ask) {
      try transaction.put(SettingRow(key: Self.askedKey, value: []))
    }
  }

  /// Of two values the one that counts from the later place holds.
  private mutating func merge(
    _ key: OwnKey, _ value: [UInt8], _ place: OwnPlace
  ) throws(ClientStoreFailure) {
    guard var row = try row(of: key), row.isOlder(than: value, at: place) else { return }
    let before = row.effective
    (row.value, row.place) = (value, place)
    if row.local == value { row.local = nil }
    try transaction.put(row)
    if row.effective != before { try apply(key, row.effective) }
  }

  /// An own note has its place in the log.
  mutating func settle(_ outbox: OutboxRow, seq: UInt64) throws(ClientStoreFailure) {
    guard let group = try transaction.group(id: outbox.groupID),
      let bytes = (try? MIMIContent(decoding: outbox.content))?.ownNoteBytes,
      let note = try? OwnNote(decoding: bytes)
    else { return }
    let place = OwnPlace(generation: group.generation, groupID: group.groupID, seq: seq)
    for case .change(let key, let value) in note.items {
      guard var row = try transaction.ownRecord(key: key.encoded), row.place != place else {
        continue
      }
      let before = row.effective
      if row.isOlder(than: value, at: place) { (row.value, row.place) = (value, place) }
      if row.local == value { row.local = nil }
      try transaction.put(row)
      if row.effective != before { try apply(key, row.effective) }
    }
  }
}

extension OwnRecordRow {
  /// Whether another value takes the place of this one. Of two of one place, which are from before
  /// there was a group, the greater holds.
  fileprivate func isOlder(than other: [UInt8], at otherPlace: OwnPlace) -> Bool {
    place == otherPlace ? value.lexicographicallyPrecedes(other) : place < otherPlace
  }
}
