// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// The connection that carries the account: registration, key packages, the device's inbox.
extension ClientStep {
  private var endpointPath: String { "/v1/inbox" }

  mutating func receivedInbox(
    _ message: ServerMessage, requestID: UInt64
  ) throws(ClientStoreFailure) {
    switch message {
    case .challenge(let nonce): try logIn(nonce: nonce)
    case .done: try inboxDone(state.inbox.close(requestID))
    case .failure(let refusal):
      guard let purpose = state.inbox.close(requestID) else {
        // The server has ended the subscription: nothing more would come on this connection.
        if requestID == state.inboxSubscription { try serverCloses(.inbox, refusal) }
        return
      }
      try inboxRefused(purpose, refusal)
    case .keyPackageCount(let oneTime, let lastResort):
      guard state.inbox.close(requestID) == .countKeyPackages else { return }
      state.keyPackagesOnServer = Int(oneTime)
      state.lastResortOnServer = lastResort
    case .inboxEntries(let items, let after): try receivedInboxItems(items, after: after)
    case .greeting, .manifest, .keyPackages, .appended, .logEntries, .groupInfo, .part,
      .signal:
      try breakOff(.inbox)
    }
  }

  /// Proves that this device holds its key. Domain and endpoint come from the invite, never from
  /// the server.
  private mutating func logIn(nonce: [UInt8]) throws(ClientStoreFailure) {
    guard state.inbox.phase == .opening, let account = try transaction.account() else { return }
    try loadDevice(account)
    guard let device = state.device, let nonce = LoginChallenge.Nonce(nonce),
      let invite = try? InviteLink(account.invite)
    else { return try breakOff(.inbox) }
    let challenge = LoginChallenge(
      domain: invite.domain, endpoint: endpointPath, nonce: nonce, address: device.address,
      deviceID: device.device.deviceID)
    let signature = challenge.signed(by: device.device).bytes
    switch account.phase {
    case .registering:
      send(
        InboxRequest.register(
          address: account.address, manifest: account.manifest, deviceID: account.deviceID,
          signature: signature), .register)
    case .registered:
      send(
        InboxRequest.authenticate(
          address: account.address, deviceID: account.deviceID, signature: signature),
        .authenticate)
    }
  }

  private mutating func inboxDone(_ purpose: RequestPurpose?) throws(ClientStoreFailure) {
    switch purpose {
    case .register:
      guard var account = try transaction.account() else { return }
      account.phase = .registered
      try transaction.put(account)
      becameReady(.inbox)
    case .authenticate: becameReady(.inbox)
    case .uploadKeyPackages: try registrationComplete()
    case .publishManifest: try ownManifestPublished()
    case .openBlob(let blobID): try blobOpened(blobID)
    default: break
    }
  }

  private mutating func inboxRefused(
    _ purpose: RequestPurpose, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    switch purpose {
    case .register: try registrationRefused(refusal)
    case .authenticate:
      if let wait = refusal.retryAfter { state.inbox.retryAt = now + wait }
      try breakOff(.inbox)
    // Asked again on the next connection; until then the server has what it has. One that cannot
    // just now is asked soon: of a new device it has nothing, and nobody could bring it in.
    case .uploadKeyPackages, .countKeyPackages:
      state.keyPackagesChecked = true
      if refusal.code == .unavailable || refusal.code == .rateLimited {
        let least =
          purpose == .countKeyPackages
          ? ClientLimits.refusalWait : ClientLimits.keyPackagesRetryWait
        state.housekeepingAt = now + max(least, refusal.retryAfter ?? least)
      }
      try registrationComplete()
    case .publishManifest: ownManifestRefused(refusal)
    case .openBlob(let blobID): try blobRefused(blobID, refusal)
    default: break
    }
  }

  /// Others can find this device now: whoever asked for the account is told.
  private mutating func registrationComplete() throws(ClientStoreFailure) {
    guard let token = state.registering, let account = try transaction.account() else { return }
    state.registering = nil
    respond(token, .registered(address: account.address))
  }

  private mutating func registrationRefused(
    _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    let code: ClientFailureCode
    switch refusal.code {
    case .alreadyExists: code = .addressTaken
    case .unknownDomain: code = .unknownDomain
    case .rateLimited, .unavailable: code = .rateLimited
    default: code = .serverFailure
    }
    // Only these two say that the server will never take this account.
    if code == .addressTaken || code == .unknownDomain {
      try transaction.removeAccount()
      state.device = nil
      state.manifests = [:]
    }
    if let token = state.registering {
      state.registering = nil
      refuse(
        token, code, "The server refused to make the account.", retryAfter: refusal.retryAfter)
    }
    if let wait = refusal.retryAfter { state.inbox.retryAt = now + wait }
    try breakOff(.inbox)
  }

