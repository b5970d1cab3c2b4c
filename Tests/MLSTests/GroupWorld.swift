// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// A client that waits for a Welcome.
struct Newcomer {
  let bundle: KeyPackageBundle
  let signer: SignaturePrivateKey
  var keyPackage: KeyPackage { bundle.keyPackage }
}

/// Clients with keys from one seed, and the instant at which everything happens.
struct GroupWorld {
  let suite: CipherSuite
  var entropy: SeededGenerator
  var now = Instant(milliseconds: 1_800_000_000_000)
  /// What every client supports besides the RFC's own proposal types.
  var proposalTypes: [ProposalType]

  init(
    suite: CipherSuite = suites[0], seed: UInt64 = 1, proposalTypes: [ProposalType] = []
  ) {
    self.suite = suite
    self.proposalTypes = proposalTypes
    entropy = SeededGenerator(seed: seed)
  }

  static let suites: [CipherSuite] = [
    .mls128DHKEMX25519AES128GCMSHA256Ed25519, .mlkem768X25519AES256GCMSHA384Ed25519,
  ]

  var lifetime: Lifetime { Lifetime(from: now, lasting: .seconds(30 * 86_400)) }

  mutating func identity(
    _ name: String, extensions: [ExtensionType] = []
  ) throws -> LeafIdentity {
    LeafIdentity(
      credential: .basic(identity: Array(name.utf8)),
      signatureKeyPair: try suite.generateSignatureKeyPair(using: &entropy),
      capabilities: Capabilities(
        cipherSuites: [suite], extensions: extensions, proposals: proposalTypes))
  }

  mutating func newcomer(
    _ name: String, extensions: [ExtensionType] = [], lifetime: Lifetime? = nil
  ) throws -> Newcomer {
    let identity = try identity(name, extensions: extensions)
    return Newcomer(
      bundle: try KeyPackageBundle.create(
        suite: suite, identity: identity, lifetime: lifetime ?? self.lifetime, using: &entropy),
      signer: identity.signatureKeyPair.privateKey)
  }

  mutating func create(
    _ name: String, contextExtensions: [Extension] = []
  ) throws -> Group {
    try Group.create(
      groupID: Array("group".utf8), suite: suite,
      identity: try identity(name, extensions: contextExtensions.map(\.type)),
      contextExtensions: contextExtensions, lifetime: lifetime, using: &entropy)
  }

  /// A group of these members, each of whom holds the same epoch.
  mutating func group(_ names: [String], options: CommitOptions = .standard) throws -> [Group] {
    var groups = [try create(names[0])]
    let newcomers = try names.dropFirst().map { try newcomer($0) }
    if newcomers.isEmpty { return groups }
    let pending = try groups[0].commit(
      newcomers.map { .add($0.keyPackage) }, options: options, at: now, using: &entropy)
    groups[0] = try groups[0].merge(pending.staged, at: now)
    for newcomer in newcomers { groups.append(try join(pending.welcome, newcomer).group) }
    return groups
  }

  func join(
    _ welcome: [UInt8]?, _ newcomer: Newcomer, ratchetTree: [UInt8]? = nil,
    preSharedKeys: PreSharedKeys = PreSharedKeys()
  ) throws -> StagedWelcome {
    try Group.join(
      try opened(welcome), with: newcomer.bundle, signatureKey: newcomer.signer,
      ratchetTree: ratchetTree, preSharedKeys: preSharedKeys, at: now)
  }

  /// Lets `committer` commit, and all others follow.
  mutating func commit(
    _ groups: inout [Group], by committer: Int, _ proposals: [Proposal] = [],
    options: CommitOptions = .standard, preSharedKeys: PreSharedKeys = PreSharedKeys()
  ) throws -> PendingCommit {
    let pending = try groups[committer].commit(
      proposals, options: options, preSharedKeys: preSharedKeys, at: now, using: &entropy)
    for index in groups.indices where index != committer {
      let staged = try staged(
        groups[index].process(pending.message, preSharedKeys: preSharedKeys, at: now))
      if !staged.selfRemoved { groups[index] = try groups[index].merge(staged, at: now) }
    }
    groups[committer] = try groups[committer].merge(pending.staged, at: now)
    return pending
  }

  /// Lets `sender` write and checks that each of the others reads it.
  mutating func say(_ text: String, _ groups: inout [Group], from sender: Int) throws {
    let data = Array(text.utf8)
    let message = try groups[sender].protect(data, authenticatedData: [9], using: &entropy)
    for index in groups.indices where index != sender {
      let read = try application(groups[index].process(message, at: now))
      #expect(read.data == data)
      #expect(read.authenticatedData == [9])
      #expect(read.sender == groups[sender].ownLeafIndex)
      #expect(read.senderLeaf == groups[sender].leafNode(at: read.sender))
    }
  }

  /// Checks that all hold the same epoch.
  func expectAgreement(_ groups: [Group]) {
    for group in groups {
      #expect(group.epochAuthenticator == groups[0].epochAuthenticator)
      #expect(group.context == groups[0].context)
      #expect(group.members == groups[0].members)
      let exported = group.export(label: "test", context: [1], length: 20).copyBytes()
      #expect(exported == groups[0].export(label: "test", context: [1], length: 20).copyBytes())
    }
  }
}

struct UnexpectedKind: Error {}

func opened(_ welcome: [UInt8]?) throws -> Welcome {
  guard case .welcome(let welcome) = try MLSMessage(bytes: try #require(welcome)) else {
    throw UnexpectedKind()
  }
  return welcome
}

func staged(_ processed: ProcessedMessage) throws -> StagedCommit {
  guard case .commit(let staged) = processed else { throw UnexpectedKind() }
  return staged
}

func application(_ processed: ProcessedMessage) throws -> ApplicationMessage {
  guard case .application(let message) = processed else { throw UnexpectedKind() }
  return message
}

extension Group {
  /// What a store would hold, for comparison.
  var snapshot: [[UInt8]] {
    [encodedEpochState.copyBytes(), encodedMessageSecrets.copyBytes()]
  }

  /// The group as it comes back from a store.
  func restored() throws -> Group {
    try Group(
      epochState: encodedEpochState, messageSecrets: encodedMessageSecrets, policy: policy)
  }
}
