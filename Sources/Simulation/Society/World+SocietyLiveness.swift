// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Identity
import SansIO
import ServerCore

/// What must be true of a society once all faults have stopped for a while.
extension World {
  private typealias Member = ClientInspection.MembersView.Member

  /// Everything acknowledged has arrived, and all are in step. The text says what is missing; nil:
  /// nothing.
  mutating func whatIsMissingInSociety() throws -> String? {
    let live = liveDevices()
    guard let society else { return nil }
    if let number = society.unanswered { return "#\(number) has not been answered" }
    for device in people.indices where !society.removed.contains(device) {
      guard society.settled.contains(device) else { return "\(name(device)) is in no account" }
    }
    for device in people.indices where live[device] != nil && !society.isHostile(device) {
      if let waiting = whatWaits(at: device) { return waiting }
    }
    if let difference = try whoIsOutOfStep(society, live) { return difference }
    for said in society.said
    where said.isAcknowledged && !said.mayBeGone && !society.isHostile(said.device) {
      if let missing = whoLacks(said, society, live) { return missing }
    }
    return whatIsSeenDifferently(society, live)
  }

  /// The devices that the server's newest manifests list, by number in the world.
  private mutating func liveDevices() -> [Int: Member] {
    var live: [Int: Member] = [:]
    for device in people.indices {
      guard let address = try? Address(people[device].address),
        let row = server.store.account(address), let number = deviceID(of: device),
        listed(by: row.manifest).contains(number)
      else { continue }
      live[device] = Member(address: people[device].address, deviceID: number)
    }
    return live
  }

  private mutating func listed(by bytes: [UInt8]) -> Set<UInt32> {
    if let known = society?.manifests[bytes] { return known }
    guard let signed = try? SignedManifest(decoding: bytes),
      let manifest = try? signed.verifiedAtFirstContact(of: signed.claimedAccountID).manifest
    else { return [] }
    let listed = Set(manifest.devices.map(\.id.rawValue))
    society?.manifests[bytes] = listed
    return listed
  }

  private func whatWaits(at device: Int) -> String? {
    let store = people[device].store.committed
    for row in store.conversations()
    where row.phase != .blocked && row.phase != .left && isOwedRest(row, of: device) {
      let waiting = store.outboxCount(conversationID: row.id, phases: [.queued, .protected])
      if waiting > 0 { return "\(waiting) wait at \(name(device)) for \(row.address)" }
      if row.phase == .starting { return "\(name(device)) begins with \(row.address)" }
      guard row.phase == .open else { continue }
      let changes = store.roomChanges(conversationID: row.id).count
      if changes > 0 { return "\(changes) changes wait at \(name(device)) for \(row.address)" }
    }
    return nil
  }

  /// Whether nobody has ended epochs of this conversation with commits that nobody can follow.
  private func isOwedRest(_ row: ConversationRow, of device: Int) -> Bool {
    guard let society, let hostile = society.options.hostile, society.options.breaksCommits else {
      return true
    }
    guard row.address != society.address(of: hostile) else { return false }
    let groups = people[device].store.committed.groups(conversationID: row.id)
    return !groups.contains { LogID($0.routingID).map(society.rosters.touched.contains) == true }
  }

  // MARK: Groups

  /// The group that sending uses: the highest generation, then the smallest identifier.
  private func sendingGroup(of device: Int, in row: ConversationRow) -> GroupRow? {
    let active = people[device].store.committed.groups(conversationID: row.id)
      .filter { $0.phase == .active }
    let generation = active.map(\.generation).max()
    return active.first { $0.generation == generation }
  }

  /// One group as the first device that is in it has it.
  private struct Seen {
    let device: Int
    let group: [UInt8]
    let view: ClientInspection.MembersView
  }

  /// Every device of a group is in the same epoch, and the leaves are the devices that its people
  /// have.
  private func whoIsOutOfStep(_ society: Society, _ live: [Int: Member]) throws -> String? {
    var seen: [String: Seen] = [:]
    for device in live.keys.sorted() where !society.isHostile(device) {
      let store = people[device].store.committed
      for row in store.conversations() where row.phase == .open && isOwedRest(row, of: device) {
        guard let group = sendingGroup(of: device, in: row),
          let view = try ClientInspection.members(of: group, in: store)
        else { return "\(name(device)) has no group for \(row.address)" }
        if writesToNobody(device, row.address, view, live) { continue }
        let place =
          RoomReference.isOne(row.address)
          ? row.address : [row.address, people[device].address].sorted().joined(separator: " ")
        guard let other = seen[place] else {
          seen[place] = Seen(device: device, group: group.groupID, view: view)
          continue
        }
        guard other.group == group.groupID, other.view == view else {
          return "\(name(device)) and \(name(other.device)) are not in one epoch of \(place)"
        }
      }
    }
    for (place, found) in seen.sorted(by: { $0.key < $1.key }) {
      if let problem = whoIsOutOfPlace(found.view, place, society, live) { return problem }
    }
    return nil
  }

