// SPDX-License-Identifier: Apache-2.0

import SansIO

extension InMemoryClientTransaction {
  package func contactRequest(conversationID: [UInt8]) -> ContactRequestRow? {
    contactRequestRows[conversationID]
  }
  package func contactRequests() -> [ContactRequestRow] {
    contactRequestRows.values.sorted {
      $0.conversationID.lexicographicallyPrecedes($1.conversationID)
    }
  }
  package mutating func put(_ row: ContactRequestRow) {
    contactRequestRows[row.conversationID] = row
  }
  package mutating func removeContactRequest(conversationID: [UInt8]) {
    contactRequestRows[conversationID] = nil
  }

  package func blocks() -> [BlockRow] {
    blockRows.values.sorted { $0.address.utf8.lexicographicallyPrecedes($1.address.utf8) }
  }
  package mutating func put(_ row: BlockRow) { blockRows[row.address] = row }
  package mutating func removeBlock(address: String) { blockRows[address] = nil }
}
