// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO

/// The processes of the people: starting, applying, dying.
extension World {
  mutating func boot(_ person: Int) {
    guard people[person].core == nil else { return }
    people[person].start(at: now, skew: skew())
    trace.add(time, name(person), "start")
    schedule(person)
    // The event of a request may have been lost with an earlier life.
    if options.asks, workload.isRegistered(person) || society != nil { considerRequests(person) }
    if script == nil, workload.isFirstStart(of: person) {
      if society?.devices[person].ordinal ?? 0 == 0 {
        ask(person, .register(address: people[person].address, invite: invite))
      }
      queue.schedule(.act(person: person), at: now + workload.pause(faults))
    }
  }

  /// Has a client take what waits, a moment from now.
  mutating func schedule(_ person: Int) {
    guard people[person].core != nil, !people[person].isScheduled else { return }
    people[person].isScheduled = true
    let moment = Duration.milliseconds(Int.random(in: 0...3, using: &disk))
    queue.schedule(.run(person: person, life: people[person].life), at: now + moment)
  }

  mutating func ask(_ person: Int, _ request: ClientRequest) {
    let token = people[person].ask(request)
    workload.asked(person, token, request)
    society?.asked(person, token, request)
    schedule(person)
  }

  mutating func run(_ person: Int, life: Int) throws {
    guard people[person].life == life else { return }
    people[person].isScheduled = false
    var fate = script?.deaths.removeValue(forKey: person) ?? .lives
    if faults.clientCrash.happens(using: &crashes) {
      fate = crashes.chance(1, in: 2) ? .diesBeforeCommit : .diesAfterCommit
    }
    if faults.clientDisk.happens(using: &disk) {
      let length = Int64.random(in: 1...60_000, using: &disk)
      trace.add(time, name(person), "disk-fails", "\(length)ms")
      people[person].failDisk(
        until: now + .milliseconds(length), with: disk.chance(1, in: 2) ? .full : .unavailable)
    }
    let inputs = people[person].waiting.count
    let before = people[person].store.committed
    let effects: [ClientEffect]
    do {
      effects = try people[person].applyWaiting(at: now, fate: fate)
    } catch {
      guard people[person].diskFails(at: now) else { throw SimulationFailure.store(error) }
      reading.lost(by: person)
      return recover(person)
    }
    wire.remember(groupsOf: person, in: people[person].store.committed)
    try noteRosters(of: person)
    if fate == .diesBeforeCommit {
      reading.lost(by: person)
    } else {
      reading.applied(by: person, before: before, after: people[person].store.committed)
    }
    trace.add(
      time, name(person), "apply", "inputs=\(inputs) effects=\(effects.count)",
      isDetail: true)
    guard fate == .lives else { return crash(person, fate) }
    for effect in effects { perform(effect, of: person) }
    arm(person)
  }

  /// What the driver does when the store fails: all that was in memory is thrown away, the
  /// connections end, and the core begins anew a second later.
  private mutating func recover(_ person: Int) {
    trace.add(time, name(person), "store-fails")
    closeAll(of: person)
    people[person].die()
    forget(person)
    queue.schedule(.boot(person: person), at: now + .seconds(1))
  }

  private mutating func closeAll(of person: Int) {
    for (id, connection) in openConnections(of: person) {
      connections[id]?.isOpenAtClient = false
      if connection.isOpenAtServer {
        queue.schedule(.lostAtServer(connection: id), at: now + delay())
      }
    }
  }

  /// The process ends, as it does when somebody closes it.
  mutating func stop(_ person: Int) {
    guard people[person].core != nil else { return }
    trace.add(time, name(person), "stop")
    closeAll(of: person)
    people[person].die()
    reading.lost(by: person)
    forget(person)
  }

