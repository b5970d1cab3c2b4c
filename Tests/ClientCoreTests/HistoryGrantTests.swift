// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// What hands history over decodes in one form alone.
@Suite struct HistoryGrantTests {
  private struct Grant {
    var version: UInt8 = 1
    var address = "bob@x.example"
    var since: UInt64?
    var last: UInt64? = 100
    var devices: [UInt32] = [1, 7]
    var rest: [UInt8] = []

    var encoded: [UInt8] {
      var output = ByteWriter()
      output.write(version)
      output.write(vector: Array(address.utf8))
      output.write(raw: [UInt8](repeating: 3, count: 16))
      output.write(optional: since) { output, since in output.write(since) }
      output.write(optional: last) { output, last in output.write(last) }
      output.write(list: devices) { output, device in
        output.write(device)
        output.write(raw: [UInt8](repeating: 4, count: 32))
        output.write(vector: [5, 6])
        output.write(vector: [7])
      }
      output.write(raw: rest)
      return output.bytes
    }
  }

  @Test func whatIsWrittenIsRead() throws {
    for grant in [Grant(), Grant(since: 5, last: nil), Grant(since: 5, devices: [9])] {
      let read = try HistoryGrant(decoding: grant.encoded)
      #expect(read.encoded == grant.encoded)
      #expect(read.grantee == "bob@x.example")
      #expect(read.extent.last == grant.last)
      #expect(read.extent.since?.milliseconds == grant.since.map { Int64($0) })
    }
  }

  @Test func whatIsRefused() {
    let many = (0..<21).map { UInt32($0) }
    let cases: [(Grant, DecodingFailure)] = [
      (Grant(version: 2), .invalidValue(field: "history grant format")),
      (Grant(address: "bob"), .invalidValue(field: "address")),
      (Grant(last: nil), .invalidValue(field: "history grant extent")),
      (Grant(last: 0), .invalidValue(field: "history grant extent")),
      (Grant(since: .max), .invalidValue(field: "time")),
      (Grant(devices: []), .invalidValue(field: "history grant keys")),
      (Grant(devices: [7, 1]), .invalidValue(field: "history grant keys")),
      (Grant(devices: [7, 7]), .invalidValue(field: "history grant keys")),
      (Grant(devices: many), .limitExceeded),
      (Grant(rest: [0]), .trailingBytes),
    ]
    for (grant, failure) in cases {
      #expect(throws: failure) { try HistoryGrant(decoding: grant.encoded) }
    }
    let bytes = Grant().encoded
    for length in 0..<bytes.count {
      #expect(throws: DecodingFailure.self) {
        try HistoryGrant(decoding: Array(bytes.prefix(length)))
      }
    }
  }

  @Test func howMuchInWords() {
    let day = Instant(milliseconds: 1_709_164_800_000)
    #expect(HistoryExtent(last: 1).shown == "the last message")
    #expect(HistoryExtent(last: 100).shown == "the last 100 messages")
    #expect(HistoryExtent(since: day).shown == "the messages since 2024-02-29")
    #expect(HistoryExtent(since: day, last: 5).shown == "the last 5 messages since 2024-02-29")
    let days: [(Int64, String)] = [
      (0, "1970-01-01"), (-5, "1970-01-01"), (951_868_799_999, "2000-02-29"),
      (951_868_800_000, "2000-03-01"), (1_798_761_599_999, "2026-12-31"),
      (.max, "9999-12-31"),
    ]
    for (milliseconds, shown) in days {
      let extent = HistoryExtent(since: Instant(milliseconds: milliseconds))
      #expect(extent.shown == "the messages since " + shown)
    }
  }
}
