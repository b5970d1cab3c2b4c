// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// Pinned messages.
  static let pins: [MethodDescription] = [
    MethodDescription(
      "pin-message", "Pin a message in its conversation, for everybody.",
      [
        .address, .messageID,
        .optional(
          "until", ValueSchema.text.showing("+7d"),
          "Until then: a time, or a wait as +7d; else until it is unpinned."),
        .waitForStored, .timeout(30),
      ],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "unpin-message", "Take that back, for everybody.",
      [.address, .messageID, .waitForStored, .timeout(30)],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "pinned", "List the messages that are pinned in a conversation, the newest pin first.",
      [.address],
      result: .object([.required("messages", .list(of: .named("Pin")), "20 at most.")]),
      failures: conversationFailures),
  ]
}
