// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import MLS
import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A server that lies. What it serves is refused, with the exact failure, and said aloud.
@Suite struct AdversaryTests {
  func notices(_ world: World, _ index: Int) -> [IdentityNotice] {
    world.clients[index].storedEvents.compactMap {
      if case .identityNotice(let notice) = $0 { notice } else { nil }
    }
  }

  func failure(of id: [UInt8], _ world: World) -> ClientFailureCode? {
    world.lines(0, with: 1).first { $0.messageID == id }
      .flatMap { ClientFailureCode(rawValue: $0.failure) }
  }

  /// Somebody with keys of his own who says that he is `address`.
  private func impostor(
    _ address: String, _ world: inout World
  ) throws -> (device: LocalDevice, manifest: [UInt8], keyPackage: [UInt8]) {
    let device = LocalDevice(
      newAccount: try Address(address), at: world.now, using: &world.entropy)
    let bundle = try KeyPackageBundle.create(
      suite: ProductGroup.suite, identity: device.leafIdentity,
      lifetime: Lifetime(from: world.now, lasting: .seconds(86_400)), using: &world.entropy)
    let manifest = try #require(device.account).firstManifest(device: device.device, at: world.now)
    return (device, manifest.encoded, MLSMessage.keyPackage(bundle.keyPackage).encoded)
  }

  /// Changes the answers to TakeKeyPackages.
  func tamperKeyPackages(
    _ world: inout World, _ change: @escaping (inout WireKeyPackages) -> Void
  ) {
    world.tamper = { index, endpoint, bytes in
      guard index == 0, endpoint == .logs,
        var frame = try? WireLogsServerFrame(serializedBytes: bytes),
        case .keyPackages(var answer) = frame.response
      else { return bytes }
      change(&answer)
      frame.response = .keyPackages(answer)
      return try? frame.serializedBytes()
    }
  }

  @Test func aSubstitutedKeyPackage() throws {
    var world = try World.registered(["alice", "bob"])
    let mallory = try impostor("bob@x.example", &world)
    tamperKeyPackages(&world) { $0.packages[0].keyPackage = Data(mallory.keyPackage) }
    let id = try world.send("secret", from: 0, to: 1)
    world.settle()
    #expect(failure(of: id, world) == .keyPackageInvalid)
    #expect(notices(world, 0) == [.pinned, .keyPackageRefused])
    #expect(world.groups(0, with: 1).isEmpty)
    try world.checkAll()
  }

  @Test func aKeyPackageWithAFlippedBit() throws {
    var world = try World.registered(["alice", "bob"])
    tamperKeyPackages(&world) { answer in
      var bytes = [UInt8](answer.packages[0].keyPackage)
      bytes[bytes.count - 1] ^= 1
      answer.packages[0].keyPackage = Data(bytes)
    }
    let id = try world.send("secret", from: 0, to: 1)
    world.settle()
    #expect(failure(of: id, world) == .keyPackageInvalid)
  }

  @Test func aGhostDevice() throws {
    var world = try World.registered(["alice", "bob"])
    let mallory = try impostor("bob@x.example", &world)
    tamperKeyPackages(&world) { answer in
      var ghost = WireDeviceKeyPackage()
      ghost.deviceID = 2
      ghost.keyPackage = Data(mallory.keyPackage)
      answer.packages.append(ghost)
    }
    let id = try world.send("secret", from: 0, to: 1)
    world.settle()
    #expect(failure(of: id, world) == .ghostDevice)
    #expect(notices(world, 0) == [.pinned, .ghostDevice])
    #expect(world.groups(0, with: 1).isEmpty)
  }

  @Test func anEmptyOffer() throws {
    var world = try World.registered(["alice", "bob"])
    tamperKeyPackages(&world) { $0.packages = [] }
    let id = try world.send("secret", from: 0, to: 1)
    world.settle()
    #expect(failure(of: id, world) == .noDevices)
  }

  @Test func aManifestWithAFlippedBit() throws {
    var world = try World.registered(["alice", "bob"])
    tamperKeyPackages(&world) { answer in
      var bytes = [UInt8](answer.manifest)
      bytes[bytes.count - 1] ^= 1
      answer.manifest = Data(bytes)
    }
    let id = try world.send("secret", from: 0, to: 1)
    world.settle()
    #expect(failure(of: id, world) == .manifestInvalid)
    #expect(notices(world, 0) == [.manifestRefused])
    #expect(world.clients[0].store.committed.peers().isEmpty)
  }

  // MARK: After first contact

  /// Alice and Bob know each other; then Alice has to make a new group, and asks the directory.
  private func reunited(
    bobsManifest: [UInt8], keyPackage: [UInt8]?
  ) throws -> (World, [UInt8]) {
    var world = try World.registered(["alice", "bob"])
    return try reunite(&world, bobsManifest: { _ in bobsManifest }, keyPackage: keyPackage)
  }

