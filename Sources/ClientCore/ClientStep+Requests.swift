// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO

/// What the user's programs ask for.
extension ClientStep {
  mutating func answer(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    if let address = request.wantsAccepted, try self.request(from: address) != nil {
      return refuse(
        token, .requestPending, "This is a message request: accept it or delete it first.")
    }
    switch request {
    case .register(let address, let invite):
      try register(address: address, invite: invite, token: token)
    case .status: try reportStatus(token)
    case .send(let address, let text): try send(text, to: address, inReplyTo: [], token: token)
    case .sendTimed(let address, let text, let timer):
      try send(text, to: address, inReplyTo: [], timer: timer, token: token)
    case .setTimer(let address, let timer): try setTimer(timer, of: address, token: token)
    case .timer(let address): try reportTimer(of: address, token: token)
    case .answerTimer(let address, let accepting):
      try answerTimer(of: address, accepting: accepting, token: token)
    case .reply(let address, let messageID, let text):
      try reply(text, to: messageID, with: address, token: token)
    case .react(let address, let messageID, let reaction, let removing):
      try react(reaction, to: messageID, with: address, removing: removing, token: token)
    case .edit(let address, let messageID, let text):
      try edit(messageID, with: address, text: text, token: token)
    case .delete(let address, let messageID, let forEveryone):
      try delete(messageID, with: address, forEveryone: forEveryone, token: token)
    case .revisions(let address, let messageID):
      try reportRevisions(of: messageID, with: address, token: token)
    case .messageState(let address, let messageID):
      try reportState(of: messageID, with: address, token: token)
    case .receive(let subscriber, let fromStart, let limit):
      try receive(subscriber, fromStart: fromStart, limit: limit, token: token)
    case .acknowledge(let subscriber, let seq):
      try acknowledge(subscriber, upTo: seq, token: token)
    case .conversations: try reportConversations(token)
    case .history(let address, let limit, let before):
      try reportHistory(with: address, limit: limit, before: before, token: token)
    case .search(let wanted): try search(wanted, token: token)
    case .star, .starred, .forward, .draft, .arrange: try organise(request, token: token)
    case .typing(let address, let isTyping):
      try noteTyping(in: address, isTyping: isTyping, token: token)
    case .why(let address, let line): try reportWhy(line, with: address, token: token)
    case .schedule, .reschedule, .unschedule, .scheduledMessages:
      try answerSchedule(request, token: token)
    case .markRead(let address, let upTo):
      try markRead(address, upTo: upTo, token: token)
    case .safetyNumber(let address): try reportSafetyNumber(with: address, token: token)
    case .verify(let address, let proof): try verify(address, by: proof, token: token)
    case .acceptIdentity(let address, let proof):
      try acceptIdentity(of: address, proof: proof, token: token)
    case .unverify(let address): try unverify(address, token: token)
    case .protectShow(let address): try reportProtection(of: address, token: token)
    case .beginLink, .acceptLink, .confirmLink, .linkState, .devices, .removeDevice,
      .renameDevice:
      try answerDevices(request, token: token)
    case .createRoom, .changeRoom, .leaveRoom, .room: try answerRooms(request, token: token)
    case .join(let request): try answer(request, token: token)
    case .attachment(let request): try answer(request, token: token)
    case .archive(let request): try answer(request, token: token)
    case .ownHistory(let request): try answer(request, token: token)
    case .contact(let request): try answer(request, token: token)
    case .poll(let request): try answer(request, token: token)
    case .pin, .keep: try answerRemark(request, token: token)
    case .content(let request): try answer(request, token: token)
    case .resolve(let text): try resolve(text, token: token)
    }
  }

