// SPDX-License-Identifier: Apache-2.0

/// The part of a text that shows why it was found.
public struct SearchSnippet: Hashable, Sendable {
  /// Characters that are shown at most.
  static let charactersMax = 120
  /// Characters before the first word that was found.
  static let charactersBefore = 30

  /// A part of the snippet.
  public struct Piece: Hashable, Sendable {
    /// The text, in which line breaks and tabs are spaces.
    public let text: String
    /// Whether it was looked for.
    public let isMatch: Bool
  }

  /// In their order; neighbours differ in `isMatch`.
  public let pieces: [Piece]

  /// Cuts a text that was found.
  init(of text: String, for query: SearchQuery) {
    let terms = SearchTerm.all(in: text)
    let matches = query.words.flatMap { $0.places(in: terms) }
      .map { terms[$0.lowerBound].range.lowerBound..<terms[$0.upperBound - 1].range.upperBound }
    let first = matches.map(\.lowerBound).min() ?? text.startIndex
    var start = SearchSnippet.start(of: text, before: first)
    var parts: [Piece] = []
    let near = matches.filter { $0.upperBound > start }.sorted { $0.lowerBound < $1.lowerBound }
      .prefix(SearchSnippet.charactersMax)
    if start > text.startIndex { parts.append(Piece(text: "…", isMatch: false)) }
    var count = 0
    while start < text.endIndex, count < SearchSnippet.charactersMax {
      let next = text.index(after: start)
      let character = text[start].isWhitespace ? " " : text[start]
      let isMatch = near.contains { $0.lowerBound < next && start < $0.upperBound }
      parts.append(Piece(text: String(character), isMatch: isMatch))
      start = next
      count += 1
    }
    if start < text.endIndex { parts.append(Piece(text: "…", isMatch: false)) }
    pieces = SearchSnippet.joined(parts)
  }

  /// Some characters before the match, at the beginning of a word when there is one among them.
  private static func start(of text: String, before match: String.Index) -> String.Index {
    // The match may begin inside a character; this goes back to where that begins.
    let match = match < text.endIndex ? text.index(before: text.index(after: match)) : match
    let limit = text.startIndex
    guard
      let early = text.index(match, offsetBy: -charactersBefore, limitedBy: limit), early > limit
    else { return limit }
    guard let space = text[early..<match].firstIndex(where: \.isWhitespace) else { return early }
    return text.index(after: space)
  }

  private static func joined(_ parts: [Piece]) -> [Piece] {
    var pieces: [Piece] = []
    for part in parts {
      if let last = pieces.last, last.isMatch == part.isMatch {
        pieces[pieces.count - 1] = Piece(text: last.text + part.text, isMatch: part.isMatch)
      } else {
        pieces.append(part)
      }
    }
    return pieces
  }
}
