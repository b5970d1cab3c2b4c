// SPDX-License-Identifier: Apache-2.0

/// What a client puts into its leaves: who it is, the key that it signs with, what it supports.
public struct LeafIdentity: Sendable {
  /// The credential (RFC 9420 §5.3). The application vouches for it; this library carries it.
  public let credential: Credential
  /// The key pair that signs everything that this client sends in the group.
  public let signatureKeyPair: SignatureKeyPair
  /// What the client supports (RFC 9420 §7.2).
  public let capabilities: Capabilities
  /// The leaf's own extensions.
  public let extensions: [Extension]

  /// Takes the parts.
  public init(
    credential: Credential, signatureKeyPair: SignatureKeyPair, capabilities: Capabilities,
    extensions: [Extension] = []
  ) {
    self.credential = credential
    self.signatureKeyPair = signatureKeyPair
    self.capabilities = capabilities
    self.extensions = extensions
  }
}