  /// What is asked about pinning and keeping.
  private mutating func answerRemark(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .pin(let request): try answer(request, token: token)
    case .keep(let request): try answer(request, token: token)
    default: preconditionFailure("no request about a message")
    }
  }

  /// What is asked about the devices of the account.
  private mutating func answerDevices(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .beginLink(let invite): try beginLink(invite: invite, token: token)
    case .acceptLink(let text): try acceptLink(text, token: token)
    case .confirmLink(let code): try confirmLink(code: code, token: token)
    case .linkState: reportLink(token)
    case .devices: try reportDevices(token)
    case .removeDevice(let number): try removeDevice(number, token: token)
    case .renameDevice(let number, let name): try renameDevice(number, name, token: token)
    default: preconditionFailure("no request about devices")
    }
  }

  /// What is asked about groups.
  private mutating func answerRooms(
    _ request: ClientRequest, token: RequestToken
  ) throws(ClientStoreFailure) {
    switch request {
    case .createRoom(let name, let addresses):
      try createRoom(named: name, with: addresses, token: token)
    case .changeRoom(let reference, let change):
      try changeRoom(reference, change, token: token)
    case .leaveRoom(let reference): try leaveRoom(reference, token: token)
    case .room(let reference): try reportRoom(reference, token: token)
    default: preconditionFailure("no request about groups")
    }
  }

  /// The registered account; answers the request when there is none.
  mutating func registered(
    _ token: RequestToken
  ) throws(ClientStoreFailure) -> AccountRow? {
    guard let account = try transaction.account(), account.phase == .registered else {
      refuse(token, .notRegistered, "There is no account here yet.")
      return nil
    }
    try loadDevice(account)
    return account
  }

  // MARK: Registering

  /// The keys are stored before the server hears of them, so asking again is safe.
  private mutating func register(
    address text: String, invite: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard let address = try? Address(text) else {
      return refuse(token, .badAddress, "An address has the form name@domain.")
    }
    guard let link = try? InviteLink(invite) else {
      return refuse(token, .wrongInvite, "This is no invite link.")
    }
    guard link.domain == address.domain else {
      return refuse(token, .unknownDomain, "The invite is for another domain.")
    }
    if let account = try transaction.account() {
      guard account.phase == .registering else {
        guard account.address == text, account.invite == invite else {
          return refuse(token, .alreadyRegistered, "This store has an account already.")
        }
        return respond(token, .registered(address: account.address))
      }
      try goOnRegistering(account, address: address, invite: invite)
    } else {
      try makeAccount(address, invite: invite)
    }
    if let earlier = state.registering {
      refuse(earlier, .badRequest, "Another registration took the place of this one.")
    }
    state.registering = token
    // Whoever asks does not want to wait for the next attempt.
    state.inbox.retryAt = nil
  }

  private mutating func goOnRegistering(
    _ account: AccountRow, address: Address, invite: String
  ) throws(ClientStoreFailure) {
    if account.address == address.description {
      guard account.invite != invite else { return }
      var account = account
      account.invite = invite
      try transaction.put(account)
    } else {
      try makeAccount(address, invite: invite)
    }
    closeConnections()
  }

  private mutating func makeAccount(
    _ address: Address, invite: String
  ) throws(ClientStoreFailure) {
    let device = LocalDevice(newAccount: address, at: now, using: &entropy)
    guard let secrets = device.account else { throw .corrupt("account") }
    let manifest = secrets.firstManifest(device: device.device, at: now)
    try transaction.put(
      AccountRow(
        address: address.description, accountID: device.accountID.bytes,
        deviceID: device.device.deviceID.rawValue, phase: .registering, invite: invite,
        secrets: device.encodedForStore, manifest: manifest.encoded, inboxCursor: 0,
        createdAt: now))
    for row in try transaction.keyPackages() {
      try transaction.removeKeyPackage(reference: row.reference)
    }
    state.device = nil
    state.manifests = [:]
  }

  // MARK: Events

  private mutating func receive(
    _ name: String, fromStart: Bool, limit: Int, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard (1...ClientLimits.subscriberNameBytesMax).contains(name.utf8.count), limit > 0 else {
      return refuse(token, .badRequest, "A subscription has a short name, and a limit above 0.")
    }
    let head = try transaction.eventHead()
    let cursor: UInt64
    if let row = try transaction.subscriber(name: name) {
      cursor = row.cursor
    } else {
      guard try transaction.subscribers().count < ClientLimits.subscribersMax else {
        return refuse(token, .quotaExceeded, "There are too many subscriptions.")
      }
      cursor = fromStart ? 0 : head
      try transaction.put(SubscriberRow(name: name, cursor: cursor, createdAt: now))
    }
    let rows = try transaction.events(after: cursor, limit: min(limit, ClientLimits.pageMax))
    var events: [ClientEvent] = []
    for row in rows { events.append(try event(row)) }
    respond(token, .events(events, head: head))
  }

  private func event(_ row: EventRow) throws(ClientStoreFailure) -> ClientEvent {
    do {
      return ClientEvent(
        seq: row.seq, at: row.at, address: row.address,
        kind: try ClientEvent.Kind(decoding: row.body))
    } catch {
      throw .corrupt("event")
    }
  }

  /// Who has dealt with a message has read it. The last subscription to acknowledge an event lets
  /// it go.
  private mutating func acknowledge(
    _ name: String, upTo seq: UInt64, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard var row = try transaction.subscriber(name: name) else {
      return refuse(token, .badRequest, "There is no subscription of this name.")
    }
    let last = min(seq, try transaction.eventHead())
    while row.cursor < last {
      let rows = try transaction.events(after: row.cursor, limit: ClientLimits.pageMax)
      guard let first = rows.first, first.seq <= last else {
        row.cursor = last
        break
      }
      for stored in rows where stored.seq <= last {
        row.cursor = stored.seq
        if case .messageReceived(let message) = try event(stored).kind,
          let conversation = try transaction.conversation(address: stored.address),
          let line = try transaction.message(
            conversationID: conversation.id, messageID: message.messageID),
          // The event had no text of it.
          line.kind != .once
        {
          try markSeen(line)
        }
      }
    }
    try transaction.put(row)
    if let oldest = try transaction.subscribers().map(\.cursor).min(), oldest > 0 {
      try transaction.removeEvents(upTo: oldest)
    }
    respond(token, .acknowledged(cursor: row.cursor))
  }

  // MARK: Reading

  private mutating func markRead(
    _ address: String, upTo: UInt64, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let conversation = try transaction.conversation(address: address) else {
      return refuse(token, .unknownConversation, "There is no conversation with this address.")
    }
    try endUnreadMark(in: conversation.id)
    var count = 0
    while true {
      let rows = try transaction.unseenMessages(
        conversationID: conversation.id, upTo: upTo, limit: ClientLimits.pageMax)
      guard !rows.isEmpty else { break }
      for row in rows {
        try markSeen(row)
        try finishLooking(row)
      }
      count += rows.count
    }
    respond(token, .marked(count: count))
  }

  /// A line was looked at. One that is shown once and has files is shown by saving them.
  mutating func finishLooking(_ row: MessageRow) throws(ClientStoreFailure) {
    if row.kind == .once, !row.sealedFiles.isEmpty { return }
    try finishShowing(row)
  }

  /// A received line was looked at; its sender is told with the next report.
  mutating func markSeen(_ line: MessageRow) throws(ClientStoreFailure) {
    guard line.state == .received else { return }
    var line = line
    line.state = .seen
    try transaction.update(line)
    try startVisibleTime(of: line, at: now)
    guard !line.messageID.isEmpty else { return }
    guard try isOn(.readReceipts),
      let conversation = try transaction.conversation(id: line.conversationID),
      try hasReceipts(conversation)
    else {
      let known = state.readMarks[line.conversationID] ?? line.at
      return state.readMarks[line.conversationID] = max(known, line.at)
    }
    try transaction.put(
      ReceiptRow(
        conversationID: line.conversationID, messageID: line.messageID, state: .read, at: now))
    state.markDirty(line.conversationID)
  }
}
