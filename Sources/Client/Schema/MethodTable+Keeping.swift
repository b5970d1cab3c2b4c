// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// Messages that disappear and are kept.
  static let keeping: [MethodDescription] = [
    MethodDescription(
      "keep",
      "Let an own message that disappears be kept by everybody; of somebody else's, ask for that.",
      [
        .address, .messageID,
        .optional(
          "answer", .choice(["accept", "refuse"]),
          "Of an own message, what its author says to those who ask."),
        .waitForStored, .timeout(30),
      ],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "unkeep", "Take that back: an own message disappears then on all devices.",
      [.address, .messageID, .waitForStored, .timeout(30)],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "kept",
      "List the messages that are kept, or that somebody asks to keep, the newest first.",
      [.address],
      result: .object([.required("messages", .list(of: .named("Line")), "1,000 at most.")]),
      failures: conversationFailures),
  ]
}
