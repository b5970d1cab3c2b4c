// SPDX-License-Identifier: Apache-2.0

import SottoClient
import Testing

/// A terminal as far as the screen uses one; everything else is a failure.
private struct Terminal {
  let columns: Int
  var rows: [[Character]] = [[]]
  var row = 0
  var column = 0

  mutating func take(_ output: String) throws {
    var rest = Substring(output)
    while let character = rest.popFirst() {
      switch character {
      case "\r\n": lineFeed()
      case "\r": column = 0
      case "\u{1b}": try control(&rest)
      default:
        try #require(character.unicodeScalars.allSatisfy { $0.value >= 32 }, "\(character)")
        try put(character)
      }
    }
  }

  private mutating func lineFeed() {
    column = 0
    row += 1
    if row == rows.count { rows.append([]) }
  }

  private mutating func put(_ character: Character) throws {
    let width = CharacterWidth.columns(of: character)
    try #require(column + width < columns, "a row is full")
    while rows[row].count < column { rows[row].append(" ") }
    rows[row].removeSubrange(column..<min(rows[row].count, column + width))
    // The second column of a wide one is a cell of its own.
    let cells = width == 0 ? [] : [character] + Array(repeating: Character("\0"), count: width - 1)
    rows[row].insert(contentsOf: cells, at: column)
    column += width
  }

  private mutating func control(_ rest: inout Substring) throws {
    try #require(rest.popFirst() == "[")
    let digits = rest.prefix { $0.isNumber }
    rest = rest.dropFirst(digits.count)
    let count = Int(digits) ?? 1
    switch rest.popFirst() {
    case "A":
      row -= count
      try #require(row >= 0, "the cursor leaves the screen")
    case "C": column += count
    case "J":
      rows[row] = Array(rows[row].prefix(column))
      rows.removeSubrange((row + 1)...)
    default: Issue.record("no such control")
    }
  }

  var lines: [String] { rows.map { String($0.filter { $0 != "\0" }) } }
}

@Suite struct PromptScreenTests {
  private func content(_ text: String, cursor: Int? = nil) -> PromptScreen.Content {
    let characters = Array(text)
    return PromptScreen.Content(
      status: "bob", text: characters, cursor: cursor ?? characters.count)
  }

  /// The rows, and the cursor's row and column.
  private func laidOut(_ screen: PromptScreen, _ content: PromptScreen.Content) -> [String] {
    let layout = screen.layout(of: content)
    return layout.rows + ["\(layout.row), \(layout.column)"]
  }

  @Test func textIsLaidOut() {
    let screen = PromptScreen(columns: 10, lines: 10)
    #expect(
      laidOut(screen, content("hello", cursor: 2))
        == ["bob", "> hello", "1, 4"])
    #expect(
      laidOut(screen, content("0123456789"))
        == ["bob", "> 0123456", "  789", "2, 5"])
    #expect(
      laidOut(screen, content("漢漢漢漢"))
        == ["bob", "> 漢漢漢", "  漢", "2, 4"])
    #expect(
      laidOut(screen, content("a\nb", cursor: 0))
        == ["bob", "> a", "  b", "1, 2"])
    #expect(
      laidOut(screen, content("0123456"))
        == ["bob", "> 0123456", "  ", "2, 2"])
  }

  @Test func onlyWhatFitsIsShown() {
    let screen = PromptScreen(columns: 20, lines: 6)
    let text = (0..<30).map { "line \($0)" }.joined(separator: "\n")
    let layout = screen.layout(of: content(text))
    #expect(layout.rows == ["bob", "  line 26", "  line 27", "  line 28", "  line 29"])
    #expect(layout.row == 4)
    #expect(screen.layout(of: content(text, cursor: 0)).rows[1] == "> line 0")
  }

  @Test func linesScrollByAbove() throws {
    var screen = PromptScreen(columns: 20, lines: 10)
    var terminal = Terminal(columns: 20)
    try terminal.take(screen.draw(content("hel")))
    try terminal.take(screen.print(["one", "two\n    | more"], above: content("hello")))
    #expect(terminal.lines == ["one", "two", "    | more", "bob", "> hello"])
    #expect(terminal.row == 4)
    #expect(terminal.column == 7)
    try terminal.take(screen.erase())
    #expect(terminal.lines == ["one", "two", "    | more", ""])
  }

  @Test(arguments: [
    ("a", 1), ("ü", 1), ("e\u{301}", 1), ("漢", 2), ("🎉", 2), ("👩\u{200d}🚀", 2), ("🇨🇭", 2),
    ("❤\u{fe0f}", 2), ("\u{301}", 0), ("ｱ", 1), ("Ａ", 2), ("한", 2),
  ])
  func charactersHaveWidths(character: Character, columns: Int) {
    #expect(CharacterWidth.columns(of: character) == columns)
  }

  /// Random bytes are typed; the terminal shows what the layout says, after every key.
  @Test(arguments: 0..<40)
  func screenShowsTheLayoutWhateverIsTyped(seed: UInt64) throws {
    var random = Linear(state: seed)
    let columns = 9 + random.below(60)
    var screen = PromptScreen(columns: columns, lines: 3 + random.below(20))
    var terminal = Terminal(columns: max(8, columns))
    var (decoder, editor) = (KeyDecoder(), LineEditor())
    let pieces: [[UInt8]] = [
      Array("\u{1b}[A".utf8), Array("\u{1b}[B".utf8), Array("\u{1b}[C".utf8),
      Array("\u{1b}[D".utf8), Array("\u{1b}\r".utf8), Array("漢字".utf8), Array("👩\u{200d}🚀".utf8),
      Array("e\u{301}".utf8), Array("\u{1b}[200~a\nb\r\nc\u{1b}[201~".utf8), [0x0b], [0x19],
      [0x7f], [0x17], Array("🇨🇭".utf8), Array("words to break".utf8), [0x0d], [0x1b],
    ]
    for _ in 0..<300 {
      let bytes =
        random.below(4) == 0
        ? [UInt8(random.below(256))] : pieces[random.below(pieces.count)]
      for key in decoder.decode(bytes) {
        _ = editor.handle(key)
        editor.checkInvariants()
      }
      let content = PromptScreen.Content(
        status: "bob", text: editor.text, cursor: editor.cursor)
      try terminal.take(
        random.below(8) == 0 ? screen.print(["said"], above: content) : screen.draw(content))
      let layout = screen.layout(of: content)
      try #require(
        terminal.lines.suffix(layout.rows.count).map(trimmed) == layout.rows.map(trimmed))
      #expect(terminal.row == terminal.rows.count - layout.rows.count + layout.row)
      #expect(terminal.column == layout.column)
    }
  }

  /// Characters without a width are not kept apart by the model.
  private func trimmed(_ row: String) -> String {
    String(row.filter { CharacterWidth.columns(of: $0) > 0 })
  }

  @Test func aSmallerTerminalIsDrawnAnew() {
    var screen = PromptScreen(columns: 40, lines: 10)
    _ = screen.draw(content("0123456789012345678901234567"))
    // The row of 30 columns takes two of 20 now, and the cursor is in the second.
    let output = screen.resize(columns: 20, lines: 10, content("x"))
    #expect(output.hasPrefix("\r\u{1b}[2A\u{1b}[J"))
  }
}

/// Numbers that are the same on every run.
private struct Linear {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(bound))
  }
}
