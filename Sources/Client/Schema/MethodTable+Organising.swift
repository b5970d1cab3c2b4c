// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let instant = ValueSchema.text.showing("2026-11-24T12:00:00Z")
  private static let line: [NamedValue] = [.address, .messageID]
  private static let nothing = ValueSchema.object([])
  private static let lineFailures = conversationFailures + [.unknownMessage]
  private static let scheduledID = NamedValue.required(
    "scheduledId", .integer(), "The number of the scheduled message.")
  private static let next = NamedValue.optional(
    "next", .integer(), "More may follow: what `before` takes.")

  /// Finding and keeping in order what is there.
  static let organising: [MethodDescription] = [
    MethodDescription(
      "search", "Find messages that have all words of a text, the newest first.",
      [
        .required("text", .text, "Words, or beginnings of words."),
        .optional("in", .address, "In this conversation alone."),
        .optional("from", .address, "Said by this person alone."),
        .optional("since", instant, "Not before this time or day."),
        .optional("until", instant, "Before this time, or to the end of this day."),
        .optional("before", .integer(), "The next page: `next` of the one before."),
        .limit(20, to: 1000),
      ],
      result: .object([.required("hits", .list(of: .named("Hit")), "Newest first."), next]),
      failures: conversationFailures),
    MethodDescription(
      "star", "Give a message a star.", line, result: nothing, failures: lineFailures),
    MethodDescription(
      "unstar", "Take the star of a message.", line, result: nothing, failures: lineFailures),
    MethodDescription(
      "starred", "List the messages with a star, the newest first.",
      [
        .optional("in", .address, "In this conversation alone."), .limit(50, to: 1000),
        .optional("before", .integer(), "The next page: `next` of the one before."),
      ],
      result: .object([
        .required("messages", .list(of: .anyObject), "Lines, each with its `address`."), next,
      ]),
      failures: conversationFailures),
    MethodDescription(
      "forward", "Send what a message says to somebody else, who is told that it was forwarded.",
      line + [
        .required("to", .address, "The other conversation."), .wait, .timeout(30),
      ], result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "draft", "Keep a text for a conversation, or tell what is kept.",
      [.address, .optional("text", .text, "Kept; an empty text forgets what was.")],
      result: .object([.optional("text", .text, "What is kept.")]),
      failures: conversationFailures + [.messageTooLarge]),
    MethodDescription(
      "mute", "Leave a conversation out of what calls for attention.",
      [.address, .optional("until", instant, "Until then; for good without it.")],
      result: nothing, failures: conversationFailures),
    arranging("unmute", "Take that back."),
    arranging("archive", "Put a conversation away until something comes."),
    arranging("unarchive", "Bring a conversation back."),
    arranging("pin", "Put a conversation above those that are not pinned."),
    arranging("unpin", "Take that back."),
    arranging("mark-unread", "Count a conversation as unread until it is looked at."),
    MethodDescription(
      "scheduled", "List the messages that leave at a time, the next one first.",
      result: .object([.required("messages", .list(of: .named("Scheduled")), "All of them.")]),
      failures: accountFailures),
    MethodDescription(
      "reschedule", "Change text or time of a message that has not left.",
      [
        scheduledID, .optional("text", .text, "The new text."),
        .optional("at", instant, "The new time, or a wait such as +10m."),
      ], result: .named("Scheduled"),
      failures: accountFailures + [.unknownMessage, .messageTooLarge]),
    MethodDescription(
      "unschedule", "Give up a message that has not left.", [scheduledID], result: nothing,
      failures: accountFailures + [.unknownMessage]),
    MethodDescription(
      "why", "Say why a line is undelivered, undecryptable or unverified, and what to do.",
      [
        .address, .optional("messageId", .identifier, "Which message."),
        .optional("order", .integer(), "Or which line, by its order."),
      ],
      result: .object([
        .required("reasons", .list(of: .named("Reason")), "The nearest first.")
      ]),
      failures: lineFailures),
    MethodDescription(
      "timer",
      "Tell or set the timer of a conversation's messages. With a person a shorter one holds at "
        + "once, and every other one when the person agrees.",
      [
        .address,
        .optional(
          "timer", ValueSchema.text.showing("1h"),
          "5s to 4w, exists:1w, once, or off; to offer first: "
            + MessageTimer.presets.joined(separator: ", ") + "."),
      ],
      result: timer, failures: timerFailures),
    MethodDescription(
      "timer-accept", "Agree to the timer that the other person proposes.", [.address],
      result: timer, failures: timerFailures),
    MethodDescription(
      "timer-decline", "Turn it down, or take back an own proposal.", [.address],
      result: timer, failures: timerFailures),
  ]

  private static let timer = ValueSchema.object([
    .required("timer", .text, "As it is now, or `off`."),
    .optional("proposed", .text, "What waits for the other person to agree."),
    .optional("proposedBy", .choice(["you", "peer"]), "Whose that is."),
  ])
  private static let timerFailures =
    conversationFailures + [.notPermitted, .notAMember, .outOfStep, .identityChanged]

  private static func arranging(_ name: String, _ summary: String) -> MethodDescription {
    MethodDescription(
      name, summary, [.address], result: nothing, failures: conversationFailures)
  }
}
