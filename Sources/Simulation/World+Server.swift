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
        server.pong(on: connection.rawValue, at: now)
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
    guard let machine = server.machine, machine.hasPendingWrites, !server.isFlushScheduled
    else { return }
    server.isFlushScheduled = true
    let time = Int64.random(in: 1...max(1, faults.flushMax.inMilliseconds), using: &disk)
    queue.schedule(.flush(life: server.life), at: now + .milliseconds(time))
  }

  mutating func flush(life: Int) {
    guard server.life == life else { return }
    server.isFlushScheduled = false
    perform(server.flush(at: now))
  }

  private mutating func armServer() {
    guard let deadline = server.machine?.nextDeadline else { return }
    let due = max(deadline, now + .milliseconds(1))
    if let alarm = server.alarm, alarm <= due, alarm > now { return }
    server.alarm = due
    queue.schedule(.serverAlarm(life: server.life), at: due)
  }

  mutating func alarmServer(life: Int) {
    guard server.life == life, server.alarm == now else { return }
    server.alarm = nil
    perform(server.deadlineReached(at: now))
  }

  mutating func crashServer() {
    let keepsPending = crashes.chance(1, in: 2)
    crashCount.server += 1
    trace.add(time, "server", "crash", keepsPending ? "written" : "unwritten")
    server.crash(keepingPending: keepsPending, at: now)
    for id in connections.keys.sorted() where connections[id]?.isOpenAtServer == true {
      connections[id]?.isOpenAtServer = false
      queue.schedule(.lostAtClient(connection: id, reason: .closed), at: now + delay())
    }
    let pause = Duration.milliseconds(Int.random(in: 1...5000, using: &crashes))
    queue.schedule(.serverBoot, at: now + pause)
  }

  mutating func bootServer() {
    guard !server.isUp else { return }
    server.start()
    trace.add(time, "server", "start")
  }
}