  /// Whether a device has not heard that all those whom it writes to in a group of two were taken
  /// out of their account. Nobody tells it: other devices do not know of the group (linking.md), or
  /// were asked into it by a device that was taken out, and have refused.
  private func writesToNobody(
    _ device: Int, _ address: String, _ view: ClientInspection.MembersView, _ live: [Int: Member]
  ) -> Bool {
    guard !RoomReference.isOne(address), let parsed = try? Address(address),
      let peer = people[device].store.committed.peer(address: address)
    else { return false }
    let isHeard = peer.manifest == server.store.account(parsed)?.manifest
    return !isHeard
      && live.allSatisfy { device, member in
        member.address != address || !view.members.contains(member) || hasRefused(device)
      }
  }

  /// The devices of a group's people are its leaves, and each knows of it.
  private func whoIsOutOfPlace(
    _ view: ClientInspection.MembersView, _ place: String, _ society: Society,
    _ live: [Int: Member]
  ) -> String? {
    let away = RoomReference.isOne(place) ? whoIsAway(view, live) : []
    let accounts = Set(view.members.map(\.address)).subtracting(away)
    let members = view.members.filter { accounts.contains($0.address) }
    let expected = live.values.filter { accounts.contains($0.address) }.sorted()
    guard members == expected else {
      let missing = expected.filter { !members.contains($0) }
      let surplus = members.filter { !expected.contains($0) }
      return "in \(place) are missing \(missing.map(\.text)) and too many \(surplus.map(\.text))"
    }
    for (device, member) in live.sorted(by: { $0.key < $1.key })
    where members.contains(member) && !society.isHostile(device) {
      // Its leaf is there, and it has refused the Welcome and said so.
      if hasRefused(device) { continue }
      // The devices of one account have a group of their own.
      let other = view.members.first { $0.address != member.address } ?? member
      let address = RoomReference.isOne(place) ? place : other.address
      let row = people[device].store.committed.conversation(address: address)
      guard row?.phase == .open else { return "\(name(device)) does not know of \(place)" }
    }
    return nil
  }

  /// Accounts none of whose present devices is in a group that has leaves of theirs: the device
  /// that was in it was taken out of its account, or all have refused to come in, and were told so.
  /// Each account's leaves are its own devices' to change (groups.md), so nobody does.
  private func whoIsAway(
    _ view: ClientInspection.MembersView, _ live: [Int: Member]
  ) -> Set<String> {
    Set(view.members.map(\.address)).filter { address in
      live.allSatisfy { device, member in
        member.address != address || !view.members.contains(member) || hasRefused(device)
      }
    }
  }

  /// Whether a device has told of a Welcome that it did not follow.
  private func hasRefused(_ device: Int) -> Bool {
    people[device].store.committed.events(after: 0, limit: .max).contains { row in
      switch try? ClientEvent.Kind(decoding: row.body) {
      case .identityNotice(.ghostDevice), .identityNotice(.welcomeRefused): true
      default: false
      }
    }
  }

  /// Whether a device has asked its person about a stranger.
  private func wasAsked(_ device: Int, about address: String) -> Bool {
    options.asks
      && people[device].store.committed.events(after: 0, limit: .max).contains { row in
        guard row.address == address,
          case .requestReceived? = try? ClientEvent.Kind(decoding: row.body)
        else { return false }
        return true
      }
  }

  // MARK: Messages

  private func place(of said: Society.Said, on device: Int, _ society: Society) -> String {
    let writer = society.address(of: said.account)
    return RoomReference.isOne(said.place) || people[device].address == writer
      ? said.place : writer
  }

  private func line(of said: Society.Said, on device: Int, _ society: Society) -> MessageRow? {
    let address = place(of: said, on: device, society)
    guard let row = people[device].store.committed.conversation(address: address) else {
      return nil
    }
    return shownLines(of: device, in: row).first { Workload.original(of: $0.text) == said.text }
  }

