// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Answers that tell what groups are.
extension ClientStep {
  /// What the members of a conversation agreed on last; `nil` before there was a group.
  func room(of conversation: ConversationRow) throws(ClientStoreFailure) -> RoomState? {
    guard let row = try transaction.room(conversationID: conversation.id) else { return nil }
    guard let room = try? RoomState(decoding: row.state) else { throw .corrupt("room") }
    return room
  }

  /// This account's number.
  var ownAccount: AccountID? { state.device?.accountID }

  /// The account that an address stands for: of a member, else of somebody who is known.
  func account(
    of address: String, in group: Group
  ) throws(ClientStoreFailure) -> AccountID? {
    try account(of: address, among: group.roomMembers)
  }

  /// The same, for whoever has the members already.
  func account(
    of address: String, among members: [RoomMember]
  ) throws(ClientStoreFailure) -> AccountID? {
    if address.isEmpty { return nil }
    if let member = members.account(of: address) { return member }
    return try transaction.peer(address: address).flatMap { AccountID($0.accountID) }
  }

  mutating func reportRoom(
    _ reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: reference),
      RoomReference.isOne(reference), let room = try room(of: conversation)
    else {
      return refuse(token, .unknownConversation, "There is no group of this name.")
    }
    let groups = try transaction.groups(conversationID: conversation.id)
    let row = try sendingGroup(of: conversation) ?? groups.first { $0.phase == .creating }
    var people: [RoomReport.Person] = []
    if let row {
      let members = try group(row).roomMembers
      people = members.accounts.map { account in
        RoomReport.Person(
          address: members.address(of: account) ?? "", role: room.role(of: account),
          devices: members.count { $0.account == account }, own: account == ownAccount)
      }
    }
    let waiting = try transaction.roomChanges(conversationID: conversation.id)
    respond(
      token,
      .room(
        RoomReport(
          reference: reference, name: room.name, about: room.about,
          picture: room.picture?.report, phase: conversation.phase.rawValue, people: people,
          permissions: RoomAction.allCases.map { ($0, room.permissions[$0]) },
          waiting: waiting.compactMap { try? RoomChange(decoding: $0.change) },
          epoch: row?.epoch)))
  }

  /// A conversation by what people type: an address, a group's reference or its beginning, or a
  /// group's name.
  mutating func resolve(_ text: String, token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard RoomReference.isOne(text) else { return respond(token, .reference(text)) }
    var found: [String] = []
    var asking: [String] = []
    for row in try transaction.conversations() where RoomReference.isOne(row.address) {
      if row.address == text { return respond(token, .reference(text)) }
      let isNamed = try room(of: row)?.name == text
      let begins = text.hasPrefix("group-") && row.address.hasPrefix(text)
      guard isNamed || begins else { continue }
      // A stranger's group takes no name away from one that was accepted.
      if try request(from: row.address) == nil {
        found.append(row.address)
      } else {
        asking.append(row.address)
      }
    }
    if found.isEmpty { found = asking }
    switch found.count {
    case 1: respond(token, .reference(found[0]))
    case 0:
      refuse(token, .unknownConversation, "There is no group of this name, and it is no address.")
    default:
      refuse(token, .badRequest, "Several groups have this name; use the reference.")
    }
  }
}

extension String {
  /// The text, unless it is empty.
  var nonEmpty: String? { isEmpty ? nil : self }
}
