// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

extension ClientMethods {
  func search(_ input: JSONRPCParameters) async throws(ClientFailure) -> JSONValue {
    var input = input
    var request = SearchRequest(try input.string("text"))
    request.address = try input.optionalString("in")
    request.sender = try input.optionalString("from")
    request.since = try input.optionalTime("since", endOfDay: false)
    request.until = try input.optionalTime("until", endOfDay: true)
    request.before = try input.optionalCount("before")
    request.limit = try input.limit(default: 20, maximum: ClientLimits.pageMax)
    try input.finish()
    let page = try await client.search(request)
    return .object(present: [
      "hits": .array(page.hits.map(\.json)), "next": page.next.map { .count($0) },
    ])
  }
}

extension JSONRPCParameters {
  /// Takes a time that may be absent. A date alone is its beginning, or the end of that day.
  mutating func optionalTime(
    _ name: String, endOfDay: Bool
  ) throws(ClientFailure) -> Instant? {
    guard let text = try optionalString(name) else { return nil }
    guard let time = Instant(text: text, endOfDay: endOfDay) else {
      throw ClientFailure(
        .badRequest, "The parameter \(name) is a time of RFC 3339, or a date YYYY-MM-DD.")
    }
    return time
  }
}

extension SearchHit {
  fileprivate var json: JSONValue {
    [
      "address": .string(address), "order": .count(seq), "messageId": .identifier(messageID),
      "from": .string(sender), "own": .bool(own), "at": at.json,
      "snippet": .array(snippet.pieces.map(\.json)),
    ]
  }
}

extension SearchSnippet.Piece {
  fileprivate var json: JSONValue {
    .object(present: ["text": .string(text), "match": isMatch ? .bool(true) : nil])
  }
}
