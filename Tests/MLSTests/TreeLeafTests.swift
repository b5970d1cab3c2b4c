// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Leaves and key packages that break one rule each (RFC 9420 §7.2, §7.3, §10.1).
@Suite struct TreeLeafTests {
  static let suite = CipherSuite.mls128DHKEMX25519AES128GCMSHA256Ed25519
  static let position = LeafNode.Position(groupID: [1, 2], leafIndex: LeafIndex(rawValue: 3))
  static let now = Instant(milliseconds: 1_500_000)

  struct Client {
    let signature: SignatureKeyPair
    let keys: [[UInt8]]
    var profile: LeafNode.Profile
    var source = LeafNodeSource.keyPackage(Lifetime(notBefore: 1_000, notAfter: 2_000))

    init() throws {
      var generator = SeededGenerator(seed: 5)
      signature = try suite.generateSignatureKeyPair(using: &generator)
      var keys: [[UInt8]] = []
      for _ in 0..<3 {
        keys.append(try suite.generateHPKEKeyPair(using: &generator).publicKey)
      }
      self.keys = keys
      profile = LeafNode.Profile(
        signatureKey: signature.publicKey, credential: .basic(identity: [7]),
        capabilities: Capabilities(cipherSuites: [suite]))
    }

    func leaf(key: Int = 0) throws -> LeafNode {
      try LeafNode.signed(
        profile: profile, encryptionKey: keys[key], source: source, at: position,
        with: signature.privateKey, suite: suite)
    }

    func keyPackage(initKey: Int = 1) throws -> KeyPackage {
      try KeyPackage.signed(
        suite: suite, initKey: keys[initKey], leafNode: try leaf(), with: signature.privateKey)
    }
  }

  func requirements(
    _ extensions: [Extension] = [], policy: LifetimePolicy = .standard
  ) throws -> LeafRequirements {
    try LeafRequirements(
      suite: TreeLeafTests.suite, contextExtensions: extensions, lifetimePolicy: policy)
  }

  func validate(
    _ leaf: LeafNode, _ occurrence: LeafNode.Occurrence = .keyPackage,
    _ requirements: LeafRequirements? = nil, at now: Instant = now
  ) throws {
    try leaf.validate(
      occurrence, at: TreeLeafTests.position,
      requirements: try requirements ?? self.requirements(), now: now)
  }

  @Test func validInEachPlace() throws {
    var client = try Client()
    let old = try client.leaf(key: 1)
    try validate(try client.leaf())
    try client.keyPackage().validate(requirements: requirements(), now: TreeLeafTests.now)
    client.source = .update
    try validate(try client.leaf(), .update(replacing: old))
    try validate(try client.leaf(), .tree)
    client.source = .commit(parentHash: [])
    try validate(try client.leaf(), .commit(replacing: old))
    try validate(try client.leaf(), .commit(replacing: nil))
  }

  @Test func sourceOfAnotherPlace() throws {
    var client = try Client()
    let old = try client.leaf(key: 1)
    let sources: [LeafNodeSource] = [client.source, .update, .commit(parentHash: [])]
    let places: [LeafNode.Occurrence] = [
      .keyPackage, .update(replacing: old), .commit(replacing: old),
    ]
    for (fit, source) in sources.enumerated() {
      client.source = source
      let leaf = try client.leaf()
      for (place, occurrence) in places.enumerated() where place != fit {
        #expect(throws: MLSFailure.invalidLeafNodeSource) { try validate(leaf, occurrence) }
      }
    }
  }

