// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The key and nonce of one generation of one sender (RFC 9420 §9.1), used once.
public struct MessageKey: Sendable {
  /// The position in the ratchet.
  public let generation: UInt32
  /// AEAD.Nk bytes.
  public let key: Secret
  /// AEAD.Nn bytes, before the reuse guard is mixed in.
  public let nonce: Secret
}

/// One of a sender's two hash ratchets (RFC 9420 §9.1), with the keys that were skipped.
struct SenderRatchet: Sendable {
  /// A key that was passed over, kept for a message that comes late.
  struct Skipped: Sendable {
    let key: MessageKey
    let since: Instant
  }

  /// The secret of `generation`.
  private(set) var secret: Secret
  /// The generation that comes next.
  private(set) var generation: UInt32
  /// Keys of earlier generations, lowest first.
  private(set) var skipped: [Skipped] = []

  init(secret: Secret) {
    self.secret = secret
    generation = 0
  }

  /// Takes the next key and forgets what it came from.
  ///
  /// - Throws: `ratchetExhausted` after generation 2^32 - 2.
  mutating func next(suite: CipherSuite) throws(MLSFailure) -> MessageKey {
    guard generation < UInt32.max else { throw .ratchetExhausted }
    let key = MessageKey(
      generation: generation,
      key: suite.deriveTreeSecret(
        secret, label: "key", generation: generation, length: suite.aeadKeyLength),
      nonce: suite.deriveTreeSecret(
        secret, label: "nonce", generation: generation, length: suite.aeadNonceLength))
    secret = suite.deriveTreeSecret(
      secret, label: "secret", generation: generation, length: suite.hashLength)
    generation += 1
    return key
  }

  /// Takes the key of `wanted`, keeping those in between.
  ///
  /// - Throws: `generationConsumed` when it is gone, `generationTooDistant` when more than
  ///   `forwardMax` keys would have to be skipped.
  mutating func take(
    _ wanted: UInt32, suite: CipherSuite, forwardMax: Int, at now: Instant
  ) throws(MLSFailure) -> MessageKey {
    if wanted < generation {
      guard let index = skipped.firstIndex(where: { $0.key.generation == wanted }) else {
        throw .generationConsumed
      }
      return skipped.remove(at: index).key
    }
    guard Int(wanted - generation) <= forwardMax else { throw .generationTooDistant }
    while generation < wanted {
      skipped.append(Skipped(key: try next(suite: suite), since: now))
    }
    return try next(suite: suite)
  }

  /// Forgets the oldest skipped keys until at most `count` are left.
  mutating func keep(_ count: Int) {
    if skipped.count > count { skipped.removeFirst(skipped.count - max(0, count)) }
  }

  /// Whether there is a key that was skipped before `limit`.
  func hasSkipped(before limit: Instant) -> Bool { skipped.contains { $0.since < limit } }

  /// Forgets the keys that were skipped before `limit`.
  mutating func expire(before limit: Instant) { skipped.removeAll { $0.since < limit } }
}

extension SenderRatchet {
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    secret = try input.readSecret()
    generation = try input.readUInt32()
    skipped = try input.readList(maximumCount: 1 << 16) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      let key = MessageKey(
        generation: try input.readUInt32(), key: try input.readSecret(),
        nonce: try input.readSecret())
      let since = Instant(milliseconds: Int64(bitPattern: try input.readUInt64()))
      return Skipped(key: key, since: since)
    }
  }

  func encode(to output: inout ByteWriter) {
    output.write(secret: secret)
    output.write(generation)
    output.write(list: skipped) { output, one in
      output.write(one.key.generation)
      output.write(secret: one.key.key)
      output.write(secret: one.key.nonce)
      output.write(UInt64(bitPattern: one.since.milliseconds))
    }
  }
}
