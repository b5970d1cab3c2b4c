// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// Linking a device to an account: what the user asks, and the log on which both sides meet
/// (linking.md).
extension ClientStep {
  /// This device wants to come into an account.
  mutating func beginLink(invite: String, token: RequestToken) throws(ClientStoreFailure) {
    guard try transaction.account() == nil else {
      return refuse(token, .alreadyRegistered, "This store has an account already.")
    }
    guard (try? InviteLink(invite)) != nil else {
      return refuse(token, .wrongInvite, "This is no invite link.")
    }
    let keys: HPKEKeyPair
    do {
      keys = try ProductGroup.suite.generateHPKEKeyPair(using: &entropy)
    } catch {
      return refuse(token, .internalFailure, "The platform gives no keys.")
    }
    let nonce = entropy.bytes(LinkProof.nonceLength)
    let signing = SigningKey(using: &entropy)
    let joiner = LinkSession.Joiner(
      invite: invite, encryption: keys, signing: signing, nonce: nonce)
    closeConnections()
    state.link = LinkSession(
      offer: LinkOffer(
        logID: entropy.bytes(ConversationContext.routingIDLength),
        helloHash: Fingerprint(hashing: hello(of: joiner).encoded),
        key: Secret(count: LinkOffer.keyLength, using: &entropy)),
      role: .joiner(joiner), deadline: now + ClientLimits.linkLifetime)
    respond(token, .link(linkReport))
  }

  /// This device has the account that another one wants to come into.
  mutating func acceptLink(_ text: String, token: RequestToken) throws(ClientStoreFailure) {
    guard try registered(token) != nil, let device = state.device else { return }
    guard let offer = LinkOffer(text) else {
      return refuse(token, .badRequest, "This is not what a device shows that is to be linked.")
    }
    guard let manifest = state.manifests[device.address.description]?.manifest,
      manifest.devices.count < Manifest.devicesMax
    else {
      return refuse(token, .quotaExceeded, "An account has 20 devices at most.")
    }
    state.link = LinkSession(
      offer: offer, role: .host(LinkSession.Host()), deadline: now + ClientLimits.linkLifetime)
    respond(token, .link(linkReport))
  }

  /// The user has compared the codes, by typing the other device's.
  mutating func confirmLink(code: String, token: RequestToken) throws(ClientStoreFailure) {
    guard var session = state.link, case .host(var host) = session.role,
      session.phase == .compare, let own = session.code
    else {
      return refuse(token, .badRequest, "No device waits to be confirmed.")
    }
    guard constantTimeEquals(Array(code.utf8), Array(own.utf8)) else {
      session.phase = .failed
      session.failure = .identityChanged
      state.link = session
      return refuse(
        token, .identityChanged, "The codes differ: somebody may stand between. Nothing was done.")
    }
    host.isConfirmed = true
    session.role = .host(host)
    session.phase = .confirmed
    state.link = session
    respond(token, .link(linkReport))
  }

  mutating func reportLink(_ token: RequestToken) {
    guard state.link != nil else {
      return refuse(token, .badRequest, "No device is being linked.")
    }
    respond(token, .link(linkReport))
  }

  private var linkReport: LinkReport {
    var link: String?
    var address = state.device?.address.description
    if case .joiner(let joiner)? = state.link?.role {
      link = state.link?.offer.text
      address = joiner.account?.address.description
    }
    return LinkReport(
      phase: state.link?.phase ?? .failed, link: link, code: state.link?.code, address: address,
      failure: state.link?.failure)
  }

  func hello(of joiner: LinkSession.Joiner) -> LinkHello {
    LinkHello(
      encryptionKey: joiner.encryption.publicKey, signatureKey: joiner.signing.publicKey,
      commitment: Fingerprint(hashing: joiner.nonce))
  }

  // MARK: The log

