// SPDX-License-Identifier: Apache-2.0

package import Identity

/// What the user's programs ask for. Every case is a JSON-RPC method of the same name.
package enum ClientRequest: Hashable, Sendable {
  /// Makes the account on the service that the invite names. Asking again with the same address
  /// goes on where a crash left off. Answer: `registered`.
  case register(address: String, invite: String)
  /// Puts a text message into the outbox. Answer: `queued`; how far it comes is told by events and
  /// by `messageState`.
  case send(address: String, text: String)
  /// Puts a text message with a timer of its own into the outbox. Answer: `queued`.
  case sendTimed(address: String, text: String, timer: MessageTimer)
  /// Wants another timer for what is written in a conversation. With a person it holds for own
  /// messages, in a group for everybody's. Answer: `accepted`.
  case setTimer(address: String, timer: MessageTimer?)
  /// Answer: `timer`.
  case timer(address: String)
  /// Agrees to the timer that the other one of two people proposes, or turns it down; an own one is
  /// taken back. Answer: `accepted`.
  case answerTimer(address: String, accepting: Bool)
  /// Answers a message of the conversation. Answer: `queued`.
  case reply(address: String, messageID: [UInt8], text: String)
  /// Adds a reaction of one character to a message, or takes the own one back. Answer: `queued`.
  case react(address: String, messageID: [UInt8], reaction: String, removing: Bool)
  /// Replaces what an own message says, for everyone; the earlier text is kept. Answer: `queued`.
  case edit(address: String, messageID: [UInt8], text: String)
  /// Removes a message from this account, or takes an own one back from everyone. Answer: `queued`.
  case delete(address: String, messageID: [UInt8], forEveryone: Bool)
  /// What a message has said, oldest first. Answer: `revisions`.
  case revisions(address: String, messageID: [UInt8])
  /// How far an own message has come. Answer: `messageState`.
  case messageState(address: String, messageID: [UInt8])
  /// Events after the named subscription's cursor; an unknown name begins a subscription, at the
  /// oldest event that is kept when `fromStart`, else after the newest. Answer: `events`.
  case receive(subscriber: String, fromStart: Bool, limit: Int)
  /// The subscription has dealt with events up to and with `seq`; messages among them count as
  /// read. Answer: `acknowledged`.
  case acknowledge(subscriber: String, seq: UInt64)
  /// Answer: `conversations`.
  case conversations
  /// Lines of a conversation, the newest first, before the line `before` when given. Answer:
  /// `history`.
  case history(address: String, limit: Int, before: UInt64?)
  /// Messages whose text has these words, the newest first. Answer: `found`.
  case search(SearchRequest)
  /// Gives a message a star, or takes it off. Answer: `arranged`.
  case star(address: String, messageID: [UInt8], adding: Bool)
  /// Messages with a star, of all conversations or one, the newest first. Answer: `starred`.
  case starred(address: String?, limit: Int, before: UInt64?)
  /// Sends what a message says to another address, without a word of whose it was. Answer:
  /// `queued`.
  case forward(address: String, messageID: [UInt8], to: String)
  /// Keeps what was begun, or with an empty text forgets it. Answer: `draft`.
  case draft(address: String, text: String?)
  /// Arranges a conversation. Answer: `arranged`.
  case arrange(address: String, Arrangement)
  /// Keeps a text to be sent at a time. Answer: `scheduled`.
  case schedule(address: String, text: String, time: ScheduleTime)
  /// Changes such a text, or its time, before it leaves. Answer: `scheduled`.
  case reschedule(id: UInt64, text: String?, time: ScheduleTime?)
  /// Cancels it. Answer: `arranged`.
  case unschedule(id: UInt64)
  /// Answer: `scheduledMessages`.
  case scheduledMessages
  /// Why a line is in the state that it is in, and what to do. Answer: `why`.
  case why(address: String, line: LineName)
  /// Messages of the conversation up to and with line `upTo` have been looked at. Answer: `marked`.
  case markRead(address: String, upTo: UInt64)
  /// Answer: `safetyNumber`.
  case safetyNumber(address: String)
  /// The peer's identity key is the one whose number was compared. Answer: `safetyNumber`.
  case verify(address: String, proof: SafetyProof)
  /// The other identity key that the directory offers is pinned from now on; with a proof, which is
  /// of that key, it is marked as well. Answer: `safetyNumber`.
  case acceptIdentity(address: String, proof: SafetyProof?)
  /// The mark of a comparison goes. Answer: `safetyNumber`.
  case unverify(address: String)
  /// The user types in a conversation, or has stopped; nothing of it is stored. Answer: `typing`.
  case typing(address: String, isTyping: Bool)
  /// Answer: `status`.
  case status
  /// This device, which has no account, wants to come into one. Answer: `link`, with what the
  /// other device has to be given.
  case beginLink(invite: String)
  /// Another device wants to come into this account. Answer: `link`.
  case acceptLink(String)
  /// The user has typed the code that the other device shows. Answer: `link`.
  case confirmLink(code: String)
  /// How far linking has come. Answer: `link`.
  case linkState
  /// The devices of this account. Answer: `devices`.
  case devices
  /// Takes another device out of this account. Answer: `accepted`.
  case removeDevice(UInt32)
  /// Gives a device of this account a name that its devices alone know, or takes it away; without
  /// a number this one, also before it has an account. Answer: `accepted`.
  case renameDevice(UInt32?, name: String)
  /// Makes a group and asks these people in. Answer: `reference`.
  case createRoom(name: String, addresses: [String])
  /// Wants something changed in a group; it is done by the next commit that gets through. Answer:
  /// `accepted`.
  case changeRoom(reference: String, change: RoomChange)
  /// Goes out of a group, for good. Answer: `accepted`.
  case leaveRoom(reference: String)
  /// Who is in a group, and what they agree on. Answer: `room`.
  case room(reference: String)
  /// Polls.
  case poll(ClientPollRequest)
  /// Messages that are more than a text.
  case content(ClientContentRequest)
  /// Pinned messages.
  case pin(ClientPinRequest)
  /// Messages that disappear and are kept.
  case keep(ClientKeepRequest)
  /// Who may reach this account.
  case contact(ClientContactRequest)
  /// Files.
  case attachment(ClientAttachmentRequest)
  /// Exports.
  case archive(ClientArchiveRequest)
  /// Coming into groups by links.
  case join(ClientJoinRequest)
  /// What was said before, between own devices.
  case ownHistory(ClientHistoryRequest)
  /// The address or reference of a conversation that is named by its reference, the beginning of
  /// it, or a group's name. Answer: `reference`.
  case resolve(String)
  /// What each party can learn about the conversation, from live state. Answer: `protection`.
  case protectShow(address: String)
}

