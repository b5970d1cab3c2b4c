// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO
import Testing

@Suite struct ExampleTests {
  @Test func noneIsMissing() { #expect(ExampleFiles.all.count == 15) }

  @Test(arguments: ExampleFiles.messages)
  func roundTripsByteForByte(name: String) throws {
    let bytes = try ExampleFiles.bytes(name)
    let content = try MIMIContent(decoding: bytes)
    #expect(content.encoded == bytes)
    #expect(try content.encodedForSending() == bytes)
  }

  @Test(arguments: ExampleFiles.messages)
  func fieldsAreThoseOfTheDiagnosticNotation(name: String) throws {
    let bytes = try ExampleFiles.bytes(name)
    let expected = try ExampleContents.content(name)
    #expect(try MIMIContent(decoding: bytes) == expected)
    #expect(Hex.encode(expected.encoded) == Hex.encode(bytes))
  }

  @Test(arguments: ExampleFiles.messages)
  func messageIDIsTheStatedOne(name: String) throws {
    let content = try MIMIContent(decoding: ExampleFiles.bytes(name))
    let sender = try #require(content.extensions.senderURI)
    let room = try #require(content.extensions.roomURI)
    let id = content.messageID(senderURI: sender, roomURI: room)
    #expect(id == (try ExampleFiles.statedMessageID(name)))
    #expect(id.hasKnownAlgorithm)
    #expect(content.messageID(senderURI: sender + "x", roomURI: room) != id)
    #expect(content.messageID(senderURI: sender, roomURI: room + "x") != id)
  }

  @Test func impliedValuesRoundTrip() throws {
    let bytes = try ExampleFiles.bytes("implied-original")
    let values = try MessageDerivedValues(decoding: bytes)
    #expect(values.encoded == bytes)
    #expect(
      values.messageID
        == (try ExampleContents.id(
          "01b0084467273cc43d6f0ebeac13eb84229c4fffe8f6c3594c905f47779e5a79")))
    #expect(values.acceptedTimestamp == .milliseconds(1_644_387_225_019))
    #expect(
      Hex.encode(values.groupID)
        == "eeee0d12a7b5b5b78115ad1a1ddb13811c83fd7387c43e66799a594beeda26bf")
    #expect(values.senderLeafIndex == 4)
    #expect(
      values.senderClientURI == "mimi://example.com/d/3b52249d-68f9-45ce-8bf5-c799f3cad7ec/0003")
    #expect(values.senderUserURI == "mimi://example.com/u/alice-smith")
    #expect(values.roomURI == "mimi://example.com/r/engineering_team")
  }

  @Test func extendedTimeRoundTrips() throws {
    var values = try MessageDerivedValues(decoding: ExampleFiles.bytes("implied-original"))
    var time = CBORMap()
    time[.integer(1)] = .unsigned(1_644_387_225)
    time[.integer(-3)] = .unsigned(19)
    values.acceptedTimestamp = .extended(time)
    #expect(try MessageDerivedValues(decoding: values.encoded) == values)
  }

  @Test func accessorsSayWhatTheExamplesMean() throws {
    func content(_ name: String) throws -> MIMIContent {
      try MIMIContent(decoding: ExampleFiles.bytes(name))
    }
    #expect(
      try content("original").text == "Hi everyone, we just shipped release 2.0. __Good  work__!")
    #expect(try content("edit").text == "Right on! _Congratulations_ y'all!")
    #expect(try content("multipart-1").text == "# Welcome!")
    #expect(try content("reaction").text == nil)
    #expect(try content("reaction").reactions == ["\u{2764}"])
    #expect(try content("delete").isDeletion)
    #expect(try content("unlike").isDeletion)
    #expect(try content("edit").isDeletion == false)
    #expect(try content("attachment").text == nil)
    #expect(try content("mention-html").text == nil)
    // A reaction names what it reacts to; this example does not.
    #expect(try content("multipart-2").reactions.isEmpty)
    var reactions = try content("multipart-2")
    reactions.inReplyTo = try ExampleFiles.statedMessageID("original")
    #expect(reactions.reactions == ["\u{2764}", "\u{1f973}", "\u{1f91e}"])
  }

  @Test func partsAreCountedDepthFirst() throws {
    let body = try MIMIContent(decoding: ExampleFiles.bytes("multipart-3")).body
    #expect(body.part(at: 0) == body)
    #expect(body.part(at: 3)?.language == "en")
    #expect(body.part(at: 4)?.language == "fr")
    guard case .single("image/gif", _) = body.part(at: 5)?.content else {
      Issue.record("part 5 is the GIF")
      return
    }
    guard case .single("image/png", _) = body.part(at: 10)?.content else {
      Issue.record("part 10 is the PNG")
      return
    }
    #expect(body.part(at: 11) == nil)
    #expect(body.part(at: -1) == nil)
  }

  @Test(arguments: ExampleFiles.all)
  func everyPrefixIsTruncated(name: String) throws {
    let bytes = try ExampleFiles.bytes(name)
    let isMessage = name != "implied-original"
    for length in 0..<bytes.count {
      let prefix = Array(bytes[..<length])
      #expect(throws: DecodingFailure.truncated, "length \(length)") {
        if isMessage {
          _ = try MIMIContent(decoding: prefix)
        } else {
          _ = try MessageDerivedValues(decoding: prefix)
        }
      }
    }
    #expect(throws: DecodingFailure.trailingBytes) {
      if isMessage {
        _ = try MIMIContent(decoding: bytes + [0])
      } else {
        _ = try MessageDerivedValues(decoding: bytes + [0])
      }
    }
  }

  @Test(arguments: ExampleFiles.messages)
  func turnedBitIsRefusedOrAnotherMessage(name: String) throws {
    let bytes = try ExampleFiles.bytes(name)
    let id = try ExampleFiles.statedMessageID(name)
    let sender = "mimi://example.com/u/alice-smith"
    let room = "mimi://example.com/r/engineering_team"
    for bit in 0..<bytes.count * 8 {
      var flipped = bytes
      flipped[bit / 8] ^= 1 << (bit % 8)
      guard let content = try? MIMIContent(decoding: flipped) else { continue }
      #expect(content.encoded == flipped, "bit \(bit)")
      #expect(content.messageID(senderURI: sender, roomURI: room) != id)
    }
  }
}
