// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What the user does and own devices are told.
extension ClientStep {
  private static var nameKey: String { "device.name" }

  /// All that was arranged before the account had another device.
  mutating func recordPresent() throws(ClientStoreFailure) {
    for setting in ClientSetting.allCases
    where try transaction.setting(key: setting.row("").key) != nil {
      try record(OwnKey(.setting, setting.rawValue), Array(try value(of: setting).utf8))
    }
    for conversation in try transaction.conversations() where !isOwn(conversation.address) {
      let isWanted = try request(from: conversation.address) == nil
      if isWanted, conversation.phase != .left, try !isOnlyImported(conversation) {
        try record(OwnKey(.accepted, conversation.address), [1])
      }
      if let row = try transaction.arrangement(conversationID: conversation.id) {
        for (kind, value) in row.shared(at: now) where !value.isEmpty {
          try record(OwnKey(kind, conversation.address), value)
        }
      }
    }
    for row in try transaction.blocks() {
      try record(OwnKey(.block, row.address), row.at.shared)
    }
    for peer in try transaction.peers() {
      guard let at = peer.comparedAt else { continue }
      try record(OwnKey(.verified, peer.address), peer.fingerprint + at.shared)
    }
    try recordStars()
    if let name = try transaction.setting(key: Self.nameKey)?.value, !name.isEmpty,
      let number = state.device?.device.deviceID.rawValue
    {
      try record(.name(ofDevice: number), name)
    }
  }

  private mutating func recordStars() throws(ClientStoreFailure) {
    var before: UInt64?
    while true {
      let stars = try transaction.stars(before: before, limit: ClientLimits.pageMax)
      guard let last = stars.last else { return }
      before = last.seq
      for star in stars {
        guard let line = try transaction.message(seq: star.seq), !line.messageID.isEmpty,
          let conversation = try transaction.conversation(id: line.conversationID)
        else { continue }
        try record(
          OwnKey(.star, conversation.address, part: line.messageID), star.at.shared)
      }
    }
  }

  /// Stores what was arranged for a conversation, and tells what is new in it.
  mutating func arrange(
    _ row: ArrangementRow, insteadOf old: ArrangementRow
  ) throws(ClientStoreFailure) {
    try transaction.put(row)
    guard try isSharing(),
      let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    for ((kind, new), (_, known)) in zip(row.shared(at: now), old.shared(at: now))
    where new != known {
      try share(OwnKey(kind, conversation.address), new)
    }
  }

  /// The user has compared a number, or takes the mark of that off.
  mutating func shareMark(of peer: PeerRow) throws(ClientStoreFailure) {
    let value = peer.verifiedAt.map { peer.fingerprint + $0.shared } ?? []
    try share(OwnKey(.verified, peer.address), value)
  }

  /// The conversation is wanted.
  mutating func shareAcceptance(of address: String) throws(ClientStoreFailure) {
    if !isOwn(address) { try share(OwnKey(.accepted, address), [1]) }
  }

  // MARK: Names of devices

  /// What an own device is called.
  mutating func name(ofDevice number: UInt32) throws(ClientStoreFailure) -> String? {
    var value: [UInt8] = []
    if try isSharing() {
      value = try shared(.name(ofDevice: number))
    } else if number == state.device?.device.deviceID.rawValue {
      value = try transaction.setting(key: Self.nameKey)?.value ?? []
    }
    return value.isEmpty ? nil : String(validating: value, as: UTF8.self)
  }

  mutating func renameDevice(
    _ number: UInt32?, _ name: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard name.isEmpty || OwnKey.isDeviceName(name) else {
      return refuse(token, .badRequest, "A device's name is one line of at most 64 bytes.")
    }
    // Before there is an account, the name is kept for the one that it comes into.
    let account = try transaction.account()
    guard account?.phase == .registered else {
      guard number == nil else {
        return refuse(token, .notRegistered, "There is no account here yet.")
      }
      try transaction.put(SettingRow(key: Self.nameKey, value: Array(name.utf8)))
      return respond(token, .accepted)
    }
    guard try registered(token) != nil, let device = state.device else { return }
    let own = device.device.deviceID
    let wanted = number.map { DeviceID(rawValue: $0) } ?? own
    guard state.manifests[device.address.description]?.manifest.device(wanted) != nil else {
      return refuse(token, .badRequest, "The account has no device of this number.")
    }
    if wanted == own {
      try transaction.put(SettingRow(key: Self.nameKey, value: Array(name.utf8)))
    } else if try !isSharing() {
      return refuse(token, .noServer, "The other device has not been met yet.")
    }
    try share(.name(ofDevice: wanted.rawValue), Array(name.utf8))
    respond(token, .accepted)
  }
}

extension ArrangementRow {
  /// What of it own devices share, always in the same order.
  fileprivate func shared(at now: Instant) -> [(OwnKey.Kind, [UInt8])] {
    [
      (.draft, Array(draft.utf8)), (.mute, mutedUntil?.shared ?? []),
      (.archive, isArchived ? now.shared : []), (.pin, pinnedAt?.shared ?? []),
      (.unread, isMarkedUnread ? now.shared : []),
    ]
  }
}
