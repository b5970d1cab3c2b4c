// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Telling others that the user types (typing.md). It leaves at once or not at all, and changes
/// nothing that is stored.
extension ClientStep {
  /// The user types in a conversation, or has stopped.
  mutating func noteTyping(
    in address: String, isTyping: Bool, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    let known = state.typing.own[conversation.id]
    guard isTyping, try tellsTyping(in: conversation),
      known != nil || state.typing.own.count < ClientLimits.typingConversationsMax
    else {
      try stopTyping(in: conversation.id)
      return respond(token, .typing(told: false))
    }
    var own = known ?? TypingBoard.Own(until: now)
    own.until = now + ClientLimits.typingPause
    if let toldAt = own.toldAt, toldAt + ClientLimits.typingRenewal <= now { own.isDue = true }
    if own.isDue, own.waiting.count < ClientLimits.typingWaitersMax {
      own.waiting.append(token)
    } else {
      respond(token, .typing(told: own.toldAt != nil))
    }
    state.typing.own[conversation.id] = own
  }

  /// The user has stopped, or has sent what was typed. Who was told that they type is told so, when
  /// that is possible now; else the others notice by themselves.
  mutating func stopTyping(in conversationID: [UInt8]) throws(ClientStoreFailure) {
    guard let own = state.typing.own.removeValue(forKey: conversationID) else { return }
    for token in own.waiting { respond(token, .typing(told: false)) }
    guard own.toldAt != nil, let conversation = try transaction.conversation(id: conversationID)
    else { return }
    _ = try tell(isTyping: false, in: conversation)
  }

  /// Ends what has come to its end: own typing after a pause, that of others when nothing more is
  /// heard of it. Connections make no difference.
  mutating func endTyping() throws(ClientStoreFailure) {
    guard !state.typing.isEmpty else { return }
    let isOn = try isOn(.typing)
    for (id, own) in state.typing.own.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    where own.until <= now || !isOn {
      try stopTyping(in: id)
    }
    for (typist, until) in state.typing.shown.sorted(by: { $0.key < $1.key }) {
      let blocked = try contacts().blocked
      let isUnwanted = blocked.contains(typist.sender) || blocked.contains(typist.address)
      if !isOn || isUnwanted || until <= now { endTyping(of: typist) }
    }
  }

  /// Tells what is to be told, where that is possible at the moment.
  mutating func pumpTyping() throws(ClientStoreFailure) {
    let due = state.typing.own.filter(\.value.isDue).keys
    for id in due.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      guard let conversation = try transaction.conversation(id: id),
        try tellsTyping(in: conversation)
      else {
        try stopTyping(in: id)
        continue
      }
      guard var own = state.typing.own[id], try tell(isTyping: true, in: conversation) else {
        continue
      }
      for token in own.waiting { respond(token, .typing(told: true)) }
      (own.toldAt, own.isDue, own.waiting) = (now, false, [])
      state.typing.own[id] = own
    }
  }

  /// Whether others in a conversation may be told that the user types.
  private mutating func tellsTyping(
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard try isOn(.typing), !isOwn(conversation.address), conversation.phase == .open,
      try maySend(in: conversation)
    else { return false }
    if let row = try sendingGroup(of: conversation), try !group(row).hasTyping { return false }
    guard let room = try room(of: conversation), let own = ownAccount else { return true }
    return room.allows(.post, by: own)
  }

  /// Sends a signal; false when that is not possible at the moment.
  private mutating func tell(
    isTyping: Bool, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    guard state.logs.phase == .ready, try tellsTyping(in: conversation),
      let device = state.device, let row = try sendingGroup(of: conversation), isCaughtUp(row)
    else { return false }
    let group = try group(row)
    let signal = TypingSignal(
      isTyping: isTyping, at: state.typing.nextTime(at: now), as: group,
      routingID: row.routingID, with: device.device.key)
    guard
      let sealed = try? SealedSignal(
        signal, in: group, routingID: row.routingID, using: &entropy)
    else { return false }
    // Nothing depends on the answer.
    send(LogsRequest.signal(try access(row), body: sealed.bytes), nil)
    return true
  }
}

/// What others say.
extension ClientStep {
  /// A signal of a subscribed log. One that a check does not pass is dropped, and leaves no trace:
  /// the server can make as many as it likes.
  mutating func received(
    signal bytes: [UInt8], subscription: UInt64
  ) throws(ClientStoreFailure) {
    guard try isOn(.typing), let groupID = groupID(ofSubscription: subscription),
      let row = try transaction.group(id: groupID), row.phase == .active,
      let conversation = try transaction.conversation(id: row.conversationID),
      conversation.phase == .open, try maySend(in: conversation), !isOwn(conversation.address)
    else { return }
    let group = try group(row)
    guard let signal = SealedSignal.open(bytes, in: group, routingID: row.routingID),
      signal.leaf != group.ownLeafIndex, group.hasTyping,
      let member = signal.sender(in: group, routingID: row.routingID),
      // What other own devices say is for others.
      member.account != ownAccount, try !isBlocked(member.address)
    else { return }
    if let room = try room(of: conversation), !room.allows(.post, by: member.account) { return }
    let leaf = TypingBoard.Leaf(groupID: groupID, index: signal.leaf)
    guard state.typing.takes(signal.at, of: leaf, now: now) else { return }
    let typist = TypingBoard.Typist(address: conversation.address, sender: member.address)
    signal.isTyping ? show(typist) : endTyping(of: typist)
  }

  /// A message of somebody has come: what they typed is here.
  mutating func endTyping(of sender: String, in conversation: ConversationRow) {
    endTyping(of: TypingBoard.Typist(address: conversation.address, sender: sender))
  }

  private mutating func show(_ typist: TypingBoard.Typist) {
    let isKnown = state.typing.shown[typist] != nil
    guard isKnown || state.typing.shown.count < ClientLimits.typistsMax else { return }
    state.typing.shown[typist] = now + ClientLimits.typingShown
    if !isKnown { tell(of: typist, isTyping: true) }
  }

  private mutating func endTyping(of typist: TypingBoard.Typist) {
    guard state.typing.shown.removeValue(forKey: typist) != nil else { return }
    tell(of: typist, isTyping: false)
  }

  private mutating func tell(of typist: TypingBoard.Typist, isTyping: Bool) {
    effects.append(
      .typing(
        TypingNotice(
          address: typist.address, sender: typist.sender, isTyping: isTyping, at: now)))
  }
}

extension Group {
  /// Whether so few are in it that who types is of use: each signal goes to all of them.
  fileprivate var hasTyping: Bool {
    // Most groups have fewer devices than that, and nobody is to be told apart.
    members.count <= ClientLimits.typingAccountsMax
      || roomMembers.accounts.count <= ClientLimits.typingAccountsMax
  }
}
