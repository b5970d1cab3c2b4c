// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SottoClient

/// Pictures and voice notes in a line of text.
@Suite struct MediaTextTests {
  private static func voice(_ milliseconds: Int64, _ bars: [Int64]) -> JSONValue {
    [
      "voice": [
        "milliseconds": .integer(milliseconds), "waveform": .array(bars.map { .integer($0) }),
      ]
    ]
  }

  @Test func voiceNotesAreDrawn() {
    let bars = (0..<64).map { Int64($0 / 2) }
    #expect(MediaText.prefix(Self.voice(12_000, bars)) == "voice note 0:12 ▁▁▂▂▃▃▄▄▅▅▆▆▇▇██, ")
    #expect(MediaText.prefix(Self.voice(3_600_001, []), plain: true) == "voice note 60:01, ")
    // What is out of bounds, a program may have sent; it is drawn within them.
    #expect(MediaText.prefix(Self.voice(-1, [-5, 99])) == "voice note 0:00 █, ")
  }

  @Test func picturesHaveTheirSides() {
    let picture: JSONValue = ["picture": ["width": 640, "height": 480]]
    #expect(MediaText.prefix(picture) == "picture 640×480, ")
    #expect(MediaText.prefix(picture, plain: true) == "picture 640 by 480, ")
    #expect(MediaText.prefix(["name": "x"]) == "")
  }
}
