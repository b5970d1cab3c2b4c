// SPDX-License-Identifier: Apache-2.0

/// What may stand as a reaction.
enum Reaction {
  /// Bytes of one: the longest emoji of people with skin tones have 35.
  static let bytesMax = 64

  /// Whether a text is one visible character: an emoji, or a sign of any script.
  static func isOne(_ text: String) -> Bool {
    guard text.utf8.count <= bytesMax, text.count == 1, let first = text.unicodeScalars.first else {
      return false
    }
    return !first.properties.isWhitespace && first.properties.generalCategory != .control
  }
}
