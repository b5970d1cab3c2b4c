// SPDX-License-Identifier: Apache-2.0

import Foundation
import Identity
import SansIO
import SottoClient
import Testing
import Wire

@testable import ClientCore

/// Real programs on loopback, and between Alice and the real server one that lies to her. Each lie
/// is refused and told, nothing is sent to whom it is about, and the same goes through without it.
@Suite(.serialized, .timeLimit(.minutes(5))) struct HostileServerTests {
  /// Alice and Bob with daemons, both at servers that can lie to them alone.
  private final class Pair {
    let world: TestWorld
    let alice: TestPerson
    let bob: TestPerson
    /// Alice's server.
    let server: HostileServer
    let bobsServer: HostileServer
    /// Their keys, which a server does not have.
    let alicesDevice: LocalDevice
    let bobsDevice: LocalDevice
    var alicesDaemon: RunningProgram
    var bobsDaemon: RunningProgram
    let alicesFeed: EventFeed
    var bobsFeed: EventFeed

    init() async throws {
      world = try await TestWorld.start()
      server = try await HostileServer.start(before: world)
      bobsServer = try await HostileServer.start(before: world)
      alice = try await world.registered("alice", invite: server.invite)
      bob = try await world.registered("bob", invite: bobsServer.invite)
      alicesDevice = try alice.localDevice()
      bobsDevice = try bob.localDevice()
      alicesDaemon = try await alice.startDaemon()
      bobsDaemon = try await bob.startDaemon()
      alicesFeed = try EventFeed(alice)
      bobsFeed = try EventFeed(bob)
    }

    func end(others: [RunningProgram] = []) async throws {
      await alicesFeed.stop()
      await bobsFeed.stop()
      for daemon in [alicesDaemon, bobsDaemon] + others { #expect(await daemon.stop() == 0) }
      try await server.stop()
      try await bobsServer.stop()
      #expect(await world.server.stop() == 0)
    }

    /// Alice writes to Bob for the first time, and her server lies about him: it fails with this
    /// code, and nothing has left. Then the server is honest, and they talk.
    func refuse(
      _ code: ClientFailureCode, notices: [IdentityNotice], lie: @escaping HostileServer.Lie
    ) async throws {
      server.lie(about: bob, lie)
      try await fails("secret", to: bob, code)
      try await eventually { try self.notices(of: bob) == notices }
      #expect(server.writeCount == 0)
      let list = try await alice.succeed(["conversations"])
      #expect(list.map { $0["address"]?.text } == [bob.address])
      #expect(list.map { $0["phase"]?.text } == ["idle"])
      #expect(list.map { $0["waiting"] } == [0])

      server.endLie()
      try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])
      try await bob.succeed(["send", alice.address, "hello yourself", "--wait", "delivered"])
      #expect(try await texts(bob, alice) == ["hello", "hello yourself"])
      #expect(try await texts(alice, bob) == ["secret", "hello", "hello yourself"])
      #expect(server.welcomed == ["\(bob.address) 1"])
    }

    /// Something that Alice writes fails for good, and `why` says so.
    func fails(_ text: String, to person: TestPerson, _ code: ClientFailureCode) async throws {
      try await alice.fail(
        ["send", person.address, text, "--wait", "stored"], code: code.rawValue,
        status: code.exitCode)
      let lines = try await alice.succeed(["history", person.address])
      let line = try #require(lines.last { $0["kind"] == "text" })
      #expect(line["text"]?.text == text)
      #expect(line["state"] == "failed")
      #expect(line["failure"]?.text == code.rawValue)
      let id = try #require(line["messageId"]?.text)
      let reason = try await alice.succeed(["why", person.address, id]).first
      #expect(reason?["code"] == "failed")
      #expect(reason?["failure"]?.text == code.rawValue)
      #expect(
        reason?["advice"] == "Settle by another way who they are, then send it again.")
    }

    /// What Alice was told about somebody's identity.
    func notices(of person: TestPerson) throws -> [IdentityNotice] {
      try alicesFeed.notices(about: person).compactMap(IdentityNotice.init(rawValue:))
    }

    func texts(_ person: TestPerson, _ peer: TestPerson) async throws -> [String] {
      try await person.succeed(["history", peer.address]).filter { $0["kind"] == "text" }
        .compactMap { $0["text"]?.text }
    }
  }

  // MARK: At first contact

  @Test func aKeyPackageOfTheServersOwn() async throws {
    let pair = try await Pair()
    let forged = try Attacker(pretending: pair.bob.address).offer(number: 1)
    try await pair.refuse(.keyPackageInvalid, notices: [.pinned, .keyPackageRefused]) {
      $0.packages = [forged]
    }
    try await pair.end()
  }

  @Test func aKeyPackageOfAnotherAccount() async throws {
    let pair = try await Pair()
    let hers = try await HostileServer.start(before: pair.world)
    let mallory = try await pair.world.registered("mallory", invite: hers.invite)
    let daemon = try await mallory.startDaemon()
    try await eventually { !hers.keyPackages.isEmpty }
    let foreign = Data(try #require(hers.keyPackages.last))
    try await pair.refuse(.keyPackageInvalid, notices: [.pinned, .keyPackageRefused]) {
      for place in $0.packages.indices { $0.packages[place].keyPackage = foreign }
    }
    try await pair.end(others: [daemon])
    try await hers.stop()
  }

  /// One more device than Bob has, beside his own.
  @Test func aGhostDeviceInTheOffer() async throws {
    let pair = try await Pair()
    let ghost = try Attacker(ghostOf: pair.bobsDevice).offer(number: 2)
    try await pair.refuse(.ghostDevice, notices: [.pinned, .ghostDevice]) {
      $0.packages.append(ghost)
    }
    try await pair.end()
  }

  /// The device list itself has one more, which Bob's account did not sign.
  @Test func aGhostDeviceInTheManifest() async throws {
    let pair = try await Pair()
    let ghost = try Attacker(pretending: pair.bob.address)
    let account = try #require(ghost.device.account)
    let offer = try ghost.offer(number: 2)
    try await pair.refuse(.manifestInvalid, notices: [.manifestRefused]) {
      $0.packages.append(offer)
      $0.manifest = (try? ghost.listed(in: $0.manifest, signedBy: account)) ?? []
    }
    #expect(try pair.notices(of: pair.bob) == [.manifestRefused, .pinned])
    try await pair.end()
  }

  // MARK: In a conversation

  /// Somebody asks Bob into a conversation with Alice: a device that her account signed once and
  /// does not list, or one of an account that just says that it is hers.
  @Test(arguments: [IdentityNotice.ghostDevice, .identityChanged])
  func aWelcomeThatIsNotOfAlices(_ notice: IdentityNotice) async throws {
    let pair = try await Pair()
    let (alice, bob) = (pair.alice, pair.bob)
    try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])
    let attacker =
      notice == .ghostDevice
      ? Attacker(ghostOf: pair.alicesDevice) : try Attacker(pretending: alice.address)
    try await attacker.ask(
      bob, with: try #require(pair.bobsServer.keyPackages.last),
      at: try #require(ServerAddress(invite: pair.world.invite)))
    try await eventually {
      try pair.bobsFeed.notices(about: alice) == ["pinned", notice.rawValue]
    }
    // They go on in the group that they have.
    try await bob.succeed(["send", alice.address, "is that you?", "--wait", "delivered"])
    try await alice.succeed(["send", bob.address, "no", "--wait", "delivered"])
    let report = try await bob.succeed(["protect", "show", alice.address]).first
    #expect(report?["devices"]?.elements.map { $0["certified"] } == [true, true])
    #expect(report?["standing"] == "trusted")
    #expect(try await pair.texts(bob, alice) == ["hello", "is that you?", "no"])
    try await pair.end()
  }

  /// Alice's own device takes in one that her account does not list, by a commit that MLS takes.
  @Test func aGhostInACommit() async throws {
    let pair = try await Pair()
    let (alice, bob) = (pair.alice, pair.bob)
    try await alice.succeed(["send", bob.address, "hello", "--wait", "delivered"])
    try await bob.succeed(["send", alice.address, "hello yourself", "--wait", "delivered"])
    try await eventually {
      try await epoch(of: alice, with: bob) == epoch(of: bob, with: alice)
    }
    await pair.alicesFeed.stop()
    #expect(await pair.alicesDaemon.stop() == 0)
    let (access, parcel) = try alice.commitOfAGhost(
      Attacker(ghostOf: pair.alicesDevice), with: bob)
    var logs = RawLogs(try #require(ServerAddress(invite: pair.world.invite)))
    try await logs.done(
      .commit(
        access, endsEpoch: access.epoch, submitID: [UInt8](repeating: 7, count: 16),
        parcel: parcel))
    try await eventually { try pair.bobsFeed.blocks(of: alice) == ["ghost-device"] }
    #expect(try pair.bobsFeed.notices(about: alice) == ["pinned", "ghost-device"])
    try await bob.fail(
      ["send", alice.address, "to the ghost"], code: "manifest-invalid", status: 23)

    // On the next connection the directory's word is taken again; the ghost is in no group.
    await pair.bobsFeed.stop()
    #expect(await pair.bobsDaemon.stop() == 0)
    pair.alicesDaemon = try await alice.startDaemon()
    pair.bobsDaemon = try await bob.startDaemon()
    pair.bobsFeed = try EventFeed(bob)
    try await eventually {
      let sent = try await bob.run(["send", alice.address, "without the ghost"])
      return sent.status == 0
    }
    try await eventually { try await pair.texts(alice, bob).last == "without the ghost" }
    let report = try await bob.succeed(["protect", "show", alice.address]).first
    #expect(report?["devices"]?.elements.count == 2)
    try await pair.end()
  }

  private func epoch(of person: TestPerson, with peer: TestPerson) async throws -> JSONValue? {
    try await person.succeed(["protect", "show", peer.address]).first?["epoch"]
  }

  // MARK: Manifests

  /// Alice is shown a device list of Bob's with a ghost in it, signed by his account's own key, and
  /// Carol the one that he has. Alice cannot tell, until Bob says anything: each of his messages
  /// names the list that he has, and the first is his receipt.
  @Test func twoPeopleAreShownDifferentManifests() async throws {
    let pair = try await Pair()
    let (alice, bob) = (pair.alice, pair.bob)
    let carol = try await pair.world.registered("carol")
    let daemon = try await carol.startDaemon()
    let feed = try EventFeed(carol)
    let ghost = Attacker(ghostOf: pair.bobsDevice)
    let account = try #require(pair.bobsDevice.account)
    pair.server.lie(about: bob) {
      $0.manifest = (try? ghost.listed(in: $0.manifest, signedBy: account)) ?? []
    }
    try await alice.succeed(["send", bob.address, "hello", "--wait", "stored"])
    try await eventually { try pair.alicesFeed.blocks(of: bob) == ["manifest-invalid"] }
    #expect(try pair.notices(of: bob) == [.pinned, .manifestRefused])
    try await alice.fail(["send", bob.address, "more"], code: "manifest-invalid", status: 23)
    let list = try await alice.succeed(["conversations"])
    #expect(list.map { $0["phase"]?.text } == ["blocked"])
    let report = try await alice.succeed(["protect", "show", bob.address]).first
    #expect(report?["standing"] == "contradicted")
    let line = try #require(
      try await alice.succeed(["history", bob.address]).first { $0["kind"] == "text" })
    let reasons = try await alice.succeed(
      ["why", bob.address, try #require(line["messageId"]?.text)])
    let doubt = try #require(reasons.first { $0["code"] == "devices-contradicted" })
    #expect(doubt["text"] == "Different device lists of this account were shown.")

    // Carol, at the real server.
    try await carol.succeed(["send", bob.address, "hello from me", "--wait", "delivered"])
    try await bob.succeed(["send", carol.address, "hello Carol", "--wait", "delivered"])
    #expect(try await pair.texts(carol, bob) == ["hello from me", "hello Carol"])
    #expect(try feed.notices(about: bob) == ["pinned"])
    #expect(try await pair.texts(bob, alice) == ["hello"])
    await feed.stop()
    try await pair.end(others: [daemon])
  }

  /// Bob has taken a device out of his account. Alice's server shows her the device list, and the
  /// key packages, of before: again, when she has the newer list, or still, when all she has is
  /// Bob's word that there is one.
  @Test(arguments: [true, false])
  func aManifestThatIsRolledBack(_ again: Bool) async throws {
    let pair = try await Pair()
    let (alice, bob, server) = (pair.alice, pair.bob, pair.server)
    let laptops = try await HostileServer.start(before: pair.world)
    let laptop = try pair.world.person("laptop")
    let daemon = try await laptop.startDaemon()
    try await DeviceTests.link(laptop, to: bob, invite: laptops.invite)
    try await eventually { !laptops.keyPackages.isEmpty }
    try await alice.succeed(["group", "create", "Walk", bob.address])
    try await alice.succeed(["send", "Walk", "to both", "--wait", "delivered"])
    let older = try #require(server.answers.last { !$0.packages.isEmpty })
    #expect(older.packages.map(\.deviceID) == [1, 2])

    if !again { server.lie(about: bob) { $0 = older } }
    try await bob.succeed(["device", "remove", "2"])
    try await eventually {
      try await bob.run(["send", "Walk", "it is lost", "--wait", "delivered"]).status == 0
    }
    let told: [IdentityNotice] = again ? [.pinned, .devicesChanged] : [.pinned, .manifestRefused]
    try await eventually { try pair.notices(of: bob) == told }
    let (asked, written) = (server.welcomed, server.writeCount)
    if again { server.lie(about: bob) { $0 = older } }
    try await pair.fails("secret", to: bob, .manifestRollback)
    try await eventually { try pair.notices(of: bob).last == .manifestRefused }
    #expect(server.welcomed == asked)
    #expect(server.writeCount == written)
    // The group, which the laptop is not in any more, is not stopped by that.
    try await alice.succeed(["send", "Walk", "still here", "--wait", "delivered"])

    server.endLie()
    try await alice.succeed(["send", bob.address, "to the phone", "--wait", "delivered"])
    #expect(
      try pair.notices(of: bob) == [.pinned]
        + (again ? [.devicesChanged, .manifestRefused] : [.manifestRefused, .devicesChanged]))
    #expect(server.welcomed == asked + ["\(bob.address) 1"])
    #expect(try await pair.texts(bob, alice) == ["to the phone"])
    let shown = try await laptop.run(["history", alice.address])
    #expect(!shown.output.contains("secret") && !shown.output.contains("to the phone"))
    try await pair.end(others: [daemon])
    try await laptops.stop()
  }

  /// Alice knows Bob from a group; then there is another account in his place, with a device list
  /// and a key package that fit together.
  @Test func anotherAccountInBobsPlace() async throws {
    let pair = try await Pair()
    let (alice, bob) = (pair.alice, pair.bob)
    try await alice.succeed(["group", "create", "Walk", bob.address])
    try await alice.succeed(["send", "Walk", "hello", "--wait", "delivered"])
    let attacker = try Attacker(pretending: bob.address)
    let account = try #require(attacker.device.account)
    let manifest = account.firstManifest(device: attacker.device.device, at: .wallClock).encoded
    let offer = try attacker.offer(number: 1)
    let asked = pair.server.welcomed
    pair.server.lie(about: bob) {
      $0.manifest = manifest
      $0.packages = [offer]
    }
    try await pair.fails("secret", to: bob, .identityChanged)
    try await eventually { try pair.alicesFeed.blocks(of: bob) == ["identity-changed"] }
    #expect(try pair.notices(of: bob) == [.pinned, .identityChanged])
    try await alice.fail(["send", bob.address, "more"], code: "identity-changed", status: 20)
    let number = try await alice.succeed(["safety-number", bob.address]).first
    #expect(number?["identityChanged"] == true)
    #expect(pair.server.welcomed == asked)

    // An honest directory is asked again with the next connection.
    pair.server.endLie()
    #expect(await pair.alicesDaemon.stop() == 0)
    pair.alicesDaemon = try await alice.startDaemon()
    try await eventually {
      try await alice.run(["send", bob.address, "at last", "--wait", "delivered"]).status == 0
    }
    #expect(try await pair.texts(bob, alice) == ["at last"])
    #expect(pair.server.welcomed == asked + ["\(bob.address) 1"])
    try await pair.end()
  }
}