  @Test func keyThatIsNotFresh() throws {
    var client = try Client()
    client.source = .update
    let update = try client.leaf()
    #expect(throws: MLSFailure.encryptionKeyNotFresh) {
      try validate(update, .update(replacing: update))
    }
    client.source = .commit(parentHash: [1])
    let commit = try client.leaf()
    #expect(throws: MLSFailure.encryptionKeyNotFresh) {
      try validate(commit, .commit(replacing: update))
    }
  }

  @Test func signatureOfAnotherPlaceOrKey() throws {
    var client = try Client()
    client.source = .update
    let leaf = try client.leaf()
    let required = try requirements()
    for other in [
      LeafNode.Position(groupID: [1, 2], leafIndex: LeafIndex(rawValue: 2)),
      LeafNode.Position(groupID: [1], leafIndex: LeafIndex(rawValue: 3)),
    ] {
      #expect(throws: MLSFailure.invalidSignature) {
        try leaf.validate(.tree, at: other, requirements: required, now: TreeLeafTests.now)
      }
    }
    var generator = SeededGenerator(seed: 6)
    client.profile.signatureKey =
      try TreeLeafTests.suite.generateSignatureKeyPair(using: &generator).publicKey
    let stolen = try client.leaf()
    #expect(throws: MLSFailure.invalidSignature) { try validate(stolen, .tree) }
    client.profile.signatureKey = [1, 2, 3]
    let malformed = try client.leaf()
    #expect(throws: MLSFailure.invalidSignature) { try validate(malformed, .tree) }
  }

  @Test func capabilitiesThatTheGroupAsksFor() throws {
    let client = try Client()
    let leaf = try client.leaf()
    let custom = ExtensionType(rawValue: 0xF001)
    let proposal = ProposalType(rawValue: 0xF002)
    for required in [
      RequiredCapabilities(extensionTypes: [custom]),
      RequiredCapabilities(proposalTypes: [proposal]),
      RequiredCapabilities(credentialTypes: [.x509]),
    ] {
      let demands = try requirements([Extension(type: .requiredCapabilities, required)])
      #expect(throws: MLSFailure.unsupportedCapability) { try validate(leaf, .tree, demands) }
    }
    let inContext = try requirements([Extension(type: custom, data: [])])
    #expect(throws: MLSFailure.unsupportedCapability) { try validate(leaf, .tree, inContext) }
    var able = client
    able.profile.capabilities = Capabilities(
      cipherSuites: [TreeLeafTests.suite], extensions: [custom], proposals: [proposal],
      credentials: [.basic, .x509])
    let all = RequiredCapabilities(
      extensionTypes: [custom, .applicationID], proposalTypes: [proposal, .add],
      credentialTypes: [.basic, .x509])
    try validate(
      try able.leaf(), .tree,
      try requirements([
        Extension(type: .requiredCapabilities, all), Extension(type: custom, data: []),
      ]))
  }

  @Test func versionAndSuiteThatTheClientDoesNotList() throws {
    var client = try Client()
    client.profile.capabilities = Capabilities(
      versions: [ProtocolVersion(rawValue: 2)], cipherSuites: [TreeLeafTests.suite])
    let otherVersion = try client.leaf()
    #expect(throws: MLSFailure.unsupportedCapability) { try validate(otherVersion) }
    client.profile.capabilities = Capabilities(
      cipherSuites: [.mls128DHKEMP256AES128GCMSHA256P256])
    let otherSuite = try client.leaf()
    #expect(throws: MLSFailure.unsupportedCapability) { try validate(otherSuite) }
  }

  @Test func requiredCapabilitiesThatDoNotDecode() throws {
    let malformed = Extension(type: .requiredCapabilities, data: [0, 0, 0, 0])
    #expect(throws: MLSFailure.decoding(.trailingBytes)) { try requirements([malformed]) }
    #expect(throws: MLSFailure.unsupportedCipherSuite) {
      try LeafRequirements(suite: CipherSuite(rawValue: 4), contextExtensions: [])
    }
  }

  @Test func contentThatItsOwnCapabilitiesLack() throws {
    var client = try Client()
    client.profile.credential = .unknown(type: CredentialType(rawValue: 0xF009), content: [1])
    let credential = try client.leaf()
    #expect(throws: MLSFailure.undeclaredCredentialType) { try validate(credential) }
    client = try Client()
    client.profile.extensions = [Extension(type: ExtensionType(rawValue: 0x0A0A), data: [1])]
    let grease = try client.leaf()
    #expect(throws: MLSFailure.undeclaredExtension) { try validate(grease) }
    client.profile.extensions = [Extension(type: .applicationID, data: [1])]
    try validate(try client.leaf())
    client.profile.extensions = [Extension(type: ExtensionType(rawValue: 0x0A0A), data: [1])]
    client.profile.capabilities = Capabilities(
      cipherSuites: [TreeLeafTests.suite, CipherSuite(rawValue: 0x1A1A)],
      extensions: [ExtensionType(rawValue: 0x0A0A)], proposals: [ProposalType(rawValue: 0x2A2A)],
      credentials: [.basic, CredentialType(rawValue: 0x3A3A)])
    try validate(try client.leaf())
  }

  @Test func lifetimes() throws {
    let leaf = try Client().leaf()
    let early = Instant(milliseconds: 999_999)
    let late = Instant(milliseconds: 2_001_000)
    for moment in [early, late] {
      #expect(throws: MLSFailure.outsideLifetime) { try validate(leaf, at: moment) }
      try validate(leaf, .tree, at: moment)
      try validate(leaf, .keyPackage, try requirements(policy: .unchecked), at: moment)
      let strict = LifetimePolicy(totalMax: nil, window: .everywhere)
      let demands = try requirements(policy: strict)
      #expect(throws: MLSFailure.outsideLifetime) {
        try validate(leaf, .tree, demands, at: moment)
      }
    }
    let short = LifetimePolicy(totalMax: .seconds(999), window: .nowhere)
    let demands = try requirements(policy: short)
    #expect(throws: MLSFailure.lifetimeTooLong) { try validate(leaf, .tree, demands) }
    try validate(
      leaf, .tree,
      try requirements(policy: LifetimePolicy(totalMax: .seconds(1_000), window: .nowhere)))
    var eternal = try Client()
    eternal.source = .keyPackage(Lifetime(notBefore: 0, notAfter: .max))
    let endless = try eternal.leaf()
    #expect(throws: MLSFailure.lifetimeTooLong) { try validate(endless) }
    eternal.source = .keyPackage(Lifetime(notBefore: 2_000, notAfter: 1_000))
    let inverted = try eternal.leaf()
    #expect(throws: MLSFailure.outsideLifetime) { try validate(inverted) }
  }

  @Test func keyPackages() throws {
    let client = try Client()
    let good = try client.keyPackage()
    let demands = try requirements()
    func check(_ failure: MLSFailure, _ package: KeyPackage) {
      #expect(throws: failure) {
        try package.validate(requirements: demands, now: TreeLeafTests.now)
      }
    }
    check(.initKeyReused, try client.keyPackage(initKey: 0))
    check(
      .unsupportedProtocolVersion,
      KeyPackage(
        version: ProtocolVersion(rawValue: 2), cipherSuite: good.cipherSuite,
        initKey: good.initKey, leafNode: good.leafNode, extensions: [], signature: good.signature))
    check(
      .cipherSuiteMismatch,
      KeyPackage(
        cipherSuite: CipherSuite(rawValue: 3), initKey: good.initKey, leafNode: good.leafNode,
        extensions: [], signature: good.signature))
    check(
      .invalidSignature,
      KeyPackage(
        cipherSuite: good.cipherSuite, initKey: client.keys[2], leafNode: good.leafNode,
        extensions: [], signature: good.signature))
    var updating = client
    updating.source = .update
    check(.invalidLeafNodeSource, try updating.keyPackage())
    #expect(try good.reference() == KeyPackage(decoding: good.encoded).reference())
    #expect(throws: MLSFailure.unsupportedCipherSuite) {
      try KeyPackage(
        cipherSuite: CipherSuite(rawValue: 4), initKey: [], leafNode: good.leafNode,
        extensions: [], signature: []
      ).reference()
    }
  }

  @Test func defaultTypesAreLeftOutOfOwnCapabilities() throws {
    let capabilities = Capabilities(
      cipherSuites: [TreeLeafTests.suite],
      extensions: [.applicationID, .externalSenders, .lastResort],
      proposals: [.add, .groupContextExtensions, ProposalType(rawValue: 9)])
    #expect(capabilities.extensions == [.lastResort])
    #expect(capabilities.proposals == [ProposalType(rawValue: 9)])
    #expect(capabilities.supports(.externalSenders))
    #expect(capabilities.supports(ProposalType.add))
    // What others list anyway stays, so that the signature still covers the same bytes.
    var foreign = ByteWriter()
    foreign.write(list: capabilities.versions)
    foreign.write(list: capabilities.cipherSuites)
    foreign.write(list: [ExtensionType.applicationID])
    foreign.write(list: [ProposalType.add])
    foreign.write(list: capabilities.credentials)
    #expect(try Capabilities(decoding: foreign.bytes).encoded == foreign.bytes)
  }
}
