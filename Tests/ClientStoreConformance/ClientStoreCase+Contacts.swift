// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func contacts(_ store: inout some ClientStore) throws {
    let (one, two) = (Sample.id(1, count: 16), Sample.id(2, count: 16))
    let at = Instant(milliseconds: 5)
    let first = ContactRequestRow(
      conversationID: one, sender: "a\u{0}@x.example", at: at, isHidden: true, dropped: .max)
    var second = ContactRequestRow(conversationID: two, sender: "b@x.example", at: at)
    let blocks = ["b@x.example", "a@x.example"].map { BlockRow(address: $0, at: at) }
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in [second, first] { try t.put(row) }
      for row in blocks { try t.put(row) }
      second.dropped = 3
      try t.put(second)
      try t.removeContactRequest(conversationID: [9])
      try t.removeBlock(address: "c@x.example")
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.contactRequests(), try t.contactRequest(conversationID: two),
        try t.contactRequest(conversationID: [9]), try t.blocks()
      )
    }
    try demandEqual(found.0, [first, second])
    try demandEqual(found.1, second)
    try demand(found.2 == nil, "a request that is not there is not found")
    try demandEqual(found.3, [blocks[1], blocks[0]])
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.removeContactRequest(conversationID: one)
      try t.removeBlock(address: "a@x.example")
    }
    let left = try read(&store) { (t) throws(ClientStoreFailure) in
      (try t.contactRequests(), try t.blocks())
    }
    try demandEqual(left.0, [second])
    try demandEqual(left.1, [blocks[0]])
  }
}
