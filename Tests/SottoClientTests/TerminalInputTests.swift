// SPDX-License-Identifier: Apache-2.0

import SottoClient
import Testing

/// Bytes of a keyboard to keys, and keys to a text.
@Suite struct TerminalInputTests {
  @Test(arguments: [
    ("a", [Key.text("a")]), ("ü", [.text("ü")]), ("🎉", [.text("🎉")]),
    ("\u{1b}[A", [.up]), ("\u{1b}OB", [.down]), ("\u{1b}[1;5C", [.wordRight]),
    ("\u{1b}b", [.wordLeft]), ("\u{1b}\r", [.newLine]), ("\r", [.enter]),
    ("\u{1b}[3~", [.delete]), ("\u{1b}[99;99;99~x", [.text("x")]),
    ("\u{3}\u{4}\u{1a}", [.interrupt, .endOfInput, .suspend]), ("\t", [.text(" ")]),
    ("\u{1b}[200~two\nlines\u{1b}[201~y", [.paste("two\nlines"), .text("y")]),
  ])
  func keysAreRead(typed: String, keys: [Key]) {
    var whole = KeyDecoder()
    #expect(whole.decode(Array(typed.utf8)) == keys)
    var dripping = KeyDecoder()
    #expect(typed.utf8.flatMap { dripping.decode([$0]) } == keys)
  }

  @Test(arguments: [
    ([0xff], 1), ([0xc3, 0x41], 2), ([0xe2, 0x82, 0x1b], 1), ([0xc0, 0x80], 2),
  ])
  func whatIsNotUTF8IsReplaced(bytes: [UInt8], count: Int) {
    var decoder = KeyDecoder()
    let keys = decoder.decode(bytes)
    #expect(keys.first == .text("\u{fffd}"))
    #expect(keys.count == count)
  }

  @Test func aPasteHasALimit() throws {
    var decoder = KeyDecoder()
    let much = String(repeating: "x", count: KeyDecoder.pasteBytesMax + 1000)
    let keys = decoder.decode(Array("\u{1b}[200~\(much)\u{1b}[201~z".utf8))
    guard case .paste(let pasted) = try #require(keys.first) else {
      Issue.record("no paste")
      return
    }
    #expect(pasted == String(repeating: "x", count: KeyDecoder.pasteBytesMax))
    #expect(keys.last == .text("z"))
  }

  /// Types, and gives the text with `|` at the cursor.
  private func typed(_ parts: String...) -> String {
    var (decoder, editor) = (KeyDecoder(), LineEditor())
    for key in decoder.decode(Array(parts.joined().utf8)) {
      _ = editor.handle(key)
      editor.checkInvariants()
    }
    return String(editor.text[..<editor.cursor]) + "|" + String(editor.text[editor.cursor...])
  }

  private let left = "\u{1b}[D"
  private let up = "\u{1b}[A"

  @Test func textIsEdited() {
    #expect(typed("abc", left, "X") == "abX|c")
    #expect(typed("one two", "\u{1b}b", "\u{b}", "\u{1}", "\u{19}") == "two|one ")
    #expect(typed("one two", "\u{17}") == "one |")
    #expect(typed("one two", "\u{15}", "x", "\u{19}") == "xone two|")
    #expect(typed("ab", left, "\u{1b}[3~") == "a|")
    #expect(typed("ab", left, "\u{4}") == "a|")
    #expect(typed("first\u{1b}\rsecond", up, "X") == "firstX|\nsecond")
    #expect(typed("e", "\u{301}", left) == "|e\u{301}")
    #expect(typed("👩\u{200d}🚀x", left, "\u{7f}") == "|x")
    #expect(typed("漢字", "\u{7f}") == "漢|")
    #expect(typed("\u{1b}[200~a\r\nb\tc\u{202e}d\u{7}\u{1b}[201~") == "a\nb cd|")
  }

  @Test func historyIsCalledUp() {
    #expect(typed("one\rtwo\rdraft", up) == "two|")
    #expect(typed("one\rtwo\rdraft", up, up, up) == "one|")
    #expect(typed("one\rtwo\rdraft", up, up, "\u{1b}[B", "\u{1b}[B") == "draft|")
  }

  @Test func effectsAreAskedFor() {
    var editor = LineEditor()
    #expect(editor.handle(.interrupt) == .interrupt)
    #expect(editor.handle(.endOfInput) == .endOfInput)
    #expect(editor.handle(.enter) == nil)
    _ = editor.handle(.text("a"))
    // What was typed goes first.
    #expect(editor.handle(.interrupt) == nil)
    #expect(editor.text.isEmpty)
    _ = editor.handle(.paste(" \n "))
    #expect(editor.handle(.enter) == nil)
    _ = editor.handle(.paste("a\nb"))
    #expect(editor.handle(.enter) == .submit("a\nb"))
  }

  @Test func aTextHasALimit() {
    var editor = LineEditor()
    for _ in 0..<3 {
      _ = editor.handle(.paste(String(repeating: "ü", count: 20_000)))
      editor.checkInvariants()
    }
    #expect(String(editor.text).utf8.count == 40_000)
  }
}
