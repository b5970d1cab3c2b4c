// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// Commits that are signed and confirmed correctly and break one rule of RFC 9420 §12.2 or §12.4.
@Suite struct ForgedCommitTests {
  private typealias Change = PermissiveMember.CommitChange

  private func changed(_ edit: (inout Change) -> Void) -> Change {
    var change = Change.none
    edit(&change)
    return change
  }

  @Test(arguments: [WireFormat.publicMessage, .privateMessage])
  func honestOnesAreTaken(format: WireFormat) throws {
    var world = try ForgedWorld()
    let carol = try world.world.newcomer("carol")
    let bytes = try world.mallory.commit(
      [.proposal(.add(carol.keyPackage)), .proposal(.remove(world.dave.ownLeafIndex))],
      changed { $0.format = format }, using: &world.world.entropy)
    let staged = try staged(world.expectTaken(bytes))
    #expect(staged.added.count == 1 && staged.removed.count == 1)
    _ = try world.bob.merge(staged, at: world.world.now)
  }

  @Test func proposalLists() throws {
    var world = try ForgedWorld([.selfRemove])
    let suite = world.world.suite
    let (one, two) = (try world.world.newcomer("one"), try world.world.newcomer("two"))
    let own = world.mallory.group.ownLeafIndex
    let dave = world.dave.ownLeafIndex
    let leaf = try #require(world.bob.leafNode(at: own))
    let nonce = world.world.entropy.bytes(32)
    func key(_ source: PreSharedKeyID.Source, _ nonce: [UInt8]) -> Proposal {
      .preSharedKey(PreSharedKeyID(source: source, nonce: nonce))
    }
    func reInit(_ version: UInt16 = 1) -> Proposal {
      .reInit(
        Proposal.ReInit(
          groupID: [2], version: ProtocolVersion(rawValue: version), cipherSuite: suite,
          extensions: []))
    }
    let psk = key(.external(id: [1]), nonce)
    let ties: [Proposal] = [PreSharedKeyID.Usage.reinit, .branch].map {
      key(.resumption(usage: $0, groupID: world.bob.groupID, epoch: world.bob.epoch), nonce)
    }
    let unknown = Extension(type: ExtensionType(rawValue: 0xF123), data: [])
    let badRequirements = Extension(type: .requiredCapabilities, data: [1])
    let cases: [(Comment, MLSFailure, [Proposal])] = [
      ("own leaf removed", .committerRemoved, [.remove(own)]),
      ("own update", .committerUpdate, [.update(leaf)]),
      ("removed twice", .duplicateLeafProposal, [.remove(dave), .remove(dave)]),
      ("blank leaf removed", .blankLeaf, [.remove(world.blank)]),
      ("no such leaf", .blankLeaf, [.remove(LeafIndex(rawValue: 0xFFFF_FFFF))]),
      (
        "added twice", .duplicateAdd,
        [.add(one.keyPackage), .add(two.keyPackage), .add(one.keyPackage)]
      ),
      ("psk twice", .duplicatePSK, [psk, psk]),
      ("psk unknown", .unknownPSK, [psk]),
      ("nonce short", .invalidPSKNonce, [key(.external(id: [1]), Array(nonce.dropLast()))]),
      ("nonce long", .invalidPSKNonce, [key(.external(id: [1]), nonce + [0])]),
      ("reinit tie", .invalidPSKUsage, [ties[0]]),
      ("branch tie", .invalidPSKUsage, [ties[1]]),
      (
        "two context extensions", .duplicateGroupContextExtensions,
        [.groupContextExtensions([]), .groupContextExtensions([])]
      ),
      ("unsupported extension", .unsupportedCapability, [.groupContextExtensions([unknown])]),
      (
        "malformed requirements", .decoding(.truncated),
        [.groupContextExtensions([badRequirements])]
      ),
      ("reinit and more", .reInitNotAlone, [reInit(), .remove(dave)]),
      ("two reinits", .reInitNotAlone, [reInit(), reInit()]),
      ("reinit to an older version", .reInitLowersVersion, [reInit(0)]),
      ("external init", .proposalNotAllowedForSender, [.externalInit(kemOutput: [1])]),
      ("self-remove by value", .invalidSelfRemove, [.selfRemove]),
    ]
    for (what, failure, proposals) in cases {
      let bytes = try world.mallory.commit(
        proposals.map { .proposal($0) }, using: &world.world.entropy)
      world.expect(failure, bytes, what)
    }
  }

