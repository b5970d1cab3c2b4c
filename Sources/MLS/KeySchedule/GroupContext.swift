// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What all members agree on in one epoch (RFC 9420 §8.1).
///
/// ```
/// struct {
///   ProtocolVersion version = mls10;
///   CipherSuite cipher_suite;
///   opaque group_id<V>;
///   uint64 epoch;
///   opaque tree_hash<V>;
///   opaque confirmed_transcript_hash<V>;
///   Extension extensions<V>;
/// } GroupContext;
/// ```
public struct GroupContext: Hashable, WireValue {
  /// The protocol version.
  public let version: ProtocolVersion
  /// The group's suite.
  public let cipherSuite: CipherSuite
  /// The group's name.
  public let groupID: [UInt8]
  /// The number of commits since the group began.
  public internal(set) var epoch: UInt64
  /// The root hash of the ratchet tree.
  public internal(set) var treeHash: [UInt8]
  /// The hash over all commits up to this epoch (RFC 9420 §8.2).
  public internal(set) var confirmedTranscriptHash: [UInt8]
  /// What the group settled beside its membership.
  public internal(set) var extensions: [Extension]

  /// A context of version mls10.
  public init(
    cipherSuite: CipherSuite, groupID: [UInt8], epoch: UInt64, treeHash: [UInt8],
    confirmedTranscriptHash: [UInt8], extensions: [Extension]
  ) {
    self.version = .mls10
    self.cipherSuite = cipherSuite
    self.groupID = groupID
    self.epoch = epoch
    self.treeHash = treeHash
    self.confirmedTranscriptHash = confirmedTranscriptHash
    self.extensions = extensions
  }

  /// The maker of a Welcome or GroupInfo chooses the number, so it may be the last one there is.
  ///
  /// - Throws: `epochExhausted`.
  func checkEpochCanEnd() throws(MLSFailure) {
    guard epoch < .max else { throw .epochExhausted }
  }

  /// Takes a context from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    version = try ProtocolVersion(from: &input)
    cipherSuite = try CipherSuite(from: &input)
    groupID = try input.readVector()
    epoch = try input.readUInt64()
    treeHash = try input.readVector()
    confirmedTranscriptHash = try input.readVector()
    extensions = try input.readExtensions()
  }

  /// Writes the context.
  public func encode(to output: inout ByteWriter) {
    output.write(version)
    output.write(cipherSuite)
    output.write(vector: groupID)
    output.write(epoch)
    output.write(vector: treeHash)
    output.write(vector: confirmedTranscriptHash)
    output.write(list: extensions)
  }

  /// The members' requirements, when the group has any (RFC 9420 §11.1).
  func requiredCapabilities() throws(MLSFailure) -> RequiredCapabilities? {
    do {
      return try extensions.value(of: .requiredCapabilities, as: RequiredCapabilities.self)
    } catch {
      throw .decoding(error)
    }
  }
}
