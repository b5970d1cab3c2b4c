// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Asking to come into a group by a link: until a Welcome comes, once a day (join-links.md).
extension ClientStep {
  mutating func knock(_ text: String, token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard let link = JoinLink(text) else {
      return refuse(token, .badRequest, "This is not a link into a group.")
    }
    let reference = link.room.description
    if let conversation = try transaction.conversation(address: reference),
      conversation.phase == .open
    {
      return respond(token, .reference(reference))
    }
    let known = try transaction.ownKnocks()
    guard
      known.count < ClientLimits.ownKnocksMax
        || known.contains(where: { $0.reference == reference })
    else {
      return refuse(token, .quotaExceeded, "Too many groups were asked already.")
    }
    try transaction.put(
      OwnKnockRow(reference: reference, link: Secret(Array(text.utf8)), createdAt: now))
    endKnockFlow(reference)
    state.knockAt = now
    respond(token, .reference(reference))
  }

  mutating func withdrawKnock(
    _ reference: String, token: RequestToken
  ) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    guard try transaction.ownKnocks().contains(where: { $0.reference == reference }) else {
      return refuse(token, .unknownConversation, "This group was not asked.")
    }
    try forgetKnock(reference)
    respond(token, .accepted)
  }

  mutating func reportOwnKnocks(_ token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil else { return }
    let reports = try transaction.ownKnocks().map { row in
      OwnKnockReport(reference: row.reference, since: row.createdAt, askedAt: row.askedAt)
    }
    respond(token, .ownKnocks(reports))
  }

  /// Goes on with what this account asks.
  mutating func pumpOwnKnocks() throws(ClientStoreFailure) {
    if let knockAt = state.knockAt, now < knockAt { return }
    state.knockAt = nil
    for row in try transaction.ownKnocks() {
      guard now < row.createdAt + ClientLimits.knockLifetime else {
        try giveUpKnock(row, .timeout)
        continue
      }
      let due = max(
        row.askedAt.map { $0 + ClientLimits.knockAgain } ?? now,
        state.knockFlows[row.reference]?.retryAt ?? now)
      guard due <= now else {
        wakeKnocks(at: due)
        continue
      }
      guard state.knockFlows[row.reference]?.subscription == nil,
        !state.logs.isOpen(.knock(reference: row.reference)),
        !state.logs.isOpen(.returnLog(reference: row.reference))
      else { continue }
      if let (link, _) = try wayBack(row) {
        if try mayAskToReturn(to: row.reference) {
          makeReturnLog(link, reference: row.reference)
        } else {
          putOffKnock(row.reference, ClientLimits.knockPoll)
        }
        continue
      }
      let link = try link(of: row)
      state.knockFlows[row.reference, default: KnockFlow()].subscription = send(
        LogsRequest.subscribe(link.access, afterSeq: 0, fromEpoch: 0),
        .knockRead(reference: row.reference))
    }
  }

  private mutating func wakeKnocks(at instant: Instant) {
    state.knockAt = min(instant, state.knockAt ?? instant)
  }

  func ownKnock(ofSubscription subscription: UInt64) -> String? {
    state.knockFlows.first { $0.value.subscription == subscription }?.key
  }

  /// Entries of the log: once the link's key is among them, the request is sealed to it.
  mutating func receivedKeys(
    _ batch: ServerMessage.LogBatch, of reference: String
  ) throws(ClientStoreFailure) {
    guard let row = try ownKnock(reference), let device = state.device,
      let subscription = state.knockFlows[reference]?.subscription
    else { return endKnockFlow(reference) }
    let link = try link(of: row)
    if let last = batch.entries.last {
      send(LogsRequest.acknowledge(subscription: subscription, seq: last.seq), nil)
    }
    guard let key = batch.entries.lazy.compactMap({ link.open($0.body) }).first else {
      // Nobody who keeps the link has been there yet.
      if batch.caughtUp { putOffKnock(reference, ClientLimits.knockPoll) }
      return
    }
    endKnockFlow(reference)
    let knock = Knock(by: device, with: link, at: now)
    guard let body = try? knock.sealed(to: key, with: link) else {
      return try giveUpKnock(row, .badRequest)
    }
    send(
      LogsRequest.append(link.access, submitID: entropy.bytes(16), isProposal: false, body: body),
      .knock(reference: reference))
  }

  /// The request is in the log.
  mutating func knocked(at reference: String) throws(ClientStoreFailure) {
    guard var row = try ownKnock(reference) else { return }
    row.askedAt = now
    try transaction.put(row)
    wakeKnocks(at: now + ClientLimits.knockAgain)
  }

  mutating func knockRefused(_ reference: String, _ refusal: ServerRefusal) {
    // Not there: nobody has made the log yet, or nobody keeps the link any more.
    putOffKnock(reference, refusal.retryAfter ?? ClientLimits.knockPoll)
  }

  private mutating func putOffKnock(_ reference: String, _ wait: Duration) {
    endKnockFlow(reference)
    state.knockFlows[reference] = KnockFlow(retryAt: now + wait)
    wakeKnocks(at: now + wait)
  }

  private mutating func endKnockFlow(_ reference: String) {
    if let subscription = state.knockFlows[reference]?.subscription {
      send(LogsRequest.unsubscribe(subscription: subscription), nil)
    }
    state.knockFlows[reference] = nil
  }

  mutating func forgetKnock(_ reference: String) throws(ClientStoreFailure) {
    try transaction.removeOwnKnock(reference: reference)
    endKnockFlow(reference)
  }

  private mutating func giveUpKnock(
    _ row: OwnKnockRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    try forgetKnock(row.reference)
    try emit(
      .roomChanged(RoomNotice(.refused, actor: "", detail: code.rawValue)), address: row.reference)
  }

  private func ownKnock(_ reference: String) throws(ClientStoreFailure) -> OwnKnockRow? {
    try transaction.ownKnocks().first { $0.reference == reference }
  }

  private func link(of row: OwnKnockRow) throws(ClientStoreFailure) -> JoinLink {
    guard let link = JoinLink(String(decoding: row.link.copyBytes(), as: UTF8.self)) else {
      throw .corrupt("own knock")
    }
    return link
  }
}
