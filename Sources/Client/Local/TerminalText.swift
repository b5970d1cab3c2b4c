// SPDX-License-Identifier: Apache-2.0

/// Text of other people made safe to show on a terminal.
///
/// Control characters could move the cursor, rewrite what was shown before or make the terminal
/// type; formatting characters can reorder a line so that it says something else. Both are shown
/// as what they are.
public enum TerminalText {
  /// The text with every harmful character replaced by `\u{…}`. Line breaks and tabs stay when
  /// `keepingLines`.
  public static func neutralised(_ text: String, keepingLines: Bool = false) -> String {
    var output = ""
    for scalar in text.unicodeScalars {
      if isHarmless(scalar) || (keepingLines && (scalar == "\n" || scalar == "\t")) {
        output.unicodeScalars.append(scalar)
      } else {
        output += "\\u{" + String(scalar.value, radix: 16) + "}"
      }
    }
    return output
  }

  /// Whether a terminal shows the character and does nothing else with it.
  static func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value >= 0x20 && scalar.value != 0x7f }
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: return false
    case .format: return isPartOfEmoji(scalar)
    default: return true
    }
  }

  /// The zero-width joiner and the tag characters make up family and flag emoji.
  private static func isPartOfEmoji(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value == 0x200d || (0xe0020...0xe007f).contains(scalar.value)
  }
}
