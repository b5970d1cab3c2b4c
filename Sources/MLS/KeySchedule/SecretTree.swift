// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The two ratchets of each sender.
public enum RatchetKind: Sendable {
  /// Proposals and commits.
  case handshake
  /// Application messages.
  case application
}

/// The secret tree of one epoch (RFC 9420 §9).
///
/// Secrets are derived when they are first needed and forgotten as soon as their children exist
/// (RFC 9420 §9.2). Reading a key changes nothing: the change is a value of its own, applied once
/// the message has proved authentic, so that forged messages burn no keys.
public struct SecretTree: Sendable {
  /// The most skipped keys kept of one sender, over both ratchets.
  public static let skippedKeysMax = 1000

  struct Leaf: Sendable {
    var handshake: SenderRatchet
    var application: SenderRatchet

    func hasSkipped(before limit: Instant) -> Bool {
      handshake.hasSkipped(before: limit) || application.hasSkipped(before: limit)
    }

    mutating func withRatchet<Value>(
      _ kind: RatchetKind, _ body: (inout SenderRatchet) throws(MLSFailure) -> Value
    ) throws(MLSFailure) -> Value {
      switch kind {
      case .handshake: try body(&handshake)
      case .application: try body(&application)
      }
    }
  }

  /// What taking a key changes; `apply` puts it into force.
  public struct Consumption: Sendable {
    let leaf: LeafIndex
    let ratchets: Leaf
    let removedNodes: [NodeIndex]
    let addedNodes: [(NodeIndex, Secret)]
  }

  private let suite: CipherSuite
  private let leafCount: LeafCount
  private var nodes: [NodeIndex: Secret]
  private var leaves: [LeafIndex: Leaf] = [:]

  /// A tree over all leaves of a ratchet tree, blank ones too.
  public init(suite: CipherSuite, leafCount: LeafCount, encryptionSecret: Secret) {
    self.suite = suite
    self.leafCount = leafCount
    nodes = [leafCount.root: encryptionSecret]
  }

  /// The sender's next key, with the change that makes it gone.
  ///
  /// - Throws: `ratchetExhausted`; `invalidSender` for a leaf outside the tree.
  public func nextKey(
    of leaf: LeafIndex, _ kind: RatchetKind
  ) throws(MLSFailure) -> (key: MessageKey, consumption: Consumption) {
    var (ratchets, removed, added) = try ratchets(of: leaf)
    let suite = suite
    let key = try ratchets.withRatchet(kind) {
      (ratchet: inout SenderRatchet) throws(MLSFailure) in try ratchet.next(suite: suite)
    }
    return (
      key, Consumption(leaf: leaf, ratchets: ratchets, removedNodes: removed, addedNodes: added)
    )
  }

  /// The key of a generation of a sender, with the change that makes it gone.
  ///
  /// - Throws: `generationConsumed`, `generationTooDistant`, `invalidSender`.
  public func key(
    of leaf: LeafIndex, _ kind: RatchetKind, generation: UInt32, at now: Instant
  ) throws(MLSFailure) -> (key: MessageKey, consumption: Consumption) {
    var (ratchets, removed, added) = try ratchets(of: leaf)
    let suite = suite
    let key = try ratchets.withRatchet(kind) {
      (ratchet: inout SenderRatchet) throws(MLSFailure) in
      try ratchet.take(
        generation, suite: suite, forwardMax: SecretTree.skippedKeysMax, at: now)
    }
    switch kind {
    case .handshake:
      ratchets.handshake.keep(SecretTree.skippedKeysMax - ratchets.application.skipped.count)
    case .application:
      ratchets.application.keep(SecretTree.skippedKeysMax - ratchets.handshake.skipped.count)
    }
    return (
      key, Consumption(leaf: leaf, ratchets: ratchets, removedNodes: removed, addedNodes: added)
    )
  }

  /// Puts a change into force.
  public mutating func apply(_ consumption: Consumption) {
    for node in consumption.removedNodes { nodes[node] = nil }
    for (node, secret) in consumption.addedNodes { nodes[node] = secret }
    leaves[consumption.leaf] = consumption.ratchets
  }

