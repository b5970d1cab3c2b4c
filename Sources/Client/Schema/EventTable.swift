// SPDX-License-Identifier: Apache-2.0

import ClientCore

/// The events, by type. One that is added to `ClientEvent.Kind` gets its entry here; a test
/// compares the two.
package enum EventTable {
  /// One type of event: what it means, and what it has beside `shared`.
  package struct Entry: Sendable {
    /// The type.
    package let type: String
    /// One sentence.
    package let summary: String
    /// The members.
    package let members: [NamedValue]
    /// Whether it is kept under a number; else it is told to who listens, and forgotten.
    package let isKept: Bool

    init(_ type: String, _ summary: String, isKept: Bool = true, _ members: [NamedValue]) {
      self.type = type
      self.summary = summary
      self.members = members
      self.isKept = isKept
    }

    /// The schema of the whole event.
    package var schema: ValueSchema {
      .object(
        [.required("type", .choice([type]), summary)]
          + EventTable.shared.filter { isKept || $0.name != EventTable.number.name } + members)
    }
  }

  /// What every event has.
  package static let shared: [NamedValue] = [
    number, .required("at", .time, "When it was noticed here."),
    .required("address", .text, "The conversation."),
  ]

  private static let number = NamedValue.required(
    "seq", .integer(from: 1), "The number of the event; one that is not kept has none.")

  /// All of them.
  package static let all: [Entry] = [
    Entry(
      "message-received", "Somebody wrote.",
      [
        messageID, from, text, .required("acceptedAt", .time, "When the server took it."),
        .optional("inReplyTo", .identifier, "What it answers."),
        .optional("timer", .text, "How long it stays."),
        .optional("attachments", .list(of: .named("Attachment")), "Its files."),
      ] + mentions + SchemaTable.special),
    Entry(
      "message-edited", "A message says something else now.",
      [messageID, text, byPeer] + mentions),
    Entry(
      "message-deleted", "A message was taken back; events that had its text become this.",
      [messageID, byPeer]),
    Entry("message-expired", "The time of a message is over.", [messageID]),
    Entry(
      "reaction-changed", "Somebody reacted, or took that back.",
      [
        messageID, from, .required("reaction", .text, "The character."),
        .required("added", .boolean, "Whether it is there now."),
      ]),
    Entry(
      "poll-changed", "Somebody voted, took that back, or ended the poll.",
      [messageID, from, .required("ended", .boolean, "Whether it is the end.")]),
    Entry(
      "pin-changed", "A message was pinned for everybody, or no longer is.",
      [messageID, from, .required("pinned", .boolean, "Whether it is now.")]),
    Entry(
      "keep-changed",
      "Somebody asks to keep a message that disappears, or its author has decided about that.",
      [
        messageID, from,
        .required("change", .choice(KeepChange.allCases.map(\.rawValue)), "What they did."),
      ]),
    Entry(
      "message-state-changed", "An own message has come further, or has failed.",
      [
        messageID, .required("state", MethodTable.messageState, "How far it has come."),
        .optional("failure", MethodTable.failureCode, "Why it failed."),
      ]),
    Entry(
      "request-received", "Somebody who is no contact began a conversation.",
      [.required("from", .address, "Who.")]),
    Entry("conversation-started", "A conversation is open.", [byPeer]),
    Entry(
      "conversation-rekeyed", "Keys were renewed.",
      [.required("epoch", .integer(), "The epoch of the group."), byPeer]),
    Entry("conversation-restarted", "A conversation began anew.", [cause]),
    Entry("conversation-blocked", "Nothing is sent until somebody settles it.", [cause]),
    Entry(
      "identity-notice", "Something about a person's identity.",
      [
        .required(
          "notice",
          .choice([
            "pinned", "devices-changed", "identity-changed", "identity-accepted",
            "manifest-refused", "ghost-device", "key-package-refused", "welcome-refused",
            "unlinked",
          ]), "What.")
      ]),
    Entry(
      "group-changed", "A group has changed, or could not be changed.",
      [
        .required("change", .choice(RoomNotice.Kind.allCases.map(\.rawValue)), "What."),
        .required("text", .text, "The line of the conversation."),
        .optional("by", .address, "Who did it."), .optional("who", .address, "To whom."),
        .optional("detail", .text, "The new name or role, or a failure's code."),
      ]),
    Entry(
      "history-received", "Another own device has given what was said before.",
      [
        .required("messages", .integer(), "How many messages were taken in."),
        .required("missing", .integer(), "How many could not be had."),
      ]),
    Entry(
      "history-given", "Another own device has taken in what this one gave.",
      [
        .required("deviceId", .integer(), "Which device."),
        .required("messages", .integer(), "How many messages."),
      ]),
    Entry(
      "typing", "Somebody types, or has stopped. It is not kept.", isKept: false,
      [from, .required("typing", .boolean, "Whether the person types.")]),
    Entry(
      "own-device-changed", "Another device of this account was linked, named or taken out.",
      [
        .required("deviceId", .integer(), "Which device."),
        .required(
          "change", .choice(OwnDeviceChange.allCases.map(\.rawValue)), "What became of it."),
        .optional("name", .text, "What it is called, as its own devices know it."),
      ]),
    Entry(
      "undecryptable", "A message cannot be decrypted.",
      [.required("logSeq", .integer(), "Its place in the log.")]),
    Entry(
      "gap", "Messages were deleted before they could be read.",
      [
        .required("after", .integer(), "The last place before the gap."),
        .required("upTo", .integer(), "The last place of the gap."),
      ]),
  ]

  private static let messageID = NamedValue.required("messageId", .identifier, "Which message.")
  private static let from = NamedValue.required("from", .address, "Who.")
  private static let mentions = SchemaTable.mentions
  private static let text = NamedValue.required("text", .text, "What it says.")
  private static let byPeer = NamedValue.required(
    "byPeer", .boolean, "Whether somebody else did it.")
  private static let cause = NamedValue.required("cause", MethodTable.failureCode, "Why.")
}
