// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@Suite struct MessageStatusReportTests {
  /// The example in draft-mahy-mimi-message-status: four messages, two of them read, one unread, one
  /// expired.
  private static let example =
    "84" + "825820d3c14744d1791d02548232c23d35efa97668174ba385af066011e43bd7e5150102"
    + "825820e701beee59f9376282f39092e1041b2ac2e3aad1776570c1a28de244979c71ed02"
    + "8258206b50bfdd71edc83554ae21380080f4a3ba77985da34528a515fac3c38e4998b800"
    + "8258205c95a4dfddab84348bcc265a479299fbd3a2eecfa3d490985da5113e5480c7f103"

  private static func id(_ byte: UInt8) throws -> MessageID {
    try #require(MessageID([1] + Array(repeating: byte, count: 31)))
  }

  @Test func exampleOfTheDraftRoundTrips() throws {
    let bytes = try #require(Hex.decode(Self.example))
    let report = try MessageStatusReport(decoding: bytes)
    #expect(report.statuses.map(\.status) == [.read, .read, .unread, .expired])
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
    #expect(MessageStatusReport([]) == nil)
  }

  @Test(
    arguments: [
      ("80", .invalidValue(field: "status report")), ("a0", .invalidValue(field: "status report")),
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
