// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// Clients of one suite, and groups of them.
struct BenchWorld {
  /// Something came out as another kind of message than it must.
  struct UnexpectedKind: Error {}

  let suite: CipherSuite
  let now = Instant(milliseconds: 1_800_000_000_000)
  var entropy = SystemRandomNumberGenerator()
  private var count = 0

  init(suite: CipherSuite) { self.suite = suite }

  var lifetime: Lifetime { Lifetime(from: now, lasting: .seconds(86_400)) }

  mutating func identity() throws -> LeafIdentity {
    count += 1
    return LeafIdentity(
      credential: .basic(identity: Array("member \(count)".utf8)),
      signatureKeyPair: try suite.generateSignatureKeyPair(using: &entropy),
      capabilities: Capabilities(cipherSuites: [suite]))
  }

  mutating func newcomer() throws -> (bundle: KeyPackageBundle, signer: SignaturePrivateKey) {
    let identity = try identity()
    let bundle = try KeyPackageBundle.create(
      suite: suite, identity: identity, lifetime: lifetime, using: &entropy)
    return (bundle, identity.signatureKeyPair.privateKey)
  }

  mutating func create() throws -> Group {
    try Group.create(
      groupID: [1, 2, 3, 4], suite: suite, identity: try identity(), lifetime: lifetime,
      using: &entropy)
  }

  func join(
    _ welcome: [UInt8]?, _ newcomer: (bundle: KeyPackageBundle, signer: SignaturePrivateKey)
  ) throws -> Group {
    guard let welcome, case .welcome(let opened) = try MLSMessage(bytes: welcome) else {
      throw UnexpectedKind()
    }
    return try Group.join(
      opened, with: newcomer.bundle, signatureKey: newcomer.signer, at: now
    ).group
  }

  /// One commit adds everybody: all parent nodes but those above the committer are blank. The first
  /// two members of it.
  mutating func coldGroup(of size: Int) throws -> [Group] {
    var first = try create()
    let newcomers = try (1..<size).map { _ in try newcomer() }
    let pending = try first.commit(
      newcomers.map { .add($0.bundle.keyPackage) }, at: now, using: &entropy)
    return [
      try first.merge(pending.staged, at: now), try join(pending.welcome, newcomers[0]),
    ]
  }

  /// Each member adds the next one and renews its path: hardly a parent node is blank. The last
  /// two members of it.
  mutating func warmGroup(of size: Int) throws -> [Group] {
    var last = [try create()]
    for _ in 1..<size {
      let next = try newcomer()
      let options = CommitOptions(forcesPath: true)
      var adder = last[last.count - 1]
      let pending = try adder.commit(
        [.add(next.bundle.keyPackage)], options: options, at: now, using: &entropy)
      last = [try adder.merge(pending.staged, at: now), try join(pending.welcome, next)]
    }
    return last
  }

  func staged(_ processed: ProcessedMessage) throws -> StagedCommit {
    guard case .commit(let staged) = processed else { throw UnexpectedKind() }
    return staged
  }
}
