// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import MLS

/// A hostile member and the one that has to refuse it; of the group of four, the leaf before the
/// last one is blank.
struct ForgedWorld {
  var world: GroupWorld
  var mallory: PermissiveMember
  var bob: Group
  /// Another honest member.
  var dave: Group
  let blank = LeafIndex(rawValue: 2)

  init(_ proposalTypes: [ProposalType] = []) throws {
    world = GroupWorld(proposalTypes: proposalTypes)
    var groups = try world.group(["mallory", "bob", "carol", "dave"])
    _ = try world.commit(&groups, by: 3, [.remove(blank)])
    groups.remove(at: 2)
    mallory = PermissiveMember(group: groups[0])
    bob = groups[1]
    dave = groups[2]
  }

  /// Checks that bob refuses the bytes for this very reason and stays as he was.
  func expect(
    _ failure: MLSFailure, _ bytes: [UInt8], keys: PreSharedKeys = PreSharedKeys(),
    _ what: Comment, at location: SourceLocation = #_sourceLocation
  ) {
    var receiver = bob
    var found: MLSFailure?
    do throws(MLSFailure) {
      _ = try receiver.process(bytes, preSharedKeys: keys, at: world.now)
    } catch {
      found = error
    }
    #expect(found == failure, what, sourceLocation: location)
    #expect(receiver.snapshot == bob.snapshot, what, sourceLocation: location)
  }

  /// Checks that bob takes the bytes: the control of the negative cases.
  mutating func expectTaken(_ bytes: [UInt8]) throws -> ProcessedMessage {
    try bob.process(bytes, at: world.now)
  }
}

/// Messages that are signed and sealed correctly and break one rule of RFC 9420 §6.
@Suite struct ForgedMessageTests {
  private typealias Change = PermissiveMember.Change
  private let text = FramedContent.Body.application([1, 2, 3])
  private let proposal = FramedContent.Body.proposal(.groupContextExtensions([]))

  private func changed(_ edit: (inout Change) -> Void) -> Change {
    var change = Change.none
    edit(&change)
    return change
  }

  @Test func honestOnesAreTaken() throws {
    var world = try ForgedWorld()
    let one = try world.mallory.privateMessage(text, using: &world.world.entropy)
    #expect(try application(world.expectTaken(one)).data == [1, 2, 3])
    let two = try world.mallory.privateMessage(proposal, using: &world.world.entropy)
    guard case .proposal = try world.expectTaken(two) else { throw UnexpectedKind() }
    guard case .proposal = try world.expectTaken(world.mallory.publicMessage(proposal)) else {
      throw UnexpectedKind()
    }
  }

  @Test func publicMessages() throws {
    let world = try ForgedWorld()
    let mallory = world.mallory
    let cases: [(Comment, MLSFailure, Change)] = [
      ("group", .wrongGroup, changed { $0.groupID = [9] }),
      ("future", .futureEpoch, changed { $0.epoch = world.bob.epoch + 1 }),
      ("far future", .futureEpoch, changed { $0.epoch = .max }),
      ("past", .handshakeOutsideEpoch, changed { $0.epoch = world.bob.epoch - 1 }),
      ("other signer", .invalidSignature, changed { $0.signer = world.dave.state.signatureKey }),
      ("other context", .invalidSignature, changed { $0.signedContext = [1] }),
      ("signed for encryption", .invalidSignature, changed { $0.signedFormat = .privateMessage }),
      ("claims bob", .invalidSignature, changed { $0.sender = .member(world.bob.ownLeafIndex) }),
      ("claims dave", .invalidSignature, changed { $0.sender = .member(world.dave.ownLeafIndex) }),
      ("blank sender", .invalidSender, changed { $0.sender = .member(world.blank) }),
      (
        "no such leaf", .invalidSender,
        changed { $0.sender = .member(LeafIndex(rawValue: 0xFFFF_FFFF)) }
      ),
      ("empty tag", .invalidMembershipTag, changed { $0.membershipTag = [] }),
      (
        "long tag", .invalidMembershipTag,
        changed { $0.membershipTag = [UInt8](repeating: 0, count: 33) }
      ),
      ("no external senders", .unknownExternalSender, changed { $0.sender = .external(0) }),
      ("new member proposes this", .invalidSender, changed { $0.sender = .newMemberProposal }),
      ("new member commits this", .invalidSender, changed { $0.sender = .newMemberCommit }),
    ]
    for (what, failure, change) in cases {
      world.expect(failure, try mallory.publicMessage(proposal, change), what)
    }
    world.expect(
      .applicationDataInPublicMessage, try mallory.publicMessage(text), "application data")
  }

