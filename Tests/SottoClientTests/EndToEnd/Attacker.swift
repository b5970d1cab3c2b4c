// SPDX-License-Identifier: Apache-2.0

import ClientStore
import Foundation
import Identity
import MLS
import NIOPosix
import SansIO
import SottoClient
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A device with a key of its own that says whose it is.
struct Attacker: Sendable {
  let device: LocalDevice

  /// With an account of its own, which says that it has this address.
  init(pretending address: String) throws {
    var entropy = SystemRandomNumberGenerator()
    device = LocalDevice(newAccount: try Address(address), at: .wallClock, using: &entropy)
  }

  /// With the word of an account's device-signing key, which every device knows that was ever in
  /// the account.
  init(ghostOf account: LocalDevice, number: UInt32 = 2) {
    var entropy = SystemRandomNumberGenerator()
    let secrets = DeviceSecrets(deviceID: DeviceID(rawValue: number), using: &entropy)
    device = LocalDevice(
      signer: account.signer, device: secrets,
      certificate: account.signer.issueCertificate(
        deviceID: secrets.deviceID, key: secrets.key.publicKey,
        expires: .wallClock + .seconds(86_400)))
  }

  /// A key package of the device, as the directory gives it out.
  func keyPackage() throws -> KeyPackage {
    var entropy = SystemRandomNumberGenerator()
    return try KeyPackageBundle.create(
      suite: ProductGroup.suite, identity: device.leafIdentity,
      lifetime: Lifetime(from: .wallClock, lasting: .seconds(86_400)), using: &entropy
    ).keyPackage
  }

  /// The same as the directory's bytes.
  func offer(number: UInt32) throws -> WireDeviceKeyPackage {
    var offer = WireDeviceKeyPackage()
    offer.deviceID = number
    offer.keyPackage = Data(MLSMessage.keyPackage(try keyPackage()).encoded)
    return offer
  }

  /// A manifest that lists this device as well, as number 2, signed by whatever account.
  func listed(in manifest: [UInt8], signedBy account: AccountSecrets) throws -> [UInt8] {
    let old = try SignedManifest(decoding: manifest).manifest
    let secrets = DeviceSecrets(deviceID: DeviceID(rawValue: 2), key: device.device.key)
    let entry = Device(
      id: secrets.deviceID, signatureKey: secrets.key.publicKey, added: old.time,
      expires: old.time + Device.validity, flags: .mayLink, approver: .device,
      selfSignature: secrets.selfSignature(
        account: old.accountID, aik: old.aik, dsk: old.dsk.key))
    return account.sign(
      Manifest(
        accountID: old.accountID, version: old.version, time: old.time,
        previousHash: old.previousHash, aik: old.aik, dsk: old.dsk, devices: old.devices + [entry],
        revoked: old.revoked, reason: old.reason)
    ).encoded
  }

  /// Makes a group with somebody's key package, and puts the Welcome into the inbox, as whoever
  /// knows the server may do.
  func ask(
    _ person: TestPerson, with keyPackage: [UInt8], at server: ServerAddress
  ) async throws {
    var entropy = SystemRandomNumberGenerator()
    guard case .keyPackage(let target) = try MLSMessage(bytes: keyPackage) else {
      Issue.record("this is no key package")
      return
    }
    let context = ConversationContext(generation: 0, using: &entropy)
    var group = try Group.create(
      groupID: entropy.bytes(ProductGroup.groupIDLength), suite: ProductGroup.suite,
      identity: device.leafIdentity,
      contextExtensions: ProductGroup.contextExtensions(context, .pair),
      lifetime: Lifetime(from: .wallClock, lasting: .seconds(86_400)), using: &entropy)
    let access = LogAccess(
      logID: context.routingID, epoch: group.epoch,
      token: group.logToken(routingID: context.routingID))
    let pending = try group.commit([.add(target)], at: .wallClock, using: &entropy)
    let parcel = try CommitParcel(
      pending, in: context.routingID,
      welcoming: [CommitParcel.WelcomeDevice(address: person.address, deviceID: 1)])
    var logs = RawLogs(server)
    try await logs.done(
      .createLog(
        logID: access.logID, epoch: access.epoch, tokenHash: Group.tokenHash(access.token)))
    try await logs.done(
      .commit(
        access, endsEpoch: access.epoch, submitID: entropy.bytes(16), parcel: parcel))
  }
}

