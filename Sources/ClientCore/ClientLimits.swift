// SPDX-License-Identifier: Apache-2.0

/// Every limit and interval of the client, with its reason.
package enum ClientLimits {
  /// Bytes of a message's text: 64 KiB with the content around it. Larger things go by blob
  /// (DESIGN §11).
  package static let messageBytesMax = 64 * 1024 - 512
  /// Characters of an address; a handle of 64, the at sign and a DNS name of 253.
  package static let addressBytesMax = 320
  /// Reactions of one person to one message; more is noise.
  package static let reactionsPerPersonMax = 10
  /// Pinned messages of a conversation that are listed; more are none that stand out.
  package static let pinnedMax = 20
  /// How long a message can be pinned, other than for good.
  package static let pinLifetimeMax = Duration.seconds(366 * 86_400)
  /// Versions of one message that are kept; each costs a row on every device.
  package static let editsPerMessageMax = 100
  /// Messages that wait in the outbox of one conversation: an unreachable server must not fill
  /// the disk.
  package static let outboxRowsMax = 10_000
  /// Own appends of one group in flight. One, because the log's order is the order of acceptance:
  /// a refused append followed by an accepted one would swap two messages.
  package static let appendsInFlight = 1
  /// Messages that are scheduled at a time; they are looked through whenever one is due.
  package static let scheduledMax = 1_000
  /// How far ahead a message may be scheduled.
  package static let scheduleAheadMax = Duration.seconds(366 * 24 * 3600)
  /// A scheduled message that leaves later than this after its time is said to be late.
  package static let scheduleLateness = Duration.seconds(120)
  /// Events that are kept when a subscription never acknowledges.
  package static let eventsMax: UInt64 = 100_000
  /// Events or lines in one answer.
  package static let pageMax = 1_000
  /// Lines that are looked at for the newest text of a conversation.
  package static let linesLookedAt = 20
  /// Named subscriptions; each holds events back.
  package static let subscribersMax = 64
  /// Bytes of a subscription's name.
  package static let subscriberNameBytesMax = 128
  /// One-time key packages that the server should hold (inbox.md).
  package static let keyPackagesWanted = 20
  /// Fewer than this on the server, and new ones are made.
  package static let keyPackagesLow = 10
  /// How long a key package is valid: below the 91 days that receivers accept.
  package static let keyPackageLifetime = Duration.seconds(84 * 24 * 3600)
  /// How often key packages, the own manifest and the keys of past epochs are looked after on a
  /// connection that stays.
  package static let housekeeping = Duration.seconds(3600)
  /// How long the key package of last resort is valid: a device may be away for months.
  package static let lastResortLifetime = Duration.seconds(84 * 24 * 3600)
  /// It is replaced once less than this is left.
  package static let lastResortRenewal = Duration.seconds(42 * 24 * 3600)
  /// Private keys outlive the validity by this: a Welcome may have been on its way for as long as
  /// the server keeps it.
  package static let keyPackageGrace = Duration.seconds(30 * 24 * 3600)
  /// The own manifest entry is renewed once less than this is left of its 30 days.
  package static let manifestRenewal = Duration.seconds(15 * 24 * 3600)
  /// A manifest that came so short a time ago is not asked for again.
  package static let manifestFreshness = Duration.seconds(10)
  /// Epochs before the present one whose messages can still be read (mls-profile.md).
  package static let pastEpochsMax = 5
  /// How long they are kept at most (mls-profile.md).
  package static let pastEpochLifetime = Duration.seconds(48 * 3600)
  /// Welcomes that wait for a manifest; a flood of them must not fill the store.
  package static let welcomesMax = 1_000
  /// How often a Welcome is tried, with an answer of the directory each time.
  package static let welcomeAttemptsMax: UInt32 = 20
  /// Entries that one transaction applies: a long catch-up must not hold the store for seconds.
  package static let entriesPerTransaction = 256
  /// Receipts that one status report carries.
  package static let receiptsPerReport = 100
  /// How long a receipt waits for others to share a report with (content.md, status reports).
  package static let receiptDelay = Duration.milliseconds(300)
  /// Own path at the latest after this many own messages (mls-profile.md).
  package static let messagesPerPath: UInt32 = 50
  /// Own path when answering, once the last one is this old (mls-profile.md).
  package static let pathAgeOnAnswer = Duration.seconds(3600)
  /// Own path before sending, once the last one is this old (mls-profile.md).
  package static let pathAgeOnSend = Duration.seconds(24 * 3600)
  /// Own path on connecting, once the last one is this old (mls-profile.md).
  package static let pathAgeOnConnect = Duration.seconds(7 * 24 * 3600)
  /// Commits that lose the race are tried again this often (mls-profile.md).
  package static let commitAttemptsMax: UInt32 = 5
  /// The first wait after a lost commit; it doubles each time (mls-profile.md).
  package static let commitBackoff = Duration.milliseconds(200)
  /// Groups that this device makes for one conversation in a day: one, and three that replace it
  /// (mls-profile.md).
  package static let groupsPerDay: UInt32 = 4
  /// External commits by which this device comes back into step, of those four (mls-profile.md).
  package static let rejoinsPerDay: UInt32 = 3
  /// How long another device of the peer has to take out one that was removed, before a new group
  /// takes the place of the one that it is in (linking.md).
  package static let removedPeerWait = Duration.seconds(120)
  /// How far ahead a group's generation may be that a removed device asks into: years of
  /// replacing groups.
  package static let generationsAheadMax: UInt32 = 1_000
  /// Accounts in a group (DESIGN §11).
  package static let roomAccountsMax = 250
  /// Devices in a group (DESIGN §11).
  package static let roomDevicesMax = 1_000
  /// Devices that one commit adds: the Welcome and the commit stay below the server's limits.
  package static let devicesPerCommit = 40
  /// Groups with more people send no receipts: each would cost everybody an entry.
  package static let receiptAccountsMax = 32
  /// Bytes of a commit with GroupInfo and Welcome: the server's frame limit with room.
  package static let parcelBytesMax = 2_064_384
  /// In groups of more devices than this the tree lies beside the log and not in GroupInfo and
  /// Welcome: both together stay below half a frame (mls-profile.md).
  package static let treeInlineDevicesMax = 100
  /// One part of a sealed tree: what the server takes at once.
  package static let treePartBytes = 262_144
  /// The parts of a tree: 6 MiB, where 1,000 devices take 3.5 MB.
  package static let treePartsMax = 24
  /// Trees that are fetched at once: each is in memory whole.
  package static let treeFetchesMax = 4
  /// Connections on which a tree that the server lacks is asked for.
  package static let treeAttemptsMax: UInt32 = 5
  /// Parts on their way at once: each has to arrive before its request times out.
  package static let partsInFlight = 4
  /// Wanted changes of one group that wait for their commit.
  package static let roomChangesMax = 1_000
  /// In groups of more devices than this an answer renews the path more seldom (mls-profile.md).
  package static let smallRoomDevicesMax = 20
  /// Own path when answering in such groups, once the last one is this old (mls-profile.md).
  package static let pathAgeOnAnswerInLargeRooms = Duration.seconds(12 * 3600)
  /// How much longer the member of the next rank waits before it commits what somebody proposed;
  /// in milliseconds (groups.md).
  package static let proposalRankWait: Int64 = 5_000
  /// Ranks beyond this wait no longer than it.
  package static let proposalRankMax = 12
  /// The longest wait after a lost race for a change that people wait for.
  package static let roomCommitBackoffMax = Duration.seconds(10)
  /// Conversations that wait to be accepted; further strangers are not heard (requests.md).
  package static let contactRequestsMax = 100
  /// Messages that are kept of each, so that a stranger cannot fill the store (requests.md).
  package static let contactRequestMessagesMax = 100
  /// People who are blocked.
  package static let blocksMax = 10_000
  /// A link into a group lasts no longer (join-links.md).
  package static let joinLinkLifetimeMax = Duration.seconds(366 * 86_400)
  /// Uses of a link into a group: many groups' worth.
  package static let joinLinkUsesMax: UInt32 = 10_000
  /// How old the announcement of a link's key may be: entries of logs live for 30 days.
  package static let joinKeyRenewal = Duration.seconds(20 * 86_400)
  /// Somebody who asks to come into a group asks again after this (join-links.md).
  package static let knockAgain = Duration.seconds(86_400)
  /// Nobody asks longer than this, nor is an older request looked at (join-links.md).
  package static let knockLifetime = Duration.seconds(30 * 86_400)
  /// How wrong the clock of one who asks may be.
  package static let knockClockError = Duration.seconds(3_600)
  /// How often the log of a link is looked for while its key is not there.
  package static let knockPoll = Duration.seconds(60)
  /// The directory's answer about one who asks is looked for after this.
  package static let knockCheckWait = Duration.seconds(2)
  /// Requests of one group that are remembered: a flood of them must not fill the store.
  package static let knocksMax = 1_000
  /// Groups that one account asks to come into at once.
  package static let ownKnocksMax = 20
  /// How often the log of those who have lost step with a group is looked for while it is not
  /// there.
  package static let returnPoll = Duration.seconds(600)
  /// A member that lost step is brought back no more often than this: each time is a commit.
  package static let returnInterval = Duration.seconds(6 * 3600)
  /// So many members listen for the only one who may add people: each asks the server every
  /// `returnPoll`.
  package static let returnHelpersMax = 16
  /// Other devices of an account that could bring one of them back have so long, before somebody
  /// else adds the whole account anew: longer than they take to look.
  package static let returnByOwnWait = Duration.seconds(660)
  /// Linking a device is over after this (linking.md).
  package static let linkLifetime = Duration.seconds(600)
  /// The longest wait before own devices that cannot be brought in are looked for again: their key
  /// packages are few, and a device that comes back uploads some at once.
  package static let ownInviteWaitMax = Duration.seconds(120)
  /// How often the log of linking is looked for while it is not there.
  package static let linkPoll = Duration.seconds(1)
  /// How much longer each further own device waits before it brings an own device into a group; in
  /// milliseconds (linking.md).
  package static let ownDeviceRankWait: Int64 = 20_000
  /// Values that own devices share: stars of years. What is changed beyond them stays here.
  package static let ownRecordsMax = 20_000
  /// Refused Welcomes among them. Whoever may send a Welcome can cause one.
  package static let refusalsMax = 64
  /// How long a change waits for others to go with it to own devices.
  package static let ownNoteDelay = Duration.seconds(1)
  /// Directory look-ups in flight; the server allows twice as many open requests.
  package static let manifestRequestsMax = 32
  /// The first wait before connecting again; it doubles up to the longest.
  package static let connectBackoff = Duration.milliseconds(500)
  /// Files of one message.
  package static let attachmentsMax = 10
  /// Bytes of all thumbnails of one message: a text has room beside them.
  package static let thumbnailsBytesMax = 40_000
  /// What one file takes in a message beside its thumbnail, at most.
  package static let attachmentBytesMax = 800
  /// Files that wait for the server at once.
  package static let pendingUploadsMax = 100
  /// How long the server keeps a blob (blobs.md).
  package static let blobRetention = Duration.seconds(30 * 86_400)
  /// Pictures that stay without being asked for, in bytes: photographs do.
  package static let keptPictureBytesMax: UInt64 = 16 << 20
  /// Other files that do when the user wants all, in bytes.
  package static let keptFileBytesMax: UInt64 = 256 << 20
  /// Bytes of all sealed files that stay: contacts must not fill the disk.
  package static let keptBytesMax: UInt64 = 4 << 30
  /// How many files stay; each has a name in one folder.
  package static let keptFilesMax = 20_000
  /// People in a conversation in which is told who types: each signal goes to all of them.
  package static let typingAccountsMax = 32
  /// How long somebody is shown to type without a new word: two renewals, so that one may be lost.
  package static let typingShown = Duration.seconds(10)
  /// Others are told again that the user goes on typing after this long.
  package static let typingRenewal = Duration.seconds(5)
  /// A user who has typed nothing for this long has stopped.
  package static let typingPause = Duration.seconds(5)
  /// How far the clocks of two devices may be apart; a signal that was kept for longer is dropped.
  package static let typingClockSpan = Duration.seconds(30)
  /// People who are shown to type at a time; nobody looks at more.
  package static let typistsMax = 256
  /// Devices whose newest signal is remembered, against repetition.
  package static let typingLeavesMax = 1_024
  /// Conversations in which one user types at a time.
  package static let typingConversationsMax = 16
  /// Requests that wait until others were told.
  package static let typingWaitersMax = 16
  /// The wait after a refusal that gives no time of its own.
  package static let refusalWait = Duration.seconds(10)
  /// The wait after an upload of key packages that the server could not take: each makes new ones.
  package static let keyPackagesRetryWait = Duration.seconds(300)
  /// The longest wait before connecting again.
  package static let connectBackoffMax = Duration.seconds(60)
  /// A request without an answer for this long ends the connection.
  package static let requestTimeout = Duration.seconds(30)
  /// A WebSocket message of the server above this is refused: the server's frame limit with room.
  package static let frameBytesMax = 2_097_152
  /// Lines of an export that one transaction reads or stores: others are not kept waiting.
  package static let archivePageLines = 200
  /// Reactions to one message that an import takes: those of everybody in a large group.
  package static let archiveReactionsMax = 10 * 250
}
