// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@testable import ClientCore

/// How a timer is written, stored and sent.
@Suite struct MessageTimerTests {
  @Test(
    arguments: [
      ("5s", 5, nil, false, "5s"), ("90s", 90, nil, false, "90s"), ("1m", 60, nil, false, "1m"),
      ("1d", 86_400, nil, false, "24h"), ("7d", 604_800, nil, false, "1w"),
      ("4w", 2_419_200, nil, false, "4w"), ("once", nil, nil, true, "once"),
      ("exists:1w", nil, 604_800, false, "exists:1w"),
      ("once+exists:6h+10s", 10, 21_600, true, "10s+exists:6h+once"),
    ] as [(String, UInt32?, UInt32?, Bool, String)])
  func whatPeopleWrite(
    text: String, visible: UInt32?, exists: UInt32?, once: Bool, shown: String
  ) throws {
    let timer = try #require(MessageTimer(text))
    #expect(timer.visibleSeconds == visible)
    #expect(timer.existsSeconds == exists)
    #expect(timer.once == once)
    #expect(timer.description == shown)
    #expect(MessageTimer(shown) == timer)
    #expect(try MessageTimer(decoding: timer.encoded) == timer)
  }

  @Test func everyPresetIsOne() {
    for preset in MessageTimer.presets {
      #expect(MessageTimer(preset)?.description == preset)
    }
  }

  @Test(arguments: [
    "", "4s", "5w", "29d", "0s", "-5s", "5", "s", "5x", "5 s", "once+once", "5s+6s", "exists:",
    "exists:1s", "off", "5s+", "+5s", "99999999999s", "4294967295w", "٥s",
  ])
  func whatIsNone(text: String) { #expect(MessageTimer(text) == nil) }

  @Test(
    arguments: [
      ([2, 0, 0, 0, 0, 5, 0, 0, 0, 0], .invalidValue(field: "timer format")),
      ([1, 2, 0, 0, 0, 5, 0, 0, 0, 0], .invalidValue(field: "timer")),
      ([1, 0, 0, 0, 0, 0, 0, 0, 0, 0], .invalidValue(field: "timer")),
      ([1, 0, 255, 0, 0, 0, 0, 0, 0, 0], .invalidValue(field: "timer")),
      ([1, 0, 0, 0, 0, 5, 0, 0, 0], .truncated),
      ([1, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0], .trailingBytes),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try MessageTimer(decoding: bytes) }
  }

  @Test(arguments: [
    ("5s", "10s", "5s", true), ("10s", "5s", "5s", false), ("5s", "once", "5s+once", false),
    ("5s+exists:1h", "10s", "5s+exists:1h", true), ("exists:1h", "10s", "10s+exists:1h", false),
    ("10s", "10s", "10s", true),
  ])
  func theShorterHolds(left: String, right: String, both: String, isWithin: Bool) throws {
    let (left, right) = (try #require(MessageTimer(left)), try #require(MessageTimer(right)))
    #expect(left.combined(with: right).description == both)
    #expect(right.combined(with: left).description == both)
    #expect(left.isWithin(right) == isWithin)
    #expect(left.isWithin(nil))
  }

  private func content(_ expires: Expiration? = nil) throws -> MIMIContent {
    var random = SeededGenerator(seed: 1)
    return MIMIContent.text("t", salt: Salt(using: &random), expires: expires)
  }

  @Test(arguments: ["5s", "once", "exists:1w", "5s+exists:1w", "4w+exists:5s+once"])
  func aMessageCarriesIt(text: String) throws {
    let timer = try #require(MessageTimer(text))
    var content = try content()
    timer.put(into: &content)
    let received = try MIMIContent(decoding: try content.encodedForSending())
    #expect(MessageTimer(of: received, acceptedAt: Instant(milliseconds: 0)) == timer)
    #expect(received.expires == timer.visibleSeconds.map { .relative(seconds: $0) })
  }

  @Test(
    arguments: [
      (.relative(seconds: 0), 1, nil), (.relative(seconds: .max), 31_622_400, nil),
      (.absolute(seconds: 1_060), nil, 60), (.absolute(seconds: 900), nil, 1),
      (.absolute(seconds: .max), nil, nil), (nil, nil, nil),
    ] as [(Expiration?, UInt32?, UInt32?)])
  func whatOtherProgramsSay(
    expires: Expiration?, visible: UInt32?, exists: UInt32?
  ) throws {
    let timer = MessageTimer(
      of: try content(expires), acceptedAt: Instant(milliseconds: 1_000_000))
    #expect(timer?.visibleSeconds == visible)
    #expect(timer?.existsSeconds == exists)
  }
}
