// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO
import Wire

extension InboxSession {
  package mutating func answered(
    _ token: SessionToken, _ answer: StoreAnswer, at now: Instant
  ) -> [SessionEffect] {
    guard link.phase != .closed, let purpose = pending.removeValue(forKey: token) else { return [] }
    switch (purpose, answer) {
    case (.register(let id, let device), .done):
      return becomeKnown(device, id: id)
    case (.register(let id, _), .refused(let refusal)):
      client = .unknown
      return refuse(id, refusal.told)
    case (.acknowledgement(let id, let seq), .done):
      _ = subscription?.window.acknowledge(seq)
      return done(id) + pump(at: now)
    case (.request(let id), .done):
      return done(id)
    case (.request(let id), .refused(let refusal)),
      (.acknowledgement(let id, _), .refused(let refusal)):
      return refuse(id, as: refusal)
    default:
      preconditionFailure("the driver gave the answer to another request")
    }
  }

  package mutating func answered(
    _ token: SessionToken, _ answer: ReadAnswer, at now: Instant
  ) -> [SessionEffect] {
    guard link.phase != .closed, let purpose = pending.removeValue(forKey: token) else { return [] }
    switch (purpose, answer) {
    case (.authenticate(let id, let login), .manifest(let manifest)):
      guard isProof(login, in: manifest) else { return refuseAndClose(id, .unauthenticated) }
      return becomeKnown(login.device, id: id)
    case (.authenticate(let id, _), .refused(.unavailable)):
      client = .unknown
      return refuse(id, .unavailable)
    case (.authenticate(let id, let login), .refused):
      _ = isProof(login, in: nil)
      return refuseAndClose(id, .unauthenticated)
    case (.publish(let id, let address, let next), .manifest(let present)):
      return publish(next, of: address, after: present, id: id)
    case (.request(let id), .keyPackageCount(let oneTime, let hasLastResort)):
      let response = InboxResponse.keyPackageCount(
        oneTime: oneTime, hasLastResort: hasLastResort)
      return self.answer(id, response.frame(requestID: id))
    case (.page(let id), .inbox(let page)):
      return continued(id, page, at: now)
    case (.publish(let id, _, _), .refused(let refusal)),
      (.request(let id), .refused(let refusal)):
      return refuse(id, as: refusal)
    case (.page(let id), .refused(let refusal)):
      subscription = nil
      return refuse(id, as: refusal)
    default:
      preconditionFailure("the driver gave the answer to another request")
    }
  }

  private mutating func becomeKnown(_ device: DeviceKey, id: UInt64) -> [SessionEffect] {
    client = .known(device)
    link.authenticatedBy = nil
    return done(id)
  }

  mutating func done(_ id: UInt64) -> [SessionEffect] {
    answer(id, InboxResponse.done.frame(requestID: id))
  }

  /// A device that is no longer one has nothing to do here.
  private mutating func refuse(_ id: UInt64, as refusal: StoreRefusal) -> [SessionEffect] {
    refusal == .notADevice
      ? refuseAndClose(id, refusal.told) : refuse(id, refusal.told)
  }

  /// Checks a successor against the present manifest. The store compares again in its transaction
  /// that the present one still is.
  private mutating func publish(
    _ next: SignedManifest, of address: Address, after present: SignedManifest, id: UInt64
  ) -> [SessionEffect] {
    if next == present { return done(id) }
    do {
      let known = try present.verified(
        account: present.manifest.accountID, pinned: present.manifest.aik)
      let verified = try next.verified(after: known)
      let token = newToken(.request(id), id: id)
      return [
        .submit(token, .publishManifest(address, verified, replacing: known.hash))
      ]
    } catch IdentityFailure.versionNotNext, IdentityFailure.previousHashMismatch,
      IdentityFailure.accountDeleted
    {
      return refuse(id, SessionRefusal(code: .manifestConflict))
    } catch {
      return refuse(id, .invalidSignature)
    }
  }

  // MARK: The inbox

  /// Nothing of a log is watched here.
  package mutating func signalled(_ signal: LogSignal, at now: Instant) -> [SessionEffect] { [] }

  package mutating func advanced(
    _ wake: Wake, _ news: LogNews?, at now: Instant
  ) -> [SessionEffect] {
    guard let device, wake == .inbox(device) else { return [] }
    subscription?.isBehind = true
    return pump(at: now)
  }

  mutating func subscribe(
    _ device: DeviceKey, after seq: UInt64, id: UInt64, at now: Instant
  ) -> [SessionEffect] {
    guard subscription == nil else { return refuse(id, .malformed) }
    subscription = Subscription(
      requestID: id, position: seq, window: SendWindow(after: seq))
    // The watch comes first, so that an entry that comes in during the read is not missed.
    return [.watch(.inbox(device))] + pump(at: now)
  }

  /// Takes an acknowledgement of what this connection was sent, or of what the client said to have
  /// had before; anything else would delete what nobody has read.
  mutating func acknowledge(
    _ device: DeviceKey, seq: UInt64, id: UInt64
  ) -> [SessionEffect] {
    guard let subscription, seq <= subscription.window.sent else {
      return refuse(id, .malformed)
    }
    let token = newToken(.acknowledgement(id, seq: seq), id: id)
    return [.submit(token, .acknowledgeInbox(device, upTo: seq))]
  }

  mutating func pump(at now: Instant) -> [SessionEffect] {
    guard link.mayPush, let device, var subscription else { return [] }
    guard subscription.isBehind, !subscription.isReading else { return [] }
    guard let room = subscription.window.room else { return [] }
    subscription.isReading = true
    subscription.isBehind = false
    self.subscription = subscription
    let token = link.newToken()
    pending[token] = .page(subscription.requestID)
    return [.read(token, .inbox(device, after: subscription.position, room))]
  }

  /// A page of the inbox came.
  private mutating func continued(
    _ id: UInt64, _ page: InboxPage, at now: Instant
  ) -> [SessionEffect] {
    guard var subscription else { return [] }
    var effects: [SessionEffect] = []
    if !subscription.isStarted || !page.entries.isEmpty {
      let response = InboxResponse.entries(page, after: subscription.position)
      effects.append(.send(response.frame(requestID: id)))
    }
    for entry in page.entries {
      subscription.window.send(entry.seq, byteCount: entry.body.count)
      subscription.position = entry.seq
    }
    subscription.isStarted = true
    subscription.isReading = false
    if page.hasMore { subscription.isBehind = true }
    self.subscription = subscription
    return effects + pump(at: now)
  }
}
