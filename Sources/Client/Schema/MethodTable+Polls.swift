// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// Polls.
  static let polls: [MethodDescription] = [
    MethodDescription(
      "poll-create", "Ask something that people can vote on.",
      [
        .address, .required("question", .text, "What is asked: one line."),
        .required("choices", .list(of: .text), "What can be voted for: 2 to 20 different lines."),
        .optional("several", .boolean, "One may vote for several.", default: false),
        .wait, .timeout(30),
      ],
      result: .named("Sent"), failures: sendingFailures),
    MethodDescription(
      "poll-vote", "Vote, in place of an earlier vote, or take that back.",
      [
        .address, .messageID,
        .optional(
          "choices", .list(of: ValueSchema.text.showing("1")),
          "For which, by number from 1; none takes the vote back."),
        .waitForStored, .timeout(30),
      ],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "poll-end", "End an own poll: later votes do not count.",
      [.address, .messageID, .waitForStored, .timeout(30)],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "poll-show", "Tell how a poll stands, and who voted for what.", [.address, .messageID],
      result: .named("Poll"), failures: conversationFailures + [.unknownMessage]),
  ]
}
