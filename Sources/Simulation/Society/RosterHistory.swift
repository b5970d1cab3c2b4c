// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore
import Wire

/// Who read in which epoch of each group, as the members' own stores say, and in which epoch each
/// message was sealed.
struct RosterHistory: Sendable {
  typealias Members = ClientInspection.MembersView

  /// One epoch of the group that a log carries.
  struct Epoch: Hashable, Sendable {
    let log: LogID
    let number: UInt64
  }

  private struct Group: Hashable, Sendable {
    let device: Int
    let groupID: [UInt8]
  }

  private(set) var epochs: [Epoch: Members] = [:]
  /// Why something that was seen must not be.
  private(set) var broken: String?
  private var noted: [Group: Epoch] = [:]
  private var sealed: [[UInt8]: Epoch] = [:]

  /// Looks at the epochs that a device has come to.
  ///
  /// - Parameter compares: whether all are owed one history.
  mutating func note(
    _ device: Int, in store: InMemoryClientTransaction, compares: Bool
  ) throws(ClientStoreFailure) {
    for row in store.groups() {
      guard let log = LogID(row.routingID) else { continue }
      let place = Group(device: device, groupID: row.groupID)
      let epoch = Epoch(log: log, number: row.epoch)
      guard noted[place] != epoch,
        let view = try ClientInspection.members(of: row, in: store)
      else { continue }
      noted[place] = epoch
      guard let other = epochs[epoch] else {
        epochs[epoch] = view
        continue
      }
      if compares, other != view, broken == nil {
        broken = "two states of epoch \(row.epoch)"
      }
    }
  }

  /// A device hands a message to the network.
  mutating func sees(_ frame: WireLogsClientFrame, in store: InMemoryClientTransaction) {
    guard case .append(let append) = frame.request,
      let log = LogID([UInt8](append.right.logID)),
      let row = store.outboxRow(submitID: [UInt8](append.submitID)), row.kind == .message
    else { return }
    sealed[row.messageID] = Epoch(log: log, number: append.right.epoch)
  }

  /// The epoch in which a message was sealed, if it was one of the society's own.
  func epoch(of messageID: [UInt8]) -> UInt64? { sealed[messageID]?.number }

  /// Those who could read a message, as far as that is known.
  func readers(of messageID: [UInt8]) -> [Members.Member]? {
    sealed[messageID].flatMap { epochs[$0]?.members }
  }
}

extension World {
  /// Looks at the epochs that a device's program has come to.
  mutating func noteRosters(of device: Int) throws {
    guard society?.isHostile(device) == false else { return }
    let compares = !hasForked && options.lie != .rollsBack
    do {
      try society?.rosters.note(device, in: people[device].store.committed, compares: compares)
    } catch {
      throw SimulationFailure.store(error)
    }
  }
}
