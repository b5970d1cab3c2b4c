// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The part of a group that every message changes: the secret trees of the present epoch and of the
/// past ones that can still be read.
struct MessageSecrets: Sendable {
  /// The secret tree of an epoch that is over.
  struct Past: Sendable {
    let epoch: UInt64
    var tree: SecretTree
  }

  var current: SecretTree
  /// The newest last.
  private(set) var past: [Past] = []

  init(current: SecretTree) { self.current = current }

  /// The secrets after a commit; of the past ones those of `epochs` are kept.
  func advanced(
    from epoch: UInt64, to next: SecretTree, keeping epochs: [UInt64]
  ) -> MessageSecrets {
    var result = MessageSecrets(current: next)
    result.past = past
    result.past.append(Past(epoch: epoch, tree: current))
    result.keepPast(epochs: epochs)
    return result
  }

  /// Forgets the past epochs that are not among `epochs`.
  mutating func keepPast(epochs: [UInt64]) {
    past.removeAll { !epochs.contains($0.epoch) }
  }

  /// Forgets the keys that were skipped before `limit`.
  mutating func expireSkipped(before limit: Instant) {
    current.expireSkipped(before: limit)
    for index in past.indices { past[index].tree.expireSkipped(before: limit) }
  }

  /// The secret tree of a past epoch.
  func tree(ofPast epoch: UInt64) -> SecretTree? { past.first { $0.epoch == epoch }?.tree }

  /// Puts a change of a past epoch's tree into force.
  mutating func apply(_ consumption: SecretTree.Consumption, toPast epoch: UInt64) {
    guard let index = past.firstIndex(where: { $0.epoch == epoch }) else { return }
    past[index].tree.apply(consumption)
  }
}

extension MessageSecrets {
  init(suite: CipherSuite, from input: inout Span<UInt8>) throws(DecodingFailure) {
    current = try SecretTree(suite: suite, from: &input)
    past = try input.readList(maximumCount: 1000) {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      let epoch = try input.readUInt64()
      return Past(epoch: epoch, tree: try SecretTree(suite: suite, from: &input))
    }
  }

  func encode(to output: inout ByteWriter) {
    current.encode(to: &output)
    output.write(list: past) { output, one in
      output.write(one.epoch)
      one.tree.encode(to: &output)
    }
  }
}
