// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// One call of `ClientCore.apply`: the core's memory, the open transaction, time and entropy, and
/// the effects so far. Its methods are in the files of their topics.
struct ClientStep<Transaction: ClientTransaction, Entropy: RandomNumberGenerator> {
  var state: SessionState
  var transaction: Transaction
  var entropy: Entropy
  let now: Instant
  var effects: [ClientEffect] = []

  init(state: SessionState, transaction: consuming Transaction, entropy: Entropy, now: Instant) {
    self.state = state
    self.transaction = transaction
    self.entropy = entropy
    self.now = now
  }

  /// Takes one input. What follows from the new state is done by `pump`, once for all inputs.
  mutating func take(_ input: ClientInput) throws(ClientStoreFailure) {
    switch input {
    case .request(let token, let request): try answer(request, token: token)
    case .connected(let endpoint): connected(endpoint)
    case .disconnected(let endpoint, let reason): try disconnected(endpoint, reason)
    case .frame(let endpoint, let bytes): try received(bytes, on: endpoint)
    case .uploadEnded(let blobID, let outcome): try uploadEnded(blobID, outcome)
    case .keepEnded(let blobID, let outcome): try keepEnded(blobID, outcome)
    case .fetchEnded(let blobID, let outcome): try fetchEnded(blobID, outcome)
    case .tick: break
    }
  }

  /// Does what the state calls for and is not under way: connects, uploads, joins, sends. Because
  /// it looks at the store alone, it does the same after a crash as before.
  mutating func pump() throws(ClientStoreFailure) {
    try pumpLink()
    guard let account = try transaction.account() else {
      if state.link?.isOver ?? true { closeConnections() }
      return
    }
    try loadDevice(account)
    try endTyping()
    try pumpReadMarks()
    if account.phase == .registered { try pumpScheduled() }
    try pumpConnections(account)
    if state.inbox.phase == .ready { try pumpInbox(account) }
    if account.phase == .registered { try pumpUploads(account) }
    guard state.logs.phase == .ready, account.phase == .registered else { return }
    try checkStoredWaits()
    try pumpManifests()
    try pumpWelcomes()
    try pumpOwnKnocks()
    try pumpOwnGroup()
    try pumpRenewal()
    try pumpHistory()
    try pumpConversations()
    try pumpTyping()
    try pumpFetches(account)
    pumpTrees()
  }

  /// A clock that was set back while no process ran makes a stored wait longer by as much: none is
  /// longer than the longest between two attempts.
  private mutating func checkStoredWaits() throws(ClientStoreFailure) {
    guard !state.waitsAreChecked else { return }
    state.waitsAreChecked = true
    let latest = now + ClientLimits.connectBackoffMax
    for var row in try transaction.groups() {
      guard let retryAt = row.commitRetryAt, latest < retryAt else { continue }
      row.commitRetryAt = latest
      try transaction.put(row)
    }
  }

  /// This device from the account row.
  mutating func loadDevice(_ account: AccountRow) throws(ClientStoreFailure) {
    guard state.device == nil else { return }
    do {
      let device = try LocalDevice(decoding: account.secrets)
      let manifest = try SignedManifest(decoding: account.manifest)
      state.manifests[account.address] = try manifest.verified(
        account: device.accountID, pinned: device.signer.aik)
      state.device = device
    } catch {
      throw .corrupt("account")
    }
  }

  /// Stores an event and tells it to those who wait.
  mutating func emit(_ kind: ClientEvent.Kind, address: String) throws(ClientStoreFailure) {
    guard try !isHeldBack(kind, of: address) else { return }
    let row = EventRow(at: now, address: address, body: kind.encoded)
    let seq = try transaction.append(row)
    if seq > ClientLimits.eventsMax, seq.isMultiple(of: 1_024) {
      try transaction.removeEvents(upTo: seq - ClientLimits.eventsMax)
    }
    effects.append(.event(ClientEvent(seq: seq, at: now, address: address, kind: kind)))
  }

  /// Answers a program.
  mutating func respond(_ token: RequestToken, _ answer: ClientAnswer) {
    effects.append(.answer(token, .success(answer)))
  }

  /// Refuses a program's request.
  mutating func refuse(
    _ token: RequestToken, _ code: ClientFailureCode, _ reason: String,
    retryAfter: Duration? = nil
  ) {
    effects.append(.answer(token, .failure(ClientFailure(code, reason, retryAfter: retryAfter))))
  }
}
