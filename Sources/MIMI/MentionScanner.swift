// SPDX-License-Identifier: Apache-2.0

/// Finds code, links and HTML in a text of Markdown, in one pass and without a tree: what may hide
/// a mention, and what is one.
struct MentionScanner {
  private let text: String
  private let bytes: [UInt8]
  private var pieces: [MentionText.Piece] = []
  private var start = 0
  private var place = 0
  /// Lengths of runs of backticks that nothing closes any more.
  private var openRuns: Set<Int> = []

  init(_ text: String) {
    self.text = text
    bytes = Array(text.utf8)
  }

  mutating func scan() -> [MentionText.Piece] {
    while place < bytes.count {
      switch bytes[place] {
      case UInt8(ascii: "\\"): place += min(2, bytes.count - place)
      case UInt8(ascii: "`"): code()
      case UInt8(ascii: "<"): tag()
      case UInt8(ascii: "["): link(isImage: false)
      case UInt8(ascii: "!") where place + 1 < bytes.count && bytes[place + 1] == UInt8(ascii: "["):
        link(isImage: true)
      default: place += 1
      }
    }
    endWords(at: bytes.count)
    return pieces
  }

  /// Names and addresses are made of these; so is what may stand behind an at sign.
  static func name(after sign: Substring.Index, in text: Substring) -> Substring {
    let rest = text[text.index(after: sign)...]
    var signs = 0
    let name = rest.prefix { character in
      if character == "@" {
        signs += 1
        return signs == 1
      }
      return character.isASCII
        && (character.isLetter || character.isNumber || "._-".contains(character))
    }
    return name.last == "@" ? name.dropLast() : name
  }

  private func words(_ range: Range<Int>) -> Substring {
    let utf8 = text.utf8
    let from = utf8.index(utf8.startIndex, offsetBy: range.lowerBound)
    return text[from..<utf8.index(from, offsetBy: range.count)]
  }

  private mutating func endWords(at end: Int) {
    if start < end { pieces.append(.words(words(start..<end))) }
    start = end
  }

  private mutating func add(_ piece: MentionText.Piece, upTo end: Int) {
    endWords(at: place)
    pieces.append(piece)
    (start, place) = (end, end)
  }

  private mutating func code() {
    var length = 1
    while place + length < bytes.count, bytes[place + length] == UInt8(ascii: "`") { length += 1 }
    guard !openRuns.contains(length) else { return place += length }
    var next = place + length
    while next < bytes.count {
      guard bytes[next] == UInt8(ascii: "`") else {
        next += 1
        continue
      }
      let run = next
      while next < bytes.count, bytes[next] == UInt8(ascii: "`") { next += 1 }
      if next - run == length { return add(.opaque(words(place..<next)), upTo: next) }
    }
    openRuns.insert(length)
    place += length
  }

  /// `<mimi://…>`, another URI, or HTML.
  private mutating func tag() {
    let limit = min(bytes.count, place + MentionText.tagBytesMax)
    let inner = place + 1
    guard inner < limit, isLetter(bytes[inner]) || "/!?".utf8.contains(bytes[inner]),
      let end = (inner..<limit).first(where: { bytes[$0] == UInt8(ascii: ">") }),
      !bytes[inner..<end].contains(UInt8(ascii: "<"))
    else { return place += 1 }
    let raw = words(place..<(end + 1))
    if let uri = uri(inner..<end) { return add(.link(uri: uri, raw: raw), upTo: end + 1) }
    add(.opaque(raw), upTo: end + 1)
  }

  /// `[label](destination)`; what is not quite that is words.
  private mutating func link(isImage: Bool) {
    let label = place + (isImage ? 2 : 1)
    var end = label
    let labelLimit = min(bytes.count, label + MentionText.labelBytesMax)
    while end < labelLimit, bytes[end] != UInt8(ascii: "]") {
      guard bytes[end] != UInt8(ascii: "["), bytes[end] != UInt8(ascii: "\n") else {
        return place = label
      }
      end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard end < labelLimit, end + 1 < bytes.count, bytes[end + 1] == UInt8(ascii: "(") else {
      return place = label
    }
    let destination = end + 2
    let limit = min(bytes.count, destination + MentionText.tagBytesMax)
    let close = (min(destination, limit)..<limit).first { index in
      bytes[index] == UInt8(ascii: ")") || bytes[index] == UInt8(ascii: "\n")
    }
    guard let close, bytes[close] == UInt8(ascii: ")") else { return place = label }
    let raw = words(place..<(close + 1))
    if !isImage, let uri = uri(destination..<close) {
      return add(.link(uri: uri, raw: raw), upTo: close + 1)
    }
    add(.opaque(raw), upTo: close + 1)
  }

  private func uri(_ range: Range<Int>) -> String? {
    let found = bytes[range]
    guard found.count <= MentionText.destinationBytesMax, found.starts(with: MentionText.scheme),
      found.allSatisfy({ (0x21...0x7e).contains($0) && !"<>()[]\\\"".utf8.contains($0) })
    else { return nil }
    return String(decoding: found, as: UTF8.self)
  }

  private func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
