// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

/// A second, slow ratchet tree that follows the text of RFC 9420 with linked nodes and no index
/// arithmetic, no cache and no encoder of the library's for trees. The property tests compare the
/// two.
indirect enum TreeModel {
  case leaf(UInt32, LeafNode?)
  case node(Parent?, TreeModel, TreeModel)

  struct Parent {
    var key: [UInt8]
    var parentHash: [UInt8]
    var unmerged: Set<UInt32>
  }

  static func blank(depth: Int, from first: UInt32) -> TreeModel {
    guard depth > 0 else { return .leaf(first, nil) }
    let half = UInt32(1) << UInt32(depth - 1)
    return .node(
      nil, blank(depth: depth - 1, from: first), blank(depth: depth - 1, from: first + half))
  }

  var depth: Int {
    if case .node(_, let left, _) = self { return left.depth + 1 }
    return 0
  }

  var leaves: [(UInt32, LeafNode?)] {
    switch self {
    case .leaf(let index, let leaf): [(index, leaf)]
    case .node(_, let left, let right): left.leaves + right.leaves
    }
  }

  func contains(_ index: UInt32) -> Bool { leaves.contains { $0.0 == index } }

  var isAllBlank: Bool { leaves.allSatisfy { $0.1 == nil } }

  // MARK: Operations (RFC 9420 §7.7, §12.1.1–§12.1.3)

  mutating func add(_ leaf: LeafNode) -> UInt32 {
    let free = leaves.first { $0.1 == nil }?.0
    let index = free ?? UInt32(leaves.count)
    if free == nil {
      self = .node(nil, self, TreeModel.blank(depth: depth, from: index))
    }
    self = mapping(index) { _ in
      leaf
    } parent: { parent in
      guard var parent else { return nil }
      parent.unmerged.insert(index)
      return parent
    }
    return index
  }

  mutating func update(_ leaf: LeafNode, at index: UInt32) {
    self = mapping(index) { _ in
      leaf
    } parent: { _ in
      nil
    }
  }

  mutating func remove(_ index: UInt32) {
    self = mapping(index) { _ in
      nil
    } parent: { _ in
      nil
    }
    while case .node(_, let left, let right) = self, right.isAllBlank { self = left }
  }

  private func mapping(
    _ index: UInt32, leaf change: (LeafNode?) -> LeafNode?, parent: (Parent?) -> Parent?
  ) -> TreeModel {
    guard contains(index) else { return self }
    switch self {
    case .leaf(let own, let leaf):
      return .leaf(own, change(leaf))
    case .node(let content, let left, let right):
      return .node(
        parent(content), left.mapping(index, leaf: change, parent: parent),
        right.mapping(index, leaf: change, parent: parent))
    }
  }

  // MARK: Resolution and paths (RFC 9420 §4.1)

  /// Leaves as they are, parents by their key.
  enum Resolved: Hashable {
    case leaf(UInt32)
    case parent([UInt8])
  }

  var resolution: [Resolved] {
    switch self {
    case .leaf(let index, let leaf):
      leaf == nil ? [] : [.leaf(index)]
    case .node(let parent?, _, _):
      [.parent(parent.key)] + parent.unmerged.sorted().map { .leaf($0) }
    case .node(nil, let left, let right):
      left.resolution + right.resolution
    }
  }

  /// The resolutions off the filtered direct path of a leaf, lowest first.
  func copathResolutions(of index: UInt32) -> [[Resolved]] {
    guard case .node(_, let left, let right) = self else { return [] }
    let (near, far) = left.contains(index) ? (left, right) : (right, left)
    return near.copathResolutions(of: index) + (far.resolution.isEmpty ? [] : [far.resolution])
  }

  // MARK: Hashes (RFC 9420 §7.8, §7.9)

  func treeHash(_ suite: CipherSuite) -> [UInt8] {
    var output = ByteWriter()
    switch self {
    case .leaf(let index, let leaf):
      output.write(UInt8(1))
      output.write(index)
      output.write(optional: leaf)
    case .node(let parent, let left, let right):
      output.write(UInt8(2))
      output.write(optional: parent) { output, parent in
        output.write(vector: parent.key)
        output.write(vector: parent.parentHash)
        output.write(list: parent.unmerged.sorted()) { inner, index in inner.write(index) }
      }
      output.write(vector: left.treeHash(suite))
      output.write(vector: right.treeHash(suite))
    }
    return suite.hash(output.bytes)
  }

  /// Sets the keys of a filtered direct path, lowest key first, and gives the parent hash for the
  /// leaf, which the caller sets.
  mutating func setPath(
    _ keys: ArraySlice<[UInt8]>, of index: UInt32, below parentHash: [UInt8] = [],
    _ suite: CipherSuite
  ) -> [UInt8] {
    guard case .node(_, let left, let right) = self else { return parentHash }
    let isLeft = left.contains(index)
    var (near, far) = isLeft ? (left, right) : (right, left)
    var rest = keys
    var content: Parent?
    var hash = parentHash
    if !far.resolution.isEmpty, let key = rest.popLast() {
      content = Parent(key: key, parentHash: parentHash, unmerged: [])
      var input = ByteWriter()
      input.write(vector: key)
      input.write(vector: parentHash)
      input.write(vector: far.treeHash(suite))
      hash = suite.hash(input.bytes)
    }
    let leafHash = near.setPath(rest, of: index, below: hash, suite)
    self = isLeft ? .node(content, near, far) : .node(content, far, near)
    return leafHash
  }

  mutating func setLeaf(_ leaf: LeafNode, at index: UInt32) {
    self = mapping(index) { _ in
      leaf
    } parent: {
      $0
    }
  }
}
