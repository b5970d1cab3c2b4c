// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS
import SansIO
import Testing

/// The examples of the documentation, compiled and run. `DocumentationTextTests` compares them with
/// the articles: a block of an article stands in this file line by line.
@Suite struct DocumentationExampleTests {
  let suite = CipherSuite.mls128DHKEMX25519AES128GCMSHA256Ed25519
  let now = Instant(milliseconds: 1_800_000_000_000)
  var lifetime: Lifetime { Lifetime(from: now, lasting: .seconds(84 * 86_400)) }

  func identity(_ name: String) throws -> LeafIdentity {
    var entropy = SystemRandomNumberGenerator()
    return LeafIdentity(
      credential: .basic(identity: Array(name.utf8)),
      signatureKeyPair: try suite.generateSignatureKeyPair(using: &entropy),
      capabilities: Capabilities(cipherSuites: [suite]))
  }

  /// Alice and Bob in one group.
  func pair(context: [Extension] = []) throws -> (alice: Group, bob: Group) {
    var world = GroupWorld()
    var groups = [try world.create("alice", contextExtensions: context)]
    let newcomer = try world.newcomer("bob", extensions: context.map(\.type))
    let pending = try groups[0].commit(
      [.add(newcomer.keyPackage)], at: world.now, using: &world.entropy)
    groups[0] = try groups[0].merge(pending.staged, at: world.now)
    return (groups[0], try world.join(pending.welcome, newcomer).group)
  }

  @Test func gettingStarted() throws {
    let suite = CipherSuite.mlkem768X25519AES256GCMSHA384Ed25519
    let now = Instant(milliseconds: 1_800_000_000_000)  // what the clock says
    var entropy = SystemRandomNumberGenerator()

    func identity(of name: String) throws -> LeafIdentity {
      LeafIdentity(
        credential: .basic(identity: Array(name.utf8)),
        signatureKeyPair: try suite.generateSignatureKeyPair(using: &entropy),
        capabilities: Capabilities(cipherSuites: [suite]))
    }
    let lifetime = Lifetime(from: now, lasting: .seconds(84 * 86_400))

    // Bob publishes a key package and keeps the bundle, in which its private keys are.
    let bobIdentity = try identity(of: "bob")
    let bundle = try KeyPackageBundle.create(
      suite: suite, identity: bobIdentity, lifetime: lifetime, using: &entropy)
    let published = MLSMessage.keyPackage(bundle.keyPackage).encoded

    // Alice makes a group of one and adds Bob.
    var alice = try Group.create(
      groupID: Array("a group".utf8), suite: suite, identity: try identity(of: "alice"),
      lifetime: lifetime, using: &entropy)
    guard case .keyPackage(let keyPackage) = try MLSMessage(bytes: published) else { return }
    let pending = try alice.commit([.add(keyPackage)], at: now, using: &entropy)

    // Once the delivery service has taken `pending.message`, the commit takes effect.
    alice = try alice.merge(pending.staged, at: now)

    // Bob joins by the Welcome, after a look at who is there.
    guard case .welcome(let welcome) = try MLSMessage(bytes: pending.welcome ?? []) else { return }
    let staged = try Group.join(
      welcome, with: bundle, signatureKey: bobIdentity.signatureKeyPair.privateKey, at: now)
    let names = staged.group.members.map(\.leafNode.credential)
    var bob = staged.group

    // They talk.
    let message = try alice.protect(Array("hello".utf8), using: &entropy)
    guard case .application(let received) = try bob.process(message, at: now) else { return }
    let text = String(decoding: received.data, as: UTF8.self)

    #expect(text == "hello")
    #expect(names.count == 2)
    #expect(received.sender == alice.ownLeafIndex)
    #expect(alice.epochAuthenticator == bob.epochAuthenticator)
  }

  @Test func commitThatWins() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()

    let pending = try alice.commit(at: now, using: &entropy)
    let stored = pending.encodedForStorage  // with `alice`, in one transaction, before it is sent

    // The log brings the commit back, maybe to a process that has started since.
    let known = try PendingCommit(storage: stored)
    if case .ownCommit(let staged) = try alice.process(
      known.message, pending: known, at: now)
    {
      alice = try alice.merge(staged, at: now)
    }

    // Bob looks before he follows.
    if case .commit(let staged) = try bob.process(pending.message, at: now) {
      let isFine = staged.added.isEmpty && staged.removed.isEmpty
      if isFine { bob = try bob.merge(staged, at: now) }
    }

