// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO

/// What people change: who is in a group, what its members may do, how long messages stay, and
/// which devices an account has.
extension World {
  /// - Returns: whether there was a group to change.
  mutating func changeGroup(_ device: Int) -> Bool {
    guard let here = society, let reference = pick(references(of: device)),
      let other = pick(Array(here.options.devices.indices))
    else { return false }
    let address = here.address(of: other)
    let change: RoomChange?
    switch Int.random(in: 0..<12, using: &workload.entropy) {
    case 0..<4: change = here.present(of: other).isEmpty ? nil : .add(address: address)
    case 4..<6: change = .remove(address: address, banning: false)
    case 6: change = .remove(address: address, banning: true)
    case 7: change = .unban(address: address)
    case 8:
      let role = pick(RoomRole.allCases) ?? .member
      if role > .member { society?.promoted.insert(address) }
      change = .role(address: address, role)
    case 9: change = .rename("Choir \(eventCount)")
    case 10:
      trace.add(time, name(device), "leaves", reference)
      ask(device, .leaveRoom(reference: reference))
      return true
    default:
      let action = pick(RoomAction.allCases) ?? .post
      change = .permission(action, draw(1, in: 2) ? .member : .admin)
    }
    guard let change else { return false }
    trace.add(time, name(device), "changes", "\(reference) \(change)")
    ask(device, .changeRoom(reference: reference, change: change))
    return true
  }

  /// - Returns: whether there was a conversation.
  mutating func setTimer(_ device: Int) -> Bool {
    let rows = people[device].store.committed.conversations()
    guard let row = pick(rows) else { return false }
    let timer = draw(1, in: 4) ? nil : shortTimer()
    if timer != nil {
      let isIn = people[device].store.committed.groups(conversationID: row.id)
        .contains { $0.phase == .active }
      society?.expectTimer(from: device, in: row.address, isEarly: !isIn)
      expectLossOfWaiting(in: row.address)
      if !RoomReference.isOne(row.address) { expectLossOfWaiting(in: people[device].address) }
    }
    trace.add(time, name(device), "timer", "\(row.address) \(timer?.description ?? "off")")
    ask(device, .setTimer(address: row.address, timer: timer))
    return true
  }

  /// What has not left yet goes with the timer that holds when it does.
  private mutating func expectLossOfWaiting(in place: String) {
    for device in people.indices {
      guard let row = people[device].store.committed.conversation(address: place) else { continue }
      for line in shownLines(of: device, in: row)
      where line.own && !line.state.hasReached(.stored) {
        if let said = society?.message(shownAs: line.text) { society?.takeBack(said.number) }
      }
    }
  }

  /// Short enough for the end of a seed to see it out.
  mutating func shortTimer() -> MessageTimer? {
    let visible = UInt32.random(in: 5...1800, using: &workload.entropy)
    let exists = UInt32.random(in: 60...7200, using: &workload.entropy)
    switch Int.random(in: 0..<3, using: &workload.entropy) {
    case 0: return MessageTimer(visibleSeconds: visible)
    case 1: return MessageTimer(existsSeconds: exists)
    default: return MessageTimer(visibleSeconds: visible, existsSeconds: exists)
    }
  }

  /// The number that a device has in its account's manifest.
  func deviceID(of device: Int) -> UInt32? {
    people[device].store.committed.account()?.deviceID
  }

  /// Takes another device of the account out of it.
  ///
  /// - Returns: whether there was one.
  mutating func removeDevice(from device: Int) -> Bool {
    guard let here = society else { return false }
    let others = here.present(of: here.devices[device].account).filter { $0 != device }
    guard let other = pick(others), let number = deviceID(of: other) else {
      return false
    }
    trace.add(time, name(device), "removes", name(other))
    let token = people[device].ask(.removeDevice(number))
    society?.asked(device, token, .removeDevice(number), removing: other)
    schedule(device)
    return true
  }
}

/// A new device comes into an account: the link goes from its screen to another device, and the
/// code likewise.
extension World {
  mutating func link(_ device: Int) {
    guard let here = society else { return }
    let account = here.devices[device].account
    if let linking = here.linking[account] {
      guard linking.device == device else { return }
      if now - linking.since < World.linkingMax { return ask(device, .linkState) }
      society?.linking[account] = nil
    }
    let hosts = here.present(of: account).filter {
      people[$0].core != nil && people[$0].isOnline
    }
    guard let host = pick(hosts) else { return }
    society?.linking[account] = Society.Linking(device: device, host: host, since: now)
    trace.add(time, name(device), "links", "by \(name(host))")
    ask(device, .beginLink(invite: invite))
  }

  /// What a device was told about linking.
  mutating func linkAnswered(_ device: Int, _ outcome: Society.Outcome) {
    guard let account = society?.devices[device].account,
      let linking = society?.linking[account], linking.device == device
    else { return }
    switch outcome {
    case .nothing: return
    case .linkFailed(.alreadyRegistered): society?.settle(device)
    case .linkFailed: society?.linking[account] = nil
    case .link(let report):
      switch report.phase {
      case .waiting:
        guard !linking.isAccepted, let text = report.link, people[linking.host].core != nil
        else { return }
        society?.linking[account]?.isAccepted = true
        ask(linking.host, .acceptLink(text))
      case .compare:
        if let code = report.code, people[linking.host].core != nil {
          ask(linking.host, .confirmLink(code: code))
        }
      case .confirmed: return
      case .done:
        trace.add(time, name(device), "linked")
        society?.settle(device)
      case .failed: society?.linking[account] = nil
      }
    }
  }

  /// After that a link that leads nowhere is given up and shown anew.
  private static let linkingMax = Duration.seconds(120)
}
