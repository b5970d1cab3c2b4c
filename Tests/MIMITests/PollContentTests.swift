// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MIMI

/// Polls, votes and ends, to the byte.
@Suite struct PollContentTests {
  private static func poll(_ choices: [String] = ["A", "B"]) throws -> PollQuestion {
    try #require(PollQuestion("Q?", choices: choices, several: true))
  }

  @Test func haveOneForm() throws {
    let question = PollContent.question(try Self.poll())
    #expect(
      question.encoded == [0x84, 1, 0xf5, 0x62, 0x51, 0x3f, 0x82, 0x61, 0x41, 0x61, 0x42])
    #expect(PollContent.vote([0, 3]).encoded == [0x82, 2, 0x82, 0, 3])
    #expect(PollContent.vote([]).encoded == [0x82, 2, 0x80])
    #expect(PollContent.end.encoded == [0x81, 3])
    for content in [question, .vote([0, 19]), .vote([]), .end] {
      #expect(try PollContent(decoding: content.encoded) == content)
    }
  }

  @Test(
    arguments: [
      ([], .truncated), ([0x80], .truncated), ([0x81, 3, 0], .trailingBytes),
      ([0x82, 3, 0], .invalidValue(field: "poll")), ([0x81, 1], .invalidValue(field: "poll")),
      ([0x81, 4], .invalidValue(field: "poll")), ([0x85, 1], .limitExceeded),
      ([0x82, 2, 0x82, 1, 1], .invalidValue(field: "vote")),
      ([0x82, 2, 0x82, 1, 0], .invalidValue(field: "vote")),
      ([0x82, 2, 0x81, 20], .invalidValue(field: "vote")),
      ([0x84, 1, 0xf4, 0x61, 0x51, 0x81, 0x61, 0x41], .invalidValue(field: "question")),
      (
        [0x84, 1, 0xf4, 0x61, 0x51, 0x82, 0x61, 0x41, 0x61, 0x41], .invalidValue(field: "question")
      ),
      (
        [0x84, 1, 0xf4, 0x61, 0x20, 0x82, 0x61, 0x41, 0x61, 0x42], .invalidValue(field: "question")
      ),
      (
        [0x84, 1, 0xf4, 0x61, 0x51, 0x82, 0x61, 0x0a, 0x61, 0x42], .invalidValue(field: "question")
      ),
      ([0x84, 1, 0xf6, 0, 0], .invalidValue(field: "poll")),
    ] as [([UInt8], DecodingFailure)])
  func otherFormsAreRefused(bytes: [UInt8], failure: DecodingFailure) {
    #expect(throws: failure) { try PollContent(decoding: bytes) }
  }

  @Test func questionsHaveLimits() {
    func isOne(_ question: String, _ choices: [String]) -> Bool {
      PollQuestion(question, choices: choices, several: false) != nil
    }
    #expect(isOne("Q", (0..<20).map(String.init)))
    #expect(!isOne("Q", (0..<21).map(String.init)))
    #expect(!isOne("Q", ["A"]))
    #expect(!isOne("", ["A", "B"]) && !isOne("a\nb", ["A", "B"]) && !isOne("Q", ["A", ""]))
    #expect(!isOne("Q\u{202E}", ["A", "B"]) && !isOne("Q\u{2028}", ["A", "B"]))
    #expect(isOne(String(repeating: "q", count: 1_024), ["A", String(repeating: "a", count: 256)]))
    #expect(!isOne(String(repeating: "q", count: 1_025), ["A", "B"]))
    #expect(!isOne("Q", ["A", String(repeating: "a", count: 257)]))
  }

  /// What others show of it, and what is none.
  @Test func messagesAskAndAreReadByAll() throws {
    let poll = try Self.poll()
    var random = SeededGenerator(seed: 1)
    let salt = Salt(using: &random)
    var content = MIMIContent(salt: salt, body: MIMIContent.body(asking: poll))
    #expect(content.poll == poll)
    #expect(content.text == "Q?\n1. A\n2. B")
    #expect(try MIMIContent(decoding: content.encodedForSending()) == content)
    let id = content.messageID(senderURI: "a", roomURI: "b")
    let vote = MIMIContent.poll(.vote([1]), upon: id, salt: salt)
    #expect(vote.pollRemark == .vote([1]) && vote.poll == nil)
    // To programs that know no polls it is a reaction without a text.
    #expect(vote.isReaction && vote.reactions.isEmpty && vote.text == nil)
    #expect(content.pollRemark == nil)
    content.replaces = id
    #expect(content.poll == nil)
    #expect(MIMIContent.poll(.question(poll), upon: id, salt: salt).pollRemark == nil)
  }
}
