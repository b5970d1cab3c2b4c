// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What new members need to join the epoch that added them (RFC 9420 §12.4.3.1).
///
/// ```
/// struct {
///   CipherSuite cipher_suite;
///   EncryptedGroupSecrets secrets<V>;
///   opaque encrypted_group_info<V>;
/// } Welcome;
/// ```
public struct Welcome: Hashable, WireValue {
  /// The group's suite.
  public let cipherSuite: CipherSuite
  /// One entry for each new member.
  public let secrets: [EncryptedGroupSecrets]
  /// The sealed GroupInfo.
  public let encryptedGroupInfo: [UInt8]

  /// Joins the parts.
  public init(
    cipherSuite: CipherSuite, secrets: [EncryptedGroupSecrets], encryptedGroupInfo: [UInt8]
  ) {
    self.cipherSuite = cipherSuite
    self.secrets = secrets
    self.encryptedGroupInfo = encryptedGroupInfo
  }

  /// Takes a Welcome from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    cipherSuite = try CipherSuite(from: &input)
    secrets = try input.readList(maximumCount: LeafCount.max.rawValue) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      try EncryptedGroupSecrets(from: &input)
    }
    encryptedGroupInfo = try input.readVector()
  }

  /// Writes the Welcome.
  public func encode(to output: inout ByteWriter) {
    output.write(cipherSuite)
    output.write(list: secrets)
    output.write(vector: encryptedGroupInfo)
  }
}

/// One new member's part of a Welcome.
///
/// ```
/// struct {
///   KeyPackageRef new_member;
///   HPKECiphertext encrypted_group_secrets;
/// } EncryptedGroupSecrets;
/// ```
public struct EncryptedGroupSecrets: Hashable, WireValue {
  /// The reference of the key package that was added.
  public let newMember: [UInt8]
  /// GroupSecrets sealed to the key package's init_key.
  public let encryptedGroupSecrets: HPKECiphertext

  /// Joins the parts.
  public init(newMember: [UInt8], encryptedGroupSecrets: HPKECiphertext) {
    self.newMember = newMember
    self.encryptedGroupSecrets = encryptedGroupSecrets
  }

  /// Takes an entry from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    newMember = try input.readVector()
    encryptedGroupSecrets = try HPKECiphertext(from: &input)
  }

  /// Writes the entry.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: newMember)
    output.write(encryptedGroupSecrets)
  }
}

/// The secrets that a Welcome carries to one new member.
///
/// ```
/// struct {
///   opaque joiner_secret<V>;
///   optional<PathSecret> path_secret;
///   PreSharedKeyID psks<V>;
/// } GroupSecrets;
/// ```
public struct GroupSecrets: WireValue {
  /// The most PSKs that one commit may inject.
  public static let pskCountMax = 1024

  /// The source of the epoch's secrets.
  public let joinerSecret: Secret
  /// The path secret of the lowest node above both the joiner and the committer.
  public let pathSecret: Secret?
  /// The PSKs of the commit, in its order.
  public let psks: [PreSharedKeyID]

  /// Joins the parts.
  public init(joinerSecret: Secret, pathSecret: Secret?, psks: [PreSharedKeyID]) {
    self.joinerSecret = joinerSecret
    self.pathSecret = pathSecret
    self.psks = psks
  }

  /// Takes the secrets from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    joinerSecret = try input.readSecret()
    pathSecret = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try input.readSecret()
    }
    psks = try input.readList(maximumCount: GroupSecrets.pskCountMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try PreSharedKeyID(from: &input)
    }
  }

  /// Writes the secrets, for sealing.
  public func encode(to output: inout ByteWriter) {
    output.write(secret: joinerSecret)
    output.write(optional: pathSecret) { output, secret in output.write(secret: secret) }
    output.write(list: psks)
  }
}
