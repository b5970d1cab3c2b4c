// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// What people with several devices do.
extension World {
  /// A device does something, and will do something else later.
  mutating func actInSociety(_ device: Int) {
    guard let here = society, !here.removed.contains(device) else { return }
    if here.isHostile(device), here.devices[device].ordinal == 0, workload.draw(1, in: 2) {
      doHarm(device)
    }
    if people[device].core != nil {
      if !here.settled.contains(device) {
        comeIn(device, ordinal: here.devices[device].ordinal)
      } else if faults.offline.happens(using: &network) {
        goOffline(device)
      } else if !here.isDone {
        doDeed(device)
      }
    }
    guard society?.isDone == false || society?.settled.contains(device) == false else { return }
    let pause =
      society?.settled.contains(device) == true
      ? workload.pause(faults) : .milliseconds(Int64.random(in: 500...2000, using: &network))
    queue.schedule(.act(person: device), at: now + pause)
  }

  private mutating func comeIn(_ device: Int, ordinal: Int) {
    guard ordinal == 0 else { return link(device) }
    guard !workload.isRegistered(device) else {
      society?.settle(device)
      return
    }
    if !workload.isRegistering(device) {
      ask(device, .register(address: people[device].address, invite: invite))
    }
  }

  private mutating func doDeed(_ device: Int) {
    guard let options = society?.options else { return }
    if draw(options.removing, in: 1000), removeDevice(from: device) { return }
    if draw(options.timing, in: 100), setTimer(device) { return }
    if draw(options.changing, in: 100), changeGroup(device) { return }
    switch Int.random(in: 0..<100, using: &workload.entropy) {
    case 0..<15: readAll(device)
    case 15..<30: remarkInSociety(device)
    case 30..<45: write(device, to: nil)
    case 45..<52: createGroup(device)
    default:
      let groups = references(of: device)
      write(device, to: pick(groups))
    }
  }

  /// A message to a group, or to somebody.
  private mutating func write(_ device: Int, to group: String?) {
    guard let here = society else { return }
    let own = here.devices[device].account
    let others = here.options.devices.indices.filter { $0 != own && !here.present(of: $0).isEmpty }
    let place = group ?? pick(others).map { here.address(of: $0) }
    guard let place else { return }
    let timer = draw(here.options.timing, in: 100) ? shortTimer() : nil
    guard let message = society?.say(from: device, to: place, timer: timer) else { return }
    trace.add(time, name(device), "send", "to=\(place) #\(message.number)")
    if let timer {
      ask(device, .sendTimed(address: place, text: message.text, timer: timer))
    } else {
      ask(device, .send(address: place, text: message.text))
    }
  }

  private mutating func readAll(_ device: Int) {
    for row in people[device].store.committed.conversations() {
      ask(device, .markRead(address: row.address, upTo: UInt64.max))
    }
  }

  /// Everybody looks at everything.
  mutating func everybodyReads() {
    for device in people.indices where people[device].core != nil { readAll(device) }
  }

  /// Everybody looks at what has come since: it was on its way, or the device was not running.
  mutating func everybodyReadsWhatCame() {
    for device in people.indices where people[device].core != nil {
      for row in people[device].store.committed.conversations()
      where shownLines(of: device, in: row).contains(where: { !$0.own && $0.state == .received }) {
        ask(device, .markRead(address: row.address, upTo: UInt64.max))
      }
    }
  }

  private mutating func createGroup(_ device: Int) {
    guard let here = society, references(of: device).count < World.groupsMax else { return }
    let own = here.devices[device].account
    let others = here.options.devices.indices.filter { $0 != own && !here.present(of: $0).isEmpty }
      .filter { _ in draw(2, in: 3) }
    trace.add(time, name(device), "creates", "with \(others.count)")
    ask(device, .createRoom(name: "Choir", addresses: others.map { here.address(of: $0) }))
  }

  /// A reaction, an edit or a deletion in any conversation.
  private mutating func remarkInSociety(_ device: Int) {
    let store = people[device].store.committed
    guard let row = pick(store.conversations()) else { return }
    let lines = store.messages(conversationID: row.id, before: nil, limit: 1000)
      .filter { $0.kind == .text }
    guard let line = pick(lines) else { return }
    let isOwn = line.own && line.state != .failed
    trace.add(time, name(device), "remarks", "in \(row.address)")
    if isOwn, draw(1, in: 2) {
      if draw(1, in: 4) {
        if let said = society?.message(shownAs: line.text) { society?.takeBack(said.number) }
        ask(
          device, .delete(address: row.address, messageID: line.messageID, forEveryone: true))
      } else if let text = society?.edited(line.text) {
        ask(device, .edit(address: row.address, messageID: line.messageID, text: text))
      }
      return
    }
    guard let reaction = pick(Workload.reactions) else { return }
    let has = store.annotations(conversationID: row.id, target: line.messageID)
      .contains { $0.own && $0.kind == .reaction && $0.text == reaction }
    ask(
      device,
      .react(
        address: row.address, messageID: line.messageID, reaction: reaction, removing: has))
  }

  /// The groups that a device knows and is in.
  func references(of device: Int) -> [String] {
    people[device].store.committed.conversations()
      .filter { RoomReference.isOne($0.address) && $0.phase == .open }.map(\.address)
  }

  mutating func draw(_ numerator: UInt64, in denominator: UInt64) -> Bool {
    workload.draw(numerator, in: denominator)
  }

  mutating func pick<Element>(_ list: [Element]) -> Element? {
    list.randomElement(using: &workload.entropy)
  }

  private static let groupsMax = 2
}
