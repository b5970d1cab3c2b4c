// SPDX-License-Identifier: Apache-2.0

import ClientCore
import MLS
import SansIO
import SwiftProtobuf
import Wire

/// A member whose device signs what nobody should send. It has the keys of its groups and the right
/// to their logs; whom it talks to must bear it, and the others must not notice.
extension World {
  private enum Malice: CaseIterable {
    /// Signed bytes that are no content.
    case garbage
    /// Signed content that is a prefix of something else, with bits turned.
    case damaged
    /// What it sent before, as if it were new.
    case stale
    /// More than the log takes.
    case oversized
    /// A commit that nobody can process.
    case brokenCommit
    /// A commit that is well formed, for an epoch that it lies about to the server.
    case staleCommit
    /// Bytes that are no MLS message.
    case noise
    /// A well formed commit that takes somebody out, against the rules of every group: the group
    /// state key stays.
    case removal

    /// What is asked of a member where there are two people in each group.
    static let amongTwo = allCases.filter { $0 != .removal }
    /// What leaves the group's history alone.
    static let words: [Malice] = [.garbage, .damaged, .stale, .oversized, .noise]
  }

  private var malices: [Malice] {
    guard let society else { return Malice.amongTwo }
    return society.options.breaksCommits ? Malice.allCases : Malice.words
  }

  /// Whether what a person's device does proves nothing.
  func isHostile(_ person: Int) -> Bool {
    options.hostile == person || society?.isHostile(person) == true
  }

  /// One malicious frame, beside what the device does as an honest one.
  mutating func doHarm(_ person: Int) {
    guard isHostile(person), !faults.isCalm, let id = people[person].connections[.logs],
      let row = people[person].store.committed.groups().filter({ $0.phase == .active })
        .randomElement(using: &lies),
      let epoch = people[person].store.committed.epoch(groupID: row.groupID, epoch: row.epoch),
      let group = try? Group(epochState: epoch.state, messageSecrets: epoch.ratchets),
      let malice = malices.randomElement(using: &lies)
    else { return }
    var frame = WireLogsClientFrame()
    frame.requestID = 1 << 40 + UInt64(eventCount)
    var right = WireLogRight()
    right.logID = filled(row.routingID)
    right.epoch = row.epoch
    right.token = filled(
      group.export(label: "sotto log", context: row.routingID, length: 32).copyBytes())
    guard let body = body(malice, of: group, row.groupID) else { return }
    switch malice {
    case .brokenCommit, .staleCommit, .removal:
      var commit = WireCommit()
      commit.right = right
      commit.submitID = filled(lies.bytes(16))
      commit.body = filled(body)
      commit.nextTokenHash = filled(lies.bytes(32))
      commit.groupInfo = filled([1])
      frame.request = .commit(commit)
    default:
      var append = WireAppend()
      append.right = right
      append.submitID = filled(lies.bytes(16))
      append.kind = .application
      append.body = filled(body)
      frame.request = .append(append)
    }
    guard let bytes: [UInt8] = try? frame.serializedBytes() else { return }
    trace.add(time, name(person), "harm", "\(malice)")
    society?.deeds.note(.harm)
    send(bytes, toServerOn: id)
  }

  private mutating func body(_ malice: Malice, of group: Group, _ id: [UInt8]) -> [UInt8]? {
    var group = group
    switch malice {
    case .garbage:
      let bytes = try? group.protect(
        lies.bytes(Int.random(in: 0...200, using: &lies)), using: &lies)
      if society != nil, let bytes { harm[id, default: []].append(bytes) }
      return bytes
    case .damaged:
      guard var bytes = try? group.protect(Array(World.canary.utf8), using: &lies) else {
        return nil
      }
      bytes[Int.random(in: bytes.indices, using: &lies)] ^= 0x10
      return bytes
    case .stale: return harm[id]?.randomElement(using: &lies)
    case .oversized: return lies.bytes(98_305)
    case .brokenCommit:
      guard var bytes = try? group.commit([], at: now, using: &lies).message else { return nil }
      bytes[bytes.count - 1] ^= 1
      return bytes
    case .staleCommit:
      let bytes = try? group.commit([], at: now, using: &lies).message
      defer { if let bytes { harm[id, default: []].append(bytes) } }
      return harm[id]?.first ?? bytes
    case .removal:
      let others = group.members.map(\.leafIndex).filter { $0 != group.ownLeafIndex }
      guard let other = others.randomElement(using: &lies) else { return nil }
      return try? group.commit([.remove(other)], at: now, using: &lies).message
    case .noise: return lies.bytes(Int.random(in: 1...300, using: &lies))
    }
  }
}

/// Bytes as the type that generated code asks for.
private func filled<Bytes: RangeReplaceableCollection>(_ bytes: [UInt8]) -> Bytes
where Bytes.Element == UInt8 {
  Bytes(bytes)
}
