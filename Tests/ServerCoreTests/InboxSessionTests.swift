// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import ServerStoreConformance
import SwiftProtobuf
import Testing
import Wire

@testable import ServerCore

@Suite struct InboxSessionTests {
  private func subscribe(after: UInt64 = 0) -> WireInboxClientFrame.OneOf_Request {
    var subscribe = WireSubscribeInbox()
    subscribe.afterSeq = after
    return .subscribeInbox(subscribe)
  }

  private func acknowledge(_ seq: UInt64) -> WireInboxClientFrame.OneOf_Request {
    var acknowledge = WireAcknowledgeInbox()
    acknowledge.seq = seq
    return .acknowledgeInbox(acknowledge)
  }

  @Test func challengesDiffer() throws {
    var fixture = try MachineFixture()
    let (_, first) = try fixture.inbox()
    let (_, second) = try fixture.inbox()
    #expect(first != second)
  }

  @Test func registersAndAuthenticates() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    _ = try fixture.register(alice)
    // The answer was lost: the same again on a new connection.
    _ = try fixture.register(alice)
    _ = try fixture.login(alice)
    let thief = try TestAccount("alice", seed: 2)
    let (connection, nonce) = try fixture.inbox()
    #expect(
      try fixture.answer(connection, .register(try WireRegister(thief, nonce: nonce))).response
        == .failure(WireFailure(.alreadyExists)))
    // The name is taken, the proof was good: another name may be tried.
    #expect(fixture.closed[connection] == nil)
    let other = try TestAccount("alice2", seed: 2)
    #expect(
      try fixture.answer(connection, .register(try WireRegister(other, nonce: nonce))).response
        == .done(WireDone()))
  }

  @Test func wrongProofsEndTheConnection() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    let mallory = try TestAccount("mallory", seed: 2)
    _ = try fixture.register(alice)
    let (_, oldNonce) = try fixture.inbox()
    typealias Wrong = (WireAuthenticate, LoginChallenge.Nonce) throws -> WireAuthenticate
    let wrong: [Wrong] = [
      { proof, _ in
        // A proof for another connection.
        var proof = proof
        proof.signature = try alice.signature(device: 0, nonce: oldNonce)
        return proof
      },
      { proof, nonce in
        // Another account's key.
        var proof = proof
        proof.signature = try mallory.signature(device: 0, nonce: nonce)
        return proof
      },
      { proof, nonce in
        // A proof for another server.
        var proof = proof
        proof.signature = try alice.signature(
          device: 0, nonce: nonce, domain: "elsewhere.example")
        return proof
      },
      { proof, nonce in
        var proof = proof
        proof.signature = try alice.signature(device: 0, nonce: nonce, endpoint: "/v1/logs")
        return proof
      },
      { proof, _ in
        var proof = proof
        proof.deviceID = 2
        return proof
      },
      { _, nonce in try WireAuthenticate(mallory, nonce: nonce) },
    ]
    for make in wrong {
      let (connection, nonce) = try fixture.inbox()
      let proof = try make(try WireAuthenticate(alice, nonce: nonce), nonce)
      let frames = try fixture.ask(connection, .authenticate(proof), id: 7)
      #expect(frames.map(\.requestID) == [7])
      #expect(frames.map(\.response) == [.failure(WireFailure(.unauthenticated))])
      #expect(fixture.closed[connection] == .unauthenticated)
    }
  }

  @Test func badRegistrationsAreRefused() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    let (first, nonce) = try fixture.inbox()
    var register = try WireRegister(alice, nonce: nonce)
    register.manifest[register.manifest.count - 1] ^= 1
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.invalidSignature)))
    register.manifest = Data([1, 2, 3])
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.malformed)))
    register.manifest = Data(repeating: 0, count: SignedManifest.lengthMax + 1)
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.tooLarge)))
    register = try WireRegister(alice, nonce: nonce)
    register.address = "alice@elsewhere.example"
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.unknownDomain)))
    register.address = "Alice"
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.malformed)))
    // A manifest of somebody else, signed for by the wrong key.
    register = try WireRegister(alice, nonce: nonce)
    register.manifest = Data(try TestAccount("bob", seed: 2).manifest.signed.encoded)
    #expect(
      try fixture.answer(first, .register(register)).response
        == .failure(WireFailure(.unauthenticated)))
    #expect(fixture.closed[first] == .unauthenticated)
    #expect(
      try fixture.machine.store.read(.manifest(alice.address), at: fixture.now)
        == .refused(.notFound))
  }

  @Test func nothingIsDoneForStrangers() throws {
    var fixture = try MachineFixture()
    let (connection, _) = try fixture.inbox()
    var upload = WireUploadKeyPackages()
    upload.oneTime = [Data([1])]
    var publish = WirePublishManifest()
    publish.manifest = Data(try TestAccount("alice", seed: 1).manifest.signed.encoded)
    let requests: [WireInboxClientFrame.OneOf_Request] = [
      subscribe(), acknowledge(1), .countKeyPackages(WireCountKeyPackages()),
      .uploadKeyPackages(upload), .publishManifest(publish),
    ]
    for request in requests {
      #expect(
        try fixture.answer(connection, request).response
          == .failure(WireFailure(.unauthenticated)))
    }
    #expect(fixture.closed.isEmpty)
  }

  @Test func authenticatingTwiceIsRefused() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    let (connection, nonce) = try fixture.inbox()
    _ = try fixture.answer(connection, .register(try WireRegister(alice, nonce: nonce)))
    #expect(
      try fixture.answer(
        connection, .authenticate(try WireAuthenticate(alice, nonce: nonce))
      ).response == .failure(WireFailure(.malformed)))
  }

  @Test func inboxIsDeliveredAndAcknowledged() throws {
    var fixture = try MachineFixture()
    let alice = try TestAccount("alice", seed: 1)
    let first = try fixture.register(alice)
    let logs = fixture.logs()
    try fixture.makeLog(1, on: logs)
    _ = try fixture.answer(logs, .commit(fixture.commit(1, 0, welcomes: [alice.key()])))
    let stored = try fixture.ask(first, subscribe(), id: 900)
    #expect(stored.map(\.requestID) == [900])
    #expect(stored[0].entries.entries.map { Array($0.body) } == [[7, 7]])
    _ = try fixture.answer(logs, .commit(fixture.commit(1, 1, welcomes: [alice.key()])))
    let new = try fixture.inboxFrames(first)
    #expect(new.flatMap { $0.entries.entries.map(\.seq) } == [2])
    // Not acknowledged, so a new connection gets both.
    let second = try fixture.login(alice)
    let again = try fixture.ask(second, subscribe(), id: 901)
    #expect(again[0].entries.entries.map(\.seq) == [1, 2])
    #expect(
      try fixture.answer(second, acknowledge(3)).response == .failure(WireFailure(.malformed)))
    #expect(try fixture.answer(second, acknowledge(1)).response == .done(WireDone()))
    let third = try fixture.login(alice)
    let rest = try fixture.ask(third, subscribe(), id: 902)
    #expect(rest[0].entries.entries.map(\.seq) == [2])
    // What lies before the position that the client names may be acknowledged too.
    let fourth = try fixture.login(alice)
    _ = try fixture.ask(fourth, subscribe(after: 2), id: 903)
    #expect(try fixture.answer(fourth, acknowledge(2)).response == .done(WireDone()))
    let fifth = try fixture.login(alice)
    #expect(try fixture.ask(fifth, subscribe(), id: 904)[0].entries.entries.isEmpty)
    #expect(
      try fixture.answer(fifth, subscribe()).response == .failure(WireFailure(.malformed)))
  }

  @Test func acknowledgementBeforeSubscribingIsRefused() throws {
    var fixture = try MachineFixture()
    let connection = try fixture.register(try TestAccount("alice", seed: 1))
    #expect(
      try fixture.answer(connection, acknowledge(0)).response
        == .failure(WireFailure(.malformed)))
  }

  @Test func windowStopsUntilAcknowledged() throws {
    var fixture = try MachineFixture(rates: .unrestricted)
    let alice = try TestAccount("alice", seed: 1)
    let connection = try fixture.register(alice)
    let logs = fixture.logs()
    try fixture.makeLog(1, on: logs)
    for epoch in 0..<260 as Range<UInt64> {
      _ = try fixture.answer(logs, .commit(fixture.commit(1, epoch, welcomes: [alice.key()])))
    }
    func seqs(_ frames: [WireInboxServerFrame]) -> [UInt64] {
      frames.flatMap { $0.entries.entries.map(\.seq) }
    }
    #expect(seqs(try fixture.ask(connection, subscribe(), id: 900)) == Array(1...256))
    #expect(seqs(try fixture.ask(connection, acknowledge(2))) == [257, 258])
    #expect(seqs(try fixture.ask(connection, acknowledge(258))) == [259, 260])
  }

  @Test func manifestsArePublished() throws {
    var fixture = try MachineFixture()
    var alice = try TestAccount("alice", seed: 1)
    let connection = try fixture.register(alice)
    let first = alice
    try alice.add(2, seed: 2)
    var rival = first
    try rival.add(3, seed: 3)
    func publish(_ account: TestAccount) -> WireInboxClientFrame.OneOf_Request {
      var publish = WirePublishManifest()
      publish.manifest = Data(account.manifest.signed.encoded)
      return .publishManifest(publish)
    }
    #expect(try fixture.answer(connection, publish(first)).response == .done(WireDone()))
    #expect(try fixture.answer(connection, publish(alice)).response == .done(WireDone()))
    #expect(try fixture.answer(connection, publish(alice)).response == .done(WireDone()))
    #expect(
      try fixture.answer(connection, publish(rival)).response
        == .failure(WireFailure(.manifestConflict)))
    #expect(
      try fixture.answer(connection, publish(first)).response
        == .failure(WireFailure(.manifestConflict)))
    // Somebody else's manifest, and one whose signature was damaged.
    let bob = try TestAccount("bob", seed: 4)
    #expect(
      try fixture.answer(connection, publish(bob)).response
        == .failure(WireFailure(.invalidSignature)))
    var next = alice
    try next.add(4, seed: 5)
    var damaged = WirePublishManifest()
    damaged.manifest = Data(next.manifest.signed.encoded)
    damaged.manifest[damaged.manifest.count - 1] ^= 1
    #expect(
      try fixture.answer(connection, .publishManifest(damaged)).response
        == .failure(WireFailure(.invalidSignature)))
    _ = try fixture.login(alice, device: 1)
  }

  @Test func revokedDeviceIsSentAway() throws {
    var fixture = try MachineFixture()
    var alice = try TestAccount("alice", seed: 1)
    let connection = try fixture.register(alice)
    func publish(_ account: TestAccount) throws {
      var publish = WirePublishManifest()
      publish.manifest = Data(account.manifest.signed.encoded)
      try #require(
        try fixture.answer(connection, .publishManifest(publish)).response == .done(WireDone()))
    }
    try alice.add(2, seed: 2)
    try publish(alice)
    let revoked = try fixture.login(alice, device: 1)
    _ = try fixture.ask(revoked, subscribe(), id: 900)
    let idle = try fixture.login(alice, device: 1)
    try alice.remove(2)
    try publish(alice)
    #expect(
      try fixture.inboxFrames(revoked).map(\.response)
        == [.failure(WireFailure(.unauthenticated))])
    #expect(fixture.closed[revoked] == .unauthenticated)
    var upload = WireUploadKeyPackages()
    upload.oneTime = [Data([1])]
    #expect(
      try fixture.answer(idle, .uploadKeyPackages(upload)).response
        == .failure(WireFailure(.unauthenticated)))
    #expect(fixture.closed[idle] == .unauthenticated)
    #expect(fixture.closed[connection] == nil)
    let (again, nonce) = try fixture.inbox()
    _ = try fixture.answer(
      again, .authenticate(try WireAuthenticate(alice, device: 1, nonce: nonce)))
    #expect(fixture.closed[again] == .unauthenticated)
  }

  @Test func keyPackagesAreCounted() throws {
    var fixture = try MachineFixture()
    let connection = try fixture.register(try TestAccount("alice", seed: 1))
    var upload = WireUploadKeyPackages()
    upload.oneTime = [Data([1]), Data([2])]
    upload.lastResort = Data([3])
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(upload)).response == .done(WireDone()))
    let count = try fixture.answer(connection, .countKeyPackages(WireCountKeyPackages()))
      .keyPackageCount
    #expect(count.oneTime == 2)
    #expect(count.lastResort)
    #expect(count.oneTimeMax == 100)
    upload.oneTime = (0..<100).map { Data([UInt8($0), 9]) }
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(upload)).response
        == .failure(WireFailure(.quotaExceeded)))
    upload.oneTime = (0..<101).map { Data([UInt8($0), 9]) }
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(upload)).response
        == .failure(WireFailure(.tooLarge)))
    upload.oneTime = [Data(repeating: 1, count: ServerLimits.keyPackageBytesMax + 1)]
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(upload)).response
        == .failure(WireFailure(.tooLarge)))
    upload.oneTime = [Data()]
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(upload)).response
        == .failure(WireFailure(.malformed)))
    #expect(
      try fixture.answer(connection, .uploadKeyPackages(WireUploadKeyPackages())).response
        == .failure(WireFailure(.malformed)))
  }
}
