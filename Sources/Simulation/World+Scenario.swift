// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The steps of scenarios, and what a scenario shows.
extension World {
  mutating func order(_ step: ScenarioStep) {
    switch step {
    case .register(let person):
      boot(person)
      ask(person, .register(address: people[person].address, invite: invite))
      if society != nil { comeInSoon(person) }
    case .write(let from, let to, let text) where society != nil:
      say(text, from: from, to: people[to].address)
    case .write(let from, let to, let text):
      ask(
        from,
        .send(address: people[to].address, text: workload.ordered(text, from: from, to: to)))
    case .type(let from, let to):
      ask(from, .typing(address: people[to].address, isTyping: true))
    case .link(let device):
      boot(device)
      comeInSoon(device)
    case .social(let device, let deed): order(deed, device)
    case .read(let person, let other):
      ask(person, .markRead(address: people[other].address, upTo: UInt64.max))
    case .stop(let person): stop(person)
    case .start(let person): boot(person)
    case .offline(let person): leaveNetwork(person)
    case .online(let person): online(person)
    case .cut(let person): cutAll(of: person)
    case .clientDies(let person, let committed):
      script?.deaths[person] = committed ? .diesAfterCommit : .diesBeforeCommit
    case .clientDiskFails(let person, let duration, let isFull):
      people[person].failDisk(until: now + duration, with: isFull ? .full : .unavailable)
    case .serverDies(let keepsPending): script?.serverDies = keepsPending
    case .serverDiskFails(let duration): server.failDisk(until: now + duration)
    case .withhold(let count, let person): script?.withholding[person, default: 0] += count
    case .reorder(let person): script?.reordering.insert(person)
    case .replay(let entry, let person): script?.replaying[person] = entry
    case .keepSignals(let person): script?.keepsSignals.insert(person)
    case .giveSignals(let person): giveSignals(to: person)
    case .copy: script?.copy = server.store
    case .returnToCopy:
      let copy = script?.copy
      script?.returnsTo = copy
      crashServer(keepingPending: true)
    case .fork(let person): fork(away: [person])
    case .join: joinHistories()
    case .show(let person, let other): show(person, with: other)
    case .advance: return
    }
  }

  private mutating func show(_ person: Int, with other: Int) {
    show(person, people[other].address, as: name(other))
  }

  /// A conversation as its owner sees it, and the groups that carry it.
  mutating func show(_ person: Int, _ address: String, as title: String) {
    let store = people[person].store.committed
    guard let row = store.conversation(address: address) else {
      return trace.add(time, name(person), "shows", "no conversation with \(title)")
    }
    let groups = store.groups(conversationID: row.id).sorted { $0.createdAt < $1.createdAt }
    trace.add(
      time, name(person), "shows",
      "with \(title): \(row.phase.rawValue); "
        + groups.map { "group \($0.phase.rawValue) in epoch \($0.epoch)" }
        .joined(separator: ", "))
    for line in store.messages(conversationID: row.id, before: nil, limit: 200).reversed() {
      let writer = line.own ? name(person) : String(line.sender.prefix { $0 != "@" })
      let said = line.kind == .text ? "\(writer), \(line.state.rawValue)" : "notice"
      let kind = line.kind == .text || line.kind == .notice ? said : line.kind.rawValue
      let reason = line.failure.isEmpty ? "" : " (\(line.failure))"
      trace.add(
        time, name(person), "shows", "entry \(line.logSeq), \(kind)\(reason): \(shown(line.text))")
    }
  }

  /// An event as a line of the trace.
  func words(for event: ClientEvent, of person: Int) -> String {
    let peer = script?.groups[event.address] ?? String(event.address.prefix { $0 != "@" })
    return "\(peer.isEmpty ? "somebody" : peer): \(words(for: event.kind, of: person))"
  }

  private func words(for kind: ClientEvent.Kind, of person: Int) -> String {
    switch kind {
    case .messageReceived(let message): "says \"\(shown(message.text))\""
    case .messageEdited(_, let text, _, _): "changed to \"\(shown(text))\""
    case .messageDeleted: "a message is gone"
    case .messageExpired: "a message has disappeared"
    case .roomChanged(let notice): notice.text
    case .reactionChanged(let id, let sender, let reaction, let added):
      "\(sender.prefix { $0 != "@" }) \(added ? "gives" : "takes back") \(reaction) "
        + "for \"\(text(of: id, person))\""
    case .pollChanged(let id, let sender, let ended):
      "\(sender.prefix { $0 != "@" }) \(ended ? "ends" : "votes in") \"\(text(of: id, person))\""
    case .pinChanged(let id, let sender, let pinned):
      "\(sender.prefix { $0 != "@" }) \(pinned ? "pins" : "unpins") \"\(text(of: id, person))\""
    case .keepChanged(let id, let sender, let change):
      "\(sender.prefix { $0 != "@" }): \(change.rawValue), of \"\(text(of: id, person))\""
    case .messageStateChanged(let id, let state, let failure):
      "own \"\(text(of: id, person))\" is \(state.rawValue)"
        + (failure.map { " (\($0.rawValue))" } ?? "")
    case .requestReceived: "request"
    case .conversationStarted(let byPeer): "conversation, begun by \(byPeer ? "them" : "us")"
    case .conversationRekeyed(let epoch, let byPeer):
      "epoch \(epoch), begun by \(byPeer ? "them" : "us")"
    case .conversationRestarted(let code): "a new group: \(code.rawValue)"
    case .conversationBlocked(let code): "stopped: \(code.rawValue)"
    case .identityNotice(let notice): "identity \(notice.rawValue)"
    case .undecryptable(let seq): "entry \(seq) cannot be read"
    case .historyReceived(let messages, let missing): "history: \(messages), not \(missing)"
    case .historyGiven(let device, let messages): "history of \(messages) is with \(device)"
    case .ownDeviceChanged(let device, let change, let name):
      "own device \(device) \(change.rawValue)" + (name.map { ", \($0)" } ?? "")
    case .gap(let after, let upTo): "entries \(after + 1) to \(upTo) are gone"
    }
  }

  private func text(of id: [UInt8], _ person: Int) -> String {
    let store = people[person].store.committed
    let rows = store.conversations().lazy.compactMap {
      store.message(conversationID: $0.id, messageID: id)
    }
    return rows.first.map { shown($0.text) } ?? "?"
  }

  /// A text without the word that all texts contain.
  private func shown(_ text: String) -> String {
    text.hasPrefix(World.canary + " ") ? String(text.dropFirst(World.canary.count + 1)) : text
  }
}