  @Test func proposalsByReference() throws {
    var world = try ForgedWorld([.selfRemove])
    var dave = world.dave
    let bodies: [[UInt8]] = [
      try dave.proposeUpdate(using: &world.world.entropy),
      try dave.propose(.selfRemove, wireFormat: .publicMessage, using: &world.world.entropy),
    ]
    for body in bodies {
      _ = try world.mallory.group.process(body, at: world.world.now)
      _ = try world.bob.process(body, at: world.world.now)
    }
    let references = world.bob.state.pendingProposals.map(\.reference)
    let remove = ProposalOrRef.proposal(.remove(dave.ownLeafIndex))
    let cases: [(Comment, MLSFailure, [ProposalOrRef])] = [
      (
        "unknown", .unknownProposal,
        [.reference(ProposalRef(bytes: [UInt8](repeating: 1, count: 32)))]
      ),
      ("no hash", .unknownProposal, [.reference(ProposalRef(bytes: []))]),
      ("update and remove", .duplicateLeafProposal, [.reference(references[0]), remove]),
      (
        "update and self-remove", .duplicateLeafProposal,
        [.reference(references[0]), .reference(references[1])]
      ),
      ("self-remove and remove", .duplicateLeafProposal, [.reference(references[1]), remove]),
      (
        "self-remove twice", .duplicateLeafProposal,
        [.reference(references[1]), .reference(references[1])]
      ),
    ]
    for (what, failure, proposals) in cases {
      world.expect(
        failure, try world.mallory.commit(proposals, using: &world.world.entropy), what)
    }
    // bob's own word, committed by bob.
    let own = try world.bob.propose(
      .selfRemove, wireFormat: .publicMessage, using: &world.world.entropy)
    _ = try world.mallory.group.process(own, at: world.world.now)
    let reference = try #require(world.bob.state.pendingProposals.last?.reference)
    var receiver = world.mallory.group
    var hostile = PermissiveMember(group: world.bob)
    let bytes = try hostile.commit([.reference(reference)], using: &world.world.entropy)
    #expect(throws: MLSFailure.committerRemoved) {
      try receiver.process(bytes, at: world.world.now)
    }
  }

  @Test func pathsThatAreMissing() throws {
    var world = try ForgedWorld([.selfRemove])
    var dave = world.dave
    let update = try dave.proposeUpdate(using: &world.world.entropy)
    _ = try world.mallory.group.process(update, at: world.world.now)
    _ = try world.bob.process(update, at: world.world.now)
    let reference = try #require(world.bob.state.pendingProposals.first?.reference)
    let pathless = changed { $0.hasPath = false }
    let lists: [[ProposalOrRef]] = [
      [], [.proposal(.remove(dave.ownLeafIndex))], [.reference(reference)],
      [.proposal(.groupContextExtensions([]))],
    ]
    for list in lists {
      world.expect(
        .missingPath, try world.mallory.commit(list, pathless, using: &world.world.entropy),
        "\(list.count)")
    }
    let carol = try world.world.newcomer("carol")
    let add = try world.mallory.commit(
      [.proposal(.add(carol.keyPackage))], pathless, using: &world.world.entropy)
    #expect(try staged(world.expectTaken(add)).hasPath == false)
  }

  @Test func senders() throws {
    var world = try ForgedWorld()
    for sender in [Sender.external(0), .newMemberProposal] {
      let bytes = try world.mallory.commit(
        [], changed { $0.message.sender = sender }, using: &world.world.entropy)
      world.expect(.invalidSender, bytes, "\(sender)")
    }
    let stolen = try world.mallory.commit(
      [], changed { $0.message.sender = .member(world.dave.ownLeafIndex) },
      using: &world.world.entropy)
    world.expect(.invalidSignature, stolen, "dave")
  }

  @Test func confirmationTags() throws {
    var world = try ForgedWorld()
    let edits: [(Comment, ([UInt8]) -> [UInt8])] = [
      ("none", { _ in [] }), ("short", { Array($0.dropLast()) }), ("long", { $0 + [0] }),
      ("altered", { [$0[0] ^ 1] + $0.dropFirst() }),
    ]
    for (what, edit) in edits {
      let bytes = try world.mallory.commit(
        [], changed { $0.confirmationTag = edit }, using: &world.world.entropy)
      world.expect(.invalidConfirmationTag, bytes, what)
    }
  }

  /// The counts of PSKs that a commit may inject, at the limit and one past it: the RFC's own field
  /// would take 65,535.
  @Test func numberOfPreSharedKeys() throws {
    var world = try ForgedWorld()
    func list(_ count: Int) -> [ProposalOrRef] {
      (0..<count).map { index in
        let nonce = [UInt8](repeating: 0, count: 30) + [UInt8(index >> 8), UInt8(index & 0xFF)]
        return .proposal(
          .preSharedKey(
            PreSharedKeyID(
              source: .resumption(
                usage: .application, groupID: world.bob.groupID, epoch: world.bob.epoch),
              nonce: nonce)))
      }
    }
    let most = try world.mallory.commit(
      list(GroupSecrets.pskCountMax), using: &world.world.entropy)
    #expect(try staged(world.expectTaken(most)).pskIDs.count == GroupSecrets.pskCountMax)
    world.expect(
      .tooManyProposals,
      try world.mallory.commit(
        list(GroupSecrets.pskCountMax + 1), using: &world.world.entropy), "one past the limit")
  }
}
