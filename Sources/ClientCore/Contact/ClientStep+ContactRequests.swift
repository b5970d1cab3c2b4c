// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What the user asks about who may reach this account (requests.md).
extension ClientStep {
  mutating func answer(
    _ request: ClientContactRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    switch request {
    case .list: try reportContactRequests(token)
    case .show(let address):
      guard let (conversation, _) = try pending(address, token) else { return }
      var lines: [HistoryLine] = []
      for row in try transaction.messages(
        conversationID: conversation.id, before: nil, limit: ClientLimits.pageMax)
      where row.kind == .text || row.kind == .notice {
        lines.append(try historyLine(row))
      }
      respond(token, .history(lines))
    case .accept(let address):
      guard let (conversation, _) = try pending(address, token) else { return }
      try accept(conversation)
      respond(token, .accepted)
    case .delete(let address, let blocking):
      try deleteRequest(address, blocking: blocking, token: token)
    case .block(let address):
      guard (try? Address(address)) != nil else {
        return refuse(token, .badAddress, "An address has the form name@domain.")
      }
      guard address != state.device?.address.description else {
        return refuse(token, .badRequest, "Nobody blocks the own account.")
      }
      guard try block(address, token) else { return }
      respond(token, .accepted)
    case .unblock(let address):
      guard try isBlocked(address) else {
        return refuse(token, .badRequest, "This person is not blocked.")
      }
      try transaction.removeBlock(address: address)
      try share(OwnKey(.block, address), [])
      state.contacts = nil
      if let conversation = try transaction.conversation(address: address) {
        state.markDirty(conversation.id)
      }
      respond(token, .accepted)
    case .blocks:
      let reports = try transaction.blocks().map { BlockReport(address: $0.address, at: $0.at) }
      respond(token, .blocks(reports))
    case .settings: try reportSettings(token)
    case .set(let setting, let value):
      guard setting.allows(value) else {
        let values = setting.values.joined(separator: ", ")
        return refuse(token, .badRequest, "\(setting.rawValue) is one of: \(values).")
      }
      try set(setting, to: value)
      try share(OwnKey(.setting, setting.rawValue), Array(value.utf8))
      try reportSettings(token)
    }
  }

  private mutating func reportSettings(_ token: RequestToken) throws(ClientStoreFailure) {
    var reports: [SettingReport] = []
    for setting in ClientSetting.allCases {
      reports.append(SettingReport(setting: setting, value: try value(of: setting)))
    }
    respond(token, .settings(reports))
  }

  private mutating func reportContactRequests(
    _ token: RequestToken
  ) throws(ClientStoreFailure) {
    var reports: [ContactRequestReport] = []
    for row in try transaction.contactRequests() where !row.isHidden {
      guard let conversation = try transaction.conversation(id: row.conversationID) else {
        throw .corrupt("contact request")
      }
      reports.append(
        ContactRequestReport(
          address: conversation.address, sender: row.sender,
          name: try room(of: conversation)?.name.nonEmpty, at: row.at,
          messages: try transaction.unseenCount(conversationID: conversation.id)))
    }
    reports.sort { $0.at == $1.at ? $0.address < $1.address : $0.at > $1.at }
    respond(token, .contactRequests(reports))
  }

  /// The request of an address; answers when there is none.
  private mutating func pending(
    _ address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> (ConversationRow, ContactRequestRow)? {
    guard let row = try request(from: address), !row.isHidden,
      let conversation = try transaction.conversation(id: row.conversationID)
    else {
      refuse(token, .unknownConversation, "There is no request of this address.")
      return nil
    }
    return (conversation, row)
  }

  private mutating func deleteRequest(
    _ address: String, blocking: Bool, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let (conversation, row) = try pending(address, token) else { return }
    try forget(conversation, row)
    if blocking { guard try block(row.sender, token) else { return } }
    guard RoomReference.isOne(address), conversation.phase == .open else {
      return respond(token, .accepted)
    }
    // The group learns that this account goes; there is no other way out of it.
    try leaveRoom(address, token: token)
  }

  /// Nothing that was said is kept; the request is there again when its sender writes again.
  private mutating func forget(
    _ conversation: ConversationRow, _ row: ContactRequestRow
  ) throws(ClientStoreFailure) {
    var before: UInt64?
    while true {
      let lines = try transaction.messages(
        conversationID: conversation.id, before: before, limit: ClientLimits.pageMax)
      guard let last = lines.last else { break }
      before = last.seq
      for line in lines where line.kind != .removed {
        try wipe(line, leaving: .removed, in: conversation)
      }
    }
    var row = row
    row.isHidden = true
    row.dropped = 0
    try transaction.put(row)
    state.contacts = nil
  }

  /// Blocks somebody; a request of the person is deleted.
  ///
  /// - Returns: false when there is no room for another, and the request is answered.
  private mutating func block(
    _ address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    guard try contacts().blocked.count < ClientLimits.blocksMax else {
      refuse(token, .quotaExceeded, "Too many people are blocked.")
      return false
    }
    try forgetRequest(of: address)
    try transaction.put(BlockRow(address: address, at: now))
    try share(OwnKey(.block, address), now.shared)
    state.contacts = nil
    return true
  }

  /// A request of somebody who is blocked now.
  mutating func forgetRequest(of address: String) throws(ClientStoreFailure) {
    guard let row = try request(from: address), !row.isHidden,
      let conversation = try transaction.conversation(address: address)
    else { return }
    try forget(conversation, row)
  }
}
