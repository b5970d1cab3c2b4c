// SPDX-License-Identifier: Apache-2.0

/// What the user's programs ask of links into groups. Every case is a JSON-RPC method.
package enum ClientJoinRequest: Hashable, Sendable {
  /// Opens a link by which people can ask to come in. Answer: `joinLink`.
  case open(reference: String, until: ScheduleTime?, uses: UInt32?, needsApproval: Bool)
  /// The links of a group. Answer: `joinLinks`.
  case links(reference: String)
  /// Closes a link. Answer: `accepted`.
  case close(reference: String, linkID: String)
  /// Those who ask to come in and wait for an answer. Answer: `knocks`.
  case knocks(reference: String)
  /// Lets somebody in who asked, or not. Answer: `accepted`.
  case answer(reference: String, address: String, admitting: Bool)
  /// Asks to come into the group of a link. Answer: `reference`.
  case knock(link: String)
  /// The groups that this account asks to come into. Answer: `ownKnocks`.
  case ownKnocks
  /// Asks no more. Answer: `accepted`.
  case withdraw(reference: String)

  /// The group that the request looks into or changes, as a member.
  var group: String? {
    switch self {
    case .open(let reference, _, _, _), .links(let reference), .close(let reference, _),
      .knocks(let reference), .answer(let reference, _, _):
      reference
    case .knock, .ownKnocks, .withdraw: nil
    }
  }
}
