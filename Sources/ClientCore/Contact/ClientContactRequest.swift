// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What the user's programs ask about who may reach this account. Every case is a JSON-RPC method.
package enum ClientContactRequest: Hashable, Sendable {
  /// The conversations that wait to be accepted. Answer: `contactRequests`.
  case list
  /// What was said in one of them; nothing of it becomes read. Answer: `history`.
  case show(address: String)
  /// The conversation is wanted from now on. Answer: `accepted`.
  case accept(address: String)
  /// Nothing of it is kept; a group is left. With `blocking` nothing more comes from its sender.
  /// Answer: `accepted`.
  case delete(address: String, blocking: Bool)
  /// Nothing more is taken from somebody. Answer: `accepted`.
  case block(address: String)
  /// Messages of somebody are taken again. Answer: `accepted`.
  case unblock(address: String)
  /// Who is blocked. Answer: `blocks`.
  case blocks
  /// The settings and what they are. Answer: `settings`.
  case settings
  /// Changes a setting. Answer: `settings`.
  case set(ClientSetting, value: String)
}

/// A conversation that waits to be accepted.
public struct ContactRequestReport: Hashable, Sendable {
  /// The sender's address, or a group's reference.
  public let address: String
  /// Who began it, or asked this account into the group.
  public let sender: String
  /// The group's name.
  public let name: String?
  /// When it came.
  public let at: Instant
  /// How many messages are kept.
  public let messages: Int
}

/// Somebody from whom nothing is taken.
public struct BlockReport: Hashable, Sendable {
  /// Who.
  public let address: String
  /// Since when.
  public let at: Instant
}

/// A setting and what it is.
public struct SettingReport: Hashable, Sendable {
  /// Which.
  public let setting: ClientSetting
  /// What it is.
  public let value: String
}

extension ClientRequest {
  /// The conversation whose content the request looks at, changes or adds to without sending a
  /// message: none of that is done before the conversation is accepted.
  var wantsAccepted: String? {
    switch self {
    case .setTimer(let address, _), .timer(let address), .answerTimer(let address, _),
      .reply(let address, _, _),
      .react(let address, _, _, _), .edit(let address, _, _), .delete(let address, _, _),
      .revisions(let address, _), .messageState(let address, _), .history(let address, _, _),
      .star(let address, _, _), .forward(let address, _, _), .draft(let address, _),
      .arrange(let address, _), .schedule(let address, _, _), .why(let address, _),
      .markRead(let address, _), .typing(let address, _), .changeRoom(let address, _),
      .leaveRoom(let address),
      .room(let address):
      address
    case .starred(let address, _, _): address
    case .search(let request): request.address
    case .join(let request): request.group
    case .pin(let request): request.address
    case .ownHistory(let request): request.group
    case .keep(let request): request.address
    case .poll(.create): nil
    case .poll(let request): request.address
    case .archive(let request): request.conversation
    case .attachment(.find(let address, _, _)), .attachment(.saved(let address, _)),
      .attachment(.thumbnail(let address, _, _)):
      address
    case .register, .send, .sendTimed, .receive, .acknowledge, .conversations, .reschedule,
      .unschedule, .scheduledMessages, .safetyNumber, .verify, .unverify, .acceptIdentity,
      .status, .beginLink, .acceptLink, .confirmLink, .linkState, .devices, .removeDevice,
      .renameDevice, .createRoom, .resolve, .protectShow,
      .contact, .attachment(.attach), .content:
      nil
    }
  }
}
