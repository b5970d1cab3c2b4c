// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// One text as the index of words has it. Removing it needs the same words that it was added with.
struct SearchIndexEntry {
  let seq: UInt64
  /// Words of the text, with spaces between.
  let terms: String
  /// Its conversation and its sender, as words too: so that a search in a small conversation does
  /// not look at all messages of the others.
  let scope: String

  init(seq: UInt64, conversationID: [UInt8], sender: String, text: String) {
    self.seq = seq
    terms = Self.joined(SearchTerm.all(in: text).map(\.bytes))
    scope = Self.word(of: conversationID) + " " + Self.word(of: sender)
  }

  /// The index's entry of a line; `nil` when search does not find it.
  init?(_ row: MessageRow, as seq: UInt64) {
    guard row.isSearchable else { return nil }
    self.init(
      seq: seq, conversationID: row.conversationID, sender: row.sender, text: row.text)
  }

  func write(to writer: inout RowWriter) {
    writer.ordinal(seq)
    writer.words(terms)
    writer.words(scope)
  }

  /// The query in the language of FTS5; `nil` when it has no words. Every word stands in quotes and
  /// has letters and digits alone, so none is an operator.
  static func expression(of query: SearchQuery) -> String? {
    guard !query.words.isEmpty else { return nil }
    let words = query.words.map { "\"\(joined($0.terms))\"" + ($0.isPrefix ? " *" : "") }
    var parts = ["terms : (\(words.joined(separator: " AND ")))"]
    if let conversationID = query.conversationID {
      parts.append("scope : \"\(word(of: conversationID))\"")
    }
    if let sender = query.sender { parts.append("scope : \"\(word(of: sender))\"") }
    return parts.joined(separator: " AND ")
  }

  private static func joined(_ terms: [[UInt8]]) -> String {
    String(decoding: Array(terms.joined(separator: [UInt8(ascii: " ")])), as: UTF8.self)
  }

  private static func word(of conversationID: [UInt8]) -> String {
    "c" + Hex.encode(conversationID)
  }

  private static func word(of sender: String) -> String { "s" + Hex.encode(Array(sender.utf8)) }
}
