// SPDX-License-Identifier: Apache-2.0

package import Identity
package import MLS
package import SansIO

/// That somebody types, or no longer does, as it stands under the seal of a signal (typing.md).
///
/// ```
/// struct {
///   uint32 leaf;
///   uint64 at_ms;
///   uint8 state;                // 1: typing, 2: stopped
///   uint8 signature[64];        // of the leaf's key, label typing-v1
///   uint8 padding[22];          // zeros
/// } TypingSignal;
/// ```
package struct TypingSignal: WireValue, Equatable {
  /// Bytes that are under the seal; more would say by its length what it is.
  static let byteCount = SealedSignal.byteCount - SealedSignal.overhead
  private static let paddingLength = byteCount - 4 - 8 - 1 - Signature.byteCount
  private static let typing: UInt8 = 1
  private static let stopped: UInt8 = 2

  /// The leaf of the device that says it.
  package let leaf: LeafIndex
  /// When, by that device's clock; each of its signals is later than the one before.
  package let at: Instant
  /// Whether it begins or goes on; else it has stopped.
  package let isTyping: Bool
  /// By the leaf's key. A member knows the seal's key as well, and could say it of others.
  package let signature: Signature

  /// Signs it.
  init(isTyping: Bool, at now: Instant, as group: Group, routingID: [UInt8], with key: SigningKey) {
    leaf = group.ownLeafIndex
    at = now
    self.isTyping = isTyping
    signature = key.sign(
      Self.signedContent(leaf: leaf, at: at, isTyping: isTyping, group, routingID),
      label: .typing)
  }

  /// Takes what was sealed.
  package init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    leaf = LeafIndex(rawValue: try input.readUInt32())
    guard let milliseconds = Int64(exactly: try input.readUInt64()) else {
      throw .invalidValue(field: "typing time")
    }
    at = Instant(milliseconds: milliseconds)
    switch try input.readUInt8() {
    case Self.typing: isTyping = true
    case Self.stopped: isTyping = false
    default: throw .invalidValue(field: "typing state")
    }
    guard let signature = Signature(try input.readBytes(Signature.byteCount)) else {
      throw .invalidValue(field: "typing signature")
    }
    self.signature = signature
    guard try input.readBytes(Self.paddingLength).allSatisfy({ $0 == 0 }) else {
      throw .invalidValue(field: "typing padding")
    }
  }

  /// Appends what is to be sealed.
  package func encode(to output: inout ByteWriter) {
    output.write(leaf.rawValue)
    output.write(UInt64(bitPattern: at.milliseconds))
    output.write(isTyping ? Self.typing : Self.stopped)
    output.write(raw: signature.bytes)
    output.write(raw: Array(repeating: 0, count: Self.paddingLength))
  }

  /// The member that says so; nil when it is none of this epoch, or did not sign it.
  func sender(in group: Group, routingID: [UInt8]) -> RoomMember? {
    guard let node = group.leafNode(at: leaf), let key = SignaturePublicKey(node.signatureKey),
      key.isValid(
        signature,
        of: Self.signedContent(leaf: leaf, at: at, isTyping: isTyping, group, routingID),
        label: .typing)
    else { return nil }
    return RoomMember(Member(leafIndex: leaf, leafNode: node))
  }

  private static func signedContent(
    leaf: LeafIndex, at: Instant, isTyping: Bool, _ group: Group, _ routingID: [UInt8]
  ) -> [UInt8] {
    var output = ByteWriter()
    output.write(raw: routingID)
    output.write(vector: group.epochAuthenticator)
    output.write(leaf.rawValue)
    output.write(UInt64(bitPattern: at.milliseconds))
    output.write(isTyping ? typing : stopped)
    return output.bytes
  }
}

/// A signal as it passes the server: one size, and nothing to be read from it.
///
/// ```
/// struct {
///   uint8 ver = 1;
///   uint8 nonce[12];
///   uint8 sealed[115];          // AES-256-GCM of a TypingSignal
/// } Signal;
/// ```
struct SealedSignal {
  /// The size that the server demands.
  static let byteCount = 128
  /// Version, nonce and tag.
  static let overhead = 1 + 12 + 16
  private static let formatVersion: UInt8 = 1
  private static let label = "sotto signal"

  /// What is sent.
  let bytes: [UInt8]

  /// Seals it under the key of the epoch. The nonce is random: all members share the key, and the
  /// server's rate lets less than 2^22 signals through in a week, so that two are equal with a
  /// probability below 2^-52.
  init(
    _ signal: TypingSignal, in group: Group, routingID: [UInt8],
    using entropy: inout some RandomNumberGenerator
  ) throws(MLSFailure) {
    let nonce = entropy.bytes(ProductGroup.suite.aeadNonceLength)
    let sealed = try ProductGroup.suite.seal(
      key: Self.key(of: group, routingID), nonce: nonce,
      authenticating: [Self.formatVersion] + routingID, plaintext: signal.encoded)
    bytes = [Self.formatVersion] + nonce + sealed
  }

  /// Opens what came; nil when it was not sealed for this epoch of this log, or says nothing that
  /// is known. Who sent it has not been checked.
  static func open(_ bytes: [UInt8], in group: Group, routingID: [UInt8]) -> TypingSignal? {
    let nonceEnd = 1 + ProductGroup.suite.aeadNonceLength
    guard bytes.count == byteCount, bytes[0] == formatVersion else { return nil }
    let plaintext = try? ProductGroup.suite.open(
      key: key(of: group, routingID), nonce: Array(bytes[1..<nonceEnd]),
      authenticating: [formatVersion] + routingID, ciphertext: Array(bytes[nonceEnd...]))
    return plaintext.flatMap { try? TypingSignal(decoding: $0) }
  }

  /// A key of its own for each epoch of each log (RFC 9420 §8.5).
  private static func key(of group: Group, _ routingID: [UInt8]) -> Secret {
    group.export(label: label, context: routingID, length: ProductGroup.suite.aeadKeyLength)
  }
}
