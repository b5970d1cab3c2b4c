// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Wire

/// What became of a manifest that the directory gave.
enum ManifestVerdict: Hashable {
  /// First contact: the identity key is pinned now.
  case pinned
  /// The one that is known.
  case unchanged
  /// The successor of the one that is known.
  case advanced
  /// Not believed; nothing was changed but the peer's standing.
  case refused(ClientFailureCode)
  /// Older than what the account has said since the directory was asked: it is asked again.
  case overtaken
}

/// Manifests: asking for them, believing them, pinning (identity.md).
extension ClientStep {
  /// Asks for the manifests that are wanted and due, in the order of addresses.
  mutating func pumpManifests() throws(ClientStoreFailure) {
    if state.allDirty {
      for peer in try transaction.peers() where peer.manifestWanted {
        wantManifest(of: peer.address)
      }
    }
    let due = state.wantedManifests.filter { $0.value <= now }.keys.sorted()
    for address in due {
      let purpose = RequestPurpose.getManifest(address: address)
      guard !state.logs.isOpen(purpose),
        state.logs.open.count < ClientLimits.manifestRequestsMax
      else { continue }
      send(LogsRequest.getManifest(address: address), purpose)
    }
  }

  /// Has the directory asked, though not again within seconds of its last answer.
  mutating func wantManifest(of address: String) {
    guard state.wantedManifests[address] == nil else { return }
    let fetched = state.manifestsFetchedAt[address].map { $0 + ClientLimits.manifestFreshness }
    state.wantedManifests[address] = max(now, fetched ?? now)
  }

  /// The directory has said what it has to say about the address.
  mutating func noteFetched(_ address: String) {
    state.manifestsFetchedAt[address] = now
  }

  /// How often the directory must have answered about an address on this connection, for it to
  /// have heard a question that is asked from now on: an answer that is on its way does not count.
  func answersNeeded(about address: String) -> Int {
    let isOnItsWay = state.logs.isOpen(.getManifest(address: address))
    return state.manifestAnswers[address, default: 0] + (isOnItsWay ? 2 : 1)
  }

  /// Whether the directory's word about the address is only seconds old.
  func isFresh(_ address: String) -> Bool {
    guard let fetched = state.manifestsFetchedAt[address] else { return false }
    return now - fetched < ClientLimits.manifestFreshness
  }

  /// The directory's answer to `askForManifest`.
  mutating func receivedManifest(
    _ bytes: [UInt8], of address: String
  ) throws(ClientStoreFailure) {
    state.wantedManifests[address] = nil
    state.manifestAnswers[address, default: 0] += 1
    noteFetched(address)
    _ = try accept(manifest: bytes, of: address)
    try wakeWaiting(for: address)
  }

  /// The directory knows no such address, or did not answer.
  mutating func manifestRefused(
    of address: String, _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard refusal.code == .notFound else {
      state.wantedManifests[address] = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
      return
    }
    state.wantedManifests[address] = nil
    state.manifestAnswers[address, default: 0] += 1
    noteFetched(address)
    if var peer = try transaction.peer(address: address) {
      peer.manifestWanted = false
      try transaction.put(peer)
    }
    try wakeWaiting(for: address)
  }

  /// Goes on with what waited for the manifest: Welcomes and logs.
  private mutating func wakeWaiting(for address: String) throws(ClientStoreFailure) {
    state.waitingWelcomes = state.waitingWelcomes.filter { $0.value != address }
    // A log may wait for the manifest of any member.
    for (groupID, _) in state.flows.filter({ $0.value.paused })
      .sorted(by: { $0.key.lexicographicallyPrecedes($1.key) })
    {
      state.flows[groupID] = GroupFlow()
      if let row = try transaction.group(id: groupID) { state.markDirty(row.conversationID) }
    }
    guard let conversation = try transaction.conversation(address: address) else { return }
    state.markDirty(conversation.id)
  }

  /// Checks a manifest against what is pinned for the address, and stores it when it holds.
  mutating func accept(
    manifest bytes: [UInt8], of address: String
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    if address == state.device?.address.description {
      try followOwn(bytes)
      return .unchanged
    }
    guard let signed = try? SignedManifest(decoding: bytes) else {
      return try refuse(address, .manifestInvalid, notice: .manifestRefused)
    }
    guard let peer = try transaction.peer(address: address) else {
      return try pin(signed, address: address)
    }
    let verdict = try follow(signed, peer: peer)
    if case .refused = verdict { return verdict }
    return try heldToClaims(verdict, of: address)
  }

  /// First contact: what the manifest says must be consistent, and its key is pinned.
  private mutating func pin(
    _ signed: SignedManifest, address: String
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    let verified: VerifiedManifest
    do {
      verified = try signed.verifiedAtFirstContact(of: signed.claimedAccountID)
    } catch {
      return try refuse(address, .manifestInvalid, notice: .manifestRefused)
    }
    let peer = PeerRow(
      address: address, accountID: verified.accountID.bytes, identityKey: verified.aik.bytes,
      manifest: verified.signed.encoded, manifestVersion: verified.version,
      standing: .trusted, offeredIdentityKey: [], manifestWanted: false, firstSeenAt: now,
      verifiedAt: nil)
    try transaction.put(peer)
    try applyShared(to: peer)
    state.manifests[address] = verified
    try emit(.identityNotice(.pinned), address: address)
    return .pinned
  }

