// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import Testing

@testable import ClientCore

/// Comparing safety numbers, and the mark of it.
@Suite struct VerifyTests {
  private static let bob = "bob@x.example"

  private func met(_ names: [String] = ["alice", "bob"]) throws -> World {
    var world = try World.registered(names)
    for other in 1..<names.count { _ = try world.send("hello", from: 0, to: other) }
    world.settle()
    return world
  }

  private func number(
    _ world: inout World, _ index: Int, _ request: ClientRequest
  ) throws -> SafetyNumberReport {
    guard case .safetyNumber(let report) = try world.ask(index, request) else {
      throw ClientFailure(.timeout, "no answer")
    }
    return report
  }

  private func code(
    _ world: inout World, by proof: SafetyProof, of address: String = bob
  ) -> ClientFailureCode? {
    do { _ = try world.ask(0, .verify(address: address, proof: proof)) } catch {
      return (error as? ClientFailure)?.code ?? .internalFailure
    }
    return nil
  }

  private func isMarked(_ world: inout World) throws -> Bool {
    guard case .conversations(let list) = try world.ask(0, .conversations),
      case .protection(let report) = try world.ask(0, .protectShow(address: Self.bob))
    else { throw ClientFailure(.timeout, "no answer") }
    let marked = try number(&world, 0, .safetyNumber(address: Self.bob)).verifiedAt
    let summary = try #require(list.first { $0.address == Self.bob })
    #expect(summary.isVerified == (marked != nil))
    #expect(report.verifiedAt == marked)
    #expect(report.unprotected.contains { $0.contains("not compared") } == (marked == nil))
    return marked != nil
  }

  @Test func eachProofSetsTheMark() throws {
    var world = try met()
    let shown = try number(&world, 1, .safetyNumber(address: "alice@x.example"))
    let spaced = stride(from: 0, to: 60, by: 5).map { start in
      String(Array(shown.digits)[start..<start + 5])
    }
    let broken = shown.code.prefix(80) + "\r\n" + shown.code.dropFirst(80)
    for proof in [
      SafetyProof.compared, .number(shown.digits), .number(spaced.joined(separator: " \n")),
      .code(shown.code), .code(" \(broken)\n"),
    ] {
      #expect(try !isMarked(&world))
      let before = world.now
      let marked = try number(&world, 0, .verify(address: Self.bob, proof: proof))
      #expect(marked.verifiedAt == before)
      #expect(try isMarked(&world))
      #expect(try number(&world, 0, .unverify(address: Self.bob)).verifiedAt == nil)
    }
    #expect(try !isMarked(&world))
    // The other side is told nothing of it.
    #expect(
      try number(&world, 1, .safetyNumber(address: "alice@x.example")).verifiedAt == nil)
    try world.checkAll()
  }

  @Test func whatDiffersChangesNothing() throws {
    var world = try met(["alice", "bob", "carol"])
    let own = try number(&world, 0, .safetyNumber(address: Self.bob))
    let peers = try number(&world, 1, .safetyNumber(address: "alice@x.example"))
    let carols = try number(&world, 2, .safetyNumber(address: "alice@x.example"))
    let last = peers.digits.last == "0" ? "1" : "0"
    let deceived = try otherKey(peers.code)
    for isSet in [false, true] {
      if isSet { #expect(code(&world, by: .compared) == nil) }
      for proof in [
        SafetyProof.number(carols.digits), .number(peers.digits.dropLast() + last),
        .code(carols.code), .code(own.code), .code(deceived),
      ] {
        #expect(code(&world, by: proof) == .safetyNumberMismatch)
      }
      for proof in [
        SafetyProof.number(""), .number("1"), .number(peers.digits + "0"),
        .number(peers.digits.dropLast() + "x"), .number(peers.digits.dropLast() + "١"),
        .code(""), .code(peers.digits), .code(String(peers.code.dropLast())),
      ] {
        #expect(code(&world, by: proof) == .badRequest)
      }
      #expect(try isMarked(&world) == isSet)
    }
    #expect(code(&world, by: .compared, of: "nobody@x.example") == .unknownConversation)
    #expect(code(&world, by: .compared, of: "alice@x.example") == .unknownConversation)
  }

  /// The text of a code that somebody between would show.
  private func otherKey(_ text: String) throws -> String {
    var bytes = try SafetyCode(text: text).encoded
    // The first byte of the maker's own fingerprint.
    bytes[17] ^= 1
    return try SafetyCode(decoding: bytes).text
  }

  @Test func theMarkOutlivesTheProcess() throws {
    var world = try met()
    #expect(code(&world, by: .compared) == nil)
    world.restart(0)
    world.settle()
    #expect(try isMarked(&world))
  }

  @Test(arguments: [PeerRow.Standing.contradicted, .identityChanged])
  func noMarkWhileInDoubt(_ standing: PeerRow.Standing) throws {
    var world = try met()
    #expect(code(&world, by: .compared) == nil)
    try set(standing, &world)
    #expect(try !isMarked(&world))
    #expect(
      code(&world, by: .compared)
        == (standing == .contradicted ? .manifestInvalid : .identityChanged))
    // Nobody has offered another key: the pinned one is what it was.
    try set(.trusted, &world)
    #expect(try isMarked(&world))
  }

  private func set(_ standing: PeerRow.Standing, _ world: inout World) throws {
    try world.clients[0].store.transact { (transaction) throws(ClientStoreFailure) in
      guard var peer = transaction.peer(address: Self.bob) else { throw .corrupt("peer") }
      peer.standing = standing
      transaction.put(peer)
    }
  }
}
