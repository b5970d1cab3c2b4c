// SPDX-License-Identifier: Apache-2.0

import ClientCore
import Foundation
import SottoClient
import Synchronization
import Testing

/// The table of methods against the dispatcher: what one has, the other has.
@Suite(.timeLimit(.minutes(1))) struct MethodTableTests {
  /// Carried out by the connection, not by the client.
  static let ofTheConnection: Set<String> = ["subscribe", "accounts"]
  static let called = MethodTable.all.filter { !ofTheConnection.contains($0.name) }

  /// The source files that answer methods and write events.
  static let sources: [String] = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appendingPathComponent("Sources/Client/Methods")
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".swift") }.compactMap { name in
      try? String(contentsOf: folder.appendingPathComponent(name), encoding: .utf8)
    }
  }()

  /// What was asked for, by name.
  private final class Reads: Sendable {
    private let names = Mutex<Set<String>>([])
    var all: Set<String> { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { _ = $0.insert(name) } }
  }

  private static func failure(
    of method: MethodDescription, _ members: [String: JSONValue], _ reads: Reads = Reads()
  ) async -> ClientFailure? {
    let client = SottoClient(store: InMemoryClientStore(), home: "/nowhere")
    var failure: ClientFailure?
    do throws(ClientFailure) {
      if method.name == "accounts" {
        _ = try await HomeAccounts(client: client).call(method.name, members)
      } else if ofTheConnection.contains(method.name) {
        _ = try Subscription(JSONRPCParameters(members) { reads.add($0) })
      } else {
        _ = try await ClientMethods(client: client).call(method.name, members) { reads.add($0) }
      }
    } catch {
      failure = error
    }
    await client.close()
    return failure
  }

  private static func examples(_ values: [NamedValue]) -> [String: JSONValue] {
    values.reduce(into: [:]) { $0[$1.name] = $1.example }
  }

  @Test func methodsAreThoseOfTheDispatcher() {
    let named = MethodTable.all.map(\.name)
    #expect(Set(named).count == named.count, "a method is described twice")
    #expect(
      Set(named) == ClientMethods.allNames.union(Self.ofTheConnection),
      "ClientMethods and MethodTable differ")
    let dispatched = Self.sources.flatMap { text in
      text.matches(of: /case "([a-z.-]+)": return try/).map { String($0.output.1) }
    }
    #expect(!Self.sources.isEmpty)
    // That each name has its case is seen when each is called.
    #expect(
      ClientMethods.allNames.isSuperset(of: dispatched), "a case is in no list of names")
  }

  @Test func eventsAreThoseThatAreWritten() {
    let written = Self.sources.flatMap { text in
      text.matches(of: /"type": "([a-z-]+)"/).map { String($0.output.1) }
    }
    #expect(Set(written) == Set(EventTable.all.map(\.type)), "EventTable and the events differ")
  }

  /// Each parameter that a method reads is described, and each that is described is read.
  @Test(arguments: MethodTable.all)
  func parametersAreThoseThatAreRead(method: MethodDescription) async {
    let reads = Reads()
    let failure = await Self.failure(of: method, Self.examples(method.parameters), reads)
    #expect(reads.all == Set(method.parameters.map(\.name)), "\(method.name)")
    if let failure {
      #expect(
        OpenRPC.failures(of: method).contains(failure.code),
        "\(method.name) fails with \(failure.code.rawValue), which is not described")
    }
  }

  @Test(arguments: MethodTable.all)
  func parametersAreChecked(method: MethodDescription) async {
    let whole = Self.examples(method.parameters)
    var cases = [whole.merging(["no-such-parameter": 1]) { $1 }]
    for parameter in method.parameters {
      cases.append(whole.merging([parameter.name: .array([.array([])])]) { $1 })
      if parameter.isRequired { cases.append(whole.filter { $0.key != parameter.name }) }
      if let words = parameter.schema.json["enum"]?.elements, !words.isEmpty {
        cases.append(whole.merging([parameter.name: "no such word"]) { $1 })
      }
      for bound in ["minimum": Int64(-1), "maximum": 1] {
        guard let edge = parameter.schema.json[bound.key]?.integer else { continue }
        cases.append(whole.merging([parameter.name: .integer(edge + bound.value)]) { $1 })
      }
    }
    for members in cases {
      let failure = await Self.failure(of: method, members)
      #expect(
        failure?.code == .badRequest, "\(method.name) with \(JSONValue.object(members).line)")
    }
  }

  /// A parameter that may be absent is not asked for.
  @Test(arguments: MethodTable.all)
  func whatMayBeAbsentIsNotMissed(method: MethodDescription) async {
    let failure = await Self.failure(
      of: method, Self.examples(method.parameters.filter(\.isRequired)))
    #expect(failure?.reason.hasSuffix("is missing.") != true, "\(method.name)")
  }

  @Test(arguments: MethodTable.all)
  func examplesAndDefaultsAreWhatTheSchemaAllows(method: MethodDescription) {
    for parameter in method.parameters {
      let checker = SchemaChecker(document: OpenRPC.document)
      #expect(checker.faults(of: parameter.example, in: parameter.described) == [])
      if let usual = parameter.usual {
        #expect(checker.faults(of: usual, in: parameter.described) == [])
        #expect(!parameter.isRequired)
      }
    }
  }
}
