// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@Suite struct MessageStatusReportTests {
  /// The example in draft-mahy-mimi-message-status-01, §5: two messages read, one unread, one
  /// expired.
  private static let example =
    "84" + "825820017ce54837404c3696e0c747b985cb172716d0ed0a3d249ca63ace7d82a096f402"
    + "825820015354973c2b65ca937bf1e035ae53a5ab80e947afa43d46920d4202e5cc0b2702"
    + "825820018d825adf9f6be00dcafc5704c4102f5022e74219d0b603e4ba7622654042af00"
    + "82582001e59db8173939facc2c8a4a0f0ae8d0c7a11a81239626630c9464a8d6717a0303"

  private static func id(_ byte: UInt8) throws -> MessageID {
    try #require(MessageID([1] + Array(repeating: byte, count: 31)))
  }

  @Test func exampleOfTheDraftRoundTrips() throws {
    let bytes = try #require(Hex.decode(Self.example))
    let report = try MessageStatusReport(decoding: bytes)
    #expect(report.statuses.map(\.status) == [.read, .read, .unread, .expired])
    #expect(
      report.statuses.map(\.messageID)
        == (try ["original", "reply", "mention", "expiring"].map(ExampleFiles.statedMessageID)))
    #expect(report.encoded == bytes)
  }

  @Test func reportTravelsInAMessage() throws {
    let report = try #require(
      MessageStatusReport([
        PerMessageStatus(messageID: try Self.id(1), status: .delivered),
        PerMessageStatus(messageID: try Self.id(2), status: .read),
      ]))
    var generator = SeededGenerator(seed: 2)
    let content = MIMIContent.statusReport(report, salt: Salt(using: &generator))
    let decoded = try MIMIContent(decoding: content.encodedForSending())
    #expect(decoded.statusReport == report)
    #expect(decoded.text == nil)
    #expect(MIMIContent.text("x", salt: content.salt).statusReport == nil)
  }

  @Test func longestReportFitsIntoAMessage() throws {
    let entry = PerMessageStatus(messageID: try Self.id(1), status: .error)
    let report = try #require(
      MessageStatusReport(Array(repeating: entry, count: MessageStatusReport.countMax)))
    var generator = SeededGenerator(seed: 3)
    let content = MIMIContent.statusReport(report, salt: Salt(using: &generator))
    #expect(try MIMIContent(decoding: content.encodedForSending()).statusReport == report)
    #expect(
      MessageStatusReport(Array(repeating: entry, count: MessageStatusReport.countMax + 1)) == nil)
    #expect(try MessageStatusReport(decoding: [0x80]).statuses.isEmpty)
  }

  @Test(
    arguments: [
      ("a0", .invalidValue(field: "status report")),
      ("8180", .invalidValue(field: "message status")),
      ("81824000", .invalidValue(field: "message status")),
      ("8182", .truncated), ("99040100", .limitExceeded),
      ("9f", .invalidValue(field: "CBOR indefinite length")),
    ] as [(String, DecodingFailure)])
  func refuses(text: String, failure: DecodingFailure) throws {
    let bytes = try #require(Hex.decode(text))
    #expect(throws: failure) { try MessageStatusReport(decoding: bytes) }
  }

  @Test func everyPrefixIsTruncated() throws {
    let bytes = try #require(Hex.decode(Self.example))
    for length in 0..<bytes.count {
      #expect(throws: DecodingFailure.truncated) {
        try MessageStatusReport(decoding: Array(bytes[..<length]))
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      try MessageStatusReport(decoding: bytes + [0])
    }
  }
}