  /// Goes on with linking: connects a device that has no account, makes the log or looks for it,
  /// and sends what is to be said.
  mutating func pumpLink() throws(ClientStoreFailure) {
    guard var session = state.link, !session.isOver else { return }
    guard now < session.deadline else { return failLink(.timeout) }
    if case .joiner(let joiner) = session.role, try transaction.account() == nil {
      connectJoiner(joiner)
    }
    // After a refusal everything waits: a server that refuses must not be asked without end.
    guard state.logs.phase == .ready, session.retryAt.map({ $0 <= now }) ?? true else { return }
    if case .joiner(let joiner) = session.role, !joiner.isLogMade {
      guard !state.logs.isOpen(.linkLog) else { return }
      send(
        LogsRequest.createLog(
          logID: session.offer.logID, epoch: 0,
          tokenHash: Group.tokenHash(session.offer.access.token)), .linkLog)
      if session.unsent.isEmpty { say(hello(of: joiner), .hello, in: &session) }
      state.link = session
      return
    }
    for message in session.unsent where !state.logs.isOpen(.linkAppend(message.submitID)) {
      send(
        LogsRequest.append(
          session.offer.access, submitID: message.submitID, isProposal: false,
          body: message.body), .linkAppend(message.submitID))
    }
    if session.subscription == nil {
      session.subscription = send(
        LogsRequest.subscribe(session.offer.access, afterSeq: session.cursor, fromEpoch: 0),
        .linkRead)
      state.link = session
    }
    try publishLinked()
  }

  private mutating func connectJoiner(_ joiner: LinkSession.Joiner) {
    if let deadline = state.logs.requestDeadline, deadline <= now {
      effects.append(.disconnect(.logs))
      state.logsClosed()
      linkDisconnected()
    }
    guard state.logs.phase == .closed, state.logs.retryAt.map({ $0 <= now }) ?? true else { return }
    state.logs.phase = .connecting
    effects.append(.connect(.logs, invite: joiner.invite))
  }

  /// What was under way for linking on the connection begins anew on the next.
  mutating func linkDisconnected() {
    state.link?.subscription = nil
    state.link?.retryAt = nil
  }

  /// The server has the log, or it is there from an earlier attempt.
  mutating func linkLogMade() {
    guard var session = state.link, case .joiner(var joiner) = session.role else { return }
    joiner.isLogMade = true
    session.role = .joiner(joiner)
    state.link = session
  }

  mutating func linkSaid(_ submitID: [UInt8]) throws(ClientStoreFailure) {
    state.link?.unsent.removeAll { $0.submitID == submitID }
    guard let session = state.link, case .host(let host) = session.role, host.isPublished,
      session.unsent.isEmpty
    else { return }
    state.link?.phase = .done
    state.allDirty = true
  }

  /// The log is not there, or not yet; or the server cannot now.
  mutating func linkRefused(_ refusal: ServerRefusal) {
    guard var session = state.link else { return }
    session.subscription = nil
    session.retryAt = now + (refusal.retryAfter ?? ClientLimits.linkPoll)
    state.link = session
  }

  mutating func failLink(_ code: ClientFailureCode) {
    guard var session = state.link else { return }
    session.phase = .failed
    session.failure = code
    state.link = session
  }

  /// Puts a message where it is sent from until the server has it.
  mutating func say(_ message: some WireValue, _ step: LinkStep, in session: inout LinkSession) {
    guard let body = try? session.offer.seal(message, step, using: &entropy) else { return }
    session.unsent.append((entropy.bytes(16), body))
  }

  /// Entries of the log on which both meet.
  mutating func receivedLink(
    _ batch: ServerMessage.LogBatch
  ) throws(ClientStoreFailure) {
    guard var session = state.link, !session.isOver else { return }
    for item in batch.entries where item.seq > session.cursor {
      session.cursor = item.seq
      switch session.role {
      case .joiner(var joiner):
        try take(item.body, &joiner, &session)
      case .host(var host):
        try take(item.body, &host, &session)
      }
    }
    state.link = session
    if let subscription = session.subscription, !batch.entries.isEmpty {
      send(LogsRequest.acknowledge(subscription: subscription, seq: session.cursor), nil)
    }
  }
}
