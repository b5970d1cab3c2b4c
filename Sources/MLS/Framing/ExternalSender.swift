// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// A party outside the group that may send proposals (RFC 9420 §12.1.8.1).
///
/// ```
/// struct {
///   SignaturePublicKey signature_key;
///   Credential credential;
/// } ExternalSender;
///
/// ExternalSender external_senders<V>;
/// ```
public struct ExternalSender: Hashable, WireValue {
  /// The key that verifies the party's proposals.
  public let signatureKey: [UInt8]
  /// Who the party is.
  public let credential: Credential

  /// Joins the parts.
  public init(signatureKey: [UInt8], credential: Credential) {
    self.signatureKey = signatureKey
    self.credential = credential
  }

  /// Takes an entry from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    signatureKey = try input.readVector()
    credential = try Credential(from: &input)
  }

  /// Writes the entry.
  public func encode(to output: inout ByteWriter) {
    output.write(vector: signatureKey)
    output.write(credential)
  }
}

/// The content of an external_senders extension.
public struct ExternalSenders: Hashable, WireValue {
  /// The most parties that one group may name: a bound on work, far above what is in use.
  public static let countMax = 256

  /// The parties, in the order by which they are referred to.
  public let list: [ExternalSender]

  /// Takes the parties.
  public init(list: [ExternalSender]) { self.list = list }

  /// Takes the list from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    list = try input.readList(maximumCount: ExternalSenders.countMax) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try ExternalSender(from: &input)
    }
  }

  /// Writes the list.
  public func encode(to output: inout ByteWriter) { output.write(list: list) }
}
