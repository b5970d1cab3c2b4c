// SPDX-License-Identifier: Apache-2.0

import SansIO
import Testing

@testable import ClientCore

/// Every request, and each way in which it can be refused.
@Suite struct RequestTests {
  private func code(_ world: inout World, _ request: ClientRequest) -> ClientFailureCode? {
    do {
      _ = try world.ask(0, request)
      return nil
    } catch let failure as ClientFailure {
      return failure.code
    } catch {
      return .internalFailure
    }
  }

  @Test(
    arguments: [
      .send(address: "bob@x.example", text: "x"), .conversations,
      .history(address: "bob@x.example", limit: 1, before: nil),
      .safetyNumber(address: "bob@x.example"), .protectShow(address: "bob@x.example"),
      .markRead(address: "bob@x.example", upTo: 1),
      .verify(address: "bob@x.example", proof: .compared), .unverify(address: "bob@x.example"),
    ] as [ClientRequest])
  func nothingWithoutAnAccount(_ request: ClientRequest) throws {
    var world = try World(["alice"])
    #expect(code(&world, request) == .notRegistered)
  }

  @Test func registeringCanFail() throws {
    var world = try World(["alice", "alice"])
    let invite = world.invite
    #expect(code(&world, .register(address: "alice", invite: invite)) == .badAddress)
    #expect(code(&world, .register(address: "Alice@x.example", invite: invite)) == .badAddress)
    #expect(
      code(&world, .register(address: "alice@x.example", invite: "http://x")) == .wrongInvite)
    #expect(
      code(&world, .register(address: "alice@y.example", invite: invite)) == .unknownDomain)
    world.clients[0].isOnline = false
    #expect(code(&world, .register(address: "alice@x.example", invite: invite)) == .noServer)
    world.clients[0].isOnline = true
    #expect(code(&world, .register(address: "alice@x.example", invite: invite)) == nil)
    #expect(code(&world, .register(address: "alice@x.example", invite: invite)) == nil)
    #expect(
      code(&world, .register(address: "other@x.example", invite: invite)) == .alreadyRegistered)
    #expect(throws: ClientFailure(.addressTaken, "")) {
      try world.ask(1, .register(address: "alice@x.example", invite: invite))
    }
    #expect(world.clients[1].store.committed.account() == nil)
    _ = try world.ask(1, .register(address: "alice2@x.example", invite: invite))
  }

  @Test func aWrongCertificateIsAWrongInvite() throws {
    var world = try World(["alice"])
    world.clients[0].isOnline = false
    let token = world.begin(0, .register(address: "alice@x.example", invite: world.invite))
    world.queue = []
    world.apply([.disconnected(.inbox, .wrongCertificate)], to: 0)
    guard case .failure(let failure) = world.clients[0].answers[token] else {
      Issue.record("not refused")
      return
    }
    #expect(failure == ClientFailure(.wrongInvite, ""))
  }

  @Test func sendingCanBeRefused() throws {
    var world = try World.registered(["alice", "bob"])
    #expect(code(&world, .send(address: "bob", text: "x")) == .badAddress)
    #expect(code(&world, .send(address: "bob@x.example", text: "")) == .badRequest)
    let long = String(repeating: "x", count: 64 * 1024 + 1)
    #expect(code(&world, .send(address: "bob@x.example", text: long)) == .messageTooLarge)
    #expect(world.clients[0].store.committed.conversations().isEmpty)
    let longest = String(repeating: "x", count: ClientLimits.messageBytesMax)
    _ = try world.send(longest, from: 0, to: 1)
    world.settle()
    #expect(world.texts(1, with: 0) == [longest])
  }

  @Test func unknownAddressesFailTheMessage() throws {
    var world = try World.registered(["alice"])
    for (address, expected) in [
      ("nobody@x.example", ClientFailureCode.unknownAddress),
      ("nobody@elsewhere.example", .unknownDomain),
    ] {
      guard case .queued(let id) = try world.ask(0, .send(address: address, text: "x")) else {
        Issue.record("not queued")
        return
      }
      world.settle()
      let state = try world.ask(0, .messageState(address: address, messageID: id))
      guard case .messageState(let reached, let failure) = state else {
        Issue.record("no state")
        return
      }
      #expect(reached == .failed)
      #expect(failure == expected || failure == .unknownAddress)
      #expect(
        world.clients[0].storedEvents.contains(
          .messageStateChanged(messageID: id, state: .failed, failure: failure)))
    }
    try world.checkAll()
  }

  @Test func subscriptionsKeepTheirPlace() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("before", from: 0, to: 1)
    world.settle()
    guard
      case .events(let none, let head) = try world.ask(
        1, .receive(subscriber: "late", fromStart: false, limit: 10)),
      case .events(let all, _) = try world.ask(
        1, .receive(subscriber: "early", fromStart: true, limit: 1_000))
    else {
      Issue.record("no events")
      return
    }
    #expect(none.isEmpty)
    #expect(all.last?.seq == head)
    #expect(all.map(\.seq) == Array(1...head))
    // Not acknowledged, so it comes again; also after a crash.
    world.restart(1)
    world.settle()
    guard
      case .events(let again, _) = try world.ask(
        1, .receive(subscriber: "early", fromStart: false, limit: 1_000))
    else {
      Issue.record("no events")
      return
    }
    #expect(Array(again.prefix(all.count)) == all)
    try world.ask(1, .acknowledge(subscriber: "early", seq: head))
    // Both have let them go now.
    #expect(world.clients[1].store.committed.events(after: 0, limit: 1).first?.seq ?? .max > head)
    #expect(throws: ClientFailure(.badRequest, "")) {
      try world.ask(1, .acknowledge(subscriber: "nobody", seq: 1))
    }
  }

  @Test func bothSeeOneSafetyNumber() throws {
    var world = try World.registered(["alice", "bob"])
    #expect(
      code(&world, .safetyNumber(address: "bob@x.example")) == .unknownConversation)
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    guard
      case .safetyNumber(let left) = try world.ask(0, .safetyNumber(address: "bob@x.example")),
      case .safetyNumber(let right) = try world.ask(
        1, .safetyNumber(address: "alice@x.example"))
    else {
      Issue.record("no number")
      return
    }
    #expect(left.digits == right.digits)
    #expect(left.digits.count == 60)
    #expect(!left.identityChanged)
  }

  @Test func reportsSayWhatIs() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    guard case .conversations(let list) = try world.ask(1, .conversations),
      case .protection(let report) = try world.ask(
        0, .protectShow(address: "bob@x.example")),
      case .history(let lines) = try world.ask(
        0, .history(address: "bob@x.example", limit: 10, before: nil))
    else {
      Issue.record("no report")
      return
    }
    #expect(list.map(\.address) == ["alice@x.example"])
    #expect(list[0].unread == 1)
    #expect(list[0].lastText == "hello")
    #expect(report.suite == "MLKEM768X25519_AES256GCM_SHA384_Ed25519")
    #expect(report.devices.map(\.address).sorted() == ["alice@x.example", "bob@x.example"])
    #expect(report.devices.map(\.certified) == [true, true])
    #expect(report.server.logs == 1)
    #expect(report.server.entries > 0)
    #expect(report.standing == "trusted")
    #expect(lines.map(\.text) == ["hello"])
    #expect(lines.map(\.state) == [.delivered])
  }

  @Test func exitCodesAreDistinct() {
    let codes = ClientFailureCode.allCases.map(\.exitCode)
    #expect(Set(codes).count == codes.count)
    #expect(!codes.contains(0) && !codes.contains(1))
  }
}
