// SPDX-License-Identifier: Apache-2.0

import Identity
import MLS
import SansIO

/// Following commits in groups: what they may do, whom they bring, and what is told of it.
extension ClientStep {
  /// Holds a commit of somebody else to the rules (groups.md).
  func checkRules(
    _ staged: StagedCommit, of group: Group, in conversation: ConversationRow
  ) throws(RoomViolation) {
    guard let before = ProductGroup.room(of: group.contextExtensions),
      let after = ProductGroup.room(of: staged.contextExtensions),
      let old = ProductGroup.context(of: group.contextExtensions),
      let new = ProductGroup.context(of: staged.contextExtensions),
      let actor = group.leafNode(at: staged.committer).flatMap({ leaf in
        RoomMember(Member(leafIndex: staged.committer, leafNode: leaf))
      })
    else { throw .identity }
    let added = staged.added.compactMap(RoomMember.init)
    let removed = staged.removed.compactMap(RoomMember.init)
    guard added.count == staged.added.count, removed.count == staged.removed.count else {
      throw .adding
    }
    let transition = RoomTransition(
      before: before, after: after, members: group.roomMembers, added: added, removed: removed,
      leaving: group.leavingLeaves, actor: actor.account)
    try transition.check()
    guard (try? isOwnProposal(after, after: before, in: conversation)) ?? false else {
      throw .timer
    }
    guard new.follows(old, renewed: !removed.isEmpty) else { throw .keys }
  }