/// What a request is answered with when it does not fail.
package enum ClientAnswer: Hashable, Sendable {
  /// The account exists on the server and its key packages are on the way.
  case registered(address: String)
  /// The message is in the outbox, durable.
  case queued(messageID: [UInt8])
  /// State and, when it failed, why.
  case messageState(MessageState, failure: ClientFailureCode?)
  /// Oldest first. `head` is the sequence number of the newest event that exists.
  case events([ClientEvent], head: UInt64)
  /// The subscription's cursor now.
  case acknowledged(cursor: UInt64)
  /// The conversation with the latest activity first.
  case conversations([ConversationSummary])
  /// Newest first.
  case history([HistoryLine])
  /// Newest first.
  case found(SearchPage)
  /// Newest first.
  case starred(StarredPage)
  /// What is kept of what was begun; empty when there is nothing.
  case draft(String)
  /// It is arranged.
  case arranged
  /// The nearest reason first.
  case why([WhyReason])
  /// What is to be sent, and when.
  case scheduled(ScheduledMessage)
  /// The next one first.
  case scheduledMessages([ScheduledMessage])
  /// Oldest first; the last one is what the message says now.
  case revisions([MessageRevision])
  /// How many messages became read.
  case marked(count: Int)
  /// The safety number with a peer.
  case safetyNumber(SafetyNumberReport)
  /// What programs name the conversation by.
  case reference(String)
  /// How far linking has come.
  case link(LinkReport)
  /// By number.
  case devices([DeviceReport])
  /// It is stored, and will be done.
  case accepted
  /// The timer of what is written in a conversation.
  case timer(TimerReport)
  /// A group.
  case room(RoomReport)
  /// The newest first.
  case contactRequests([ContactRequestReport])
  /// By address.
  case blocks([BlockReport])
  /// All of them.
  case settings([SettingReport])
  /// A link that was just opened.
  case joinLink(JoinLinkReport)
  /// In the order of their making.
  case joinLinks([JoinLinkReport])
  /// By address.
  case knocks([KnockReport])
  /// By reference.
  case ownKnocks([OwnKnockReport])
  /// Whether others were told that the user types; who of them was there is not known.
  case typing(told: Bool)
  /// The client's own state.
  case status(StatusReport)
  /// In the order of linking.
  case histories([HistoryReport])
  /// A file of a message, how it is opened, and whose server has it.
  case sealedFile(SealedFile, invite: String)
  /// What stands for a picture.
  case thumbnail(ThumbnailReport)
  /// How a poll stands.
  case poll(PollReport)
  /// The newest pin first.
  case pinned([PinReport])
  /// Newest first.
  case kept([HistoryLine])
  /// Whose account, and which conversations.
  case archive(ArchiveOverview)
  /// Some lines.
  case archivePage(ArchivePage)
  /// The signature, and what proves whose it is.
  case archiveSeal(ArchiveSeal)
  /// The export is of this account; whether of a device that it still has.
  case archiveOrigin(isListed: Bool)
  /// What became of imported lines.
  case archived(ArchiveOutcome)
  /// Who can learn what.
  case protection(ProtectionReport)
}