  /// A tag that is a prefix of the right one, down to nothing, is no tag.
  @Test func shortTags() throws {
    let world = try ForgedWorld()
    let whole = try world.mallory.publicMessage(proposal)
    let tag = Array(whole.suffix(32))
    for count in 0..<32 {
      let change = changed { $0.membershipTag = Array(tag.prefix(count)) }
      world.expect(
        .invalidMembershipTag, try world.mallory.publicMessage(proposal, change), "\(count) bytes")
    }
  }

  @Test func privateMessages() throws {
    var world = try ForgedWorld()
    let cases: [(Comment, MLSFailure, Change)] = [
      ("group", .wrongGroup, changed { $0.groupID = [9] }),
      ("future", .futureEpoch, changed { $0.epoch = world.bob.epoch + 1 }),
      ("other signer", .invalidSignature, changed { $0.signer = world.dave.state.signatureKey }),
      ("signed in the clear", .invalidSignature, changed { $0.signedFormat = .publicMessage }),
      ("other context", .invalidSignature, changed { $0.signedContext = [1] }),
      ("padding", .nonZeroPadding, changed { $0.padding = [0, 0, 1] }),
      ("blank leaf", .invalidSender, changed { $0.senderDataLeaf = world.blank }),
      (
        "no such leaf", .invalidSender,
        changed { $0.senderDataLeaf = LeafIndex(rawValue: 0xFFFF_FFFF) }
      ),
      // Sealed under mallory's key, so that dave's does not open it.
      ("claims dave", .decryptionFailed, changed { $0.senderDataLeaf = world.dave.ownLeafIndex }),
      ("too far", .generationTooDistant, changed { $0.generation = 1001 }),
      ("as far as can be", .generationTooDistant, changed { $0.generation = .max }),
      ("another key's generation", .decryptionFailed, changed { $0.generation = 1000 }),
    ]
    for (what, failure, change) in cases {
      world.expect(
        failure,
        try world.mallory.privateMessage(text, change, using: &world.world.entropy), what)
    }
  }

  /// Content of one type that its framing announces as another one does not decode, or its
  /// signature does not verify.
  @Test func contentOfAnotherType() throws {
    var world = try ForgedWorld()
    let asCommit = try world.mallory.privateMessage(
      proposal, changed { $0.contentType = .commit }, using: &world.world.entropy)
    var bob = world.bob
    #expect(throws: MLSFailure.self) { try bob.process(asCommit, at: world.world.now) }
    #expect(bob.snapshot == world.bob.snapshot)
    // Handshake keys do not open what announces itself as application data.
    world.expect(
      .decryptionFailed,
      try world.mallory.privateMessage(
        proposal, changed { $0.contentType = .application }, using: &world.world.entropy),
      "key of the other ratchet")
  }

  /// One key for two messages: the second is refused, whatever it says.
  @Test func generationTwice() throws {
    var world = try ForgedWorld()
    let first = try world.mallory.privateMessage(text, using: &world.world.entropy)
    _ = try world.expectTaken(first)
    world.expect(.generationConsumed, first, "the same bytes")
    let again = try world.mallory.privateMessage(
      .application([4]), changed { $0.generation = 0 }, using: &world.world.entropy)
    world.expect(.generationConsumed, again, "other bytes")
  }

  /// Plaintexts and ciphertexts of every small size: nothing traps, all are refused.
  @Test func smallPrivateMessages() throws {
    let world = try ForgedWorld()
    let member = world.mallory
    let (key, _) = try member.group.messages.current.nextKey(
      of: member.group.ownLeafIndex, .application)
    let senderData = SenderData(
      leafIndex: member.group.ownLeafIndex, generation: 0, reuseGuard: [1, 2, 3, 4])
    for count in 0..<80 {
      let bytes = try member.privateMessage(
        [UInt8](repeating: 0x40, count: count), senderData, key, type: .application)
      var bob = world.bob
      #expect(throws: MLSFailure.self) { try bob.process(bytes, at: world.world.now) }
      #expect(bob.snapshot == world.bob.snapshot)
    }
  }
}
