// SPDX-License-Identifier: Apache-2.0

/// How many columns of a terminal text takes.
package enum CharacterWidth {
  /// The columns of a text without line breaks.
  package static func columns(of text: some Sequence<Character>) -> Int {
    text.reduce(0) { $0 + columns(of: $1) }
  }

  /// 0, 1 or 2 columns.
  package static func columns(of character: Character) -> Int {
    var widest = 0
    for scalar in character.unicodeScalars {
      // The selector of the coloured form makes its character a wide one.
      widest = scalar == "\u{fe0f}" ? 2 : max(widest, columns(of: scalar))
    }
    let isFlag =
      character.unicodeScalars.count > 1
      && character.unicodeScalars.allSatisfy { (0x1f1e6...0x1f1ff).contains($0.value) }
    return isFlag ? 2 : widest
  }

  private static func columns(of scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .control, .nonspacingMark, .enclosingMark, .format, .lineSeparator, .paragraphSeparator:
      return 0
    default: break
    }
    if scalar.properties.isEmojiPresentation, !(0x1f1e6...0x1f1ff).contains(scalar.value) {
      return 2
    }
    return wide.contains { $0.contains(scalar.value) } ? 2 : 1
  }

  /// East Asian Wide and Fullwidth (UAX #11), by blocks.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115f, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0x9fff,
    0xa000...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19,
    0xfe30...0xfe6f, 0xff00...0xff60, 0xffe0...0xffe6, 0x20000...0x2fffd, 0x30000...0x3fffd,
  ]
}
