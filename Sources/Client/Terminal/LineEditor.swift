// SPDX-License-Identifier: Apache-2.0

/// The text that somebody is typing: a state machine of keys. What it holds is harmless to show.
package struct LineEditor: Sendable {
  /// What a key asks for beyond the text.
  package enum Effect: Hashable, Sendable {
    case submit(String)
    case interrupt, endOfInput, suspend, redraw
  }

  /// Texts that can be called up again.
  static let historyMax = 100
  /// Bytes of the text: what a message may have, and a little.
  package static let textBytesMax = 64 * 1024

  /// The text, by characters.
  package private(set) var text: [Character] = []
  /// Before which character the cursor is.
  package private(set) var cursor = 0
  private var killed: [Character] = []
  private var history: [String] = []
  /// Which text of the history is shown; its count when none is.
  private var shown = 0
  /// What was typed before the history was looked at.
  private var draft: [Character] = []

  /// Begins with an empty text.
  package init() {}

  /// Takes a key.
  package mutating func handle(_ key: Key) -> Effect? {
    switch key {
    case .text(let scalar): insert(String(scalar))
    case .paste(let pasted): insert(LineEditor.unified(pasted))
    case .newLine: insert("\n")
    case .enter: return submit()
    case .left: cursor = max(0, cursor - 1)
    case .right: cursor = min(text.count, cursor + 1)
    case .home: cursor = lineStart
    case .end: cursor = lineEnd
    case .up: moveUp()
    case .down: moveDown()
    case .wordLeft: cursor = wordStart
    case .wordRight: cursor = wordEnd
    case .backspace: remove(max(0, cursor - 1)..<cursor)
    case .delete: remove(cursor..<min(text.count, cursor + 1))
    case .killWordLeft: kill(wordStart..<cursor)
    case .killWordRight: kill(cursor..<wordEnd)
    case .killToStart: kill(lineStart..<cursor)
    case .killToEnd: kill(cursor..<(lineEnd == cursor ? min(text.count, cursor + 1) : lineEnd))
    case .yank: insert(String(killed))
    case .interrupt: return interrupt()
    case .endOfInput:
      guard text.isEmpty else {
        remove(cursor..<min(text.count, cursor + 1))
        return nil
      }
      return .endOfInput
    case .suspend: return .suspend
    case .redraw: return .redraw
    }
    return nil
  }

  /// What must hold whatever was typed.
  package func checkInvariants() {
    precondition((0...text.count).contains(cursor))
    precondition((0...history.count).contains(shown))
    precondition(String(text).utf8.count <= LineEditor.textBytesMax)
    precondition(history.count <= LineEditor.historyMax)
  }

  /// Every line break as one.
  private static func unified(_ text: String) -> String {
    var unified = ""
    for character in text {
      unified.append(character == "\r\n" || character == "\r" ? "\n" : character)
    }
    return unified
  }

  /// Puts a text at the cursor. A character that joins the one before it becomes part of it.
  private mutating func insert(_ new: String) {
    var safe = String.UnicodeScalarView()
    for scalar in new.unicodeScalars {
      if scalar == "\t" {
        safe.append(" ")
      } else if scalar == "\n" || TerminalText.isHarmless(scalar) {
        safe.append(scalar)
      }
    }
    guard !safe.isEmpty else { return }
    let left = String(text[..<cursor]) + String(safe)
    let whole = left + String(text[cursor...])
    guard whole.utf8.count <= LineEditor.textBytesMax else { return }
    text = Array(whole)
    cursor = min(left.count, text.count)
  }

  private mutating func remove(_ range: Range<Int>) {
    // What stood apart may join now, so the characters are found anew.
    let left = String(text[..<range.lowerBound])
    text = Array(left + String(text[range.upperBound...]))
    cursor = min(left.count, text.count)
  }

  private mutating func kill(_ range: Range<Int>) {
    guard !range.isEmpty else { return }
    killed = Array(text[range])
    remove(range)
  }

  private mutating func submit() -> Effect? {
    let submitted = String(text)
    clear()
    guard !submitted.allSatisfy(\.isWhitespace) else { return nil }
    if history.last != submitted { history.append(submitted) }
    if history.count > LineEditor.historyMax { history.removeFirst() }
    shown = history.count
    return .submit(submitted)
  }

  /// Empties the text first, and interrupts when there is none.
  private mutating func interrupt() -> Effect? {
    guard text.isEmpty else {
      clear()
      return nil
    }
    return .interrupt
  }

  private mutating func clear() {
    text = []
    cursor = 0
    shown = history.count
    draft = []
  }

  private var lineStart: Int {
    text[..<cursor].lastIndex(of: "\n").map { $0 + 1 } ?? 0
  }
  private var lineEnd: Int { text[cursor...].firstIndex(of: "\n") ?? text.count }

  private var wordStart: Int {
    var index = cursor
    while index > 0, !LineEditor.isOfWord(text[index - 1]) { index -= 1 }
    while index > 0, LineEditor.isOfWord(text[index - 1]) { index -= 1 }
    return index
  }

  private var wordEnd: Int {
    var index = cursor
    while index < text.count, !LineEditor.isOfWord(text[index]) { index += 1 }
    while index < text.count, LineEditor.isOfWord(text[index]) { index += 1 }
    return index
  }

  private static func isOfWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber
  }

  /// To the line above, or to what was sent before.
  private mutating func moveUp() {
    let start = lineStart
    guard start == 0 else {
      let above = text[..<(start - 1)].lastIndex(of: "\n").map { $0 + 1 } ?? 0
      cursor = min(above + cursor - start, start - 1)
      return
    }
    guard shown > 0 else { return }
    if shown == history.count { draft = text }
    shown -= 1
    show(Array(history[shown]))
  }

  /// To the line below, or to what was sent later.
  private mutating func moveDown() {
    let end = lineEnd
    guard end == text.count else {
      let column = cursor - lineStart
      let below = end + 1
      cursor = min(below + column, text[below...].firstIndex(of: "\n") ?? text.count)
      return
    }
    guard shown < history.count else { return }
    shown += 1
    show(shown == history.count ? draft : Array(history[shown]))
  }

  private mutating func show(_ other: [Character]) {
    text = other
    cursor = text.count
  }
}
