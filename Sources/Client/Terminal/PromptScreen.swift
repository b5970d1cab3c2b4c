// SPDX-License-Identifier: Apache-2.0

/// The lowest rows of a terminal, where somebody types, below what has scrolled by. It makes the
/// bytes that change the terminal, and remembers what they made of it.
package struct PromptScreen: Sendable {
  /// What is to be seen in the lowest rows.
  package struct Content: Sendable {
    /// A line above the text.
    package var status: String
    /// The text that is typed.
    package var text: [Character]
    /// Before which character the cursor is.
    package var cursor: Int

    /// Takes all three.
    package init(status: String, text: [Character], cursor: Int) {
      self.status = status
      self.text = text
      self.cursor = cursor
    }
  }

  /// Rows as they are shown, and where the cursor is among them.
  package struct Layout: Equatable, Sendable {
    /// The rows, none wider than the terminal less one column: a full row wraps in ways on which
    /// terminals do not agree.
    package var rows: [String]
    /// The row of the cursor.
    package var row: Int
    /// Its column.
    package var column: Int
  }

  /// Fewer columns than this are treated as this many.
  static let columnsMin = 8
  private static let prompt = "> "

  private var columns: Int
  private var lines: Int
  /// What is shown now; `nil` when nothing is.
  private var shown: Layout?

  /// Takes the size of the terminal.
  package init(columns: Int, lines: Int) {
    self.columns = max(PromptScreen.columnsMin, columns)
    self.lines = max(3, lines)
  }

  /// What makes the rows show `content`.
  package mutating func draw(_ content: Content) -> String {
    let layout = layout(of: content)
    var output = erase() + layout.rows.joined(separator: "\r\n")
    let below = layout.rows.count - 1 - layout.row
    if below > 0 { output += "\u{1b}[\(below)A" }
    output += "\r"
    if layout.column > 0 { output += "\u{1b}[\(layout.column)C" }
    shown = layout
    return output
  }

  /// What takes the rows away; the cursor is then at the start of the first.
  package mutating func erase() -> String {
    guard let layout = shown else { return "" }
    shown = nil
    return "\r" + (layout.row > 0 ? "\u{1b}[\(layout.row)A" : "") + "\u{1b}[J"
  }

  /// What lets lines scroll by above. Their text must be harmless already.
  package mutating func print(_ text: [String], above content: Content) -> String {
    let scrolled = text.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
    return erase() + scrolled.map { $0 + "\r\n" }.joined() + draw(content)
  }

  /// What restores the rows in a terminal whose size has changed, and which may have broken rows
  /// that became too long.
  package mutating func resize(columns: Int, lines: Int, _ content: Content) -> String {
    self.columns = max(PromptScreen.columnsMin, columns)
    self.lines = max(3, lines)
    if var layout = shown {
      let above = layout.rows.prefix(layout.row).map { row in
        max(1, (CharacterWidth.columns(of: row) + self.columns - 1) / self.columns)
      }
      layout.row = above.reduce(0, +) + layout.column / self.columns
      shown = layout
    }
    return draw(content)
  }

  /// Where everything stands: as many rows as fit, those around the cursor.
  package func layout(of content: Content) -> Layout {
    let width = columns - 1
    var rows = [PromptScreen.prompt]
    var used = PromptScreen.prompt.count
    var place = (row: 0, column: used)
    func breakRow() {
      rows.append("  ")
      used = 2
    }
    for (index, character) in content.text.enumerated() {
      let wide = CharacterWidth.columns(of: character)
      if character != "\n", used + wide > width { breakRow() }
      if index == content.cursor { place = (rows.count - 1, used) }
      if character == "\n" {
        breakRow()
      } else {
        rows[rows.count - 1].append(character)
        used += wide
      }
    }
    if content.cursor >= content.text.count {
      if used >= width { breakRow() }
      place = (rows.count - 1, used)
    }
    let most = lines - 2
    let first = max(0, min(place.row - most / 2, rows.count - most))
    let visible = rows[first..<min(rows.count, first + most)]
    return Layout(
      rows: [clipped(content.status, to: width)] + visible, row: place.row - first + 1,
      column: place.column)
  }

  private func clipped(_ text: String, to width: Int) -> String {
    var output = ""
    var used = 0
    for character in text {
      used += CharacterWidth.columns(of: character)
      if used > width { break }
      output.append(character)
    }
    return output
  }
}
