// SPDX-License-Identifier: Apache-2.0

/// Values that mean nothing and that every client has to tolerate (RFC 9420 §13.5): a client that
/// sends some finds out early who does not.
public enum GREASE {
  /// 0x0A0A, 0x1A1A … 0xEAEA, reserved in the registries of suites, extensions, proposals and
  /// credentials (RFC 9420 §17).
  public static let values: [UInt16] = (0...14).map { 0x0A0A + 0x1010 * $0 }

  /// Whether the number is one of these.
  public static func contains(_ value: UInt16) -> Bool { values.contains(value) }

  /// One of these values.
  static func draw(using generator: inout some RandomNumberGenerator) -> UInt16 {
    values[Int(generator.next() % UInt64(values.count))]
  }

  /// An extension that means nothing, of up to 15 bytes: for a key package or a GroupInfo. A
  /// GroupContext must not hold one.
  public static func drawExtension(
    using generator: inout some RandomNumberGenerator
  ) -> Extension {
    let count = Int(generator.next() % 16)
    let data = (0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) }
    return Extension(type: ExtensionType(rawValue: draw(using: &generator)), data: data)
  }
}

extension LeafIdentity {
  /// The same client with a value that means nothing in each list of its capabilities, and such an
  /// extension in its leaves.
  public func greased(using generator: inout some RandomNumberGenerator) -> LeafIdentity {
    let extra = GREASE.drawExtension(using: &generator)
    let old = capabilities
    return LeafIdentity(
      credential: credential, signatureKeyPair: signatureKeyPair,
      capabilities: Capabilities(
        versions: old.versions,
        cipherSuites: old.cipherSuites + [CipherSuite(rawValue: GREASE.draw(using: &generator))],
        extensions: old.extensions + [extra.type],
        proposals: old.proposals + [ProposalType(rawValue: GREASE.draw(using: &generator))],
        credentials: old.credentials
          + [CredentialType(rawValue: GREASE.draw(using: &generator))]),
      extensions: extensions + [extra])
  }
}
