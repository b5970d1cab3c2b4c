// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The name of a pre-shared key in one injection (RFC 9420 §8.4).
///
/// ```
/// struct {
///   PSKType psktype;
///   select (PreSharedKeyID.psktype) {
///     case external:   opaque psk_id<V>;
///     case resumption: ResumptionPSKUsage usage; opaque psk_group_id<V>; uint64 psk_epoch;
///   };
///   opaque psk_nonce<V>;
/// } PreSharedKeyID;
/// ```
public struct PreSharedKeyID: Hashable, WireValue {
  /// What a resumption PSK is used for.
  public enum Usage: UInt8, Sendable {
    /// To prove participation in a past epoch.
    case application = 1
    /// To link a reinitialised group with the old one.
    case reinit = 2
    /// To link a subgroup with the group it comes from.
    case branch = 3
  }

  /// Where the key comes from.
  public enum Source: Hashable, Sendable {
    /// The application provides it under this id.
    case external(id: [UInt8])
    /// It is the resumption PSK of that group's epoch.
    case resumption(usage: Usage, groupID: [UInt8], epoch: UInt64)
  }

  /// Where the key comes from.
  public let source: Source
  /// KDF.Nh fresh random bytes for each injection.
  public let nonce: [UInt8]

  /// Joins both parts.
  public init(source: Source, nonce: [UInt8]) {
    self.source = source
    self.nonce = nonce
  }

  /// Takes an id from the front of `input`.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    switch try input.readUInt8() {
    case 1:
      source = .external(id: try input.readVector())
    case 2:
      guard let usage = Usage(rawValue: try input.readUInt8()) else {
        throw .invalidValue(field: "resumption psk usage")
      }
      source = .resumption(
        usage: usage, groupID: try input.readVector(), epoch: try input.readUInt64())
    default:
      throw .invalidValue(field: "psk type")
    }
    nonce = try input.readVector()
  }

  /// Writes the id.
  public func encode(to output: inout ByteWriter) {
    switch source {
    case .external(let id):
      output.write(UInt8(1))
      output.write(vector: id)
    case .resumption(let usage, let groupID, let epoch):
      output.write(UInt8(2))
      output.write(usage.rawValue)
      output.write(vector: groupID)
      output.write(epoch)
    }
    output.write(vector: nonce)
  }

  /// Whether the key ties a group to one that it follows from.
  var linksGroups: Bool {
    switch source {
    case .external, .resumption(usage: .application, groupID: _, epoch: _): false
    case .resumption(usage: .reinit, groupID: _, epoch: _),
      .resumption(usage: .branch, groupID: _, epoch: _):
      true
    }
  }
}

/// The pre-shared keys that the caller has at hand, looked up by where they come from.
public struct PreSharedKeys: Sendable {
  private struct Resumption: Hashable {
    let groupID: [UInt8]
    let epoch: UInt64
  }

  private var external: [[UInt8]: Secret] = [:]
  private var resumption: [Resumption: Secret] = [:]

  /// An empty table.
  public init() {}

  /// Adds a key of the application's.
  public mutating func insert(_ key: Secret, externalID: [UInt8]) { external[externalID] = key }

  /// Adds the resumption PSK of another group's epoch.
  public mutating func insert(_ key: Secret, resumptionOf groupID: [UInt8], epoch: UInt64) {
    resumption[Resumption(groupID: groupID, epoch: epoch)] = key
  }

  /// The key, or `nil` when the table does not hold it.
  public func key(for source: PreSharedKeyID.Source) -> Secret? {
    switch source {
    case .external(let id): external[id]
    case .resumption(_, let groupID, let epoch):
      resumption[Resumption(groupID: groupID, epoch: epoch)]
    }
  }

  /// The chain over all keys in order (RFC 9420 §8.4); KDF.Nh zero bytes for none.
  ///
  /// - Throws: `unknownPSK` when the table lacks one.
  public func secret(
    for ids: [PreSharedKeyID], suite: CipherSuite
  ) throws(MLSFailure) -> Secret {
    var secret = suite.zeroSecret
    for (index, id) in ids.enumerated() {
      guard let key = key(for: id.source) else { throw .unknownPSK }
      let extracted = suite.extract(salt: suite.zeroSecret, inputKeyMaterial: key)
      var label = ByteWriter()
      label.write(id)
      label.write(UInt16(index))
      label.write(UInt16(ids.count))
      let input = suite.expandWithLabel(
        extracted, label: "derived psk", context: label.bytes, length: suite.hashLength)
      secret = suite.extract(salt: input, inputKeyMaterial: secret)
    }
    return secret
  }
}