  func reunite(
    _ world: inout World, bobsManifest: (World) throws -> [UInt8], keyPackage: [UInt8]?
  ) throws -> (World, [UInt8]) {
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let manifest = try bobsManifest(world)
    loseStep(&world)
    world.setOnline(false, 0)
    tamperKeyPackages(&world) { answer in
      answer.manifest = Data(manifest)
      if let keyPackage { answer.packages[0].keyPackage = Data(keyPackage) }
    }
    let id = try world.send("again", from: 0, to: 1)
    world.setOnline(true, 0)
    world.settle(for: .seconds(30))
    return (world, id)
  }

  /// Somebody's copies of the groups are gone.
  func loseStep(_ world: inout World, _ index: Int = 0) {
    for var row in world.clients[index].store.committed.groups() {
      row.phase = .outOfStep
      let changed = row
      try? world.clients[index].store.transact { (transaction) throws(ClientStoreFailure) in
        transaction.put(changed)
      }
    }
    world.restart(index)
  }

  /// The mark is of a key: when the directory offers another one, it goes, and does not come back
  /// with the old key.
  @Test func aMarkEndsWithItsKey() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("first", from: 0, to: 1)
    world.settle()
    let (bob, before) = ("bob@x.example", world.now)
    guard
      case .safetyNumber(let marked) = try world.ask(0, .verify(address: bob, proof: .compared))
    else {
      Issue.record("no number")
      return
    }
    #expect(marked.verifiedAt == before)
    let mallory = try impostor(bob, &world)
    let (after, _) = try reunite(
      &world, bobsManifest: { _ in mallory.manifest }, keyPackage: mallory.keyPackage)
    world = after
    #expect(notices(world, 0) == [.pinned, .identityChanged])
    for proof in [SafetyProof.compared, .number(marked.digits), .code(marked.code)] {
      #expect(throws: ClientFailure(.identityChanged, "")) {
        try world.ask(0, .verify(address: bob, proof: proof))
      }
    }
    world.tamper = { _, _, bytes in bytes }
    world.setOnline(false, 0)
    world.setOnline(true, 0)
    world.settle(for: .seconds(30))
    _ = try world.send("at last", from: 0, to: 1)
    world.settle(for: .seconds(30))
    guard case .safetyNumber(let later) = try world.ask(0, .safetyNumber(address: bob)),
      case .conversations(let list) = try world.ask(0, .conversations)
    else {
      Issue.record("no number")
      return
    }
    #expect(later.digits == marked.digits)
    #expect(!later.identityChanged)
    #expect(later.verifiedAt == nil)
    #expect(list.map(\.isVerified) == [false])
    try world.checkAll()
  }

  @Test func anotherIdentityKey() throws {
    var world = try World.registered(["alice", "bob"])
    let mallory = try impostor("bob@x.example", &world)
    let (after, id) = try reunite(
      &world, bobsManifest: { _ in mallory.manifest }, keyPackage: mallory.keyPackage)
    world = after
    #expect(failure(of: id, world) == .identityChanged)
    #expect(notices(world, 0) == [.pinned, .identityChanged])
    #expect(
      world.clients[0].storedEvents.contains(.conversationBlocked(.identityChanged)))
    #expect(throws: ClientFailure(.identityChanged, "")) {
      try world.send("more", from: 0, to: 1)
    }
    guard
      case .safetyNumber(let number) = try world.ask(
        0, .safetyNumber(address: "bob@x.example"))
    else {
      Issue.record("no number")
      return
    }
    #expect(number.identityChanged)
    // The directory comes to its senses: the pin never moved, and the conversation goes on.
    world.tamper = { _, _, bytes in bytes }
    world.setOnline(false, 0)
    world.setOnline(true, 0)
    world.settle(for: .seconds(30))
    let second = try world.send("at last", from: 0, to: 1)
    world.settle(for: .seconds(30))
    #expect(world.state(of: second, 0, with: 1) == .delivered)
    try world.checkAll()
  }

  // MARK: Welcomes

  /// Changes what Bob's inbox gives him.
  private func tamperInbox(
    _ world: inout World, _ change: @escaping ([UInt8]) -> [UInt8]
  ) {
    world.tamper = { index, endpoint, bytes in
      guard index == 1, endpoint == .inbox,
        var frame = try? WireInboxServerFrame(serializedBytes: bytes),
        case .entries(var entries) = frame.response
      else { return bytes }
      for place in entries.entries.indices {
        entries.entries[place].body = Data(change([UInt8](entries.entries[place].body)))
      }
      frame.response = .entries(entries)
      return try? frame.serializedBytes()
    }
  }

  @Test(arguments: [1, 700, 20_000])
  func aTamperedWelcome(_ place: Int) throws {
    var world = try World.registered(["alice", "bob"])
    tamperInbox(&world) { body in
      var body = body
      body[min(place, body.count - 1)] ^= 0x40
      return body
    }
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    #expect(notices(world, 1) == [.welcomeRefused])
    #expect(world.clients[1].store.committed.conversations().isEmpty)
    #expect(world.clients[1].store.committed.welcomes().isEmpty)
    try world.checkAll()
  }

  @Test func aWelcomeOfSomebodyWhoSaysThatHeIsAlice() throws {
    var world = try World.registered(["alice", "bob"])
    let mallory = try impostor("alice@x.example", &world)
    let rows = world.clients[1].store.committed.keyPackages()
    let target = try KeyPackageBundle(storage: try #require(rows.first).bundle)
    let context = ConversationContext(generation: 0, using: &world.entropy)
    var group = try Group.create(
      groupID: world.entropy.bytes(32), suite: ProductGroup.suite,
      identity: mallory.device.leafIdentity,
      contextExtensions: ProductGroup.contextExtensions(context, .pair),
      lifetime: Lifetime(from: world.now, lasting: .seconds(86_400)), using: &world.entropy)
    let pending = try group.commit(
      [.add(target.keyPackage)], at: world.now, using: &world.entropy)
    let welcome = try #require(pending.welcome)
    _ = try world.send("bait", from: 0, to: 1)
    tamperInbox(&world) { _ in welcome }
    world.settle()
    #expect(notices(world, 1) == [.pinned, .identityChanged])
    #expect(world.clients[1].store.committed.groups().isEmpty)
    // Alice's own identity was never in doubt at the directory.
    #expect(
      world.clients[1].store.committed.peer(address: "alice@x.example")?.standing == .trusted)
  }

  /// Alice's account adds a device that her manifest does not list, by a commit that MLS takes.
  @Test func aGhostInACommit() throws {
    var world = try World.registered(["alice", "bob"])
    _ = try world.send("hello", from: 0, to: 1)
    world.settle()
    let store = world.clients[0].store.committed
    let row = try #require(store.groups().first)
    let epoch = try #require(store.epoch(groupID: row.groupID, epoch: row.epoch))
    var group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
    let alice = try LocalDevice(decoding: try #require(store.account()).secrets)
    let ghost = try ghostKeyPackage(of: alice, &world)
    let pending = try group.commit([.add(ghost)], at: world.now, using: &world.entropy)
    let parcel = CommitParcel(
      body: pending.message,
      nextTokenHash: try #require(
        Group.nextTokenHash(pending.staged, routingID: row.routingID)),
      sealedGroupInfo: [1], welcome: [], welcomeDevices: [], removes: false)
    let access = LogAccess(
      logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
    let frame = try #require(
      LogsRequest.commit(
        access, endsEpoch: access.epoch, submitID: world.entropy.bytes(16), parcel: parcel
      )
      .frame(requestID: 4_000))
    world.queue.append(
      .toServer(connection: try #require(world.clients[0].connections[.logs]), frame))
    world.settle(for: .seconds(30))
    #expect(notices(world, 1).contains(.ghostDevice))
    #expect(world.clients[1].storedEvents.contains(.conversationBlocked(.ghostDevice)))
    let bobs = try #require(
      world.clients[1].store.committed.group(id: row.groupID))
    #expect(bobs.phase != .active)
    #expect(bobs.epoch == row.epoch)
    #expect(throws: ClientFailure(.manifestInvalid, "")) {
      try world.send("more", from: 1, to: 0)
    }
    // On the next connection the directory's word is taken again; the ghost is in no group.
    world.setOnline(false, 1)
    world.setOnline(true, 1)
    world.settle(for: .seconds(60))
    let id = try world.send("without the ghost", from: 1, to: 0)
    world.settle(for: .seconds(60))
    #expect(world.state(of: id, 1, with: 0) == .delivered)
  }

  private func ghostKeyPackage(
    of alice: LocalDevice, _ world: inout World
  ) throws -> KeyPackage {
    let device = DeviceSecrets(deviceID: DeviceID(rawValue: 2), using: &world.entropy)
    let certificate = try #require(alice.account).issueCertificate(
      for: device, expires: world.now + .seconds(86_400))
    let identity = LeafIdentity(
      credential: .basic(identity: certificate.encoded),
      signatureKeyPair: SignatureKeyPair(
        privateKey: SignaturePrivateKey(rawRepresentation: device.key.seed),
        publicKey: device.key.publicKey.bytes),
      capabilities: ProductGroup.capabilities)
    return try KeyPackageBundle.create(
      suite: ProductGroup.suite, identity: identity,
      lifetime: Lifetime(from: world.now, lasting: .seconds(86_400)), using: &world.entropy
    ).keyPackage
  }
}
