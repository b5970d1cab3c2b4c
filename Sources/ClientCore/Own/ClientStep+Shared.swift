// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What shared values do on this device, and what of it is there already.
extension ClientStep {
  /// A value holds from now on. What it is about may not be here yet: then it is applied when it
  /// comes.
  mutating func apply(_ key: OwnKey, _ value: [UInt8]) throws(ClientStoreFailure) {
    guard let kind = OwnKey.Kind(rawValue: key.kind), key.allows(value),
      let address = kind.isOfAddress ? key.address : ""
    else { return }
    switch kind {
    case .setting:
      guard let setting = ClientSetting(rawValue: address) else { return }
      let text = value.isEmpty ? setting.values[0] : String(decoding: value, as: UTF8.self)
      if setting.allows(text) { try set(setting, to: text) }
    case .draft, .mute, .archive, .pin, .unread:
      guard let conversation = try transaction.conversation(address: address) else { return }
      try arrange(kind, value, conversation)
    case .accepted:
      guard !value.isEmpty, let conversation = try transaction.conversation(address: address)
      else { return }
      try accept(conversation)
    case .block: try applyBlock(address, value)
    case .verified:
      guard let peer = try transaction.peer(address: address) else { return }
      try applyMark(value, to: peer)
    case .star:
      guard let conversation = try transaction.conversation(address: address), !key.part.isEmpty,
        let line = try transaction.message(conversationID: conversation.id, messageID: key.part)
      else { return }
      try applyStar(value, to: line)
    case .read:
      guard let conversation = try transaction.conversation(address: address),
        let until = Instant(shared: value)
      else { return }
      try applyRead(until, in: conversation)
    case .deviceName: try tellName(key)
    case .signer:
      try takeSigner(value)
      state.wantsRenewal = true
    case .renewal: state.wantsRenewal = true
    case .refusal: try applyRefusal(key, value)
    }
  }

  private mutating func arrange(
    _ kind: OwnKey.Kind, _ value: [UInt8], _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var row =
      try transaction.arrangement(conversationID: conversation.id)
      ?? ArrangementRow(conversationID: conversation.id)
    switch kind {
    case .draft: row.draft = String(decoding: value, as: UTF8.self)
    case .mute: row.mutedUntil = Instant(shared: value)
    case .archive: row.isArchived = !value.isEmpty
    case .pin: row.pinnedAt = Instant(shared: value)
    case .unread: row.isMarkedUnread = !value.isEmpty
    default: return
    }
    try transaction.put(row)
  }

  private mutating func applyBlock(
    _ address: String, _ value: [UInt8]
  ) throws(ClientStoreFailure) {
    guard !isOwn(address), (try? Address(address)) != nil else { return }
    if let at = Instant(shared: value) {
      guard try contacts().blocked.count < ClientLimits.blocksMax else { return }
      try transaction.put(BlockRow(address: address, at: at))
      try forgetRequest(of: address)
    } else {
      try transaction.removeBlock(address: address)
    }
    state.contacts = nil
    if let conversation = try transaction.conversation(address: address) {
      state.markDirty(conversation.id)
    }
  }

  private mutating func applyMark(
    _ value: [UInt8], to peer: PeerRow
  ) throws(ClientStoreFailure) {
    var peer = peer
    let fingerprint = peer.fingerprint
    if value.isEmpty {
      peer.verifiedAt = nil
    } else if value.starts(with: fingerprint), peer.standing == .trusted {
      peer.verifiedAt = Instant(shared: Array(value.dropFirst(fingerprint.count)))
    } else {
      return
    }
    try transaction.put(peer)
  }

  private mutating func applyStar(
    _ value: [UInt8], to line: MessageRow
  ) throws(ClientStoreFailure) {
    guard let at = Instant(shared: value) else {
      return try transaction.removeStar(seq: line.seq)
    }
    guard line.kind == .text, try transaction.star(seq: line.seq) == nil else { return }
    try transaction.put(StarRow(seq: line.seq, at: at))
  }

  // MARK: What comes later

  /// A conversation is there now, for which something may have been arranged.
  mutating func applyShared(to conversation: ConversationRow) throws(ClientStoreFailure) {
    guard try isSharing() else { return }
    for kind in [OwnKey.Kind.draft, .mute, .archive, .pin, .unread] {
      let value = try shared(OwnKey(kind, conversation.address))
      if !value.isEmpty { try arrange(kind, value, conversation) }
    }
  }

  /// A key was pinned, which another own device may have compared.
  mutating func applyShared(to peer: PeerRow) throws(ClientStoreFailure) {
    guard try isSharing() else { return }
    let value = try shared(OwnKey(.verified, peer.address))
    if !value.isEmpty { try applyMark(value, to: peer) }
  }

  /// A line is there now, which may have a star, or have been read.
  mutating func applyShared(
    to line: MessageRow, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    guard try isSharing(), !line.messageID.isEmpty else { return }
    let key = OwnKey(.star, conversation.address, part: line.messageID)
    let star = try shared(key)
    if !star.isEmpty { try applyStar(star, to: line) }
    if let until = Instant(shared: try shared(OwnKey(.read, conversation.address))),
      line.state == .received, line.at <= until
    {
      try applyRead(until, in: conversation)
    }
  }

  /// Whether another own device has accepted a conversation.
  mutating func isAcceptedElsewhere(_ address: String) throws(ClientStoreFailure) -> Bool {
    guard try isSharing() else { return false }
    return try !shared(OwnKey(.accepted, address)).isEmpty
  }

  // MARK: Reading

  /// What another own device has read is read here too.
  private mutating func applyRead(
    _ until: Instant, in conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    let lines = try transaction.unseenMessages(
      conversationID: conversation.id, upTo: .max, limit: ClientLimits.pageMax)
    for var line in lines where line.at <= until {
      line.state = .seen
      try transaction.update(line)
      try transaction.removeReceipt(conversationID: conversation.id, messageID: line.messageID)
      try startVisibleTime(of: line, at: now)
      try finishShowing(line)
    }
  }

  /// Tells own devices what was read here, where no receipt does.
  mutating func pumpReadMarks() throws(ClientStoreFailure) {
    guard !state.readMarks.isEmpty else { return }
    let marks = state.readMarks.sorted { $0.key.lexicographicallyPrecedes($1.key) }
    state.readMarks = [:]
    guard try isSharing() else { return }
    for (id, at) in marks {
      guard let conversation = try transaction.conversation(id: id) else { continue }
      let key = OwnKey(.read, conversation.address)
      // Only what has nothing unread before it: a message that is shown once may still wait.
      let unseen = try transaction.unseenMessages(
        conversationID: id, upTo: .max, limit: ClientLimits.pageMax)
      let first = unseen.map(\.at).min()
      let until = first.map { min(at, Instant(milliseconds: $0.milliseconds - 1)) } ?? at
      if let known = Instant(shared: try shared(key)), until <= known { continue }
      try share(key, until.shared)
    }
  }
}

extension OwnKey.Kind {
  /// Whether the subject is a text: an address, or a setting's name.
  fileprivate var isOfAddress: Bool {
    switch self {
    case .deviceName, .signer, .renewal: false
    case .setting, .draft, .mute, .archive, .pin, .unread, .accepted, .block, .verified, .star,
      .read, .refusal:
      true
    }
  }
}

extension PeerRow {
  /// Names the pinned account and key.
  var fingerprint: [UInt8] { Fingerprint(hashing: accountID + identityKey).bytes }
}
