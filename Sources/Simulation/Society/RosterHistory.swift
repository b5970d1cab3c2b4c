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
  /// Logs of groups that somebody hostile has been in.
  private(set) var touched: Set<LogID> = []
  /// By message: its sealings, the latest last. One that is not confirmed goes by another group
  /// when its own is out of step, and may have arrived by the first all the same.
  private var sealed: [[UInt8]: [Epoch]] = [:]
  /// In which epochs something was said about a message: it may go by another group.
  private var remarks: [[UInt8]: [[UInt8]: Epoch]] = [:]

  /// Looks at the epochs that a device has come to.
  ///
  /// - Parameter compares: whether all are owed one history.
  /// - Parameter hostile: the address of somebody who is owed nothing.
  mutating func note(
    _ device: Int, in store: InMemoryClientTransaction, compares: Bool, hostile: String?,
    counting deeds: inout SocietyDeeds
  ) throws(ClientStoreFailure) {
    for row in store.groups() {
      guard let log = LogID(row.routingID) else { continue }
      let place = Group(device: device, groupID: row.groupID)
      let epoch = Epoch(log: log, number: row.epoch)
      guard noted[place] != epoch,
        let view = try ClientInspection.members(of: row, in: store)
      else { continue }
      noted[place] = epoch
      if view.members.contains(where: { $0.address == hostile }) { touched.insert(log) }
      guard let other = epochs[epoch] else {
        epochs[epoch] = view
        count(view, epoch, in: &deeds)
        continue
      }
      if compares, other != view, broken == nil {
        broken = "two states of epoch \(row.epoch)"
      }
    }
  }

  /// Who came and who went with an epoch that nobody was seen in before.
  private func count(_ view: Members, _ epoch: Epoch, in deeds: inout SocietyDeeds) {
    guard epoch.number > 0,
      let before = epochs[Epoch(log: epoch.log, number: epoch.number - 1)]
    else { return }
    let people = (old: Set(before.members.map(\.address)), new: Set(view.members.map(\.address)))
    deeds.note(.personIn, times: people.new.subtracting(people.old).count)
    deeds.note(.personOut, times: people.old.subtracting(people.new).count)
    let devices = (old: Set(before.members), new: Set(view.members))
    deeds.note(.deviceIn, times: devices.new.subtracting(devices.old).count)
    deeds.note(.deviceOut, times: devices.old.subtracting(devices.new).count)
  }

  /// A device hands a message to the network.
  mutating func sees(_ frame: WireLogsClientFrame, in store: InMemoryClientTransaction) {
    guard case .append(let append) = frame.request,
      let log = LogID([UInt8](append.right.logID)),
      let row = store.outboxRow(submitID: [UInt8](append.submitID))
    else { return }
    let epoch = Epoch(log: log, number: append.right.epoch)
    switch row.kind {
    case .message:
      // The same bytes again are no other sealing.
      sealed[row.messageID, default: []].removeAll { $0 == epoch }
      sealed[row.messageID, default: []].append(epoch)
    case .annotation:
      func about(_ id: [UInt8]) -> [UInt8]? {
        store.annotations(conversationID: row.conversationID, messageID: id).first?.target
      }
      // What takes a reaction back is about the reaction.
      guard let target = about(row.messageID) else { return }
      remarks[about(target) ?? target, default: [:]][row.messageID] = epoch
    case .report, .leave, .note: return
    }
  }

  /// A message's sealings in this log; in all, when it is not known by which it went.
  private func sealings(_ messageID: [UInt8], _ log: LogID?) -> [Epoch] {
    (sealed[messageID] ?? []).filter { log == nil || $0.log == log }
  }

  /// The epoch in which a message was sealed, if it was one of the society's own.
  func epoch(of messageID: [UInt8], by log: LogID?) -> UInt64? {
    sealings(messageID, log).last?.number
  }

  /// Whether there was an epoch without a device after one and before another.
  func wasOut(
    _ device: Members.Member, of log: LogID, between first: UInt64, and last: UInt64
  ) -> Bool {
    (first + 1..<last).contains { number in
      epochs[Epoch(log: log, number: number)]?.members.contains(device) == false
    }
  }

  /// Whether a device has ever been in the group of this log.
  func wasSeen(_ device: Int, in log: LogID?) -> Bool {
    guard let log else { return true }
    return noted.contains { $0.key.device == device && $0.value.log == log }
  }

  /// The timers that a message's group had about when it was sealed; nil when there was none in one
  /// of these epochs, or nobody knows.
  func timers(about messageID: [UInt8]) -> [MessageTimer]? {
    var timers: [MessageTimer] = []
    for epoch in sealed[messageID] ?? [] {
      for number in (max(1, epoch.number) - 1)...(epoch.number + 2) {
        guard let view = epochs[Epoch(log: epoch.log, number: number)] else { continue }
        guard let timer = view.timer else { return nil }
        timers.append(timer)
      }
    }
    return timers.isEmpty ? nil : timers
  }

  /// Whether a device could read all that was said about a message. It has come into no group to
  /// which only a device that is gone since has asked it (linking.md).
  ///
  /// - Parameter logs: those of the groups that it has come into.
  func hears(
    _ device: Members.Member, allAbout messageID: [UInt8], in logs: Set<[UInt8]>
  ) -> Bool {
    (remarks[messageID] ?? [:]).values.allSatisfy { epoch in
      epochs[epoch]?.members.contains(device) == true && logs.contains(epoch.log.bytes)
    }
  }

  /// Those who could read a message that went by this log, as far as that is known.
  func readers(of messageID: [UInt8], by log: LogID?) -> [Members.Member]? {
    sealings(messageID, log).last.flatMap { epochs[$0]?.members }
  }

  /// Whether a device could read a message by this log in any of its sealings; nil: nobody knows.
  func couldRead(_ device: Members.Member, _ messageID: [UInt8], by log: LogID?) -> Bool? {
    let views = sealings(messageID, log).map { epochs[$0] }
    guard !views.isEmpty, !views.contains(where: { $0 == nil }) else { return nil }
    return views.contains { $0?.members.contains(device) == true }
  }
}

extension World {
  /// Looks at the epochs that a device's program has come to.
  mutating func noteRosters(of device: Int) throws {
    guard society?.isHostile(device) == false else { return }
    let compares = !hasForked && options.lie != .rollsBack
    let hostile = society?.options.hostile.map { World.address(SocietyOptions.names[$0]) }
    var deeds = society?.deeds ?? SocietyDeeds()
    do {
      try society?.rosters.note(
        device, in: people[device].store.committed, compares: compares, hostile: hostile,
        counting: &deeds)
      society?.deeds = deeds
    } catch {
      throw SimulationFailure.store(error)
    }
  }
}