  /// Forgets the keys that were skipped before `limit`.
  public mutating func expireSkipped(before limit: Instant) {
    for (leaf, ratchets) in leaves where ratchets.hasSkipped(before: limit) {
      leaves[leaf]?.handshake.expire(before: limit)
      leaves[leaf]?.application.expire(before: limit)
    }
  }

  /// The leaf's ratchets and what deriving them changes in the nodes above (RFC 9420 §9).
  private func ratchets(
    of leaf: LeafIndex
  ) throws(MLSFailure) -> (Leaf, removed: [NodeIndex], added: [(NodeIndex, Secret)]) {
    if let known = leaves[leaf] { return (known, [], []) }
    guard leafCount.contains(leaf) else { throw .invalidSender }
    var node = leaf.node
    while nodes[node] == nil, let parent = node.parent(in: leafCount) { node = parent }
    guard var secret = nodes[node] else { throw .generationConsumed }
    let removed = [node]
    var added: [(NodeIndex, Secret)] = []
    while let left = node.left, let right = node.right {
      let leftSecret = child(of: secret, "left")
      let rightSecret = child(of: secret, "right")
      if left.covers(leaf) {
        added.append((right, rightSecret))
        (node, secret) = (left, leftSecret)
      } else {
        added.append((left, leftSecret))
        (node, secret) = (right, rightSecret)
      }
    }
    let ratchets = Leaf(
      handshake: SenderRatchet(secret: suite.deriveSecret(secret, label: "handshake")),
      application: SenderRatchet(secret: suite.deriveSecret(secret, label: "application")))
    return (ratchets, removed, added)
  }

  private func child(of secret: Secret, _ side: String) -> Secret {
    suite.expandWithLabel(
      secret, label: "tree", context: Array(side.utf8), length: suite.hashLength)
  }
}

extension SecretTree {
  /// Takes a stored tree.
  init(suite: CipherSuite, from input: inout Span<UInt8>) throws(DecodingFailure) {
    self.suite = suite
    guard let count = LeafCount(rawValue: Int(try input.readUInt32())) else {
      throw .invalidValue(field: "leaf count")
    }
    leafCount = count
    nodes = [:]
    let storedNodes = try input.readList(maximumCount: LeafCount.max.nodeCount) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      (try NodeIndex(from: &input), try input.readSecret())
    }
    for (node, secret) in storedNodes { nodes[node] = secret }
    let storedLeaves = try input.readList(maximumCount: LeafCount.max.rawValue) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      let leaf = try LeafIndex(from: &input)
      let handshake = try SenderRatchet(from: &input)
      return (leaf, Leaf(handshake: handshake, application: try SenderRatchet(from: &input)))
    }
    for (leaf, ratchets) in storedLeaves { leaves[leaf] = ratchets }
  }

  /// Writes the tree for an encrypted store, in the order of the indices.
  func encode(to output: inout ByteWriter) {
    output.write(UInt32(leafCount.rawValue))
    output.write(list: nodes.sorted { $0.key < $1.key }) { output, entry in
      output.write(entry.key)
      output.write(secret: entry.value)
    }
    output.write(list: leaves.sorted { $0.key < $1.key }) { output, entry in
      output.write(entry.key)
      entry.value.handshake.encode(to: &output)
      entry.value.application.encode(to: &output)
    }
  }
}

/// The key and nonce that protect the sender data beside a ciphertext (RFC 9420 §6.3.2).
public struct SenderDataKey: Sendable {
  /// AEAD.Nk bytes.
  public let key: Secret
  /// AEAD.Nn bytes.
  public let nonce: Secret

  /// Derives both from a sample of the ciphertext.
  public init(suite: CipherSuite, senderDataSecret: Secret, ciphertext: [UInt8]) {
    let sample = Array(ciphertext.prefix(suite.hashLength))
    key = suite.expandWithLabel(
      senderDataSecret, label: "key", context: sample, length: suite.aeadKeyLength)
    nonce = suite.expandWithLabel(
      senderDataSecret, label: "nonce", context: sample, length: suite.aeadNonceLength)
  }
}