  /// A manifest of an account that is pinned.
  private mutating func follow(
    _ signed: SignedManifest, peer: PeerRow
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    let known = try verifiedManifest(of: peer)
    var peer = peer
    peer.manifestWanted = false
    try transaction.put(peer)
    guard signed.claimedAccountID == known.accountID else {
      return try changed(peer, offered: signed)
    }
    if signed.encoded == peer.manifest { return try trust(&peer, known, .unchanged) }
    guard signed.claimedVersion > known.version else {
      if signed.claimedVersion == known.version { return try contradicted(peer) }
      return try refuse(peer.address, .manifestRollback, notice: .manifestRefused)
    }
    let next: VerifiedManifest
    do throws(IdentityFailure) {
      next =
        signed.claimedVersion - known.version == 1
        ? try signed.verified(after: known)
        : try signed.verified(account: known.accountID, pinned: known.aik)
    } catch {
      return error == .accountKeyChanged
        ? try changed(peer, offered: signed) : try contradicted(peer)
    }
    // The old key's word for a new one is worth a banner, not silence: people decide.
    guard next.aik == known.aik else { return try changed(peer, offered: signed) }
    let devicesChanged = known.manifest.devices.map(\.id) != next.manifest.devices.map(\.id)
    let verdict = try trust(&peer, next, .advanced)
    if devicesChanged {
      try emit(.identityNotice(.devicesChanged), address: peer.address)
      // One that was taken out may be all there is of the peer in a group.
      if let conversation = try transaction.conversation(address: peer.address) {
        state.markDirty(conversation.id)
      }
    }
    return verdict
  }

  /// The manifest holds; a conversation that was blocked by another one goes on.
  private mutating func trust(
    _ peer: inout PeerRow, _ manifest: VerifiedManifest, _ verdict: ManifestVerdict
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    let wasTrusted = peer.standing == .trusted
    peer.manifest = manifest.signed.encoded
    peer.manifestVersion = manifest.version
    peer.standing = .trusted
    peer.offeredIdentityKey = []
    try transaction.put(peer)
    state.manifests[peer.address] = manifest
    if !wasTrusted { _ = try keepOffer(nil, of: peer.address) }
    if !wasTrusted, var row = try transaction.conversation(address: peer.address) {
      // A group that was given up while the account was in doubt is replaced now.
      let wasLost = try transaction.groups(conversationID: row.id)
        .contains { $0.phase == .outOfStep }
      row.phase = try sendingGroup(of: row) != nil ? .open : wasLost ? .starting : .idle
      try transaction.put(row)
      state.markDirty(row.id)
    }
    return verdict
  }

  /// Somebody offers another identity key for the address: loud, and nothing is sent.
  private mutating func changed(
    _ peer: PeerRow, offered: SignedManifest
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    var peer = peer
    let isNew = peer.standing != .identityChanged
    peer.standing = .identityChanged
    peer.offeredIdentityKey = try keepOffer(offered, of: peer.address)
    // The mark was of a key that the address no longer has: the notice below says so.
    if peer.verifiedAt != nil { try share(OwnKey(.verified, peer.address), []) }
    peer.verifiedAt = nil
    try transaction.put(peer)
    if isNew {
      try emit(.identityNotice(.identityChanged), address: peer.address)
      try addBanner(
        "The identity key of \(peer.address) has changed: a new account of theirs, or somebody "
          + "in between. Nothing is sent to them until you accept it: sotto identity.",
        about: peer.address)
    }
    try block(address: peer.address, .identityChanged)
    return .refused(.identityChanged)
  }

  /// The manifest contradicts the one that is known.
  mutating func contradicted(_ peer: PeerRow) throws(ClientStoreFailure) -> ManifestVerdict {
    var peer = peer
    let isNew = peer.standing == .trusted
    if isNew {
      peer.standing = .contradicted
      try transaction.put(peer)
      try emit(.identityNotice(.manifestRefused), address: peer.address)
    }
    try block(address: peer.address, .manifestInvalid)
    return .refused(.manifestInvalid)
  }

  /// A member of a group was not who its account's manifest says: the account is in doubt until the
  /// directory was asked on another connection.
  mutating func doubt(
    _ address: String, because code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    guard var peer = try transaction.peer(address: address), peer.standing == .trusted else {
      return
    }
    peer.standing = code == .identityChanged ? .identityChanged : .contradicted
    peer.manifestWanted = true
    try transaction.put(peer)
  }

  private mutating func refuse(
    _ address: String, _ code: ClientFailureCode, notice: IdentityNotice
  ) throws(ClientStoreFailure) -> ManifestVerdict {
    try emit(.identityNotice(notice), address: address)
    return .refused(code)
  }

  /// Nothing is sent to the peer until its identity is settled.
  mutating func block(
    address: String, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    guard !isOwn(address), var conversation = try transaction.conversation(address: address)
    else { return }
    let wasBlocked = conversation.phase == .blocked
    conversation.phase = .blocked
    try transaction.put(conversation)
    try failWaiting(conversation, code)
    if !wasBlocked { try emit(.conversationBlocked(code), address: address) }
  }

  /// The peer's manifest as it was verified before it was stored.
  mutating func verifiedManifest(
    of peer: PeerRow
  ) throws(ClientStoreFailure) -> VerifiedManifest {
    if let cached = state.manifests[peer.address] { return cached }
    guard let account = AccountID(peer.accountID), let key = SignaturePublicKey(peer.identityKey)
    else { throw .corrupt("peer") }
    do {
      let manifest = try SignedManifest(decoding: peer.manifest)
        .verified(account: account, pinned: key)
      state.manifests[peer.address] = manifest
      return manifest
    } catch {
      throw .corrupt("peer")
    }
  }
}