extension CommitParcel {
  /// What leaves with a commit; what it has for those who come back is nonsense.
  fileprivate init(
    _ pending: PendingCommit, in routingID: [UInt8], welcoming devices: [WelcomeDevice]
  ) throws {
    self.init(
      body: pending.message,
      nextTokenHash: try #require(Group.nextTokenHash(pending.staged, routingID: routingID)),
      sealedGroupInfo: [1], welcome: devices.isEmpty ? [] : try #require(pending.welcome),
      welcomeDevices: devices, removes: false)
  }
}

/// A connection to the server's logs without a client.
struct RawLogs {
  private let driver: NetworkDriver
  private var frames: AsyncStream<[UInt8]>.Iterator
  private var requestID: UInt64 = 0

  init(_ server: ServerAddress) {
    let (stream, feed) = AsyncStream.makeStream(of: [UInt8].self)
    driver = NetworkDriver(loop: MultiThreadedEventLoopGroup.singleton.next()) { input, _ in
      switch input {
      case .frame(_, let bytes): feed.yield(bytes)
      case .disconnected: feed.finish()
      default: break
      }
    }
    frames = stream.makeAsyncIterator()
    driver.perform([.connect(.logs, server, attempt: 1)])
  }

  /// Asks for something and waits until the server has done it.
  mutating func done(
    _ request: LogsRequest, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    // The server speaks first.
    if requestID == 0 { _ = await frames.next() }
    requestID += 1
    let bytes = try #require(request.frame(requestID: requestID), sourceLocation: sourceLocation)
    driver.perform([.send(.logs, bytes)])
    while let answer = await frames.next() {
      let frame = try WireLogsServerFrame(serializedBytes: answer)
      guard frame.requestID == requestID else { continue }
      switch frame.response {
      case .done, .appended: return
      default:
        Issue.record("the server refused a request", sourceLocation: sourceLocation)
        return
      }
    }
    Issue.record("the server has ended the connection", sourceLocation: sourceLocation)
  }
}

extension TestPerson {
  /// The device's keys, from the store that no program may have open now.
  func localDevice() throws -> LocalDevice {
    let row = try store { (transaction) throws(ClientStoreFailure) in try transaction.account() }
    return try LocalDevice(decoding: try #require(row).secrets)
  }

  /// A commit of this person's device that takes a ghost into the conversation with somebody, and
  /// the right to hand it in.
  func commitOfAGhost(
    _ ghost: Attacker, with peer: TestPerson
  ) throws -> (access: LogAccess, parcel: CommitParcel) {
    let (row, epoch) = try store { (transaction) throws(ClientStoreFailure) in
      guard let conversation = try transaction.conversation(address: peer.address),
        let row = try transaction.groups(conversationID: conversation.id)
          .first(where: { $0.phase == .active }),
        let epoch = try transaction.epoch(groupID: row.groupID, epoch: row.epoch)
      else { throw .corrupt("group") }
      return (row, epoch)
    }
    var entropy = SystemRandomNumberGenerator()
    var group = try Group(epochState: epoch.state, messageSecrets: epoch.ratchets)
    let access = LogAccess(
      logID: row.routingID, epoch: row.epoch, token: group.logToken(routingID: row.routingID))
    let pending = try group.commit(
      [.add(try ghost.keyPackage())], at: .wallClock, using: &entropy)
    return (access, try CommitParcel(pending, in: row.routingID, welcoming: []))
  }

  private func store<Value>(
    _ body: (inout EncryptedTransaction) throws(ClientStoreFailure) -> Value
  ) throws -> Value {
    var entropy = SystemRandomNumberGenerator()
    let store = try EncryptedClientStore(
      home: home, key: .keyFile(try #require(unlock.last)), creating: false, using: &entropy)
    let value = try store.transact(body)
    try store.close()
    return value
  }
}

extension Instant {
  /// Now.
  static var wallClock: Instant {
    Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
}
