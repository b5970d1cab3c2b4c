// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A poll, a vote in one, or its end: what the part of a message holds that says so (polls.md).
///
/// ```
/// question = [1, several: bool, question: tstr, choices: [2*20 tstr]]
/// vote     = [2, [*20 choice: uint]]      ; ascending, from 0; none: the vote is withdrawn
/// end      = [3]
/// ```
public enum PollContent: WireValue, Hashable {
  /// Something is asked.
  case question(PollQuestion)
  /// What somebody is for, by number from 0, ascending; nothing takes an earlier vote back.
  case vote([Int])
  /// No vote counts after this.
  case end

  /// The media type of the part.
  public static let contentType = "application/x.sotto.poll+cbor"

  /// Takes the part.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let count = try input.readCBORArray(maximum: 4, field: "poll")
    let kind = try input.readCBORUnsigned(maximum: 3, field: "poll")
    switch (kind, count) {
    case (1, 4): self = .question(try PollQuestion(from: &input))
    case (2, 2):
      let votes = try input.readCBORArray(
        maximum: PollQuestion.choiceCount.upperBound, field: "vote")
      var choices: [Int] = []
      for _ in 0..<votes {
        let number = try input.readCBORUnsigned(
          maximum: UInt64(PollQuestion.choiceCount.upperBound) - 1, field: "vote")
        guard choices.last.map({ $0 < Int(number) }) ?? true else {
          throw .invalidValue(field: "vote")
        }
        choices.append(Int(number))
      }
      self = .vote(choices)
    case (3, 1): self = .end
    default: throw .invalidValue(field: "poll")
    }
  }

  /// Appends the part.
  public func encode(to output: inout ByteWriter) {
    switch self {
    case .question(let question):
      output.writeCBOR(arrayOf: 4)
      output.writeCBOR(unsigned: 1)
      question.encode(to: &output)
    case .vote(let choices):
      output.writeCBOR(arrayOf: 2)
      output.writeCBOR(unsigned: 2)
      output.writeCBOR(arrayOf: choices.count)
      for choice in choices { output.writeCBOR(unsigned: UInt64(choice)) }
    case .end:
      output.writeCBOR(arrayOf: 1)
      output.writeCBOR(unsigned: 3)
    }
  }
}

/// What a poll asks.
public struct PollQuestion: Hashable, Sendable {
  /// How many choices there may be.
  public static let choiceCount = 2...20
  /// Bytes of the question.
  public static let questionBytesMax = 1_024
  /// Bytes of a choice: a line.
  public static let choiceBytesMax = 256

  /// The question.
  public let question: String
  /// What can be voted for.
  public let choices: [String]
  /// Whether one may vote for more than one choice.
  public let several: Bool

  /// Takes a question and its choices; `nil` when one is blank, too long or of more than a line, or
  /// when choices are too few, too many or the same.
  public init?(_ question: String, choices: [String], several: Bool) {
    guard question.isLine(upTo: Self.questionBytesMax),
      Self.choiceCount.contains(choices.count),
      choices.allSatisfy({ $0.isLine(upTo: Self.choiceBytesMax) }),
      Set(choices.map { Array($0.utf8) }).count == choices.count
    else { return nil }
    self.question = question
    self.choices = choices
    self.several = several
  }

  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let several = try input.readCBORBool(field: "poll")
    let question = try input.readCBORText(maximum: Self.questionBytesMax, field: "question")
    let count = try input.readCBORArray(
      maximum: Self.choiceCount.upperBound, field: "choices")
    var choices: [String] = []
    for _ in 0..<count {
      choices.append(try input.readCBORText(maximum: Self.choiceBytesMax, field: "choice"))
    }
    guard let poll = PollQuestion(question, choices: choices, several: several) else {
      throw .invalidValue(field: "question")
    }
    self = poll
  }

  func encode(to output: inout ByteWriter) {
    output.writeCBOR(bool: several)
    output.writeCBOR(text: question)
    output.writeCBOR(arrayOf: choices.count)
    for choice in choices { output.writeCBOR(text: choice) }
  }

  /// The poll in words, for programs that show nothing else.
  public var words: String {
    ([question] + choices.enumerated().map { "\($0.offset + 1). \($0.element)" })
      .joined(separator: "\n")
  }
}

extension String {
  /// Whether the text is one line of so many bytes that is not blank and moves no cursor.
  func isLine(upTo bytesMax: Int) -> Bool {
    !isEmpty && utf8.count <= bytesMax
      && unicodeScalars.contains { !$0.properties.isWhitespace }
      && unicodeScalars.allSatisfy { scalar in
        let category = scalar.properties.generalCategory
        return category != .control && category != .lineSeparator
          && category != .paragraphSeparator
          && !(0x202A...0x202E).contains(scalar.value)
          && !(0x2066...0x2069).contains(scalar.value)
      }
  }
}
