// SPDX-License-Identifier: Apache-2.0

import Foundation
import SottoClient
import Testing

/// All events of somebody's daemon, as `sotto receive --follow` prints them.
struct EventFeed {
  private let program: RunningProgram

  init(_ person: TestPerson) throws {
    program = try RunningProgram(
      "sotto", person.arguments(["receive", "--follow", "--events", "--name", "feed"]),
      folder: person.folder, log: person.name + ".feed")
  }

  /// Those about somebody that have come so far.
  func events(about person: TestPerson) throws -> [JSONValue] {
    let lines = try String(contentsOf: program.output, encoding: .utf8).split(separator: "\n")
    return lines.compactMap { try? JSONValue(parsing: Array($0.utf8)) }
      .filter { $0["address"]?.text == person.address }
  }

  /// What was said about somebody's identity so far.
  func notices(about person: TestPerson) throws -> [String] {
    try events(about: person).compactMap { $0["notice"]?.text }
  }

  /// Why the conversation with somebody was stopped, each time.
  func blocks(of person: TestPerson) throws -> [String] {
    try events(about: person).filter { $0["type"] == "conversation-blocked" }
      .compactMap { $0["cause"]?.text }
  }

  func stop() async { _ = await program.stop() }
}