  /// The commit is not followed, nor is what comes after it.
  mutating func refuse(
    _ staged: StagedCommit, of group: Group, because violation: RoomViolation,
    in row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("group")
    }
    // Of two people nothing but the timer can be broken by somebody whose client is not broken.
    guard RoomReference.isOne(conversation.address) || violation == .timer else {
      return try lose(&row)
    }
    try tell(
      RoomNotice(
        .violated, actor: address(of: staged.committer, in: group), detail: violation.rawValue),
      in: conversation, groupID: row.groupID)
    if try leaveBreaker(staged, of: group, in: &row, conversation) { return false }
    try replace(&row)
    return false
  }

  /// The commit removes this device.
  mutating func removed(
    by staged: StagedCommit, from group: Group, in row: inout GroupRow
  ) throws(ClientStoreFailure) -> Bool {
    guard let conversation = try transaction.conversation(id: row.conversationID) else {
      throw .corrupt("group")
    }
    let isUnlinked =
      group.leafNode(at: staged.committer)
      .flatMap { RoomMember(Member(leafIndex: staged.committer, leafNode: $0)) }?.account
      == ownAccount
    if isUnlinked, let device = state.device {
      let address = device.address.description
      let needed = state.listingAnswers[row.groupID] ?? answersNeeded(about: address)
      state.listingAnswers[row.groupID] = needed
      guard state.manifestAnswers[address, default: 0] >= needed else {
        pause(row, for: address)
        return false
      }
      state.listingAnswers[row.groupID] = nil
      // A leaf that nobody has heard of is put out before it comes in again (linking.md).
      let isListed = state.manifests[address]?.manifest.device(device.device.deviceID) != nil
      guard !isListed else {
        // The Welcome may be here already: it waits for this.
        state.waitingWelcomes = state.waitingWelcomes.filter { $0.value != conversation.address }
        return try lose(&row)
      }
      try addNotice(
        "This device was taken out of the account.", to: conversation, groupID: row.groupID)
      try end(&row, of: conversation)
      return false
    }
    guard RoomReference.isOne(conversation.address) else { return try lose(&row) }
    for notice in notices(of: staged, in: group, nil) where !notice.subject.isEmpty {
      try tell(notice, in: conversation, groupID: row.groupID)
    }
    try end(&row, of: conversation)
    state.waitingWelcomes = state.waitingWelcomes.filter { $0.value != conversation.address }
    return false
  }

  /// Whether those whom a commit brings, or whose leaves it renews, are who they say they are. Of
  /// two people all are looked at each time; in a group the others were when they came.
  ///
  /// Of two people one may read only now that a device was brought in which its account has taken
  /// out since. Only its own account brings a device in there, and takes it out again
  /// (`RoomTransition`); until it has, nothing is sent (`lookAfterRemovedPeers`).
  mutating func check(
    changesOf staged: StagedCommit, of group: Group, towards next: Group,
    in conversation: ConversationRow
  ) throws(ClientStoreFailure) -> MemberCheck {
    guard RoomReference.isOne(conversation.address) else {
      return try check(members: next.members, coming: [])
    }
    let renewed = staged.updated.map { Member(leafIndex: $0.leafIndex, leafNode: $0.new) }
    return try check(
      people: staged.added + renewed, in: conversation.address, coming: staged.coming,
      broughtBy: address(of: staged.committer, in: group))
  }

  /// Whether these are who they say they are. All manifests that are not known are asked for at
  /// once.
  ///
  /// A device that was taken out of its account after a commit had brought it in is followed, where
  /// `actor` is of the same account, or another device of the account comes along: one of them
  /// takes it out.
  ///
  /// - Parameters:
  ///   - coming: the signature keys of those who were no members before.
  ///   - actor: the address of the member who brings them; nil when that is not known.
  mutating func check(
    people members: [Member], in address: String, coming: Set<[UInt8]>,
    broughtBy actor: String? = nil
  ) throws(ClientStoreFailure) -> MemberCheck {
    guard RoomReference.isOne(address) else {
      return try check(members: members, coming: coming)
    }
    var missing: String?
    var takenOut: Set<String> = []
    var vouching = Set([actor].compactMap { $0 })
    for member in members {
      let claim: LeafClaim
      do {
        claim = try LeafClaim(member.leafNode)
      } catch {
        return .refused(error.code, address: address)
      }
      let comes = coming.contains(member.leafNode.signatureKey)
      switch try check(claim.certificate, of: claim.address, comes: comes) {
      case .trusted: vouching.insert(claim.address)
      case .needsManifest(let address):
        wantManifest(of: address)
        // They are asked for in the order of addresses: with the last one most have come.
        missing = max(missing ?? address, address)
      case .refused(let code, let address):
        guard actor != nil, comes,
          try check(claim.certificate, of: claim.address, comes: false) == .trusted(peer: address)
        else { return .refused(code, address: address) }
        takenOut.insert(address)
      }
    }
    if let missing { return .needsManifest(of: missing) }
    if let alone = takenOut.subtracting(vouching).min() {
      return .refused(.ghostDevice, address: alone)
    }
    return .trusted(peer: address)
  }

  /// Stores and tells what a commit has changed.
  mutating func noteRoom(
    _ staged: StagedCommit, of group: Group, in row: GroupRow, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    state.flows[row.groupID]?.proposedAt = nil
    guard let room = ProductGroup.room(of: staged.contextExtensions) else {
      throw .corrupt("epoch")
    }
    guard RoomReference.isOne(conversation.address) else {
      return try notePair(staged, of: group, in: row, conversation)
    }
    try transaction.put(RoomRow(conversationID: conversation.id, state: room.encoded))
    state.keptLinks[conversation.id] = nil
    for notice in notices(of: staged, in: group, try transaction.peers()) {
      try tell(notice, in: conversation, groupID: row.groupID)
    }
    try noteReturned(staged, of: group, in: conversation, row)
    for change in try transaction.roomChanges(conversationID: conversation.id) {
      guard case .renew(let address)? = try? RoomChange(decoding: change.change),
        staged.added.compactMap(RoomMember.init).account(of: address) != nil
      else { continue }
      try transaction.removeRoomChange(id: change.id)
    }
    // Whoever wants to go proposes it anew in the new epoch.
    if conversation.phase == .leaving, try !hasToPropose(conversation) {
      try queue([], kind: .leave, messageID: [], in: conversation)
    }
  }

  /// What a commit has changed, in words.
  private func notices(
    of staged: StagedCommit, in group: Group, _ peers: [PeerRow]?
  ) -> [RoomNotice] {
    guard let before = ProductGroup.room(of: group.contextExtensions),
      let after = ProductGroup.room(of: staged.contextExtensions)
    else { return [] }
    let actor = address(of: staged.committer, in: group)
    let members = group.roomMembers
    let added = staged.added.compactMap(RoomMember.init)
    let removed = staged.removed.compactMap(RoomMember.init)
    let gone = removed.accounts.filter { account in
      !added.holds(account)
        && !members.contains { $0.account == account && !removed.contains($0) }
    }
    let leaving = group.leavingLeaves
    var notices: [RoomNotice] = []
    for account in gone {
      let subject = members.address(of: account) ?? ""
      let hasLeft = members.contains { $0.account == account && leaving.contains($0.leaf) }
      let kind: RoomNotice.Kind =
        after.banned.contains(account) ? .banned : hasLeft ? .left : .removed
      notices.append(RoomNotice(kind, actor: hasLeft ? subject : actor, subject: subject))
    }
    let came = added.accounts.filter { !members.holds($0) || removed.holds($0) }
      .compactMap { added.address(of: $0) }
    if !came.isEmpty {
      notices.append(RoomNotice(.added, actor: actor, subject: came.joined(separator: ", ")))
    }
    if after.name != before.name {
      notices.append(RoomNotice(.renamed, actor: actor, detail: after.name))
    }
    if after.about != before.about {
      notices.append(RoomNotice(.described, actor: actor, detail: after.about))
    }
    if after.picture != before.picture {
      let kind: RoomNotice.Kind = after.picture == nil ? .pictureRemoved : .pictureChanged
      notices.append(RoomNotice(kind, actor: actor))
    }
    for account in members.accounts where after.role(of: account) != before.role(of: account) {
      guard !gone.contains(account), let subject = members.address(of: account) else { continue }
      notices.append(
        RoomNotice(.role, actor: actor, subject: subject, detail: after.role(of: account).name))
    }
    for action in RoomAction.allCases where after.permissions[action] != before.permissions[action]
    {
      let detail = "\(action.name): \(after.permissions[action].name)"
      notices.append(RoomNotice(.permission, actor: actor, detail: detail))
    }
    let unbanned = before.banned.subtracting(after.banned)
    for peer in peers ?? [] where AccountID(peer.accountID).map(unbanned.contains) ?? false {
      notices.append(RoomNotice(.unbanned, actor: actor, subject: peer.address))
    }
    let banned = after.banned.subtracting(before.banned).subtracting(gone)
    for peer in peers ?? [] where AccountID(peer.accountID).map(banned.contains) ?? false {
      notices.append(RoomNotice(.banned, actor: actor, subject: peer.address))
    }
    let (old, new) = (Set(before.links.map(\.linkID)), Set(after.links.map(\.linkID)))
    for linkID in new.subtracting(old).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      notices.append(RoomNotice(.linkOpened, actor: actor, detail: Hex.encode(linkID)))
    }
    for linkID in old.subtracting(new).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
      notices.append(RoomNotice(.linkClosed, actor: actor, detail: Hex.encode(linkID)))
    }
    if after.timer != before.timer {
      notices.append(RoomNotice(.timer, actor: actor, detail: after.policy.timer.shown))
    }
    return notices
  }

  /// An event, and a line of the conversation.
  mutating func tell(
    _ notice: RoomNotice, in conversation: ConversationRow, groupID: [UInt8]
  ) throws(ClientStoreFailure) {
    try addNotice(notice.text, to: conversation, groupID: groupID)
    try emit(.roomChanged(notice), address: conversation.address)
  }

  func address(of leaf: LeafIndex, in group: Group) -> String {
    group.leafNode(at: leaf).flatMap { leafNode in
      RoomMember(Member(leafIndex: leaf, leafNode: leafNode))?.address
    } ?? ""
  }

  /// This device can follow the group no longer: only a member who may add people can bring it
  /// back, and is asked to.
  mutating func lostRoom(
    _ row: GroupRow, _ conversation: ConversationRow
  ) throws(ClientStoreFailure) {
    var conversation = conversation
    if conversation.phase != .blocked {
      conversation.phase = .idle
      try transaction.put(conversation)
    }
    try addNotice(
      "This device has lost step with the group. It asks those who may add people to add it again.",
      to: conversation, groupID: row.groupID)
    try askToReturn(to: conversation, row)
    try emit(.conversationRestarted(.outOfStep), address: conversation.address)
    state.markDirty(conversation.id)
  }
}

extension StagedCommit {
  /// The signature keys of those who were no members before. An external commit is of one who comes
  /// back.
  fileprivate var coming: Set<[UInt8]> {
    isExternal ? [] : Set(added.map(\.leafNode.signatureKey))
  }
}

extension ConversationContext {
  /// Whether this context may follow upon another: the same log and generation, and another group
  /// state key exactly when somebody goes out.
  func follows(_ old: ConversationContext, renewed: Bool) -> Bool {
    guard routingID == old.routingID, generation == old.generation else { return false }
    guard renewed else { return self == old }
    return groupStateKeyVersion == old.groupStateKeyVersion &+ 1
      && groupStateKey != old.groupStateKey
  }
}
