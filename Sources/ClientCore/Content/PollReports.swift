// SPDX-License-Identifier: Apache-2.0

/// What the user's programs ask about polls. Every case is a JSON-RPC method.
package enum ClientPollRequest: Hashable, Sendable {
  /// Asks something. Answer: `queued`.
  case create(address: String, question: String, choices: [String], several: Bool)
  /// Votes for these choices, counted from 1, in place of an earlier vote; none takes it back.
  /// Answer: `queued`.
  case vote(address: String, messageID: [UInt8], choices: [Int])
  /// Ends an own poll. Answer: `queued`.
  case end(address: String, messageID: [UInt8])
  /// Answer: `poll`.
  case show(address: String, messageID: [UInt8])

  /// The conversation.
  var address: String {
    switch self {
    case .create(let address, _, _, _), .vote(let address, _, _), .end(let address, _),
      .show(let address, _):
      address
    }
  }
}

/// A poll, and how it stands.
public struct PollReport: Hashable, Sendable {
  /// What is asked.
  public let question: String
  /// Whether one may vote for more than one choice.
  public let several: Bool
  /// Whether whoever asked has ended it.
  public let isEnded: Bool
  /// What can be voted for, in its order.
  public let choices: [Choice]
  /// How many people have voted.
  public let voterCount: Int

  /// Something that can be voted for.
  public struct Choice: Hashable, Sendable {
    /// What.
    public let text: String
    /// Who is for it, by address, in the order of the alphabet.
    public let voters: [String]
    /// Whether this account is for it.
    public let own: Bool

    package init(text: String, voters: [String], own: Bool) {
      self.text = text
      self.voters = voters
      self.own = own
    }
  }

  package init(
    question: String, several: Bool, isEnded: Bool, choices: [Choice], voterCount: Int
  ) {
    self.question = question
    self.several = several
    self.isEnded = isEnded
    self.choices = choices
    self.voterCount = voterCount
  }
}
