// SPDX-License-Identifier: Apache-2.0

import ClientCore
import SansIO
import ServerCore

/// The server's process: its disk, its alarms, its death.
extension World {
  mutating func perform(_ effects: [SimulatedServer.Machine.Effect]) {
    for effect in effects {
      switch effect {
      case .send(let connection, let frame):
        send(frame, toClientOn: connection.rawValue)
      case .ping(let connection):
        guard let there = connections[connection.rawValue], !there.isStalled else { continue }
        withServer(of: there.person) { $0.pong(on: connection.rawValue, at: $1) }
      case .close(let id, let code):
        guard let connection = connections[id.rawValue] else { continue }
        trace.add(time, "server", "close", "\(name(connection.person)) \(code)")
        connections[id.rawValue]?.isOpenAtServer = false
        let due = max(now + delay(), Instant(milliseconds: connection.lastToClient))
        queue.schedule(
          .lostAtClient(connection: id.rawValue, reason: .closed),
          at: due + .milliseconds(1))
      }
    }
    scheduleFlush()
    armServer()
  }

  private mutating func scheduleFlush() {
    let time = Int64.random(in: 1...max(1, faults.flushMax.inMilliseconds), using: &disk)
    let due = now + .milliseconds(time)
    if server.flushIsDue() { queue.schedule(.flush(life: server.life), at: due) }
    if let twin, self.twin?.flushIsDue() == true {
      queue.schedule(.flush(life: twin.life), at: due)
    }
  }

  mutating func flush(life: Int) {
    if faults.serverDisk.happens(using: &disk) {
      let length = Int64.random(in: 1...60_000, using: &disk)
      trace.add(time, "server", "disk-fails", "\(length)ms")
      server.failDisk(until: now + .milliseconds(length))
    }
    if server.life == life { perform(server.flush(at: now)) }
    if twin?.life == life { perform(twin?.flush(at: now) ?? []) }
  }

  private mutating func armServer() {
    if let due = server.alarmIsDue(after: now) {
      queue.schedule(.serverAlarm(life: server.life), at: due)
    }
    if let life = twin?.life, let due = twin?.alarmIsDue(after: now) {
      queue.schedule(.serverAlarm(life: life), at: due)
    }
  }

  mutating func alarmServer(life: Int) {
    if server.life == life, server.alarm == now { perform(server.deadlineReached(at: now)) }
    if twin?.life == life, twin?.alarm == now {
      perform(twin?.deadlineReached(at: now) ?? [])
    }
  }

  mutating func crashServer() { crashServer(keepingPending: crashes.chance(1, in: 2)) }

  mutating func crashServer(keepingPending keepsPending: Bool) {
    crashCount.server += 1
    trace.add(time, "server", "crash", keepsPending ? "written" : "unwritten")
    server.crash(keepingPending: keepsPending, at: now)
    for id in connections.keys.sorted() where connections[id]?.isOpenAtServer == true {
      if twin != nil, let person = connections[id]?.person, twinned.contains(person) { continue }
      connections[id]?.isOpenAtServer = false
      queue.schedule(.lostAtClient(connection: id, reason: .closed), at: now + delay())
    }
    let pause = Duration.milliseconds(Int.random(in: 1...5000, using: &crashes))
    queue.schedule(.serverBoot, at: now + pause)
  }

  mutating func bootServer() {
    guard !server.isUp else { return }
    rollBackAtStart()
    server.start(at: now, skew: skew())
    trace.add(time, "server", "start")
  }
}
