// SPDX-License-Identifier: Apache-2.0

/// A text of GFM-MIMI as far as mentions are concerned: a link to the URI of somebody who is in the
/// conversation is a mention (draft-ietf-mimi-content-08, "Link and Mention handling").
///
/// What stands in code, in other links, in HTML or behind a backslash is none, and is not touched.
public struct MentionText: Sendable {
  /// Mentions that one text has; what follows stays text. More people are in no group.
  public static let countMax = 250
  static let scheme = Array("mimi://".utf8)
  /// Bytes of a link's label, and of its destination: a name, and the URI of an address.
  static let labelBytesMax = 512
  static let destinationBytesMax = 400
  /// Bytes within `<` and `>`.
  static let tagBytesMax = 1_024

  enum Piece: Hashable, Sendable {
    /// Words, in which somebody can be mentioned.
    case words(Substring)
    /// Code, links, HTML: stays as it is.
    case opaque(Substring)
    /// A link to a `mimi:` URI.
    case link(uri: String, raw: Substring)
  }

  let pieces: [Piece]

  /// Takes a text apart.
  public init(_ markdown: String) {
    var scanner = MentionScanner(markdown)
    pieces = scanner.scan()
  }

  /// Whether there is a link that may be a mention.
  public var hasLinks: Bool { pieces.contains { if case .link = $0 { true } else { false } } }

  /// The text as people read it, and who is mentioned, each once, in the order of the text.
  ///
  /// What the sender wrote as the label of the link is not believed: each person is shown as
  /// `name` has it. A link for which there is no name stays as it stands.
  public func shown(name: (String) -> String?) -> (text: String, mentioned: [String]) {
    var text = ""
    var mentioned: [String] = []
    var seen: Set<String> = []
    for piece in pieces {
      switch piece {
      case .words(let words), .opaque(let words): text += words
      case .link(let uri, let raw):
        guard let name = name(uri), seen.contains(name) || seen.count < Self.countMax else {
          text += raw
          continue
        }
        text += "@" + name
        if seen.insert(name).inserted { mentioned.append(name) }
      }
    }
    return (text, mentioned)
  }

  /// Who was shown as mentioned in a text that `shown` gave for this one; nobody when it gave
  /// another text. `name` has a name for more people than it had then.
  public func mentioned(in text: String, name: (String) -> String?) -> [String] {
    var rest = text.utf8[...]
    var mentioned: [String] = []
    var seen: Set<String> = []
    func take(_ words: some StringProtocol) -> Bool {
      guard rest.starts(with: words.utf8) else { return false }
      rest = rest.dropFirst(words.utf8.count)
      return true
    }
    for piece in pieces {
      switch piece {
      case .words(let words), .opaque(let words):
        guard take(words) else { return [] }
      case .link(let uri, let raw):
        // One begins with a bracket, the other with an at sign.
        if take(raw) { continue }
        guard let name = name(uri), take("@" + name) else { return [] }
        if seen.insert(name).inserted { mentioned.append(name) }
      }
    }
    return rest.isEmpty ? mentioned : []
  }

  /// The text with links in place of `@name` and `@name@domain`, for everybody whom `person` knows
  /// by what stands behind the at sign.
  public func linking(person: (String) -> (name: String, uri: String)?) -> String {
    var text = ""
    var count = 0
    for (index, piece) in pieces.enumerated() {
      switch piece {
      case .opaque(let words): text += words
      case .link(_, let raw):
        text += raw
        count += 1
      case .words(let words):
        var rest = words
        while let sign = rest.firstIndex(of: "@") {
          text += rest[..<sign]
          let isBeginning =
            Self.mayPrecede(words[..<sign], isFirst: index == 0)
          let name = MentionScanner.name(after: sign, in: rest)
          let isWhole = rest[name.endIndex...].first != "@"
          guard isBeginning, isWhole, count < Self.countMax, let found = Self.find(name, person)
          else {
            let end = name.endIndex > sign ? name.endIndex : rest.index(after: sign)
            text += rest[sign..<end]
            rest = rest[end...]
            continue
          }
          text += "[@\(found.person.name)](\(found.person.uri))"
          count += 1
          rest = rest[found.end...]
        }
        text += rest
      }
    }
    return text
  }

  /// Whoever is meant by the longest beginning of `name` that does not end within a word: a dot
  /// behind a name ends a sentence.
  private static func find(
    _ name: Substring, _ person: (String) -> (name: String, uri: String)?
  ) -> (person: (name: String, uri: String), end: Substring.Index)? {
    var name = name
    while let last = name.utf8.last {
      if let found = person(name.lowercased()) { return (found, name.endIndex) }
      guard last == UInt8(ascii: ".") || last == UInt8(ascii: "-") || last == UInt8(ascii: "_")
      else { return nil }
      name.removeLast()
    }
    return nil
  }

  /// Whether a mention can begin behind these words: not within a word, an address or a URL.
  private static func mayPrecede(_ words: Substring, isFirst: Bool) -> Bool {
    guard let last = words.unicodeScalars.last else { return isFirst }
    let word = words.split(omittingEmptySubsequences: false, whereSeparator: \.isWhitespace).last
    if word?.contains("://") == true { return false }
    if last.isASCII {
      return last.properties.isWhitespace || "(\"',;:!?*~>{|".unicodeScalars.contains(last)
    }
    switch last.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
      return false
    default: return true
    }
  }
}
