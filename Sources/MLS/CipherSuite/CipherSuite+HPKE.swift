// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// ```
/// struct {
///   opaque kem_output<V>;
///   opaque ciphertext<V>;
/// } HPKECiphertext;
/// ```
/// (RFC 9420 §7.6)
public struct HPKECiphertext: Hashable, WireValue {
  /// The KEM's encapsulated secret.
  public let kemOutput: [UInt8]
  /// The sealed plaintext with its tag.
  public let ciphertext: [UInt8]

  /// Joins the two parts.
  public init(kemOutput: [UInt8], ciphertext: [UInt8]) {
    self.kemOutput = kemOutput
    self.ciphertext = ciphertext
  }

  /// Takes both vectors.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    kemOutput = try input.readVector()
    ciphertext = try input.readVector()
  }

  /// Writes both vectors.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: kemOutput)
    output.write(vector: ciphertext)
  }
}

/// EncryptWithLabel and DecryptWithLabel (RFC 9420 §5.1.3): the labels, over `HPKESingleShot`.
extension CipherSuite {
  /// The public key that belongs to an HPKE private key.
  ///
  /// - Throws: `invalidKey` when the bytes are no private key of the suite's KEM.
  public func hpkePublicKey(of privateKey: Secret) throws(MLSFailure) -> [UInt8] {
    try kemPrivateKey(privateKey).publicKey
  }

  /// Seals `plaintext` to `publicKey` with the HPKE info EncryptContext and an empty AAD.
  ///
  /// - Throws: `invalidKey` when the public key is not one of the suite's KEM.
  public func encryptWithLabel(
    publicKey: [UInt8], label: String, context: [UInt8], plaintext: [UInt8]
  ) throws(MLSFailure) -> HPKECiphertext {
    try hpke(label: label, context: context).seal(plaintext, to: publicKey)
  }

  /// Opens what `encryptWithLabel` sealed for `publicKey`, whose private half is given.
  ///
  /// - Throws: `invalidKey` for a private key of another KEM, `decryptionFailed` otherwise.
  public func decryptWithLabel(
    privateKey: Secret, publicKey: [UInt8], label: String, context: [UInt8],
    ciphertext: HPKECiphertext
  ) throws(MLSFailure) -> Secret {
    try hpke(label: label, context: context).open(
      ciphertext, privateKey: privateKey, publicKey: publicKey)
  }

  /// EncryptWithLabel to many recipients, whose context is hashed once.
  func hpke(label: String, context: [UInt8]) -> HPKESingleShot {
    HPKESingleShot(suite: self, info: CipherSuite.encryptContext(label: label, context: context))
  }

  /// The sender's side of external initialisation: HPKE SetupBaseS with an empty info, then Export
  /// (RFC 9420 §8.3).
  func encapsulateExport(
    publicKey: [UInt8], exporterContext: String, length: Int
  ) throws(MLSFailure) -> (kemOutput: [UInt8], secret: Secret) {
    try HPKESingleShot(suite: self, info: []).export(
      exporterContext: Array(exporterContext.utf8), length: length, to: publicKey)
  }

  /// The receiver's side of external initialisation (RFC 9420 §8.3).
  func decapsulateExport(
    privateKey: Secret, kemOutput: [UInt8], exporterContext: String, length: Int
  ) throws(MLSFailure) -> Secret {
    try HPKESingleShot(suite: self, info: []).export(
      exporterContext: Array(exporterContext.utf8), length: length, kemOutput: kemOutput,
      privateKey: privateKey)
  }

  /// ```
  /// struct {
  ///   opaque label<V>;
  ///   opaque context<V>;
  /// } EncryptContext;
  /// ```
  private static func encryptContext(label: String, context: [UInt8]) -> [UInt8] {
    var output = ByteWriter(capacity: context.count + 32)
    output.write(vector: labelled(label))
    output.write(vector: context)
    return output.bytes
  }
}
