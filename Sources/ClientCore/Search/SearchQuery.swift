// SPDX-License-Identifier: Apache-2.0

package import SansIO

/// What is looked for. Every text is a query: no character in it is an operator.
package struct SearchQuery: Hashable, Sendable {
  /// Words of a query that count; what comes after them is dropped.
  package static let wordsMax = 16

  /// One word of the query: terms that stand side by side in the message.
  package struct Word: Hashable, Sendable {
    /// In UTF-8, in their order; at least one.
    package let terms: [[UInt8]]
    /// Whether the last term may go on in the message. One character by itself may not.
    package let isPrefix: Bool
  }

  /// The message has all of these; without any, nothing is found.
  package let words: [Word]
  /// Only in this conversation.
  package var conversationID: [UInt8]?
  /// Only from this address.
  package var sender: String?
  /// Only from this time on.
  package var since: Instant?
  /// Only before this time.
  package var until: Instant?

  /// Takes what a person typed.
  package init(
    _ text: String, conversationID: [UInt8]? = nil, sender: String? = nil, since: Instant? = nil,
    until: Instant? = nil
  ) {
    var words: [Word] = []
    let chunks = text.unicodeScalars.split { $0.properties.isWhitespace }
    for chunk in chunks where words.count < SearchQuery.wordsMax {
      let terms = SearchTerm.all(in: String(chunk)).prefix(SearchTerm.scalarsMax)
      guard let last = terms.last else { continue }
      words.append(
        Word(
          terms: terms.map(\.bytes), isPrefix: !last.standsAlone && last.scalarCount > 1))
    }
    self.words = words
    self.conversationID = conversationID
    self.sender = sender
    self.since = since
    self.until = until
  }

  /// Whether the line is found.
  package func matches(_ row: MessageRow) -> Bool {
    guard !words.isEmpty, row.isSearchable, isInTime(row.at) else { return false }
    if let conversationID, row.conversationID != conversationID { return false }
    if let sender, row.sender != sender { return false }
    let terms = SearchTerm.all(in: row.text)
    return words.allSatisfy { !$0.places(in: terms).isEmpty }
  }

  /// Whether a line of this time may be found.
  package func isInTime(_ at: Instant) -> Bool {
    if let since, at < since { return false }
    if let until, at >= until { return false }
    return true
  }
}

extension SearchQuery.Word {
  /// Where the word stands among the terms of a text.
  func places(in found: [SearchTerm]) -> [Range<Int>] {
    guard let last = terms.last, found.count >= terms.count else { return [] }
    return (0...(found.count - terms.count)).compactMap { start -> Range<Int>? in
      let place = start..<(start + terms.count)
      for (offset, term) in terms.dropLast().enumerated()
      where found[start + offset].bytes != term {
        return nil
      }
      let bytes = found[place.upperBound - 1].bytes
      return (isPrefix ? bytes.starts(with: last) : bytes == last) ? place : nil
    }
  }
}

extension MessageRow {
  /// Texts are found; what was deleted, and what the client itself says, is not.
  package var isSearchable: Bool { kind == .text && !text.isEmpty }
}
