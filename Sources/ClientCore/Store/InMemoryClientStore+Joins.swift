// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func joinLinks(conversationID: [UInt8]) -> [JoinLinkRow] {
    joinLinkRows.values.filter { $0.conversationID == conversationID }
      .sorted { $0.linkID.lexicographicallyPrecedes($1.linkID) }
  }
  package func joinLink(linkID: [UInt8]) -> JoinLinkRow? { joinLinkRows[linkID] }
  package mutating func put(_ row: JoinLinkRow) { joinLinkRows[row.linkID] = row }
  package mutating func removeJoinLink(linkID: [UInt8]) { joinLinkRows[linkID] = nil }

  package func knocks(conversationID: [UInt8]) -> [KnockRow] {
    knockRows.filter { $0.conversationID == conversationID }
      .sorted { $0.address.utf8.lexicographicallyPrecedes($1.address.utf8) }
  }
  package mutating func put(_ row: KnockRow) {
    removeKnock(conversationID: row.conversationID, address: row.address)
    knockRows.append(row)
  }
  package mutating func removeKnock(conversationID: [UInt8], address: String) {
    knockRows.removeAll { $0.conversationID == conversationID && $0.address == address }
  }

  package func ownKnocks() -> [OwnKnockRow] {
    ownKnockRows.values.sorted { $0.reference.utf8.lexicographicallyPrecedes($1.reference.utf8) }
  }
  package mutating func put(_ row: OwnKnockRow) { ownKnockRows[row.reference] = row }
  package mutating func removeOwnKnock(reference: String) { ownKnockRows[reference] = nil }
}
