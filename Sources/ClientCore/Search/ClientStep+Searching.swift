// SPDX-License-Identifier: Apache-2.0

import SansIO

extension ClientStep {
  /// Finding a message is not reading it: nothing becomes seen.
  mutating func search(
    _ request: SearchRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard request.limit > 0 else { return refuse(token, .badRequest, "The limit is above 0.") }
    var query = SearchQuery(
      request.text, sender: request.sender, since: request.since, until: request.until)
    if let address = request.address {
      guard let conversation = try transaction.conversation(address: address) else {
        return refuse(token, .unknownConversation, "There is no conversation with this address.")
      }
      query.conversationID = conversation.id
    }
    let limit = min(request.limit, ClientLimits.pageMax)
    let rows = try transaction.search(query, before: request.before, limit: limit)
    var addresses: [[UInt8]: String] = [:]
    var hits: [SearchHit] = []
    for row in rows {
      if addresses[row.conversationID] == nil {
        addresses[row.conversationID] =
          try transaction.conversation(id: row.conversationID)?.address
      }
      guard let address = addresses[row.conversationID] else { throw .corrupt("message") }
      if try self.request(from: address) != nil { continue }
      hits.append(
        SearchHit(
          address: address, seq: row.seq, messageID: row.messageID, sender: row.sender,
          own: row.own, at: row.at, snippet: SearchSnippet(of: row.text, for: query)))
    }
    respond(
      token, .found(SearchPage(hits: hits, next: rows.count == limit ? rows.last?.seq : nil)))
  }
}
