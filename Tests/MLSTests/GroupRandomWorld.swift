// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Clients of one group and the only order of its messages. Everything random comes from a seed.
struct GroupRandomWorld {
  struct Client {
    let name: Int
    let signature: SignatureKeyPair
    var group: Group
  }

  struct Newcomer {
    let name: Int
    let signature: SignatureKeyPair
    let bundle: KeyPackageBundle
  }

  static let now = Instant(milliseconds: 1_700_000_000_000)
  static let lifetime = Lifetime(from: now, lasting: .seconds(86_400))
  static let membersMax = 16

  let suite: CipherSuite
  var generator: SeededGenerator
  var clients: [Client] = []
  /// Clients that were removed, with the last state that they had.
  var gone: [Client] = []
  /// Clients that somebody proposed to add or adds.
  var waiting: [Newcomer] = []
  var keys = PreSharedKeys()
  private var names = 0
  private var keyNames: [[UInt8]] = []

  init(suite: CipherSuite, seed: UInt64) throws {
    self.suite = suite
    generator = SeededGenerator(seed: seed)
    let (name, identity) = try nextIdentity()
    let group = try Group.create(
      groupID: generator.bytes(16), suite: suite, identity: identity,
      lifetime: GroupRandomWorld.lifetime, using: &generator)
    clients = [Client(name: name, signature: identity.signatureKeyPair, group: group)]
    for _ in 0..<3 {
      let id = generator.bytes(8)
      keyNames.append(id)
      keys.insert(Secret(count: 32, using: &generator), externalID: id)
    }
  }

  private mutating func nextIdentity() throws -> (Int, LeafIdentity) {
    names += 1
    let pair = try suite.generateSignatureKeyPair(using: &generator)
    return (
      names,
      LeafIdentity(
        credential: .basic(identity: Array("client \(names)".utf8)), signatureKeyPair: pair,
        capabilities: Capabilities(cipherSuites: [suite]))
    )
  }

  // MARK: Drawing

