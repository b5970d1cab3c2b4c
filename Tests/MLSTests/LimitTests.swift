// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// Every bound on a length, a count or a cache: taken at the limit, refused one past it. Trees have
/// theirs in TreePathTests, skipped keys in GroupMessageTests, PSKs of a commit in
/// ForgedCommitTests.
@Suite struct LimitTests {
  /// Expects `bytes(count)` to decode up to `most` and to be `limitExceeded` above.
  private func expect<Value: WireValue>(
    _: Value.Type, most: Int, at location: SourceLocation = #_sourceLocation,
    _ bytes: (Int) -> [UInt8]
  ) {
    #expect(throws: Never.self, sourceLocation: location) { try Value(decoding: bytes(most)) }
    #expect(throws: DecodingFailure.limitExceeded, sourceLocation: location) {
      try Value(decoding: bytes(most + 1))
    }
  }

  /// A `<V>` list of equal elements, after `head`.
  private func list(_ element: [UInt8], _ count: Int, head: [UInt8] = []) -> [UInt8] {
    var output = ByteWriter()
    output.write(raw: head)
    output.write(vector: Array(repeatElement(element, count: count).joined()))
    return output.bytes
  }

  @Test func capabilities() {
    for place in 0..<5 {
      expect(Capabilities.self, most: Capabilities.listCountMax) { count in
        (0..<5).flatMap { list([0xF0, 1], $0 == place ? count : 0) }
      }
      expect(RequiredCapabilities.self, most: Capabilities.listCountMax) { count in
        (0..<3).flatMap { list([0xF0, 1], $0 == place % 3 ? count : 0) }
      }
    }
  }

  @Test func extensions() {
    func encoded(_ count: Int) -> [UInt8] {
      var output = ByteWriter()
      output.write(
        list: (0..<count).map { Extension(type: ExtensionType(rawValue: UInt16($0)), data: []) })
      return output.bytes
    }
    func read(_ count: Int) throws(DecodingFailure) -> Int {
      let bytes = encoded(count)
      var input = bytes.span
      return try input.readExtensions().count
    }
    #expect(throws: Never.self) { try read(Extension.listCountMax) }
    #expect(throws: DecodingFailure.limitExceeded) { try read(Extension.listCountMax + 1) }
  }

  @Test func credentials() {
    expect(Credential.self, most: Credential.certificateCountMax) { list([0], $0, head: [0, 2]) }
  }

  @Test func paths() throws {
    let node = UpdatePathNode(encryptionKey: [], encryptedPathSecret: []).encoded
    let world = try ForgedWorld()
    let leaf = try #require(world.bob.members.first?.leafNode).encoded
    expect(UpdatePath.self, most: UpdatePath.nodeCountMax) { list(node, $0, head: leaf) }
    expect(UpdatePathNode.self, most: LeafCount.max.rawValue) { list([0, 0], $0, head: [0]) }
  }

  @Test func commits() {
    expect(Commit.self, most: Commit.proposalCountMax) { list([2, 0], $0) + [0] }
  }

  @Test func welcomes() {
    expect(Welcome.self, most: LeafCount.max.rawValue) { list([0, 0, 0], $0, head: [0, 1]) + [0] }
    let id = PreSharedKeyID(source: .external(id: []), nonce: []).encoded
    expect(GroupSecrets.self, most: GroupSecrets.pskCountMax) { list(id, $0, head: [0, 0]) }
  }

  @Test func externalSenders() {
    let sender = ExternalSender(signatureKey: [], credential: .basic(identity: [])).encoded
    expect(ExternalSenders.self, most: ExternalSenders.countMax) { list(sender, $0) }
  }

  @Test func unmergedLeaves() {
    expect(ParentNode.self, most: LeafCount.max.rawValue) {
      list([0, 0, 0, 1], $0, head: [0, 0])
    }
  }

  @Test func messages() {
    let bytes = [UInt8](repeating: 0xFF, count: MLSMessage.bytesMax)
    #expect(throws: MLSFailure.self) { try MLSMessage(bytes: bytes) }
    #expect(throws: MLSFailure.messageTooLarge) { try MLSMessage(bytes: bytes + [0]) }
    do throws(MLSFailure) {
      _ = try MLSMessage(bytes: bytes)
    } catch {
      #expect(error != .messageTooLarge)
    }
  }

  @Test func pendingProposals() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    for index in groups.indices { groups[index].policy.pendingProposalsMax = 3 }
    var messages: [[UInt8]] = []
    for _ in 0..<3 {
      messages.append(try groups[0].proposeUpdate(using: &world.entropy))
    }
    #expect(throws: MLSFailure.tooManyProposals) {
      try groups[0].proposeUpdate(using: &world.entropy)
    }
    for message in messages { _ = try groups[1].process(message, at: world.now) }
    groups[0].policy.pendingProposalsMax = 4
    let fourth = try groups[0].proposeUpdate(using: &world.entropy)
    let before = groups[1].encodedEpochState.copyBytes()
    #expect(throws: MLSFailure.tooManyProposals) {
      try groups[1].process(fourth, at: world.now)
    }
    #expect(groups[1].encodedEpochState.copyBytes() == before)
    // A commit makes room.
    _ = try world.commit(&groups, by: 1, options: CommitOptions(includesPendingProposals: false))
    _ = try groups[0].proposeUpdate(using: &world.entropy)
  }

  @Test func resumptionKeysAndPastEpochs() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let first = groups[0].epoch
    let late = try groups[1].protect([1], using: &world.entropy)
    func commit(_ epoch: UInt64) throws -> PendingCommit {
      let id = PreSharedKeyID(
        source: .resumption(usage: .application, groupID: groups[0].groupID, epoch: epoch),
        nonce: world.entropy.bytes(32))
      return try groups[0].commit([.preSharedKey(id)], at: world.now, using: &world.entropy)
    }
    let kept = GroupPolicy.standard.resumptionKeysMax
    #expect(kept == GroupPolicy.standard.pastEpochsMax)
    for _ in 0..<kept { _ = try world.commit(&groups, by: 0) }
    #expect(groups[0].pastEpochCount == kept)
    _ = try commit(first)
    var reader = groups[0]
    _ = try reader.process(late, at: world.now)
    _ = try world.commit(&groups, by: 0)
    #expect(groups[0].pastEpochCount == kept)
    #expect(throws: MLSFailure.unknownPSK) { try commit(first) }
    #expect(throws: MLSFailure.pastEpoch) { try groups[0].process(late, at: world.now) }
    _ = try commit(first + 1)
  }

  /// The last epoch that 64 bits can name is a place to be in, and none to go on from.
  @Test func lastEpoch() throws {
    var world = GroupWorld()
    let groups = try world.group(["alice"])
    let bob = try world.newcomer("bob")
    func joined(_ epoch: UInt64) throws -> (Group, Group) {
      var made = groups[0]
      _ = try made.state.tree.add(bob.keyPackage.leafNode)
      var welcome = PermissiveWelcome(of: made)
      welcome.context.epoch = epoch
      welcome.context.treeHash = made.state.tree.treeHash(world.suite)
      made.state.context = welcome.context
      let staged = try Group.join(
        try welcome.welcome(to: bob.keyPackage, using: &world.entropy), with: bob.bundle,
        signatureKey: bob.signer, at: world.now)
      return (staged.group, made)
    }
    var (last, maker) = try joined(.max)
    #expect(throws: MLSFailure.epochExhausted) {
      try last.commit(at: world.now, using: &world.entropy)
    }
    #expect(throws: MLSFailure.epochExhausted) {
      try Group.joinExternally(
        try last.groupInfo(), identity: try world.identity("eve"), at: world.now,
        using: &world.entropy)
    }
    // A commit that all the same comes, under the keys of that epoch.
    maker.state.secrets = last.state.secrets
    let hostile = PermissiveMember(group: maker)
    let bytes = try hostile.publicMessage(
      .commit(Commit(proposals: [], path: nil)),
      {
        var change = PermissiveMember.Change.none; change.confirmationTag = []; return change
      }())
    #expect(throws: MLSFailure.epochExhausted) { try last.process(bytes, at: world.now) }
    var (before, _) = try joined(.max - 1)
    let pending = try before.commit(at: world.now, using: &world.entropy)
    #expect(pending.staged.nextEpoch == .max)
  }
}
