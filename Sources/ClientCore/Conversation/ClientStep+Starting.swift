// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO
import Wire

/// A device that can be added: its key package was checked.
struct Invitee {
  let deviceID: UInt32
  let keyPackage: KeyPackage
}

/// What the look at an offer of key packages came to.
enum OfferVerdict {
  /// These can be added.
  case invitees([Invitee])
  /// A one-time key package had expired in the directory. It is gone now: ask for the next.
  case outdated
  /// The offer is not to be believed, or holds nothing.
  case refused(ClientFailureCode)
}

/// Making a group for a conversation (RFC 9420 §11, §12.4.3.1).
extension ClientStep {
  /// Asks for the peer's key packages, unless that is under way or was done too often today.
  mutating func start(_ conversation: ConversationRow) throws(ClientStoreFailure) {
    let purpose = RequestPurpose.takeKeyPackages(conversationID: conversation.id)
    guard !state.logs.isOpen(purpose) else { return }
    if let retryAt = state.startRetryAt[conversation.id], now < retryAt {
      return state.wake(conversation.id, at: retryAt)
    }
    if let again = restartsAgainAt(conversation) { return state.wake(conversation.id, at: again) }
    if isOwn(conversation.address) { return try makeOwnGroup(for: conversation) }
    send(LogsRequest.takeKeyPackages(address: conversation.address), purpose)
  }

