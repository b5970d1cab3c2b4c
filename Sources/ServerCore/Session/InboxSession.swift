// SPDX-License-Identifier: Apache-2.0

import Identity
package import SansIO
import Wire

/// A connection to `/v1/inbox`: the one that carries an account.
package struct InboxSession: ServerSession, LinkedSession {
  /// Who the client is. unknown → proving → known, or proving → unknown when the proof held and
  /// the request did not. A proof that does not hold ends the connection: a nonce is used once.
  enum Client: Hashable, Sendable {
    case unknown
    /// A login or a registration waits for the store.
    case proving
    case known(DeviceKey)
  }

  /// What a token's answer is for.
  enum Pending: Hashable, Sendable {
    case authenticate(UInt64, InboxRequest.Login)
    case register(UInt64, DeviceKey)
    case publish(UInt64, Address, SignedManifest)
    case request(UInt64)
    case acknowledgement(UInt64, seq: UInt64)
    case page(UInt64)
  }

  /// The inbox as it is read on.
  struct Subscription: Sendable {
    let requestID: UInt64
    var position: UInt64
    var window: SendWindow
    /// The client has had the first page.
    var isStarted = false
    var isReading = false
    /// Something may be there that was not read yet.
    var isBehind = true
  }

  private let policy: ServerPolicy
  private let peer: PeerAddress
  var link = SessionLink()
  private var nonce: LoginChallenge.Nonce?
  var client = Client.unknown
  var pending: [SessionToken: Pending] = [:]
  var subscription: Subscription?

  /// A session for a connection from `peer`.
  package init(policy: ServerPolicy, peer: PeerAddress) {
    self.policy = policy
    self.peer = peer
  }

  /// The device, once it has proved that it is one.
  package var device: DeviceKey? {
    if case .known(let device) = client { device } else { nil }
  }

  static func failureFrame(_ refusal: SessionRefusal, requestID: UInt64) -> [UInt8] {
    InboxResponse.failure(refusal).frame(requestID: requestID)
  }

  package mutating func opened(
    at now: Instant, using entropy: inout some RandomNumberGenerator
  ) -> [SessionEffect] {
    link.opened(at: now)
    link.authenticatedBy = now + ServerLimits.authenticationDeadline
    let nonce = LoginChallenge.Nonce(using: &entropy)
    self.nonce = nonce
    let response = InboxResponse.challenge(nonce: nonce, domains: policy.domains, now: now)
    return [.send(response.frame(requestID: 0))]
  }

  package mutating func received(
    _ frame: Span<UInt8>, at now: Instant, limits: inout some RateGate
  ) -> [SessionEffect] {
    guard link.phase != .closed else { return [] }
    link.heard(at: now)
    link.greetedBy = nil
    let parsed: ParsedFrame<InboxRequest>
    do throws(SessionRefusal) {
      parsed = try InboxRequest.parse(frame)
    } catch {
      return end(error)
    }
    let id = parsed.requestID
    // An answer could not be told from that to the request that bears the number already.
    guard !link.openRequests.contains(id), subscription?.requestID != id else {
      return end(.malformed)
    }
    guard link.phase == .open else { return refuse(id, .unavailable) }
    switch parsed.request {
    case .failure(let refusal): return refuse(id, refusal)
    case .success(let request):
      if let refusal = admit(request, at: now, limits: &limits) { return refuse(id, refusal) }
      return perform(request, id: id, at: now)
    }
  }

  /// Why the request may not be done now.
  private func admit(
    _ request: InboxRequest, at now: Instant, limits: inout some RateGate
  ) -> SessionRefusal? {
    var keys: [RateKey] = [.peer(peer)]
    switch request {
    case .register(let login, _):
      guard policy.domains.contains(login.device.address.domain) else { return .unknownDomain }
      keys.append(.peerCreation(peer))
    case .authenticate(let login):
      guard policy.domains.contains(login.device.address.domain) else { return .unknownDomain }
    case .publishManifest, .uploadKeyPackages, .countKeyPackages, .subscribe, .acknowledge,
      .openBlob:
      guard let device else { return .unauthenticated }
      keys.append(.account(device.address))
    }
    guard link.openRequests.count < ServerLimits.openRequestsMax else {
      return .rateLimited(.milliseconds(100))
    }
    for key in keys {
      if let wait = limits.admit(key, cost: 1, at: now) { return .rateLimited(wait) }
    }
    return nil
  }

  private mutating func perform(
    _ request: InboxRequest, id: UInt64, at now: Instant
  ) -> [SessionEffect] {
    switch (request, client) {
    case (.register(let login, let manifest), .unknown):
      return register(login, manifest, id: id)
    case (.authenticate(let login), .unknown):
      client = .proving
      let token = newToken(.authenticate(id, login), id: id)
      return [.read(token, .manifest(login.device.address))]
    case (.register, .proving), (.register, .known), (.authenticate, .proving),
      (.authenticate, .known):
      return refuse(id, .malformed)
    case (.publishManifest(let manifest), .known(let device)):
      let token = newToken(.publish(id, device.address, manifest), id: id)
      return [.read(token, .manifest(device.address))]
    case (.uploadKeyPackages(let oneTime, let lastResort), .known(let device)):
      let upload = KeyPackageUpload(device: device, oneTime: oneTime, lastResort: lastResort)
      return [.submit(newToken(.request(id), id: id), .uploadKeyPackages(upload))]
    case (.countKeyPackages, .known(let device)):
      return [.read(newToken(.request(id), id: id), .keyPackageCount(device))]
    case (.subscribe(let seq), .known(let device)):
      return subscribe(device, after: seq, id: id, at: now)
    case (.acknowledge(let seq), .known(let device)):
      return acknowledge(device, seq: seq, id: id)
    case (.openBlob(let blobID, let size, let tokenHash), .known(let device)):
      let request = OpenBlobRequest(device: device, id: blobID, size: size, tokenHash: tokenHash)
      return [.submit(newToken(.request(id), id: id), .openBlob(request))]
    case (.publishManifest, _), (.uploadKeyPackages, _), (.countKeyPackages, _),
      (.subscribe, _), (.acknowledge, _), (.openBlob, _):
      return refuse(id, .unauthenticated)
    }
  }

  mutating func newToken(_ purpose: Pending, id: UInt64) -> SessionToken {
    let token = link.newToken()
    pending[token] = purpose
    link.open(id)
    return token
  }

  // MARK: Proving

  /// The manifest holds and lists the device, and the device answered the challenge: then the
  /// address may be taken.
  private mutating func register(
    _ login: InboxRequest.Login, _ manifest: SignedManifest, id: UInt64
  ) -> [SessionEffect] {
    let verified: VerifiedManifest
    do {
      verified = try manifest.verifiedAsFirst()
    } catch {
      return refuse(id, .invalidSignature)
    }
    guard isProof(login, in: verified.signed) else {
      return refuseAndClose(id, .unauthenticated)
    }
    client = .proving
    let token = newToken(.register(id, login.device), id: id)
    return [.submit(token, .register(login.device.address, verified))]
  }

  /// Whether the device is listed and made the signature. A device that is not listed costs a
  /// verification as well, so time tells nothing. A device whose entry has lapsed may log in: else
  /// an account with one device could never refresh its manifest after a month of absence.
  func isProof(_ login: InboxRequest.Login, in manifest: SignedManifest?) -> Bool {
    guard let nonce else { return false }
    let key = manifest?.manifest.device(login.device.deviceID)?.signatureKey
    let challenge = login.challenge(nonce: nonce)
    do {
      try challenge.verify(login.signature, by: key ?? Self.nobody)
      return key != nil
    } catch {
      return false
    }
  }

  /// The base point of the curve (RFC 8032 §5.1), which stands in for the key of nobody.
  private static let nobody: SignaturePublicKey = {
    guard let key = SignaturePublicKey([0x58] + Array(repeating: 0x66, count: 31)) else {
      preconditionFailure("a key has 32 bytes")
    }
    return key
  }()
}
