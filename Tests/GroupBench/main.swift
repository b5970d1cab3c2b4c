// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SottoClient

// The crowd of the group benchmark: many accounts with two devices each in one process, every
// device a whole client with connections of its own and a store in memory. Lines on standard output
// tell what happened; Benchmarks/Client/group.py reads them. See Benchmarks/README.md, Groups.

/// One device.
final class Device: Sendable {
  let client: SottoClient
  let name: String

  init(_ name: String) {
    self.name = name
    client = SottoClient(
      store: InMemoryClientStore(), home: FileManager.default.temporaryDirectory.path)
  }
}

/// A line, with the clock that the harness reads too.
func say(_ text: String) {
  let now = Date().timeIntervalSince1970
  print("\(String(format: "%.6f", now)) \(text)")
  fflush(nil)
}

func accepts(_ report: SettingReport) -> Bool {
  report.setting == .strangers && report.value == "accept"
}

/// Makes an account, and links a second device to it as a person would.
func makePerson(_ name: String, domain: String, invite: String) async throws -> [Device] {
  let first = Device(name)
  try await first.client.register("\(name)@\(domain)", invite: invite, timeout: .seconds(600))
  _ = try await first.client.set(.strangers, to: "accept")
  let second = Device(name + "'")
  guard let link = try await second.client.beginLink(invite: invite).link else { return [first] }
  _ = try await first.client.acceptLink(link)
  var isConfirmed = false
  while try await !second.client.status().registered {
    if !isConfirmed, let code = try await second.client.linkState().code {
      // The other device confirms what this one shows, once both have it.
      if (try? await first.client.confirmLink(code: code)) != nil { isConfirmed = true }
    }
    try await Task.sleep(for: .milliseconds(100))
  }
  // Told by the group of the own devices; else the second would be asked about strangers.
  while try await !second.client.settings().contains(where: accepts) {
    try await Task.sleep(for: .milliseconds(100))
  }
  return [first, second]
}

/// Counts devices, and says when the last one is there.
actor Tally {
  private let total: Int
  private var counts: [String: Int] = [:]

  init(total: Int) { self.total = total }

  func add(_ key: String) {
    counts[key, default: 0] += 1
    if counts[key] == 1 { say("first \(key)") }
    if counts[key] == total { say("all \(key)") }
  }
}

/// Follows what a device is told.
func follow(_ device: Device, _ tally: Tally) async {
  while !Task.isCancelled {
    let events =
      (try? await device.client.receive(
        subscriber: "bench", limit: 1_000, timeout: .seconds(3_600))) ?? []
    for event in events where event.address.hasPrefix("group-") {
      switch event.kind {
      case .conversationStarted: await tally.add("joined")
      case .messageReceived(let message): await tally.add("shown \(message.text)")
      default: break
      }
    }
    guard let last = events.last else { continue }
    _ = try? await device.client.acknowledge(subscriber: "bench", seq: last.seq)
  }
}

let arguments = CommandLine.arguments
guard arguments.count == 4, let count = Int(arguments[2]) else {
  print("usage: group-bench INVITE PEOPLE DOMAIN")
  exit(2)
}
let domain = arguments[3]
let invite = arguments[1]

/// All the people, some at a time.
func makeCrowd(_ count: Int, domain: String, invite: String) async throws -> [Device] {
  let batch = 10
  var devices: [Device] = []
  for start in stride(from: 0, to: count, by: batch) {
    let made = (start..<min(start + batch, count)).map { number in
      Task { try await makePerson("person\(number)", domain: domain, invite: invite) }
    }
    for task in made { devices += try await task.value }
    say("people \(devices.count / 2)")
  }
  return devices
}

let devices = try await makeCrowd(count, domain: domain, invite: invite)
say("ready \(devices.count)")
let tally = Tally(total: devices.count)
let followers = devices.map { device in Task { await follow(device, tally) } }
for follower in followers { await follower.value }
