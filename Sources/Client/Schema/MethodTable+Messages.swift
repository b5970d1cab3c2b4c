// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  private static let newText = NamedValue.required("text", .text, "What it says.")

  /// What is said, and what is said about it.
  static let messages: [MethodDescription] = [
    MethodDescription(
      "send", "Put a text message into the outbox, now or at a time.",
      [
        .address, newText, .wait, .timeout(30),
        .optional(
          "at", ValueSchema.text.showing("+10m"), "It leaves then: a time, or a wait as +10m."),
        .optional(
          "expires", ValueSchema.text.showing("5m"), "It disappears: 5s to 4w, exists:1w, once."),
        .optional("once", .boolean, "It is shown once.", default: false),
        .optional(
          "previewUrl", ValueSchema.text.showing("https://example.org"),
          "A link that stands in the text, about which something is said."),
        .optional("previewTitle", .text, "What is there: one line."),
        .optional("previewText", .text, "More about it: one line."),
        .optional(
          "previewPicture", ValueSchema.text.showing("/home/alice/page.png"),
          "A picture of it, of which a small one goes along; an absolute path."),
      ],
      result: .either([.named("Sent"), .named("Scheduled")]),
      failures: sendingFailures + [.fileFailure]),
    MethodDescription(
      "reply", "Answer a message.", [.address, .messageID, newText, .wait, .timeout(30)],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "react", "React to a message with one character, or take that back.",
      [
        .address, .messageID,
        .required(
          "reaction", ValueSchema.text.showing("👍"), "One character of at most 64 bytes."),
        .optional("remove", .boolean, "Take it back.", default: false),
        .waitForStored, .timeout(30),
      ],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "edit", "Change what an own message says, for everyone.",
      [.address, .messageID, newText, .waitForStored, .timeout(30)],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "delete", "Take an own message back from everyone, or remove one here alone.",
      [
        .address, .messageID,
        .optional("forMe", .boolean, "Remove it here alone, whoever sent it.", default: false),
        .waitForStored, .timeout(30),
      ],
      result: .named("Sent"), failures: annotationFailures),
    MethodDescription(
      "revisions", "Tell what a message has said.", [.address, .messageID],
      result: .object([
        .required(
          "revisions", .list(of: .named("Revision")),
          "Oldest first; the last is what it says now.")
      ]),
      failures: conversationFailures + [.unknownMessage]),
    MethodDescription(
      "message-state", "Tell how far a message has come, or wait until it has come that far.",
      [.address, .messageID, .wait, .timeout(30)],
      result: .object([.required("state", messageState, "How far it has come.")]),
      failures: annotationFailures),
  ]

  /// Conversations and their lines.
  static let conversations: [MethodDescription] = [
    MethodDescription(
      "conversations", "List the conversations.",
      result: .object([
        .required("conversations", .list(of: .named("Conversation")), "All of them.")
      ]),
      failures: accountFailures),
    MethodDescription(
      "history", "Give the lines of a conversation, which then count as read.",
      [
        .address, .limit(50, to: 1000),
        .optional("before", .integer(), "Only lines before the one of this order."),
      ],
      result: .object([
        .required("messages", .list(of: .named("Line")), "The newest ones, oldest first.")
      ]),
      failures: conversationFailures),
    MethodDescription(
      "mark-read", "Count lines as read, and tell their senders.",
      [.address, .required("upTo", .integer(), "The order of the last line that was read.")],
      result: .object([.required("count", .integer(), "How many lines were unread.")]),
      failures: conversationFailures),
    MethodDescription(
      "safety-number", "Give the number that both sides see alike when nobody is between them.",
      [.address], result: .named("SafetyNumber"), failures: conversationFailures),
    MethodDescription(
      "verify",
      "Mark an identity key as compared, by what the other screen shows or as the user says.",
      [
        .address, .optional("number", .text, "The 60 digits of the other screen."),
        .optional("text", .text, "The text of the code of the other screen."),
      ],
      result: .named("SafetyNumber"),
      failures: conversationFailures + [.identityChanged, .manifestInvalid, .safetyNumberMismatch]),
    MethodDescription(
      "identity-accept",
      "Take the other identity key that the directory offers; what failed because of it is sent.",
      [
        .address,
        .optional("number", .text, "The 60 digits of the other screen: the key is marked."),
        .optional("text", .text, "The text of the code of the other screen, likewise."),
      ],
      result: .named("SafetyNumber"),
      failures: conversationFailures + [.badRequest, .identityChanged, .safetyNumberMismatch]),
    MethodDescription(
      "unverify", "Take the mark off an identity key.",
      [.address], result: .named("SafetyNumber"), failures: conversationFailures),
    MethodDescription(
      "protect-show", "Tell from live state who can learn what, and what is not protected.",
      [.address], result: .named("Protection"), failures: conversationFailures),
  ]

  private static let subscriber = NamedValue.required(
    "subscriber", .text, "The name of the subscription.")
  private static let fromStart = NamedValue.optional(
    "fromStart", .boolean, "A new name begins at the oldest event that is kept.",
    default: false)

  /// Events and who has seen them.
  static let events: [MethodDescription] = [
    MethodDescription(
      "receive", "Give the events after the last one that was acknowledged.",
      [subscriber, fromStart, .limit(100, to: 1000), .timeout(0)],
      result: .object([.required("events", .list(of: .named("Event")), "Oldest first.")])),
    MethodDescription(
      "subscribe", "Send every event as a notification until the connection ends.",
      [
        subscriber, fromStart,
        .optional(
          "typing", .boolean, "Tell who types, too: events that are not kept.", default: false),
      ],
      result: .object([.required("subscriber", .text, "The name of the subscription.")])),
    MethodDescription(
      "acknowledge", "Say that all events up to one were used.",
      [subscriber, .required("seq", .integer(), "The number of the last event.")],
      result: .object([.required("cursor", .integer(), "How far the subscription is now.")])),
  ]
}
