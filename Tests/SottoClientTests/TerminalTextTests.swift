// SPDX-License-Identifier: Apache-2.0

import SottoClient
import Testing

@Suite struct TerminalTextTests {
  @Test(arguments: [
    ("plain ü 漢 🎉", "plain ü 漢 🎉"),
    ("\u{1b}[2J", "\\u{1b}[2J"),
    ("a\u{7}b\u{7f}", "a\\u{7}b\\u{7f}"),
    ("\u{9b}31m", "\\u{9b}31m"),
    ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
    ("line\nbreak\rreturn", "line\\u{a}break\\u{d}return"),
    ("\u{2028}", "\\u{2028}"),
    ("👩\u{200d}🚀", "👩\u{200d}🚀"),
  ])
  func isNeutralised(text: String, shown: String) {
    #expect(TerminalText.neutralised(text) == shown)
  }

  @Test func linesAreKeptOnRequest() {
    #expect(TerminalText.neutralised("a\nb\tc\r", keepingLines: true) == "a\nb\tc\\u{d}")
  }
}
