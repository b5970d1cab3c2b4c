// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Demonstration
import Foundation
import SottoClient

struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Watch three people talk, and what their server sees of it.",
    discussion: """
      The people and their server are real, the network between them is not: nothing leaves this \
      program, no home is needed, and nothing stays on the disk.
      """)

  @Flag(help: "Without the pauses for reading.")
  var fast = false

  @Flag(help: "Print JSON, one value a line.")
  var json = false

  func run() async throws {
    let entropy = UInt64.random(in: 0 ... .max)
    do {
      let now = Int64(Date().timeIntervalSince1970 * 1_000)
      var play = try Demonstration(seed: entropy, startingAt: now)
      if !json { Output.line("Three people and a server, in this program alone.\n") }
      while let step = try play.next() {
        Output.line(json ? step.json.line : step.sentence)
        if !fast { try await Task.sleep(for: .milliseconds(900 + 30 * step.text.count)) }
      }
      let sight = try play.serverSight()
      guard sight.found == 0, sight.numbersAgree else {
        throw SottoFailure.ended("The server could read something: this is a mistake.")
      }
      if json { Output.line(sight.json.line) } else { sight.lines.forEach { Output.line($0) } }
    } catch let failure as SottoFailure {
      Output.error("sotto: \(failure.reason) (\(failure.code))")
      throw failure
    }
  }
}

extension Demonstration.Step {
  fileprivate var json: JSONValue {
    [
      "who": .string(who), "deed": .string(deed), "text": .string(text),
      "serverSees": [
        "entries": .integer(Int64(entries)), "sealedBytes": .integer(Int64(storedBytes)),
      ],
    ]
  }

  fileprivate var sentence: String {
    let seen =
      entries == 0
      ? "the server gets nothing"
      : "the server gets \(entries) sealed entries, \(storedBytes) bytes"
    return "\(who.isEmpty ? deed : "\(who) \(deed)"): \(text)\n    \(seen)"
  }
}

extension Demonstration.ServerSight {
  fileprivate var json: JSONValue {
    [
      "server": [
        "addresses": .strings(addresses), "logs": .integer(Int64(logs)),
        "entries": .integer(Int64(entries)), "bytes": .integer(Int64(bytes)),
        "textsLookedFor": .integer(Int64(looked)), "textsFound": .integer(Int64(found)),
      ]
    ]
  }

  fileprivate var lines: [String] {
    let digits = sample.map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }
    return [
      "", "What the server could see:",
      "  accounts        \(addresses.joined(separator: ", "))",
      "  logs            \(logs), and not who reads or writes them, nor what a group is called",
      "  entries         \(entries), with their sizes and times; one begins \(digits.joined())",
      "  all its bytes   \(bytes) were looked through for \(looked) texts and names: "
        + "\(found) found",
      "Alice and Bob see the same safety number. Nothing of this was written to the disk.",
    ]
  }
}

extension JSONValue {
  fileprivate static func strings(_ texts: [String]) -> JSONValue {
    .array(texts.map { .string($0) })
  }
}