  /// Who could read a message and does not show it.
  private func whoLacks(
    _ said: Society.Said, _ society: Society, _ live: [Int: Member]
  ) -> String? {
    guard live[said.device] != nil, let own = line(of: said, on: said.device, society) else {
      return live[said.device] == nil ? nil : "#\(said.number) is lost at its writer"
    }
    guard own.state != .failed,
      let row = people[said.device].store.committed.conversation(address: said.place),
      row.phase == .open, isOwedRest(row, of: said.device)
    else { return nil }
    guard own.state.hasReached(.stored) else { return "#\(said.number) is not stored" }
    let sealedIn = log(of: own, on: said.device)
    guard let readers = society.rosters.readers(of: own.messageID, by: sealedIn) else { return nil }
    for (device, member) in live.sorted(by: { $0.key < $1.key })
    where readers.contains(member) && !society.isHostile(device) {
      if hasComeAgain(device, member, since: own.messageID, by: sealedIn, society) { continue }
      let address = place(of: said, on: device, society)
      guard people[device].store.committed.conversation(address: address)?.phase == .open,
        line(of: said, on: device, society) == nil,
        // Its leaf was there, and it has refused the Welcome and said so.
        society.rosters.wasSeen(device, in: sealedIn) || !hasRefused(device),
        !mayHaveGone(said, on: device, society)
      else { continue }
      return "#\(said.number) has not reached \(name(device))"
    }
    return nil
  }

  /// Whether a device is in the group by a Welcome that came after a message was sealed, and was
  /// out of it between, or had refused the first one.
  private func hasComeAgain(
    _ device: Int, _ member: Member, since messageID: [UInt8], by log: LogID?, _ society: Society
  ) -> Bool {
    let row = people[device].store.committed.groups().first { LogID($0.routingID) == log }
    guard let log, let sealed = society.rosters.epoch(of: messageID, by: log),
      let joined = row?.joinedEpoch, sealed < joined
    else { return false }
    return hasRefused(device)
      || society.rosters.wasOut(member, of: log, between: sealed, and: joined)
  }

  /// Somebody set a timer before they came into the group, or two groups were made at the same
  /// time: that timer shortens what comes by the other without one (timers.md).
  private func mayHaveGone(_ said: Society.Said, on device: Int, _ society: Society) -> Bool {
    guard !RoomReference.isOne(said.place), society.hasTimer(said.device, said.place) else {
      return false
    }
    let store = people[device].store.committed
    guard let row = store.conversation(address: place(of: said, on: device, society)) else {
      return false
    }
    return society.hasTimer(said.device, said.place, early: true)
      || store.groups(conversationID: row.id).count > 1
  }

  /// Two devices that both have a message show the same version of it, and the same reactions.
  private func whatIsSeenDifferently(_ society: Society, _ live: [Int: Member]) -> String? {
    var seen: [[UInt8]: (device: Int, sight: Sight)] = [:]
    for device in live.keys.sorted() where !society.isHostile(device) {
      let store = people[device].store.committed
      let logs = Set(store.groups().map(\.routingID))
      for row in store.conversations() where row.phase == .open && isOwedRest(row, of: device) {
        for line in shownLines(of: device, in: row)
        where [.text, .deleted].contains(line.kind) && line.state != .failed
          && wasThereSince(line, of: device, society)
          && live[device].map({ society.rosters.hears($0, allAbout: line.messageID, in: logs) })
            == true
        {
          let rows = store.annotations(conversationID: row.id, target: line.messageID)
          // What a stranger says about a message before it comes is not kept (requests.md).
          if wasAsked(device, about: row.address) { continue }
          // What was said about it and failed stands here alone, and its writer was told.
          if rows.contains(where: { $0.own && $0.state == .failed }) { continue }
          let sight = Sight(
            kind: line.kind, text: line.text,
            reactions: Set(
              rows.filter { $0.kind == .reaction }.map { "\($0.sender) \($0.text)" }))
          guard let other = seen[line.messageID] else {
            seen[line.messageID] = (device, sight)
            continue
          }
          guard other.sight == sight else {
            return "\(name(device)) and \(name(other.device)) see two versions of "
              + "\"\(line.text)\" in \(row.address)"
          }
        }
      }
    }
    return nil
  }

  /// Whether a device was a member all the time since a message was sealed: who comes back has not
  /// heard what was said about it meanwhile.
  private func wasThereSince(_ line: MessageRow, of device: Int, _ society: Society) -> Bool {
    guard let group = people[device].store.committed.group(id: line.groupID),
      let epoch = society.rosters.epoch(of: line.messageID, by: LogID(group.routingID))
    else { return false }
    return group.joinedEpoch <= epoch
  }

  private struct Sight: Equatable {
    let kind: MessageKind
    let text: String
    let reactions: Set<String>
  }
}

extension ClientInspection.MembersView.Member {
  fileprivate var text: String { "\(address.prefix { $0 != "@" })/\(deviceID)" }
}
