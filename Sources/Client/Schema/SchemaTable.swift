// SPDX-License-Identifier: Apache-2.0

import ClientCore

extension MethodTable {
  /// How far a message has come.
  static let messageState = ValueSchema.choice(MessageState.allCases.map(\.rawValue))
  /// Why something failed.
  static let failureCode = ValueSchema.choice(ClientFailureCode.allCases.map(\.rawValue))
}

/// The objects that stand in answers, by name.
package enum SchemaTable {
  /// All of them, in the order in which the reference tells them.
  package static let all: [(name: String, members: [NamedValue])] = [
    ("Sent", sent), ("Attachment", attachment), ("Size", size), ("Voice", voice),
    ("Transfer", transfer), ("Revision", revision),
    ("Conversation", conversation), ("Line", line),
    ("Hit", hit), ("Snippet", snippet), ("Scheduled", scheduled), ("Reason", reason),
    ("Location", location),
    ("Contact", contact), ("Preview", preview), ("Pin", pin), ("Poll", poll),
    ("PollChoice", pollChoice), ("Quote", quote),
    ("Reaction", reaction),
    ("SafetyNumber", safetyNumber),
    ("Status", status), ("Group", group), ("GroupMember", groupMember),
    ("GroupPermissions", groupPermissions), ("Link", link), ("Device", device),
    ("History", history),
    ("Request", contactRequest), ("Block", block), ("Settings", settings),
    ("JoinLink", joinLink), ("Knock", knock), ("OwnKnock", ownKnock),
    ("Protection", protection), ("ProtectionDevice", protectionDevice),
    ("ProtectionServer", protectionServer), ("ProtectionParty", protectionParty),
  ]

  private static let sent: [NamedValue] = [
    .required("messageId", .identifier, "The identifier of what was said."),
    .required("state", MethodTable.messageState, "How far it has come."),
  ]

  private static let attachment: [NamedValue] = [
    .required("name", .text, "The name that its sender suggests; it is no path."),
    .required("contentType", .text, "The media type that its sender says it has."),
    .required("size", .integer(), "In bytes."),
    .optional("here", .boolean, "Whether it lies on this device, sealed. In lines alone."),
    .optional("picture", .named("Size"), "How large its sender says the picture is."),
    .optional("voice", .named("Voice"), "It is a voice note."),
    .optional("thumbnail", .named("Size"), "A small picture of it came with the message."),
  ]

  private static let size: [NamedValue] = [
    .required("width", .integer(from: 1), "In pixels."),
    .required("height", .integer(from: 1), "In pixels."),
  ]

  private static let voice: [NamedValue] = [
    .required("milliseconds", .integer(from: 1), "How long it is, as its sender says."),
    .required("waveform", .list(of: .integer()), "How loud it is: 64 bars of 0 to 31."),
  ]

  private static let transfer: [NamedValue] = [
    .required("blobId", .text, "The name of the blob, in hexadecimal digits."),
    .required("direction", .choice(["bringing", "fetching"]), "Which way."),
    .required("done", .integer(), "Bytes of the sealed file that have gone."),
    .required("total", .integer(), "Its length in bytes."),
  ]

  private static let revision: [NamedValue] = [
    .required("text", .text, "What the message said."),
    .required("at", .time, "Since when."),
  ]

  private static let conversation: [NamedValue] = [
    .required("address", .address, "With whom."),
    .optional("name", .text, "The name, of a group."),
    .optional("verified", .boolean, "The safety number was compared."),
    .required("phase", .text, "What state its group is in."),
    .required("unread", .integer(), "Lines of others that were not read."),
    .required("waiting", .integer(), "Own messages that the server does not have."),
    .required("lastActivityAt", .time, "When something last happened."),
    .optional("lastText", .text, "What the last message says."),
    .optional("draft", .text, "What was begun and not sent."),
    .optional("archived", .boolean, "It is put away."),
    .optional("pinned", .boolean, "It stands above the others."),
    .optional("muted", .boolean, "It calls for no attention."),
    .optional("mutedUntil", .time, "Until when."),
    .optional("markedUnread", .boolean, "It counts as unread."),
  ]

  private static let line: [NamedValue] =
    [
      .required("order", .integer(from: 1), "Counts up within the conversation."),
      .required("from", .text, "The address of who said it; empty when nobody did."),
      .required("own", .boolean, "Whether this account said it."),
      .required(
        "kind", .choice(MessageKind.allCases.map(\.rawValue)), "What kind of line it is."),
      .required("text", .text, "What it says."),
      .required("state", MethodTable.messageState, "How far it has come."),
      .required("at", .time, "When."),
      .optional("messageId", .identifier, "The identifier, of a message."),
      .optional("failure", MethodTable.failureCode, "Why it failed."),
      .optional("editedAt", .time, "When it was last changed."),
      .optional("quote", .named("Quote"), "What it answers."),
      .optional("reactions", .list(of: .named("Reaction")), "What people think of it."),
      .optional("starred", .boolean, "It has a star."),
      .optional("forwarded", .boolean, "Its text was somebody's before."),
      .optional("timer", .text, "How long it stays."),
      .optional("expiresAt", .time, "When it disappears, as things stand."),
      .optional("kept", .boolean, "Its author lets it be kept, so that it does not."),
      .optional("keepAskedBy", .list(of: .text), "Who asks its author for that."),
      .optional("attachments", .list(of: .named("Attachment")), "Its files."),
      .optional("imported", .boolean, "It came out of an export; MLS does not vouch for it."),
      .optional(
        "origin", .choice(LineOrigin.allCases.map(\.rawValue)),
        "Where it comes from, when this device did not decrypt it itself."),
      .optional("grantedBy", .address, "Who handed it over; it is their word alone."),
    ] + mentions + special

  /// What a message is beside its text.
  static let special: [NamedValue] = [
    .optional("poll", .named("Poll"), "What it asks."),
    .optional("location", .named("Location"), "Where something is."),
    .optional("contact", .named("Contact"), "Of whom it tells; not verified."),
    .optional("preview", .named("Preview"), "What its sender says about a link in it."),
  ]

  private static let location: [NamedValue] = [
    .required("latitude", .text, "Degrees north, in digits."),
    .required("longitude", .text, "Degrees east, in digits."),
    .required("uri", .text, "The same as a `geo:` URI."),
    .optional("label", .text, "What the place is called."),
  ]

  private static let contact: [NamedValue] = [
    .required("name", .text, "What the sender calls them."),
    .required("address", .address, "Their address."),
  ]

  private static let preview: [NamedValue] = [
    .required("url", .text, "The link, which stands in the text."),
    .required("title", .text, "What is there."),
    .optional("text", .text, "More about it."),
    .optional("thumbnail", .named("Size"), "A small picture of it came along. In lines alone."),
  ]

  private static let pin: [NamedValue] = [
    .required("line", .named("Line"), "The message."),
    .required("from", .address, "Who pinned it."), .required("at", .time, "When."),
    .optional("until", .time, "Until when."),
  ]

  private static let poll: [NamedValue] = [
    .required("question", .text, "What is asked."),
    .required("several", .boolean, "One may vote for several choices."),
    .required("ended", .boolean, "Later votes do not count."),
    .required("voters", .integer(), "How many people have voted."),
    .required("choices", .list(of: .named("PollChoice")), "In their order."),
  ]

  private static let pollChoice: [NamedValue] = [
    .required("text", .text, "What can be voted for."),
    .required("votes", .integer(), "How many are for it."),
    .optional("own", .boolean, "This account is for it."),
    .optional("from", .list(of: .address), "Who is; only in the answer of `poll-show`."),
  ]

  /// Who is mentioned, of a line and of events.
  static let mentions: [NamedValue] = [
    .optional("mentions", .list(of: .address), "Who of the conversation is mentioned."),
    .optional("mentionsMe", .boolean, "Somebody else mentions this account."),
  ]

  private static let hit: [NamedValue] = [
    .required("address", .address, "The conversation."),
    .required("order", .integer(from: 1), "The line's place."),
    .required("messageId", .identifier, "Which message."),
    .required("from", .address, "Who said it."),
    .required("own", .boolean, "Whether this account said it."),
    .required("at", .time, "When."),
    .required("snippet", .list(of: .named("Snippet")), "What it says around the words."),
  ]

  private static let snippet: [NamedValue] = [
    .required("text", .text, "A piece of the text."),
    .optional("match", .boolean, "Whether it was looked for."),
  ]

  private static let scheduled: [NamedValue] = [
    .required("scheduledId", .integer(), "Its number."),
    .required("address", .address, "To whom."), .required("text", .text, "What it says."),
    .required("at", .time, "When it leaves."),
  ]

  private static let reason: [NamedValue] = [
    .required("code", .text, "Stable; codes are added and never renamed."),
    .required("text", .text, "A sentence."), .optional("advice", .text, "What to do."),
    .optional("failure", MethodTable.failureCode, "What failed."),
  ]

  private static let quote: [NamedValue] = [
    .required("messageId", .identifier, "The message that is answered."),
    .optional("from", .address, "Who said it, when it is in the own store."),
    .optional("text", .text, "What it says there."),
  ]

  private static let reaction: [NamedValue] = [
    .required("from", .address, "Who reacted."),
    .required("reaction", .text, "With which character."),
  ]

  private static let safetyNumber: [NamedValue] = [
    .required("address", .address, "With whom."),
    .required(
      "safetyNumber",
      .text(String(repeating: "0", count: 60), type: "60 digits", pattern: "^[0-9 ]+$"),
      "The number to compare."),
    .required("text", .text, "The same as the text of a code to scan."),
    .required("identityChanged", .boolean, "The directory now offers another identity."),
    .optional("offeredSafetyNumber", .text, "The digits with that one, to compare first."),
    .optional("verifiedAt", .time, "When the number was compared."),
  ]

  private static let group: [NamedValue] = [
    .required("address", .address, "The group's reference."),
    .required("name", .text, "Its name."),
    .optional("about", .text, "Its description."),
    .optional("picture", .named("Size"), "How large its picture is, if it has one."),
    .required("phase", .text, "What state it is in."),
    .optional("epoch", .integer(), "The epoch of the group."),
    .required("members", .list(of: .named("GroupMember")), "Who is in it."),
    .required("permissions", .named("GroupPermissions"), "Who may do what."),
    .required("waiting", .integer(), "Changes that are not done yet."),
  ]

  private static let link: [NamedValue] = [
    .required(
      "phase", .choice(["waiting", "compare", "confirmed", "done", "failed"]),
      "How far linking has come."),
    .optional("link", .text, "What the other device takes: a secret."),
    .optional("code", .text, "What both devices must show."),
    .optional("address", .address, "The address of the account."),
    .optional("failure", MethodTable.failureCode, "Why it failed."),
  ]

  private static let history: [NamedValue] = [
    .optional("deviceId", .integer(), "The device that takes, unless it is this one."),
    .required("role", .choice(["giver", "taker"]), "Which way it goes."),
    .required(
      "phase", .choice(HistoryRow.Phase.allCases.map(\.rawValue)),
      "waiting: nobody has agreed; active; listed: all was given, or taken; done; failed."),
    .required("messages", .integer(), "Messages that were given, or taken in."),
    .required("missing", .integer(), "Messages that could not be had."),
    .optional("failure", MethodTable.failureCode, "Why it failed."),
    .optional("address", .address, "The group in which it is handed over."),
    .optional("member", .address, "The member of it who takes, or gives."),
  ]

  private static let contactRequest: [NamedValue] = [
    .required("address", .address, "The conversation."),
    .required("from", .address, "Who began it, or asked this account in."),
    .optional("name", .text, "The group's name."),
    .required("at", .time, "When."),
    .required("messages", .integer(), "How many messages are kept."),
  ]

  private static let block: [NamedValue] = [
    .required("address", .address, "Who."), .required("at", .time, "Since when."),
  ]

  private static let settings: [NamedValue] = ClientSetting.allCases.map { setting in
    .required(
      setting.rawValue,
      setting == .timer ? ValueSchema.text.showing("off") : .choice(setting.values),
      "What it is.")
  }

  private static let joinLink: [NamedValue] = [
    .required("linkId", .text, "The number of the link, 32 digits."),
    .required("link", .text, "What people are given: a secret."),
    .optional("expiresAt", .time, "When it ends."),
    .optional("uses", .integer(), "How many more may come in by it."),
    .required("approval", .boolean, "Whether somebody says yes to each."),
    .required("open", .boolean, "Whether the members have it already."),
  ]

  private static let knock: [NamedValue] = [
    .required("address", .address, "Who asks."),
    .required("linkId", .text, "By which link."),
    .required("at", .time, "When."),
  ]

  private static let ownKnock: [NamedValue] = [
    .required("address", .address, "The group's reference."),
    .required("since", .time, "When the link was taken."),
    .optional("askedAt", .time, "When the group was last asked."),
  ]

  private static let device: [NamedValue] = [
    .required("deviceId", .integer(), "The number of the device."),
    .optional("name", .text, "What its owner calls it."),
    .required("own", .boolean, "Whether it is this one."),
    .required("addedAt", .time, "When it came."),
    .required("expiresAt", .time, "Until when its certificate holds."),
  ]

  private static let groupMember: [NamedValue] = [
    .required("address", .address, "Who."),
    .required("role", .choice(RoomRole.allCases.map(\.name)), "What they are."),
    .required("devices", .integer(), "How many of their devices are in it."),
    .required("own", .boolean, "Whether it is this account."),
  ]

  private static let groupPermissions: [NamedValue] = RoomAction.allCases.map { action in
    .required(
      action.name, .choice(RoomRole.allCases.map(\.name)), "The least role that may.")
  }

  private static let connectionState = ValueSchema.choice([
    "closed", "connecting", "opening", "ready", "idle",
  ])

  private static let status: [NamedValue] = [
    .optional("address", .address, "The address of the account."),
    .required("registered", .boolean, "Whether the account is made."),
    .optional("deviceId", .integer(), "The number of this device."),
    .optional("server", .text, "The server, host and port."),
    .required("inboxConnection", connectionState, "The connection to the inbox."),
    .required("logsConnection", connectionState, "The connection to the logs."),
    .required("conversations", .integer(), "How many there are."),
    .required("waiting", .integer(), "Own messages that the server does not have."),
    .required("keyPackages", .integer(), "Key packages that others can still take."),
    .required("eventHead", .integer(), "The number of the newest event."),
    .optional("connectionFailure", MethodTable.failureCode, "Why the last connection failed."),
  ]

  private static let protection: [NamedValue] = [
    .required("address", .address, "With whom."),
    .optional("suite", .text, "The cipher suite."),
    .required("postQuantum", .boolean, "Whether a quantum computer of later is of no use."),
    .optional("epoch", .integer(), "The epoch of the group."),
    .optional("lastOwnPathAt", .time, "When this device last renewed its keys."),
    .required("devices", .list(of: .named("ProtectionDevice")), "Who can read."),
    .optional("verifiedAt", .time, "When the safety number was compared."),
    .optional("pinnedIdentity", .text, "The identity key that is pinned."),
    .required("standing", .text, "What is held of the identity."),
    .required("server", .named("ProtectionServer"), "What the server has."),
    .required("parties", .list(of: .named("ProtectionParty")), "Who learns what."),
    .required("unprotected", .list(of: .text), "What is not protected."),
  ]

  private static let protectionDevice: [NamedValue] = [
    .required("address", .address, "Whose it is."),
    .required("deviceId", .integer(), "The number of the device."),
    .required("own", .boolean, "Whether it is this one."),
    .required("certified", .boolean, "Whether its certificate, manifest and pin hold."),
  ]

  private static let protectionServer: [NamedValue] = [
    .required("logs", .integer(), "Logs of the conversation."),
    .required("entries", .integer(), "Sealed entries in them, at most."),
    .required("waitingBytes", .integer(), "Sealed bytes that wait here."),
  ]

  private static let protectionParty: [NamedValue] = [
    .required("name", .text, "Who."),
    .required("learns", .text, "What they learn."),
  ]
}
