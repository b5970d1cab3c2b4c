// SPDX-License-Identifier: Apache-2.0

import Identity
import SansIO
import ServerCore
import ServerStoreConformance
import ServerStoreSQLite
import Testing

/// The model and the database give the same answers to the same requests, whatever they are.
@Suite struct StoreAgreementTests {
  static let seeds: [UInt64] = Array(1...300)

  @Test func sameRequestsSameAnswers() throws {
    let folder = try TemporaryFolder()
    for seed in Self.seeds {
      let path = folder.path("\(seed).db")
      var model = InMemoryStore()
      let store = try SQLiteServerStore(path: path, durability: .normal, readersMax: 1)
      var workload = try StoreWorkload(seed: seed)
      for step in 0..<40 {
        workload.advanceClock()
        let now = workload.now
        let batch = workload.batch()
        let expected = try model.write(batch, at: now)
        model.checkInvariants()
        try #require(
          try store.write(batch, at: now) == expected, "seed \(seed), step \(step): \(batch)")
        for request in workload.reads() {
          try #require(
            try store.read(request, at: now) == (try model.read(request, at: now)),
            "seed \(seed), step \(step): \(request)")
        }
      }
      try store.close()
    }
  }
}

/// Random requests of a few accounts and logs, many of them wrong.
private struct StoreWorkload {
  private var random: SeededGenerator
  private(set) var now = StoreClock.start
  private var accounts: [TestAccount] = []
  private var previous: [Fingerprint] = []
  private var submitted: UInt64 = 0

  init(seed: UInt64) throws {
    random = SeededGenerator(seed: seed)
    for number in 0..<3 as Range<UInt64> {
      var account = try TestAccount("user\(number)", seed: number + 1)
      previous.append(account.manifest.hash)
      if number == 1 { try account.add(2, seed: 77) }
      accounts.append(account)
    }
  }

  private mutating func number(_ below: UInt64) -> UInt64 {
    UInt64.random(in: 0..<below, using: &random)
  }

  mutating func advanceClock() {
    let step: Duration =
      switch number(6) {
      case 0: .seconds(20 * 86_400)
      case 1: .seconds(86_400)
      case 2: .seconds(-3_600)
      default: .milliseconds(Int64(number(5_000)))
      }
    now = now + step
  }

  mutating func batch() -> [StoreRequest] { (0..<(1 + number(12))).map { _ in request() } }

  private mutating func right() -> LogRight {
    let right = Rights.right(UInt8(number(3)), number(5))
    guard random.chance(1, in: 12) else { return right }
    return LogRight(
      logID: right.logID, epoch: right.epoch, tokenHash: Rights.right(9, 9).tokenHash)
  }

  /// Often an id that was used before.
  private mutating func submitID() -> SubmitID {
    if random.chance(1, in: 5), submitted > 0 { return Rights.submitID(number(submitted)) }
    submitted += 1
    return Rights.submitID(submitted)
  }

  private mutating func device() -> DeviceKey {
    accounts[Int(number(3))].key(UInt32(1 + number(2)))
  }

  private mutating func body() -> [UInt8] { random.bytes(Int(1 + number(60))) }

  private mutating func request() -> StoreRequest {
    switch number(17) {
    case 0:
      let right = Rights.right(UInt8(number(3)), number(2))
      return .createLog(right.logID, epoch: right.epoch, tokenHash: right.tokenHash)
    case 1, 2, 3, 4:
      let expires = random.chance(1, in: 3) ? now + .seconds(Int64(number(200_000))) : nil
      return .append(
        AppendRequest(
          right: right(), submitID: submitID(),
          kind: random.chance(1, in: 4) ? .proposal : .application, body: body(),
          expires: expires))
    case 5, 6: return .commit(commit())
    case 7:
      let account = accounts[Int(number(3))]
      return .register(account.address, account.manifest)
    case 8:
      let index = Int(number(3))
      return .publishManifest(
        accounts[index].address, accounts[index].manifest, replacing: previous[index])
    case 9:
      let oneTime = (0..<number(4)).map { _ in [UInt8(number(12))] }
      return .uploadKeyPackages(
        KeyPackageUpload(
          device: device(), oneTime: oneTime,
          lastResort: random.chance(1, in: 3) ? body() : nil))
    case 10: return .takeKeyPackages(accounts[Int(number(3))].address)
    case 11: return .acknowledgeInbox(device(), upTo: number(5))
    case 12:
      let size = random.chance(1, in: 4) ? ServerLimits.blobBytesMax : 1 + number(3)
      return .openBlob(
        OpenBlobRequest(
          device: device(), id: blob(), size: size,
          tokenHash: BlobTokenHash(hashing: [UInt8(number(2))])))
    case 13:
      return .advanceBlob(blob(), offset: number(4), isComplete: random.chance(1, in: 2))
    case 14: return .removeBlobs((0..<number(2)).map { _ in blob() })
    default: return .sweep(rowsMax: Int(1 + number(8)))
    }
  }

  private mutating func blob() -> BlobID {
    guard let id = BlobID(Array(repeating: UInt8(number(12)), count: BlobID.byteCount)) else {
      preconditionFailure("the length is right")
    }
    return id
  }

  private mutating func commit() -> CommitRequest {
    let right = right()
    var welcomes: [CommitRequest.Welcome] = []
    for _ in 0..<number(3) {
      welcomes.append(CommitRequest.Welcome(devices: [device(), device()], body: body()))
    }
    return CommitRequest(
      right: right, submitID: submitID(), body: body(),
      nextTokenHash: Rights.right(right.logID.bytes[0], right.epoch + 1).tokenHash,
      groupInfo: body(), welcomes: welcomes, removes: random.chance(1, in: 4),
      endsEpoch: right.epoch + (random.chance(1, in: 3) ? number(3) : 0))
  }

  mutating func reads() -> [ReadRequest] {
    let limit = PageLimit(entries: Int(1 + number(5)), bytes: Int(1 + number(200)))
    return [
      .log(right(), .after(number(8)), limit),
      .log(right(), .epoch(number(5)), limit),
      .groupInfo(right()),
      .inbox(device(), after: number(4), limit),
      .keyPackageCount(device()),
      .blob(blob()),
      .lapsedBlobs(limit: Int(1 + number(3))),
      .manifest(accounts[Int(number(3))].address),
    ]
  }
}