  /// The directory's answer: the group is made and stored whole, before anything leaves.
  mutating func receivedKeyPackages(
    manifest: [UInt8], _ packages: [ServerMessage.OfferedKeyPackage], conversationID: [UInt8]
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: conversationID) else { return }
    state.markDirty(conversationID)
    noteFetched(conversation.address)
    switch try accept(manifest: manifest, of: conversation.address) {
    case .refused(let code): return try failWaiting(conversation, code)
    case .overtaken: return startAgain(conversationID, after: ClientLimits.manifestFreshness)
    case .pinned, .unchanged, .advanced: break
    }
    guard let peer = try transaction.peer(address: conversation.address) else { return }
    let invitees: [Invitee]
    switch try examine(packages, of: peer) {
    case .invitees(let found): invitees = found
    case .outdated: return startAgain(conversationID, after: ClientLimits.commitBackoff)
    case .refused(let code):
      if code != .noDevices {
        try emit(
          .identityNotice(code == .ghostDevice ? .ghostDevice : .keyPackageRefused),
          address: peer.address)
      }
      return try failWaiting(conversation, code)
    }
    // A Welcome of the peer's may have come in the meantime.
    guard try sendingGroup(of: conversation) == nil,
      try groupBeingMade(for: conversation) == nil
    else { return }
    try makeGroup(for: conversation, with: invitees)
  }

  private mutating func startAgain(_ conversationID: [UInt8], after wait: Duration) {
    state.startRetryAt[conversationID] = now + wait
    state.wake(conversationID, at: now + wait)
  }

  mutating func keyPackagesRefused(
    conversationID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard let conversation = try transaction.conversation(id: conversationID) else { return }
    switch refusal.code {
    case .notFound: try failWaiting(conversation, .unknownAddress)
    case .unknownDomain: try failWaiting(conversation, .unknownDomain)
    case .malformed: try failWaiting(conversation, .badAddress)
    default:

      let retryAt = now + (refusal.retryAfter ?? ClientLimits.refusalWait)
      state.startRetryAt[conversationID] = retryAt
      state.wake(conversationID, at: retryAt)
    }
  }

  /// The devices whose key packages are what the manifest's devices would have signed. One that is
  /// not refuses the whole offer: a directory that substitutes one key is not to be believed.
  mutating func examine(
    _ packages: [ServerMessage.OfferedKeyPackage], of peer: PeerRow
  ) throws(ClientStoreFailure) -> OfferVerdict {
    let manifest = try verifiedManifest(of: peer)
    var found: [Invitee] = []
    for offered in packages {
      guard let device = manifest.manifest.device(DeviceID(rawValue: offered.deviceID)),
        !found.contains(where: { $0.deviceID == offered.deviceID })
      else { return .refused(.ghostDevice) }
      // A device that lapsed is left out: it comes back by refreshing its entry.
      guard now < device.expires else { continue }
      guard case .keyPackage(let keyPackage) = try? MLSMessage(bytes: offered.body),
        let claim = try? LeafClaim(keyPackage.leafNode),
        claim.address == peer.address, claim.certificate.deviceID == device.id,
        try check(claim.certificate, of: peer.address) == .trusted(peer: peer.address)
      else { return .refused(.keyPackageInvalid) }
      do throws(MLSFailure) {
        try keyPackage.validate(requirements: try requirements, now: now)
      } catch {
        guard error == .outsideLifetime else { return .refused(.keyPackageInvalid) }
        if keyPackage.isLastResort { continue }
        return .outdated
      }
      found.append(Invitee(deviceID: offered.deviceID, keyPackage: keyPackage))
    }
    return found.isEmpty ? .refused(.noDevices) : .invitees(found)
  }

  /// Whether a key package can be added now.
  func isValid(_ keyPackage: KeyPackage) -> Bool {
    do {
      try keyPackage.validate(requirements: try requirements, now: now)
      return true
    } catch {
      return false
    }
  }

  /// What a key package has to fulfil for the product's groups.
  private var requirements: LeafRequirements {
    get throws(MLSFailure) {
      try LeafRequirements(
        suite: ProductGroup.suite,
        contextExtensions: [
          Extension(type: .requiredCapabilities, ProductGroup.required),
          Extension(type: ProductGroup.conversationExtension, data: []),
          Extension(type: ProductGroup.roomExtension, data: []),
        ])
    }
  }

  /// Makes the group, its log's name and the commit that adds the invitees, and stores all of it.
  private mutating func makeGroup(
    for conversation: ConversationRow, with invitees: [Invitee]
  ) throws(ClientStoreFailure) {
    guard let device = state.device else { return }
    var conversation = conversation
    let groups = try transaction.groups(conversationID: conversation.id)
    if let last = groups.map(\.generation).max() {
      conversation.generation = max(conversation.generation, last &+ 1)
    }
    let context = ConversationContext(generation: conversation.generation, using: &entropy)
    let groupID = entropy.bytes(ProductGroup.groupIDLength)
    var group: Group
    let parcel: CommitParcel
    let pending: PendingCommit
    do {
      group = try Group.create(
        groupID: groupID, suite: ProductGroup.suite, identity: device.leafIdentity,
        contextExtensions: ProductGroup.contextExtensions(
          context, try newPairState(for: conversation)),
        lifetime: Lifetime(from: now, lasting: ClientLimits.keyPackageLifetime),
        using: &entropy)
      (pending, parcel) = try makeCommit(
        invitees.map { Proposal.add($0.keyPackage) }, in: &group, next: context,
        inviting: invitees.map { (conversation.address, $0.deviceID) })
    } catch {
      return try failWaiting(conversation, .internalFailure)
    }
    try countRestart(&conversation)
    conversation.phase = .starting
    try transaction.put(conversation)
    try transaction.put(
      GroupRow(
        groupID: groupID, conversationID: conversation.id, routingID: context.routingID,
        phase: .creating, generation: conversation.generation, epoch: group.epoch,
        joinedEpoch: group.epoch, cursor: nil, lastPathAt: nil, messagesSincePath: 0,
        answering: false, commitAttempts: 0, commitRetryAt: nil, createdAt: now))
    try store(group)
    try transaction.put(
      PendingCommitRow(
        groupID: groupID, epoch: group.epoch, submitID: entropy.bytes(16), reason: .invite,
        request: parcel.encoded, state: pending.encodedForStorage, createdAt: now))
  }

  /// Groups that replace others are counted: each is a line in the conversation, and a server that
  /// drops commits must not make them without end.
  mutating func countRestart(
    _ conversation: inout ConversationRow
  ) throws(ClientStoreFailure) {
    if now - conversation.restartsSince >= .seconds(86_400) {
      conversation.restartsSince = now
      conversation.restarts = 0
    }
    conversation.restarts += 1
  }

  /// Makes a commit with everything that leaves with it.
  mutating func makeCommit(
    _ proposals: [Proposal], in group: inout Group, next context: ConversationContext,
    inviting devices: [(address: String, deviceID: UInt32)] = []
  ) throws(MLSFailure) -> (PendingCommit, CommitParcel) {
    var options = CommitOptions.standard
    let key = treeKey(group, adding: devices.count)
    let routingID = context.routingID
    if let key {
      options.welcomeCarriesTree = false
      options.treeExtensions = { (tree) throws(MLSFailure) in
        [try SealedTree(tree, key: key, routingID: routingID).groupInfoExtension]
      }
    }
    let pending = try group.commit(proposals, options: options, at: now, using: &entropy)
    guard let hash = Group.nextTokenHash(pending.staged, routingID: context.routingID) else {
      throw .notAMember
    }
    var sealed: SealedTree?
    if let key, let tree = pending.encodedRatchetTree {
      sealed = try SealedTree(tree, key: key, routingID: routingID)
    }
    let info = try pending.groupInfo(
      carriesTree: sealed == nil, extensions: sealed.map { [$0.groupInfoExtension] } ?? [])
    let parcel = CommitParcel(
      body: pending.message, nextTokenHash: hash,
      sealedGroupInfo: try context.seal(info, using: &entropy),
      welcome: pending.welcome ?? [],
      welcomeDevices: devices.map { address, deviceID in
        CommitParcel.WelcomeDevice(address: address, deviceID: deviceID)
      }, removes: !pending.staged.removed.isEmpty, parts: sealed?.parts ?? [])
    return (pending, parcel)
  }

  /// Everything that waits for a group of this conversation will not be sent.
  mutating func failWaiting(
    _ conversation: ConversationRow, _ code: ClientFailureCode
  ) throws(ClientStoreFailure) {
    if conversation.phase == .starting, var row = try transaction.conversation(id: conversation.id),
      row.phase == .starting
    {
      row.phase = .idle
      try transaction.put(row)
    }
    while true {
      let rows = try transaction.outboxRows(
        conversationID: conversation.id, phases: [.queued], limit: ClientLimits.pageMax)
      guard !rows.isEmpty else { return }
      for row in rows {
        try transaction.removeOutboxRow(id: row.id)
        try setState(.failed, of: row.messageID, in: conversation, failure: code)
      }
    }
  }

  mutating func logCreated(_ groupID: [UInt8]) throws(ClientStoreFailure) {
    guard var row = try transaction.group(id: groupID), row.phase == .creating,
      let conversation = try transaction.conversation(id: row.conversationID)
    else { return }
    let isOwn = isOwn(conversation.address)
    row.phase = isOwn || RoomReference.isOne(conversation.address) ? .active : .inviting
    try transaction.put(row)
    if isOwn {
      try ownGroupStarted(row, conversation)
    } else if row.phase == .active {
      try roomStarted(conversation)
    }
    state.markDirty(row.conversationID)
  }

  mutating func logRefused(
    _ groupID: [UInt8], _ refusal: ServerRefusal
  ) throws(ClientStoreFailure) {
    guard let row = try transaction.group(id: groupID), row.phase == .creating else { return }
    if refusal.code == .alreadyExists || refusal.code == .malformed {
      return try abandon(row)
    }
    state.wake(
      row.conversationID, at: now + (refusal.retryAfter ?? ClientLimits.refusalWait))
    state.flows[groupID, default: GroupFlow()].appendRetryAt =
      now + (refusal.retryAfter ?? ClientLimits.refusalWait)
  }

  /// A group that nobody else is in is given up; another one is made for what waits.
  mutating func abandon(_ row: GroupRow) throws(ClientStoreFailure) {
    var row = row
    row.phase = .closed
    try transaction.put(row)
    try transaction.removePendingCommit(groupID: row.groupID)
    state.markDirty(row.conversationID)
  }
}