  mutating func pumpInbox(_ account: AccountRow) throws(ClientStoreFailure) {
    if state.inboxSubscription == nil {
      state.inboxSubscription = send(
        InboxRequest.subscribe(afterSeq: account.inboxCursor), nil)
      if account.inboxCursor > 0 {
        send(InboxRequest.acknowledge(seq: account.inboxCursor), nil)
      }
    }
    if state.housekeepingAt.map({ $0 <= now }) ?? true {
      if state.housekeepingAt != nil { state.recountKeyPackages() }
      state.housekeepingAt = now + ClientLimits.housekeeping
      state.allDirty = true
      state.manifestRetryAt = nil
    }
    try refreshOwnManifest(account)
    guard !state.keyPackagesChecked, !state.inbox.isOpen(.uploadKeyPackages) else { return }
    guard let count = state.keyPackagesOnServer else {
      if !state.inbox.isOpen(.countKeyPackages) {
        send(InboxRequest.countKeyPackages, .countKeyPackages)
      }
      return
    }
    try uploadKeyPackages(onServer: count)
  }

  /// Makes key packages when the server runs short. What was uploaded and not confirmed is not
  /// uploaded again: its private keys are kept, and the count decides how many new ones it takes.
  private mutating func uploadKeyPackages(onServer count: Int) throws(ClientStoreFailure) {
    let rows = try transaction.keyPackages()
    for row in rows where row.expiresAt <= now {
      try transaction.removeKeyPackage(reference: row.reference)
    }
    let hasLastResort =
      state.lastResortOnServer
      && rows.contains { row in
        row.lastResort && row.expiresAt - now > ClientLimits.lastResortRenewal
      }
    state.keyPackagesChecked = true
    guard count < ClientLimits.keyPackagesLow || !hasLastResort else {
      return try registrationComplete()
    }
    guard let device = state.device else { return }
    var oneTime: [[UInt8]] = []
    if count < ClientLimits.keyPackagesLow {
      for _ in count..<ClientLimits.keyPackagesWanted {
        guard let bytes = try makeKeyPackage(device, lastResort: false) else { return }
        oneTime.append(bytes)
      }
    }
    var lastResort: [UInt8] = []
    if !hasLastResort {
      guard let bytes = try makeKeyPackage(device, lastResort: true) else { return }
      lastResort = bytes
    }
    send(
      InboxRequest.uploadKeyPackages(oneTime: oneTime, lastResort: lastResort),
      .uploadKeyPackages)
  }

  /// Makes and stores a key package; nil when the platform gives no keys.
  private mutating func makeKeyPackage(
    _ device: LocalDevice, lastResort: Bool
  ) throws(ClientStoreFailure) -> [UInt8]? {
    let lifetime =
      lastResort ? ClientLimits.lastResortLifetime : ClientLimits.keyPackageLifetime
    let bundle: KeyPackageBundle
    do {
      bundle = try KeyPackageBundle.create(
        suite: ProductGroup.suite, identity: device.leafIdentity,
        lifetime: Lifetime(from: now, lasting: lifetime), isLastResort: lastResort,
        using: &entropy)
    } catch {
      return nil
    }
    try transaction.put(
      KeyPackageRow(
        reference: bundle.reference, bundle: bundle.encodedForStorage, lastResort: lastResort,
        createdAt: now, expiresAt: now + lifetime + ClientLimits.keyPackageGrace))
    return MLSMessage.keyPackage(bundle.keyPackage).encoded
  }

  /// Stores what came, then acknowledges it.
  private mutating func receivedInboxItems(
    _ items: [ServerMessage.InboxItem], after: UInt64
  ) throws(ClientStoreFailure) {
    guard var account = try transaction.account() else { return }
    // A batch before this one has not come: reading begins again where this device is.
    guard after <= account.inboxCursor else { return try breakOff(.inbox) }
    let before = account.inboxCursor
    var room = ClientLimits.welcomesMax - (try transaction.welcomes().count)
    for item in items where item.seq > account.inboxCursor {
      account.inboxCursor = item.seq
      guard room > 0 else { continue }
      room -= 1
      try transaction.put(
        WelcomeRow(
          inboxSeq: item.seq, body: item.body, acceptedAt: item.acceptedAt, attempts: 0))
    }
    if account.inboxCursor > before { try transaction.put(account) }
    if !items.isEmpty { send(InboxRequest.acknowledge(seq: account.inboxCursor), nil) }
  }
}
