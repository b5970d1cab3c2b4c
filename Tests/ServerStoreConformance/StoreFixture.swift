// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO
package import ServerCore

/// An account with one or more devices, made from a seed.
package struct TestAccount: Sendable {
  package let address: Address
  package let secrets: AccountSecrets
  package var devices: [DeviceSecrets]
  package var manifest: VerifiedManifest

  package init(
    _ handle: String, seed: UInt64, at now: Instant = StoreClock.start
  ) throws {
    var generator = SeededGenerator(seed: seed)
    address = try Address("\(handle)@messenger.example")
    secrets = AccountSecrets(address: address, using: &generator)
    let device = DeviceSecrets(using: &generator)
    devices = [device]
    manifest = try secrets.firstManifest(device: device, at: now).verifiedAsFirst()
  }

  /// The key of a device, 1 being the first.
  package func key(_ id: UInt32 = 1) -> DeviceKey {
    DeviceKey(address: address, deviceID: DeviceID(rawValue: id))
  }

  /// The manifest after the present one that lists one device more.
  package mutating func add(_ id: UInt32, seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let device = DeviceSecrets(deviceID: DeviceID(rawValue: id), using: &generator)
    let entry = device.entry(
      in: secrets, added: StoreClock.start, expires: StoreClock.start + Device.validity,
      flags: [], approver: .device)
    devices.append(device)
    try succeed(reason: .add, devices: manifest.manifest.devices + [entry])
  }

  /// The manifest after the present one that revokes a device.
  package mutating func remove(_ id: UInt32) throws {
    let gone = DeviceID(rawValue: id)
    try succeed(
      reason: .remove, devices: manifest.manifest.devices.filter { $0.id != gone },
      revoked: manifest.manifest.revoked + [gone])
  }

  private mutating func succeed(
    reason: ManifestReason, devices: [Device], revoked: [DeviceID]? = nil
  ) throws {
    let old = manifest.manifest
    let next = Manifest(
      accountID: old.accountID, version: old.version + 1, time: old.time,
      previousHash: manifest.hash, aik: old.aik, dsk: old.dsk, devices: devices,
      revoked: revoked ?? old.revoked, reason: reason)
    manifest = try secrets.sign(next).verified(after: manifest)
  }
}

/// The time of the tests.
package enum StoreClock {
  /// When every test begins, at no special time of a day.
  package static let start = Instant(milliseconds: 1_800_000_123_456)
}

/// A store with a clock, and short ways to ask it.
package struct StoreFixture<Store: ServerStore> {
  package var store: Store
  package var now = StoreClock.start
  private var submitted: UInt64 = 0

  package init(_ store: Store) { self.store = store }

  package mutating func write(_ requests: StoreRequest...) throws -> [StoreAnswer] {
    try store.write(requests, at: now)
  }

  package mutating func one(_ request: StoreRequest) throws -> StoreAnswer {
    let answers = try store.write([request], at: now)
    guard answers.count == 1 else { throw FixtureFailure.answerCount(answers.count) }
    return answers[0]
  }

  package func read(_ request: ReadRequest) throws -> ReadAnswer {
    try store.read(request, at: now)
  }

  package func page(
    _ right: LogRight, after seq: UInt64 = 0, entries: Int = 256, bytes: Int = 1_000_000
  ) throws -> LogPage {
    try page(right, .after(seq), entries: entries, bytes: bytes)
  }

  package func page(
    _ right: LogRight, _ start: LogStart, entries: Int = 256, bytes: Int = 1_000_000
  ) throws -> LogPage {
    let answer = try read(.log(right, start, PageLimit(entries: entries, bytes: bytes)))
    guard case .log(let page) = answer else { throw FixtureFailure.unexpected(answer) }
    return page
  }

  package func inbox(
    _ device: DeviceKey, after seq: UInt64 = 0, entries: Int = 256
  ) throws -> InboxPage {
    let answer = try read(
      .inbox(device, after: seq, PageLimit(entries: entries, bytes: 1_000_000)))
    guard case .inbox(let page) = answer else { throw FixtureFailure.unexpected(answer) }
    return page
  }

  /// Makes a log in epoch `epoch` with the token that `right` shows for it.
  package mutating func makeLog(_ log: UInt8, epoch: UInt64 = 0) throws {
    let right = Rights.right(log, epoch)
    guard
      try one(.createLog(right.logID, epoch: epoch, tokenHash: right.tokenHash)) == .done
    else { throw FixtureFailure.answerCount(0) }
  }

  /// A message with an id of its own.
  package mutating func message(
    _ right: LogRight, _ body: [UInt8] = [1, 2, 3], kind: EntryKind = .application,
    expires: Instant? = nil
  ) -> StoreRequest {
    .append(
      AppendRequest(
        right: right, submitID: nextSubmitID(), kind: kind, body: body, expires: expires))
  }

  /// A commit with an id of its own, to the next epoch's usual token.
  package mutating func commit(
    _ log: UInt8, _ epoch: UInt64, welcomes: [CommitRequest.Welcome] = [], removes: Bool = false,
    body: [UInt8] = [9], parts: [PartID] = []
  ) -> StoreRequest {
    .commit(
      CommitRequest(
        right: Rights.right(log, epoch), submitID: nextSubmitID(), body: body,
        nextTokenHash: Rights.right(log, epoch + 1).tokenHash,
        groupInfo: [UInt8(truncatingIfNeeded: epoch + 1)], welcomes: welcomes, removes: removes,
        parts: parts))
  }

  package mutating func nextSubmitID() -> SubmitID {
    submitted += 1
    return Rights.submitID(submitted)
  }
}

/// Rights, ids and tokens by number.
package enum Rights {
  package static func logID(_ log: UInt8) -> LogID {
    value(LogID(Array(repeating: log, count: LogID.byteCount)))
  }

  package static func token(_ log: UInt8, _ epoch: UInt64) -> [UInt8] {
    [log, UInt8(truncatingIfNeeded: epoch)] + Array(repeating: 7, count: 30)
  }

  package static func right(_ log: UInt8, _ epoch: UInt64) -> LogRight {
    LogRight(
      logID: logID(log), epoch: epoch, tokenHash: LogTokenHash(hashing: token(log, epoch)))
  }

  package static func submitID(_ number: UInt64) -> SubmitID {
    var generator = SeededGenerator(seed: number)
    return value(SubmitID(generator.bytes(SubmitID.byteCount)))
  }

  private static func value<Value>(_ value: Value?) -> Value {
    guard let value else { preconditionFailure("the length is right") }
    return value
  }
}

package enum FixtureFailure: Error {
  case answerCount(Int)
  case unexpected(ReadAnswer)
}
