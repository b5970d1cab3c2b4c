// SPDX-License-Identifier: Apache-2.0

package import Identity
package import SansIO

/// The store's answer to one request of a batch. It is given out only once the batch is durable.
package enum StoreAnswer: Hashable, Sendable {
  /// Done, or done before by the same request.
  case done
  /// Nothing of the request was done.
  case refused(StoreRefusal)
  /// The entry stands in the log.
  case appended(AppendReceipt)
  /// The key packages are taken.
  case keyPackages(TakenKeyPackages)
  /// The sweep deleted so many rows; as many as allowed means that there may be more.
  case swept(rows: Int)
}

/// Why the store did nothing.
package enum StoreRefusal: Hashable, Sendable {
  /// No such thing, or no right to it.
  case notFound
  /// The device that asks is no longer a device of its account.
  case notADevice
  /// The name is taken by something else.
  case alreadyExists
  /// The right's epoch is over.
  case staleEpoch(epoch: UInt64, head: UInt64)
  /// The log lacks parts that the commit names.
  case partsMissing
  /// The quota of the log, the inbox or the device is used up.
  case quotaExceeded
  /// The manifest to be replaced is not the present one.
  case manifestConflict
  /// The store cannot write or read at the moment.
  case unavailable
}

/// Where an entry stands.
package struct AppendReceipt: Hashable, Sendable {
  package let seq: UInt64
  package let accepted: Instant
  /// Whether the entry had been appended before.
  package let isDuplicate: Bool

  package init(seq: UInt64, accepted: Instant, isDuplicate: Bool) {
    self.seq = seq
    self.accepted = accepted
    self.isDuplicate = isDuplicate
  }
}

/// One key package of each device that has one, by rising device number.
package struct TakenKeyPackages: Hashable, Sendable {
  package struct Package: Hashable, Sendable {
    package let deviceID: DeviceID
    package let body: [UInt8]
    package let isLastResort: Bool

    package init(deviceID: DeviceID, body: [UInt8], isLastResort: Bool) {
      self.deviceID = deviceID
      self.body = body
      self.isLastResort = isLastResort
    }
  }

  /// The account's newest manifest.
  package let manifest: SignedManifest
  package let packages: [Package]

  package init(manifest: SignedManifest, packages: [Package]) {
    self.manifest = manifest
    self.packages = packages
  }
}

/// What a durable request made new for readers.
package enum Wake: Hashable, Sendable {
  /// The log has a new entry.
  case log(LogID)
  /// The device's inbox has a new entry, or the device is gone.
  case inbox(DeviceKey)

  /// The log that has a new entry.
  package var log: LogID? {
    if case .log(let id) = self { id } else { nil }
  }

  /// What the readers must hear once a batch is durable, each thing once, in a fixed order.
  package static func after(
    _ requests: some Sequence<StoreRequest>, _ answers: [StoreAnswer]
  ) -> [Wake] {
    var known: Set<Wake> = []
    return zip(requests, answers).flatMap { after($0, $1) }.filter { known.insert($0).inserted }
  }

  /// What the readers must hear once `request` was answered with `answer`, in a fixed order.
  package static func after(_ request: StoreRequest, _ answer: StoreAnswer) -> [Wake] {
    switch (request, answer) {
    case (.append(let append), .appended(let receipt)) where !receipt.isDuplicate:
      return [.log(append.right.logID)]
    case (.commit(let commit), .appended(let receipt)) where !receipt.isDuplicate:
      return [.log(commit.right.logID)]
        + commit.welcomes.flatMap(\.devices).map { device in .inbox(device) }
    case (.publishManifest(let address, let manifest, _), .done):
      return manifest.manifest.revoked.map { id in
        .inbox(DeviceKey(address: address, deviceID: id))
      }
    default: return []
    }
  }
}
