// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a group demands of each leaf (RFC 9420 §7.3), read once from its parameters.
public struct LeafRequirements: Sendable {
  /// The group's suite.
  public let suite: CipherSuite
  /// The content of the group's `required_capabilities`, if it has one.
  public let required: RequiredCapabilities?
  /// The types of the group's extensions, default ones left out.
  public let contextExtensionTypes: [ExtensionType]
  /// Which lifetimes are accepted.
  public let lifetimePolicy: LifetimePolicy

  /// Reads the demands from a GroupContext's extensions.
  ///
  /// - Throws: `unsupportedCipherSuite`; `decoding` when `required_capabilities` is malformed.
  public init(
    suite: CipherSuite, contextExtensions: [Extension], lifetimePolicy: LifetimePolicy = .standard
  ) throws(MLSFailure) {
    guard suite.isSupported else { throw .unsupportedCipherSuite }
    self.suite = suite
    do throws(DecodingFailure) {
      required = try contextExtensions.value(
        of: .requiredCapabilities, as: RequiredCapabilities.self)
    } catch {
      throw .decoding(error)
    }
    contextExtensionTypes = contextExtensions.map(\.type).filter { !$0.isDefault }
    self.lifetimePolicy = lifetimePolicy
  }
}

extension LeafNode {
  /// Where a leaf was met, which decides the source that it must have (RFC 9420 §7.3).
  public enum Occurrence: Hashable, Sendable {
    /// In a key package that is about to be added.
    case keyPackage
    /// In an Update proposal; the leaf that it replaces.
    case update(replacing: LeafNode)
    /// In a commit's path; the committer's leaf, which an external joiner does not have yet.
    case commit(replacing: LeafNode?)
    /// In a tree that one joins: any source will do.
    case tree
  }

  /// Checks all that one leaf can be asked by itself (RFC 9420 §7.3). What depends on other
  /// members is left to `RatchetTree.validateMembers`; whether the credential is true, to the
  /// application (RFC 9420 §5.3.1).
  ///
  /// - Parameters:
  ///   - occurrence: how the leaf came in, and what it replaces.
  ///   - position: the group and the leaf's index in it; of no weight for key packages.
  ///   - requirements: what the group demands.
  ///   - now: what lifetimes are compared with.
  /// - Throws: the rule that is broken: `invalidLeafNodeSource`, `encryptionKeyNotFresh`,
  ///   `unsupportedCapability`, `undeclaredCredentialType`, `undeclaredExtension`,
  ///   `lifetimeTooLong`, `outsideLifetime`, `invalidSignature`.
  public func validate(
    _ occurrence: Occurrence, at position: Position, requirements: LeafRequirements, now: Instant
  ) throws(MLSFailure) {
    try checkSource(occurrence)
    try checkSupport(requirements)
    if case .keyPackage(let lifetime) = source {
      try requirements.lifetimePolicy.check(lifetime, isNew: occurrence == .keyPackage, at: now)
    }
    guard hasValidSignature(at: position, suite: requirements.suite) else {
      throw .invalidSignature
    }
  }

  private func checkSource(_ occurrence: Occurrence) throws(MLSFailure) {
    switch (occurrence, source) {
    case (.keyPackage, .keyPackage), (.tree, _):
      break
    case (.update(let old), .update):
      guard old.encryptionKey != encryptionKey else { throw .encryptionKeyNotFresh }
    case (.commit(let old), .commit):
      guard old?.encryptionKey != encryptionKey else { throw .encryptionKeyNotFresh }
    case (.keyPackage, _), (.update, _), (.commit, _):
      throw .invalidLeafNodeSource
    }
  }

  /// Checks that the leaf supports what the group uses and declares what it itself uses
  /// (RFC 9420 §7.2, §7.3, §11.1, §13.4).
  ///
  /// - Throws: `unsupportedCapability`, `undeclaredCredentialType` or `undeclaredExtension`.
  func checkSupport(_ requirements: LeafRequirements) throws(MLSFailure) {
    let capabilities = capabilities
    guard
      capabilities.versions.contains(.mls10),
      capabilities.cipherSuites.contains(requirements.suite),
      requirements.required.map(capabilities.satisfies) ?? true,
      requirements.contextExtensionTypes.allSatisfy({ capabilities.supports($0) })
    else { throw .unsupportedCapability }
    guard capabilities.supports(credential.type) else { throw .undeclaredCredentialType }
    guard extensions.allSatisfy({ capabilities.supports($0.type) }) else {
      throw .undeclaredExtension
    }
  }
}