  private mutating func crash(_ person: Int, _ fate: SimulatedClient.Fate) {
    crashCount.client += 1
    trace.add(time, name(person), "crash", fate == .diesAfterCommit ? "committed" : "undone")
    closeAll(of: person)
    people[person].die()
    forget(person)
    let pause = Duration.milliseconds(Int.random(in: 1...3000, using: &crashes))
    queue.schedule(.boot(person: person), at: now + pause)
  }

  /// Nobody will answer what the process was asked.
  private mutating func forget(_ person: Int) {
    workload.forget(person)
    society?.forget(person)
  }

  private func openConnections(of person: Int) -> [(UInt64, SimulatedConnection)] {
    connections.filter { $0.value.person == person && $0.value.isOpenAtClient }
      .sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  private mutating func arm(_ person: Int) {
    guard let deadline = people[person].core?.nextDeadline else { return }
    let due = max(people[person].clock.real(deadline), now + .milliseconds(1))
    if let alarm = people[person].alarm, alarm <= due, alarm > now { return }
    people[person].alarm = due
    queue.schedule(.alarm(person: person, life: people[person].life), at: due)
  }

  mutating func alarm(_ person: Int, life: Int) throws {
    guard people[person].life == life, people[person].alarm == now else { return }
    people[person].alarm = nil
    people[person].waiting.append(.tick)
    schedule(person)
  }

  private mutating func perform(_ effect: ClientEffect, of person: Int) {
    switch effect {
    case .connect(let endpoint, _):
      connect(person, to: endpoint)
    case .disconnect(let endpoint):
      guard let id = people[person].connections[endpoint] else { return }
      people[person].connections[endpoint] = nil
      connections[id]?.isOpenAtClient = false
      queue.schedule(.lostAtServer(connection: id), at: now + delay())
    case .send(let endpoint, let frame):
      guard let id = people[person].connections[endpoint] else { return }
      send(frame, toServerOn: id)
    case .answer(let token, let result):
      workload.answered(person, token, result)
      noteReference(person, token, result)
      if let outcome = society?.answered(person, token, result) { linkAnswered(person, outcome) }
      if case .success(.contactRequests(let requests)) = result {
        for request in requests { ask(person, .contact(.accept(address: request.address))) }
      }
    // Nobody in a simulated world sends files.
    case .upload, .dropUpload, .keepSpool, .spool, .fetch, .hold, .holdOnly, .release, .keep: break
    case .typing(let notice):
      trace.add(
        time, name(person), "typing",
        "\(notice.sender.prefix { $0 != "@" }) \(notice.isTyping ? "types" : "stops")")
    case .event(let event):
      trace.add(time, name(person), "event", "seq=\(event.seq) \(words(for: event, of: person))")
      if case .requestReceived = event.kind { considerRequests(person) }
      society?.deeds.note(event)
    }
  }

  /// A person will look at the requests after a while: minutes, and by chance hours.
  private mutating func considerRequests(_ person: Int) {
    let pause = workload.pause(faults)
    queue.schedule(.accept(person: person), at: now + pause)
  }

  /// A person asks who waits; `answered` accepts them.
  mutating func acceptAll(_ person: Int) {
    guard people[person].core != nil else { return }
    ask(person, .contact(.list))
  }

  mutating func online(_ person: Int) {
    guard !people[person].isOnline else { return }
    people[person].isOnline = true
    trace.add(time, name(person), "online")
  }

  /// A person's network goes away until it is `online` again.
  mutating func leaveNetwork(_ person: Int) {
    people[person].isOnline = false
    trace.add(time, name(person), "offline")
    cutAll(of: person)
  }

  /// All connections of a person break.
  mutating func cutAll(of person: Int) {
    for (id, connection) in openConnections(of: person) { cut(id, connection) }
  }

  /// A person's network goes away for a while.
  mutating func goOffline(_ person: Int) {
    guard people[person].isOnline else { return }
    leaveNetwork(person)
    society?.deeds.note(.offline)
    let pause = Duration.milliseconds(Int.random(in: 100...120_000, using: &network))
    queue.schedule(.online(person: person), at: now + pause)
  }
}