    #expect(alice.epoch == 2)
    #expect(alice.epochAuthenticator == bob.epochAuthenticator)
  }

  @Test func commitThatLoses() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()

    let losing = try alice.commit(at: now, using: &entropy)
    let winning = try bob.commit(at: now, using: &entropy)
    bob = try bob.merge(winning.staged, at: now)

    // Alice's group has not changed: she drops her commit, follows Bob's and looks again at
    // whether there is still something to commit.
    if case .commit(let staged) = try alice.process(winning.message, pending: losing, at: now) {
      alice = try alice.merge(staged, at: now)
    }

    #expect(alice.epochAuthenticator == bob.epochAuthenticator)
    #expect(throws: MLSFailure.staleCommit) { try alice.merge(losing.staged, at: now) }
  }

  @Test func proposals() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()

    // Bob asks for something; whoever commits next takes it up.
    let proposal = try bob.proposeUpdate(using: &entropy)
    _ = try alice.process(proposal, at: now)
    let pending = try alice.commit(at: now, using: &entropy)

    #expect(pending.staged.updated.map(\.leafIndex).contains(bob.ownLeafIndex))
  }

  @Test func storage() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()

    let message = try alice.protect(Array("hello".utf8), using: &entropy)
    var ratchets = alice.encodedMessageSecrets  // stored before the message leaves
    let state = alice.encodedEpochState  // changes with the epoch and with proposals only

    // After a restart:
    alice = try Group(epochState: state, messageSecrets: ratchets)

    if case .application(let received) = try bob.process(message, at: now) {
      ratchets = bob.encodedMessageSecrets  // stored in one transaction with `received.data`
      #expect(received.data == Array("hello".utf8))
    }

    #expect(throws: MLSFailure.generationConsumed) { try bob.process(message, at: now) }
    #expect(ratchets.count > 0)
  }

  @Test func policy() throws {
    var policy = GroupPolicy.standard
    policy.pastEpochsMax = 0  // nothing of an epoch is read once it is over
    policy.padding = .none
    policy.lifetimes = LifetimePolicy(totalMax: .seconds(30 * 86_400), window: .everywhere)

    var (alice, bob) = try pair()
    alice.policy = policy

    #expect(alice.policy.pastEpochsMax == 0)
    #expect(bob.policy.pastEpochsMax == 5)
    let keyPackage = try GroupWorldPackage(lasting: .seconds(84 * 86_400)).keyPackage
    var entropy = SystemRandomNumberGenerator()
    #expect(throws: MLSFailure.lifetimeTooLong) {
      try alice.commit([.add(keyPackage)], at: now, using: &entropy)
    }
    _ = try bob.commit([.add(keyPackage)], at: now, using: &entropy)
  }

  @Test func requiredCapabilities() throws {
    let type = ExtensionType(rawValue: 0xF123)  // an extension of the application's own
    let context = [
      Extension(
        type: .requiredCapabilities,
        RequiredCapabilities(extensionTypes: [type], credentialTypes: [.basic])),
      Extension(type: type, data: Array("our rules".utf8)),
    ]
    let capabilities = Capabilities(cipherSuites: [suite], extensions: [type])

    var entropy = SystemRandomNumberGenerator()
    let keys = try suite.generateSignatureKeyPair(using: &entropy)
    var group = try Group.create(
      groupID: [1], suite: suite,
      identity: LeafIdentity(
        credential: .basic(identity: [1]), signatureKeyPair: keys, capabilities: capabilities),
      contextExtensions: context, lifetime: lifetime, using: &entropy)
    let plain = try GroupWorldPackage(lasting: .seconds(86_400)).keyPackage
    #expect(throws: MLSFailure.unsupportedCapability) {
      try group.commit([.add(plain)], at: now, using: &entropy)
    }
  }

  @Test func externalJoin() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()
    let carolIdentity = try identity("carol")

    // A member, or a server that keeps it for members, hands out the GroupInfo of the epoch.
    let groupInfo = MLSMessage.groupInfo(try alice.groupInfo()).encoded

    // Carol makes the commit that adds her. It wins or loses like any other.
    guard case .groupInfo(let info) = try MLSMessage(bytes: groupInfo) else { return }
    let joining = try Group.joinExternally(
      info, identity: carolIdentity, at: now, using: &entropy)
    let carol = joining.group

    // The members see an external commit, and ask who that is.
    if case .commit(let staged) = try alice.process(joining.message, at: now),
      staged.isExternal, staged.added.first?.leafNode.credential == carolIdentity.credential
    {
      alice = try alice.merge(staged, at: now)
    }

    #expect(alice.epochAuthenticator == carol.epochAuthenticator)
    _ = try bob.process(joining.message, at: now)
  }

  @Test func resync() throws {
    let (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()
    let identityAgain = try identity("bob")

    // Bob has lost his state. He comes back in place of the leaf that he had.
    let joining = try Group.joinExternally(
      try alice.groupInfo(), identity: identityAgain, replacing: bob.ownLeafIndex, at: now,
      using: &entropy)

    #expect(joining.group.members.count == 2)
  }

  @Test func succession() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()
    let newID = [UInt8](repeating: 8, count: 32)
    let newSuite = suite
    let newAlice = try identity("alice")
    let newBobIdentity = try identity("bob")
    let newBob = try KeyPackageBundle.create(
      suite: newSuite, identity: newBobIdentity, lifetime: lifetime, using: &entropy)

    let reInit = Proposal.ReInit(
      groupID: newID, version: .mls10, cipherSuite: newSuite, extensions: [])
    let ending = try alice.commit([.reInit(reInit)], at: now, using: &entropy)
    alice = try alice.merge(ending.staged, at: now)

    let succession = try Predecessor(alice).reinitialized(
      inviting: [newBob.keyPackage],
      options: SuccessionOptions(identity: newAlice, lifetime: lifetime), at: now, using: &entropy)

    guard case .commit(let end) = try bob.process(ending.message, at: now) else { return }
    bob = try bob.merge(end, at: now)

    guard let bytes = succession.welcome, case .welcome(let welcome) = try MLSMessage(bytes: bytes)
    else { return }
    let joined = try Group.join(
      welcome, with: newBob, signatureKey: newBobIdentity.signatureKeyPair.privateKey,
      following: Predecessor(bob), at: now)
    #expect(joined.group.epochAuthenticator == succession.group.epochAuthenticator)
  }

  @Test func preSharedKeys() throws {
    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()
    let secret = Secret([1, 2, 3])

    var keys = PreSharedKeys()
    keys.insert(secret, externalID: Array("shown as a QR code".utf8))
    let id = PreSharedKeyID(
      source: .external(id: Array("shown as a QR code".utf8)),
      nonce: Secret(count: suite.hashLength, using: &entropy).copyBytes())
    let pending = try alice.commit(
      [.preSharedKey(id)], preSharedKeys: keys, at: now, using: &entropy)

    // Who does not have the key does not follow.
    #expect(throws: MLSFailure.unknownPSK) { try bob.process(pending.message, at: now) }
    guard case .commit(let staged) = try bob.process(pending.message, preSharedKeys: keys, at: now)
    else { return }
    bob = try bob.merge(staged, at: now)

    alice = try alice.merge(pending.staged, at: now)
    #expect(alice.epochAuthenticator == bob.epochAuthenticator)
    #expect(staged.pskIDs == [id])
  }

  @Test func suites() throws {
    let suite = CipherSuite(rawValue: 0x0001)
    guard suite.isSupported else { return }

    #expect(CipherSuite.supported.contains(suite))
    #expect(!CipherSuite(rawValue: 0x0004).isSupported)
  }

  private enum Answer { case taken, later, outOfStep, dropped }

  @Test func failures() throws {
    func take(_ bytes: [UInt8], into group: inout Group, at now: Instant) -> Answer {
      do throws(MLSFailure) {
        _ = try group.process(bytes, at: now)
        return .taken
      } catch {
        switch error {
        case .futureEpoch, .unknownProposal: return .later
        case .pathSecretMismatch, .invalidConfirmationTag, .noPathSecret: return .outOfStep
        default: return .dropped
        }
      }
    }

    var (alice, bob) = try pair()
    var entropy = SystemRandomNumberGenerator()
    let pending = try alice.commit(at: now, using: &entropy)
    alice = try alice.merge(pending.staged, at: now)
    let early = try alice.protect([1], using: &entropy)
    #expect(take(early, into: &bob, at: now) == .later)
    #expect(take([0], into: &bob, at: now) == .dropped)
    #expect(take(pending.message, into: &bob, at: now) == .taken)
  }
}

/// A key package of somebody who is in no group.
private struct GroupWorldPackage {
  let keyPackage: KeyPackage

  init(lasting duration: Duration) throws {
    var world = GroupWorld(seed: 99)
    keyPackage = try world.newcomer(
      "dave", lifetime: Lifetime(from: world.now, lasting: duration, slack: .zero)
    ).keyPackage
  }
}
