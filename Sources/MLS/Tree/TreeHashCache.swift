// SPDX-License-Identifier: Apache-2.0

import SansIO

/// The tree hashes that are known, one place for each node (RFC 9420 §7.8).
///
/// All hashes lie in one array, so that copying a tree copies no hash by itself and a change
/// forgets only the nodes above it.
struct TreeHashCache: Sendable {
  private let suite: CipherSuite?
  private let length: Int
  private var bytes: [UInt8]
  private var isKnown: [Bool]

  /// Knows nothing, for any suite.
  init() {
    suite = nil
    length = 0
    bytes = []
    isKnown = []
  }

  /// Knows nothing, with room for the hashes of `nodeCount` nodes.
  init(suite: CipherSuite, nodeCount: Int) {
    self.suite = suite
    length = suite.hashLength
    bytes = Array(repeating: 0, count: nodeCount * length)
    isKnown = Array(repeating: false, count: nodeCount)
  }

  /// Whether the cache was made for this suite.
  func serves(_ suite: CipherSuite) -> Bool { self.suite == suite }

  /// The hash of a node, if it is known.
  subscript(node: NodeIndex) -> [UInt8]? {
    guard node.rawValue < isKnown.count, isKnown[node.rawValue] else { return nil }
    return Array(bytes[node.rawValue * length..<(node.rawValue + 1) * length])
  }

  /// Remembers a hash.
  mutating func set(_ hash: [UInt8], for node: NodeIndex) {
    let start = node.rawValue * length
    bytes.replaceSubrange(start..<start + length, with: hash)
    isKnown[node.rawValue] = true
  }

  /// Forgets a node's hash.
  mutating func forget(_ node: NodeIndex) {
    if node.rawValue < isKnown.count { isKnown[node.rawValue] = false }
  }

  /// Follows the tree to another size: places keep their numbers (RFC 9420 Appendix C).
  mutating func resize(nodeCount: Int) {
    guard suite != nil else { return }
    if nodeCount < isKnown.count {
      isKnown.removeLast(isKnown.count - nodeCount)
      bytes.removeLast(bytes.count - nodeCount * length)
    } else {
      isKnown.append(contentsOf: repeatElement(false, count: nodeCount - isKnown.count))
      bytes.append(contentsOf: repeatElement(0, count: nodeCount * length - bytes.count))
    }
  }
}
