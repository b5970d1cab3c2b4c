// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// Who may reach this account, and what nothing is answered to (requests.md).
extension ClientStep {
  /// Requests and blocks, from memory or the store.
  mutating func contacts() throws(ClientStoreFailure) -> ContactCache {
    if let known = state.contacts { return known }
    var cache = ContactCache()
    for row in try transaction.contactRequests() {
      guard let conversation = try transaction.conversation(id: row.conversationID) else {
        continue
      }
      cache.requests[conversation.address] = row
    }
    for row in try transaction.blocks() { cache.blocked.insert(row.address) }
    state.contacts = cache
    return cache
  }

  /// The request that the conversation of an address is, if it is one.
  mutating func request(from address: String) throws(ClientStoreFailure) -> ContactRequestRow? {
    try contacts().requests[address]
  }

  mutating func isBlocked(_ address: String) throws(ClientStoreFailure) -> Bool {
    try contacts().blocked.contains(address)
  }

  /// The one gate of everything that leaves for a conversation: nothing does before it was
  /// accepted, nor to somebody who is blocked. A group can be left all the same.
  mutating func maySend(in conversation: ConversationRow) throws(ClientStoreFailure) -> Bool {
    let contacts = try contacts()
    return conversation.phase == .leaving
      || contacts.requests[conversation.address] == nil
        && !contacts.blocked.contains(conversation.address)
  }

  /// Whether programs are told nothing of a conversation.
  mutating func isHeldBack(
    _ kind: ClientEvent.Kind, of address: String
  ) throws(ClientStoreFailure) -> Bool {
    switch kind {
    case .requestReceived, .identityNotice: return false
    case .conversationStarted, .conversationRekeyed, .conversationRestarted, .gap, .undecryptable:
      // How own devices reach each other is no matter of the notes to self.
      if isOwn(address) { return true }
      fallthrough
    default:
      let contacts = try contacts()
      return contacts.requests[address] != nil || contacts.blocked.contains(address)
    }
  }

  // MARK: Welcomes

  /// What becomes of a Welcome into the conversation `address` from `inviter`.
  mutating func reception(
    of address: String, from inviter: RoomMember
  ) throws(ClientStoreFailure) -> Reception {
    if inviter.account == ownAccount { return .accept }
    let contacts = try contacts()
    if contacts.blocked.contains(inviter.address) { return .drop }
    if contacts.requests[address] != nil { return .ask }
    if try isAcceptedElsewhere(address) { return .accept }
    if let known = try transaction.conversation(address: address), known.phase != .left,
      try !isOnlyImported(known)
    {
      return .accept
    }
    if try transaction.ownKnocks().contains(where: { $0.reference == address }) { return .accept }
    if try isContact(inviter.address) { return .accept }
    switch try strangerPolicy {
    case .accept: return .accept
    case .refuse: return .drop
    case .ask:
      let waiting = contacts.requests.values.count { !$0.isHidden }
      return waiting < ClientLimits.contactRequestsMax ? .ask : .drop
    }
  }

  /// Whether this account wants to hear from somebody: there is a conversation with the person.
  private mutating func isContact(_ address: String) throws(ClientStoreFailure) -> Bool {
    if try request(from: address) != nil { return false }
    if let known = try transaction.conversation(address: address), try !isOnlyImported(known) {
      return true
    }
    return try isAcceptedElsewhere(address)
  }

  /// The conversation waits to be accepted from now on.
  mutating func holdBack(
    _ conversation: ConversationRow, from sender: String
  ) throws(ClientStoreFailure) {
    let known = try request(from: conversation.address)
    guard known?.isHidden ?? true else { return }
    try transaction.put(
      ContactRequestRow(conversationID: conversation.id, sender: sender, at: now))
    state.contacts = nil
    try emit(.requestReceived(sender: sender), address: conversation.address)
  }

  /// Whether a message of a request is kept: some are, so that the user can tell what it is about.
  mutating func isKept(
    _ request: ContactRequestRow, from sender: String, in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> Bool {
    if request.isHidden { try holdBack(conversation, from: sender) }
    guard
      try transaction.unseenCount(conversationID: conversation.id)
        >= ClientLimits.contactRequestMessagesMax
    else { return true }
    var row = request
    row.isHidden = false
    row.dropped = min(row.dropped, .max - 1) + 1
    try transaction.put(row)
    state.contacts = nil
    return false
  }

  // MARK: Accepting

  /// The conversation is wanted: what was held back is told and confirmed now, in its order.
  mutating func accept(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    guard let request = try request(from: conversation.address) else { return }
    try shareAcceptance(of: conversation.address)
    try transaction.removeContactRequest(conversationID: conversation.id)
    state.contacts = nil
    state.markDirty(conversation.id)
    try emit(.conversationStarted(byPeer: true), address: conversation.address)
    if RoomReference.isOne(conversation.address) {
      try emit(
        .roomChanged(RoomNotice(.invited, actor: request.sender)), address: conversation.address)
    }
    if request.dropped > 0 {
      try addNotice(
        "\(request.dropped) more messages came before you accepted, and were not kept.",
        to: conversation, groupID: [])
    }
    let lines = try transaction.unseenMessages(
      conversationID: conversation.id, upTo: .max, limit: ClientLimits.contactRequestMessagesMax)
    let sendsReceipts = try isOn(.deliveryReceipts)
    for line in lines.sorted(by: { $0.seq < $1.seq }) {
      try keepFiles(of: line)
      if !line.messageID.isEmpty, sendsReceipts {
        try transaction.put(
          ReceiptRow(
            conversationID: conversation.id, messageID: line.messageID, state: .delivered,
            at: now))
      }
      try emit(
        .messageReceived(
          ClientEvent.Message(
            messageID: line.messageID, sender: line.sender,
            text: line.kind == .once ? "" : line.text, acceptedAt: line.at,
            inReplyTo: line.inReplyTo, timer: try transaction.timer(seq: line.seq)?.timer,
            attachments: line.sealedFiles.reports(in: line.kind), mentions: mentions(in: line),
            special: line.special?.report,
            preview: line.linkPreview.map { LinkPreviewReport($0).words })),
        address: conversation.address)
    }
  }

  /// Writing to somebody is accepting; answers the request when the person is blocked.
  mutating func acceptByWriting(
    to address: String, _ token: RequestToken
  ) throws(ClientStoreFailure) -> Bool {
    guard try !isBlocked(address) else {
      refuse(token, .blocked, "This person is blocked.")
      return false
    }
    if try request(from: address) != nil,
      let conversation = try transaction.conversation(address: address)
    {
      try accept(conversation)
    }
    return true
  }

  // MARK: Settings

  func value(of setting: ClientSetting) throws(ClientStoreFailure) -> String {
    guard let row = try transaction.setting(key: setting.row("").key) else {
      return setting.usual
    }
    let text = String(decoding: row.value, as: UTF8.self)
    guard setting.allows(text) else { throw .corrupt("setting") }
    return text
  }

  mutating func set(
    _ setting: ClientSetting, to value: String
  ) throws(ClientStoreFailure) {
    try transaction.put(setting.row(setting.form(of: value) ?? setting.usual))
  }

  func isOn(_ setting: ClientSetting) throws(ClientStoreFailure) -> Bool {
    try value(of: setting) == "on"
  }

  private var strangerPolicy: StrangerPolicy {
    get throws(ClientStoreFailure) {
      StrangerPolicy(rawValue: try value(of: .strangers)) ?? .ask
    }
  }
}
