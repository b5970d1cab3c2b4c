// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientStoreCase {
  func joins(_ store: inout some ClientStore) throws {
    let (one, two) = (Sample.id(1, count: 16), Sample.id(2, count: 16))
    let at = Instant(milliseconds: 5)
    var link = JoinLinkRow(linkID: two, conversationID: one, since: at)
    let other = JoinLinkRow(
      linkID: one, conversationID: one, since: at, cursor: .max, announcedAt: at)
    let elsewhere = JoinLinkRow(linkID: [3], conversationID: two, since: at)
    var knock = KnockRow(
      conversationID: one, address: "b@x.example", linkID: two, at: at, certificate: [0, 1],
      state: .unchecked, seenAt: at)
    var first = knock
    first.address = "a\u{0}@x.example"
    var asked = OwnKnockRow(reference: "group-b", link: Secret([1, 0]), createdAt: at)
    let askedFirst = OwnKnockRow(
      reference: "group-a", link: Secret([2]), createdAt: at, askedAt: at)
    try store.transact { (t) throws(ClientStoreFailure) in
      for row in [link, other, elsewhere] { try t.put(row) }
      for row in [knock, first] { try t.put(row) }
      for row in [asked, askedFirst] { try t.put(row) }
      link.cursor = 7
      link.announcedAt = at
      knock.state = .asks
      asked.askedAt = Instant(milliseconds: 9)
      try t.put(link)
      try t.put(knock)
      try t.put(asked)
      try t.removeJoinLink(linkID: [9])
      try t.removeKnock(conversationID: two, address: knock.address)
      try t.removeOwnKnock(reference: "group-c")
    }
    let found = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.joinLinks(conversationID: one), try t.joinLink(linkID: [3]),
        try t.knocks(conversationID: one), try t.ownKnocks()
      )
    }
    try demandEqual(found.0, [other, link])
    try demandEqual(found.1, elsewhere)
    try demandEqual(found.2, [first, knock])
    try demandEqual(found.3, [askedFirst, asked])
    try store.transact { (t) throws(ClientStoreFailure) in
      try t.removeJoinLink(linkID: two)
      try t.removeKnock(conversationID: one, address: first.address)
      try t.removeOwnKnock(reference: "group-a")
    }
    let left = try read(&store) { (t) throws(ClientStoreFailure) in
      (
        try t.joinLinks(conversationID: one), try t.joinLink(linkID: two),
        try t.knocks(conversationID: one), try t.ownKnocks()
      )
    }
    try demandEqual(left.0, [other])
    try demand(left.1 == nil, "a link that was removed is not found")
    try demandEqual(left.2, [knock])
    try demandEqual(left.3, [asked])
  }
}
