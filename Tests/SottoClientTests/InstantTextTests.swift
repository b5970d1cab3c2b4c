// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import SottoClient

@Suite struct InstantTextTests {
  @Test(
    arguments: [
      ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("1969-12-31T23:59:59.999Z", -1),
      ("2026-11-24T04:00:00Z", 1_795_492_800_000), ("2026-11-24T05:30:00+01:30", 1_795_492_800_000),
      ("2026-11-23t23:00:00.5-05:00", 1_795_492_800_500), ("2000-02-29", 951_782_400_000),
      ("2026-11-24T04:00:00.123999z", 1_795_492_800_123),
    ] as [(String, Int64)])
  func timesAreRead(text: String, milliseconds: Int64) {
    #expect(Instant(text: text)?.milliseconds == milliseconds)
  }

  /// A time that is written is read as the same one, to the millisecond.
  @Test func writtenTimesAreReadAgain() {
    #expect(Instant(milliseconds: 1_795_492_800_123).text == "2026-11-24T04:00:00.123Z")
    #expect(Instant(milliseconds: 951_782_400_000).text == "2000-02-29T00:00:00.000Z")
    #expect(Instant(milliseconds: -1).text == "1969-12-31T23:59:59.999Z")
    #expect(Instant(milliseconds: .min).text == "0000-01-01T00:00:00.000Z")
    #expect(Instant(milliseconds: .max).text == "9999-12-31T23:59:59.999Z")
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<5_000 {
      let time = Int64.random(in: -62_167_219_200_000...253_402_300_799_999, using: &generator)
      #expect(Instant(text: Instant(milliseconds: time).text)?.milliseconds == time)
    }
  }

  @Test func dateMayEndItsDay() {
    #expect(Instant(text: "1970-01-01", endOfDay: true)?.milliseconds == 86_400_000)
    #expect(Instant(text: "1970-01-01T00:00:00Z", endOfDay: true)?.milliseconds == 0)
  }

  @Test(arguments: [
    "", "yesterday", "2026", "2026-13-01", "2026-00-01", "2026-02-29", "2026-11-31", "26-11-24",
    "2026-11-24T", "2026-11-24T04:00Z", "2026-11-24T04:00:00", "2026-11-24T24:00:00Z",
    "2026-11-24T04:60:00Z", "2026-11-24T04:00:00.Z", "2026-11-24T04:00:00+1:00",
    "2026-11-24T04:00:00Z ", " 2026-11-24", "2026-11-24Z", "٢٠٢٦-11-24",
  ])
  func otherTextsAreNoTimes(text: String) { #expect(Instant(text: text) == nil) }
}

@Suite struct WaitTextTests {
  @Test(
    arguments: [
      ("+1s", 1), ("+10m", 600), ("+1h30m", 5_400), ("+2d", 172_800), ("+1w", 604_800), ("+0s", 0),
    ] as [(String, Int64)])
  func waitsAreRead(text: String, seconds: Int64) {
    #expect(Duration(wait: text) == .seconds(seconds))
  }

  @Test(arguments: [
    "", "+", "10m", "+m", "+10", "+10M", "+ 10m", "-10m", "+1h30", "+99999999999s", "+1.5h",
    "+1s1s1s1s1s1s1s1s1s1s1s",
  ])
  func otherTextsAreNoWaits(text: String) { #expect(Duration(wait: text) == nil) }
}
