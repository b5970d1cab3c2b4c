// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What a client supports (RFC 9420 §7.2). Unknown values stay where they are and mean nothing.
///
/// ```
/// struct {
///     ProtocolVersion versions<V>;
///     CipherSuite cipher_suites<V>;
///     ExtensionType extensions<V>;
///     ProposalType proposals<V>;
///     CredentialType credentials<V>;
/// } Capabilities;
/// ```
public struct Capabilities: Hashable, Sendable, WireValue {
  /// The protocol versions.
  public let versions: [ProtocolVersion]
  /// The cipher suites.
  public let cipherSuites: [CipherSuite]
  /// The extension types beside the default ones.
  public let extensions: [ExtensionType]
  /// The proposal types beside the default ones.
  public let proposals: [ProposalType]
  /// The credential types; there are no default ones.
  public let credentials: [CredentialType]

  /// The most entries of one list: a bound on work, far above what registries hold.
  public static let listCountMax = 1024

  /// Capabilities of our own. Default extension and proposal types are left out, as RFC 9420
  /// §7.2 demands of a creator.
  public init(
    versions: [ProtocolVersion] = [.mls10], cipherSuites: [CipherSuite],
    extensions: [ExtensionType] = [], proposals: [ProposalType] = [],
    credentials: [CredentialType] = [.basic]
  ) {
    self.versions = versions
    self.cipherSuites = cipherSuites
    self.extensions = extensions.filter { !$0.isDefault }
    self.proposals = proposals.filter { !$0.isDefault }
    self.credentials = credentials
  }

  /// Takes capabilities from the front of `input`, just as they are.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    versions = try input.readTypes(ProtocolVersion.self)
    cipherSuites = try input.readTypes(CipherSuite.self)
    extensions = try input.readTypes(ExtensionType.self)
    proposals = try input.readTypes(ProposalType.self)
    credentials = try input.readTypes(CredentialType.self)
  }

  /// Writes the capabilities.
  public func encode(to output: inout ByteWriter) {
    output.write(list: versions)
    output.write(list: cipherSuites)
    output.write(list: extensions)
    output.write(list: proposals)
    output.write(list: credentials)
  }

  /// Whether the client implements the extension type, by default or by its own word.
  public func supports(_ type: ExtensionType) -> Bool {
    type.isDefault || extensions.contains(type)
  }

  /// Whether the client implements the proposal type, by default or by its own word.
  public func supports(_ type: ProposalType) -> Bool { type.isDefault || proposals.contains(type) }

  /// Whether the client implements the credential type.
  public func supports(_ type: CredentialType) -> Bool { credentials.contains(type) }

  /// Whether all that a group requires is supported (RFC 9420 §7.3, §11.1).
  public func satisfies(_ required: RequiredCapabilities) -> Bool {
    required.extensionTypes.allSatisfy { supports($0) }
      && required.proposalTypes.allSatisfy { supports($0) }
      && required.credentialTypes.allSatisfy { supports($0) }
  }
}

/// The content of a `required_capabilities` extension (RFC 9420 §11.1).
///
/// ```
/// struct {
///     ExtensionType extension_types<V>;
///     ProposalType proposal_types<V>;
///     CredentialType credential_types<V>;
/// } RequiredCapabilities;
/// ```
public struct RequiredCapabilities: Hashable, Sendable, WireValue {
  /// The extension types that every member has to support.
  public let extensionTypes: [ExtensionType]
  /// The proposal types that every member has to support.
  public let proposalTypes: [ProposalType]
  /// The credential types that every member has to support.
  public let credentialTypes: [CredentialType]

  /// Requirements of these types.
  public init(
    extensionTypes: [ExtensionType] = [], proposalTypes: [ProposalType] = [],
    credentialTypes: [CredentialType] = []
  ) {
    self.extensionTypes = extensionTypes
    self.proposalTypes = proposalTypes
    self.credentialTypes = credentialTypes
  }

  /// Takes requirements from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    extensionTypes = try input.readTypes(ExtensionType.self)
    proposalTypes = try input.readTypes(ProposalType.self)
    credentialTypes = try input.readTypes(CredentialType.self)
  }

  /// Writes the requirements.
  public func encode(to output: inout ByteWriter) {
    output.write(list: extensionTypes)
    output.write(list: proposalTypes)
    output.write(list: credentialTypes)
  }
}

extension Span where Element == UInt8 {
  fileprivate mutating func readTypes<Value: WireValue>(
    _: Value.Type
  ) throws(DecodingFailure) -> [Value] {
    try readList(maximumCount: Capabilities.listCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Value(from: &input)
    }
  }
}
