// SPDX-License-Identifier: Apache-2.0

/// One word of a text, as search knows it: small letters without marks.
///
/// Both stores and the marks in what is found go by this one rule; a store's own idea of words
/// never counts. ASCII in a term is `a` to `z` and `0` to `9`.
package struct SearchTerm: Hashable, Sendable {
  /// Terms are cut after this many characters.
  static let scalarsMax = 64

  /// UTF-8.
  package let bytes: [UInt8]
  /// Where it stands in the text.
  package let range: Range<String.Index>
  /// A character of a script that writes no spaces, or a symbol: a word by itself.
  package let standsAlone: Bool
  /// How many characters it has.
  package let scalarCount: Int

  /// The terms of a text in their order.
  package static func all(in text: String) -> [SearchTerm] {
    var reader = Reader()
    let scalars = text.unicodeScalars
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let scalar = scalars[index]
      let next = scalars.index(after: index)
      switch Role(scalar) {
      case .letter: reader.take(scalar, at: index)
      case .ignored: break
      case .alone:
        reader.endTerm(at: index)
        reader.terms.append(
          SearchTerm(
            bytes: Array(String(scalar).utf8), range: index..<next, standsAlone: true,
            scalarCount: 1))
      case .separator: reader.endTerm(at: index)
      }
      index = next
    }
    reader.endTerm(at: index)
    return reader.terms
  }

  /// Collects the letters of one term after another.
  private struct Reader {
    var terms: [SearchTerm] = []
    private var bytes: [UInt8] = []
    private var count = 0
    private var start: String.Index?

    mutating func take(_ scalar: Unicode.Scalar, at index: String.Index) {
      if start == nil { start = index }
      guard count < SearchTerm.scalarsMax else { return }
      if scalar.isASCII {
        let byte = UInt8(truncatingIfNeeded: scalar.value)
        bytes.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
        count += 1
        return
      }
      for small in scalar.properties.lowercaseMapping.unicodeScalars
      where Role(small) == .letter {
        bytes.append(contentsOf: String(SearchFolding.base(of: small)).utf8)
        count += 1
      }
    }

    mutating func endTerm(at index: String.Index) {
      if let start, !bytes.isEmpty {
        terms.append(
          SearchTerm(bytes: bytes, range: start..<index, standsAlone: false, scalarCount: count))
      }
      start = nil
      bytes = []
      count = 0
    }
  }
}

extension SearchTerm {
  /// What a character is to a term.
  private enum Role {
    /// Part of one.
    case letter
    /// No part of it, and no end of it either: an accent, a vowel point, a joiner.
    case ignored
    /// One by itself.
    case alone
    /// Its end.
    case separator

    init(_ scalar: Unicode.Scalar) {
      let value = scalar.value
      if value < 0x80 {
        switch value {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: self = .letter
        default: self = .separator
        }
        return
      }
      if Role.isMark(value) {
        self = .ignored
        return
      }
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .decimalNumber, .letterNumber, .otherNumber, .nonspacingMark, .spacingMark,
        .enclosingMark, .privateUse:
        self = Role.isWithoutSpaces(value) ? .alone : .letter
      case .otherSymbol: self = .alone
      case .format, .modifierSymbol: self = .ignored
      default: self = .separator
      }
    }

    /// Marks that people leave out when they look for a word: accents, Hebrew points, Arabic
    /// vowels and the Arabic lengthening stroke, variation selectors.
    private static func isMark(_ value: UInt32) -> Bool {
      switch value {
      case 0x0300...0x036F, 0x0591...0x05C7, 0x0640, 0x064B...0x065F, 0x0670, 0x1AB0...0x1AFF,
        0x1DC0...0x1DFF, 0x20D0...0x20FF, 0xFE00...0xFE0F, 0xFE20...0xFE2F:
        true
      default: false
      }
    }

    /// Thai, Lao, Myanmar, Khmer, Kana and Han.
    private static func isWithoutSpaces(_ value: UInt32) -> Bool {
      switch value {
      case 0x0E00...0x0EFF, 0x1000...0x109F, 0x1780...0x17FF, 0x3005...0x3007, 0x3040...0x30FF,
        0x31F0...0x31FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0xFF66...0xFF9F,
        0x1B000...0x1B16F, 0x20000...0x3FFFF:
        true
      default: false
      }
    }
  }
}