  mutating func draw(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

  var hasRoom: Bool { clients.count + waiting.count < GroupRandomWorld.membersMax }

  mutating func drawWireFormat() -> WireFormat {
    generator.chance(1, in: 3) ? .publicMessage : .privateMessage
  }

  mutating func newcomerProposal() throws -> Proposal {
    let (name, identity) = try nextIdentity()
    let bundle = try KeyPackageBundle.create(
      suite: suite, identity: identity, lifetime: GroupRandomWorld.lifetime, using: &generator)
    waiting.append(
      Newcomer(name: name, signature: identity.signatureKeyPair, bundle: bundle))
    return .add(bundle.keyPackage)
  }

  mutating func keyProposal() -> Proposal {
    let source: PreSharedKeyID.Source =
      if generator.chance(1, in: 2) {
        .external(id: keyNames[draw(0..<keyNames.count)])
      } else {
        .resumption(
          usage: .application, groupID: clients[0].group.groupID, epoch: clients[0].group.epoch)
      }
    return .preSharedKey(PreSharedKeyID(source: source, nonce: generator.bytes(suite.hashLength)))
  }

  /// Any client but that one.
  mutating func drawOther(than client: Int) -> LeafIndex? {
    guard clients.count > 1 else { return nil }
    let other = (client + draw(1..<clients.count)) % clients.count
    return clients[other].group.ownLeafIndex
  }

  // MARK: Messages

  /// A proposal that everyone gets before any commit.
  mutating func propose() throws {
    let sender = draw(0..<clients.count)
    let format = drawWireFormat()
    let message: [UInt8]
    switch draw(0..<6) {
    case 0..<3:
      message = try clients[sender].group.proposeUpdate(wireFormat: format, using: &generator)
    case 3 where hasRoom:
      let proposal = try newcomerProposal()
      message = try clients[sender].group.propose(
        proposal, wireFormat: format, using: &generator)
    case 4 where clients.count > 3:
      guard let other = drawOther(than: sender) else { return }
      message = try clients[sender].group.propose(
        .remove(other), wireFormat: format, using: &generator)
    default:
      let proposal = keyProposal()
      message = try clients[sender].group.propose(
        proposal, wireFormat: format, using: &generator)
    }
    for index in clients.indices where index != sender {
      let result = try clients[index].group.process(message, at: GroupRandomWorld.now)
      guard case .proposal(_, let from) = result else { throw WorldFailure.unexpectedResult }
      #expect(from == .member(clients[sender].group.ownLeafIndex))
    }
  }

  /// Application data that everyone reads.
  mutating func talk() throws {
    let sender = draw(0..<clients.count)
    let text = generator.bytes(draw(0..<300))
    let message = try clients[sender].group.protect(text, using: &generator)
    for index in clients.indices {
      let result = try clients[index].group.process(message, at: GroupRandomWorld.now)
      if index == sender {
        guard case .ownMessage = result else { throw WorldFailure.unexpectedResult }
        continue
      }
      guard case .application(let received) = result else { throw WorldFailure.unexpectedResult }
      #expect(received.data == text)
      #expect(received.sender == clients[sender].group.ownLeafIndex)
      #expect(received.senderLeaf.signatureKey == clients[sender].signature.publicKey)
      #expect(throws: MLSFailure.generationConsumed) {
        try clients[index].group.process(message, at: GroupRandomWorld.now)
      }
    }
    for index in gone.indices {
      #expect(throws: MLSFailure.futureEpoch) {
        try gone[index].group.process(message, at: GroupRandomWorld.now)
      }
    }
  }

  /// Every client goes through its stored form.
  mutating func restart() throws {
    for index in clients.indices {
      let group = clients[index].group
      let restored = try Group(
        epochState: group.encodedEpochState, messageSecrets: group.encodedMessageSecrets)
      #expect(restored.epochAuthenticator == group.epochAuthenticator)
      clients[index].group = restored
    }
  }

  // MARK: Commits

  mutating func drawCommit(by committer: Int) throws -> PendingCommit {
    var proposals: [Proposal] = []
    for _ in 0..<draw(0..<3) where hasRoom { proposals.append(try newcomerProposal()) }
    if clients.count > 4, generator.chance(1, in: 3), let other = drawOther(than: committer) {
      proposals.append(.remove(other))
    }
    if generator.chance(1, in: 3) { proposals.append(keyProposal()) }
    let options = CommitOptions(
      forcesPath: generator.chance(1, in: 2),
      includesPendingProposals: generator.chance(4, in: 5), wireFormat: drawWireFormat(),
      welcomeCarriesTree: generator.chance(1, in: 2))
    return try clients[committer].group.commit(
      proposals, options: options, preSharedKeys: keys, at: GroupRandomWorld.now, using: &generator)
  }

  /// One commit that wins, perhaps another that loses against it, and the checks that follow.
  mutating func advance() throws {
    let committer = draw(0..<clients.count)
    var pending = try drawCommit(by: committer)
    if generator.chance(1, in: 3) {
      pending = try PendingCommit(storage: pending.encodedForStorage)
    }
    var loser: (index: Int, commit: PendingCommit)?
    if clients.count > 1, generator.chance(1, in: 4) {
      let other = (committer + draw(1..<clients.count)) % clients.count
      loser = (other, try drawCommit(by: other))
    }
    let before = clients
    let removed = Set(pending.staged.removed.map(\.leafIndex))
    for index in clients.indices {
      try take(pending, from: committer, at: index, removed: removed)
    }
    for index in before.indices where removed.contains(before[index].group.ownLeafIndex) {
      gone.append(before[index])
    }
    clients.removeAll { client in gone.contains { $0.name == client.name } }
    try welcome(pending)
    if let loser { checkLoser(loser.commit, of: before[loser.index].name) }
    for index in gone.indices {
      guard gone[index].group.epoch < pending.staged.epoch else { continue }
      #expect(throws: MLSFailure.futureEpoch) {
        try gone[index].group.process(
          pending.message, preSharedKeys: keys, at: GroupRandomWorld.now)
      }
    }
    checkAgreement(pending)
  }

  private mutating func take(
    _ pending: PendingCommit, from committer: Int, at index: Int, removed: Set<LeafIndex>
  ) throws {
    let own = clients[index].group.ownLeafIndex
    let result = try clients[index].group.process(
      pending.message, pending: index == committer ? pending : nil, preSharedKeys: keys,
      at: GroupRandomWorld.now)
    switch result {
    case .ownCommit(let staged) where index == committer:
      clients[index].group = try clients[index].group.merge(staged, at: GroupRandomWorld.now)
    case .commit(let staged) where index != committer:
      #expect(staged.committer == clients[committer].group.ownLeafIndex)
      #expect(staged.selfRemoved == removed.contains(own))
      #expect(staged.added == pending.staged.added)
      #expect(staged.removed == pending.staged.removed)
      #expect(staged.updated == pending.staged.updated)
      let group = clients[index].group
      if staged.selfRemoved {
        #expect(throws: MLSFailure.notAMember) { try group.merge(staged, at: GroupRandomWorld.now) }
      } else {
        clients[index].group = try group.merge(staged, at: GroupRandomWorld.now)
        let next = clients[index].group
        #expect(throws: MLSFailure.staleCommit) { try next.merge(staged, at: GroupRandomWorld.now) }
      }
    default:
      throw WorldFailure.unexpectedResult
    }
  }

  private mutating func welcome(_ pending: PendingCommit) throws {
    let added = pending.staged.added.map(\.leafNode.signatureKey)
    guard !added.isEmpty else {
      waiting = []
      #expect(pending.welcome == nil)
      return
    }
    guard case .welcome(let welcome) = try MLSMessage(bytes: try #require(pending.welcome)) else {
      throw WorldFailure.unexpectedResult
    }
    let tree = try #require(pending.groupInfo().extensions.data(of: .ratchetTree))
    for newcomer in waiting where added.contains(newcomer.signature.publicKey) {
      let staged = try Group.join(
        welcome, with: newcomer.bundle, signatureKey: newcomer.signature.privateKey,
        ratchetTree: tree, preSharedKeys: keys(with: pending), at: GroupRandomWorld.now)
      clients.append(
        Client(name: newcomer.name, signature: newcomer.signature, group: staged.group))
    }
    // Whoever was proposed and not added starts anew.
    waiting = []
  }

  /// A newcomer gets resumption keys of this group out of band: it was not there.
  private func keys(with pending: PendingCommit) -> PreSharedKeys {
    var table = keys
    table.insert(
      resumption[pending.staged.epoch] ?? Secret([]),
      resumptionOf: pending.staged.groupID, epoch: pending.staged.epoch)
    return table
  }

  /// The resumption keys of the epochs so far.
  private var resumption: [UInt64: Secret] = [:]

  mutating func rememberEpoch() {
    resumption[clients[0].group.epoch] = clients[0].group.resumptionPSK
  }

  private mutating func checkLoser(_ commit: PendingCommit, of name: Int) {
    for index in clients.indices {
      let group = clients[index].group
      guard group.pastEpochCount > 0 else { continue }
      #expect(throws: MLSFailure.staleCommit) {
        try group.merge(commit.staged, at: GroupRandomWorld.now)
      }
      if clients[index].name == name { continue }
      #expect(throws: MLSFailure.handshakeOutsideEpoch) {
        try clients[index].group.process(
          commit.message, preSharedKeys: keys, at: GroupRandomWorld.now)
      }
    }
  }

  private func checkAgreement(_ pending: PendingCommit) {
    let first = clients[0].group
    #expect(first.epoch == pending.staged.nextEpoch)
    #expect(first.members.count == clients.count)
    for client in clients {
      #expect(client.group.epoch == first.epoch)
      #expect(client.group.epochAuthenticator == first.epochAuthenticator)
      #expect(client.group.treeHash == first.treeHash)
      #expect(client.group.confirmedTranscriptHash == first.confirmedTranscriptHash)
      #expect(client.group.members == first.members)
      #expect(client.group.pendingProposals.isEmpty)
      #expect(
        client.group.leafNode(at: client.group.ownLeafIndex)?.signatureKey
          == client.signature.publicKey)
    }
    for client in gone {
      #expect(client.group.epochAuthenticator != first.epochAuthenticator)
    }
  }

  enum WorldFailure: Error { case unexpectedResult }
}
