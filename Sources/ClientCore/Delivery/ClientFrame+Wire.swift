// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Wire

/// A request on `/v1/inbox`.
enum InboxRequest: Sendable {
  case register(address: String, manifest: [UInt8], deviceID: UInt32, signature: [UInt8])
  case authenticate(address: String, deviceID: UInt32, signature: [UInt8])
  case publishManifest([UInt8])
  case uploadKeyPackages(oneTime: [[UInt8]], lastResort: [UInt8])
  case countKeyPackages
  case subscribe(afterSeq: UInt64)
  case acknowledge(seq: UInt64)
  case openBlob(blobID: [UInt8], size: UInt64, tokenHash: [UInt8])

  /// The frame's bytes; nil only when the encoder refuses, which would be a bug.
  func frame(requestID: UInt64) -> [UInt8]? {
    var frame = WireInboxClientFrame()
    frame.requestID = requestID
    switch self {
    case .register(let address, let manifest, let deviceID, let signature):
      frame.register.address = address
      frame.register.manifest = Data(manifest)
      frame.register.deviceID = deviceID
      frame.register.signature = Data(signature)
    case .authenticate(let address, let deviceID, let signature):
      frame.authenticate.address = address
      frame.authenticate.deviceID = deviceID
      frame.authenticate.signature = Data(signature)
    case .publishManifest(let manifest):
      frame.publishManifest.manifest = Data(manifest)
    case .uploadKeyPackages(let oneTime, let lastResort):
      frame.uploadKeyPackages.oneTime = oneTime.map { Data($0) }
      frame.uploadKeyPackages.lastResort = Data(lastResort)
    case .countKeyPackages:
      frame.countKeyPackages = WireCountKeyPackages()
    case .subscribe(let afterSeq):
      frame.subscribeInbox.afterSeq = afterSeq
    case .acknowledge(let seq):
      frame.acknowledgeInbox.seq = seq
    case .openBlob(let blobID, let size, let tokenHash):
      frame.openBlob.blobID = Data(blobID)
      frame.openBlob.size = size
      frame.openBlob.tokenHash = Data(tokenHash)
    }
    return try? frame.serializedBytes()
  }
}

/// The right to a log, as `/v1/logs` wants it.
struct LogAccess: Sendable {
  let logID: [UInt8]
  let epoch: UInt64
  let token: Secret

  fileprivate var wire: WireLogRight {
    var right = WireLogRight()
    right.logID = Data(logID)
    right.epoch = epoch
    right.token = Data(token.copyBytes())
    return right
  }
}

/// A request on `/v1/logs`.
enum LogsRequest: Sendable {
  case getManifest(address: String)
  case takeKeyPackages(address: String)
  case createLog(logID: [UInt8], epoch: UInt64, tokenHash: [UInt8])
  case append(LogAccess, submitID: [UInt8], isProposal: Bool, body: [UInt8])
  case commit(LogAccess, endsEpoch: UInt64, submitID: [UInt8], parcel: CommitParcel)
  case getGroupInfo(LogAccess)
  case putPart(LogAccess, body: [UInt8])
  case getPart(logID: [UInt8], partID: [UInt8])
  case subscribe(LogAccess, afterSeq: UInt64, fromEpoch: UInt64, signals: Bool = false)
  case signal(LogAccess, body: [UInt8])
  case unsubscribe(subscription: UInt64)
  case acknowledge(subscription: UInt64, seq: UInt64)

  /// The frame's bytes; nil only when the encoder refuses, which would be a bug.
  func frame(requestID: UInt64) -> [UInt8]? {
    var frame = WireLogsClientFrame()
    frame.requestID = requestID
    switch self {
    case .getManifest(let address):
      frame.getManifest.address = address
    case .takeKeyPackages(let address):
      frame.takeKeyPackages.address = address
    case .createLog(let logID, let epoch, let tokenHash):
      frame.createLog.logID = Data(logID)
      frame.createLog.epoch = epoch
      frame.createLog.tokenHash = Data(tokenHash)
    case .append(let access, let submitID, let isProposal, let body):
      frame.append.right = access.wire
      frame.append.submitID = Data(submitID)
      frame.append.kind = isProposal ? .proposal : .application
      frame.append.body = Data(body)
    case .commit(let access, let endsEpoch, let submitID, let parcel):
      frame.commit = parcel.wire
      frame.commit.right = access.wire
      frame.commit.endsEpoch = endsEpoch
      frame.commit.submitID = Data(submitID)
    case .getGroupInfo(let access):
      frame.getGroupInfo.right = access.wire
    case .putPart(let access, let body):
      frame.putPart.right = access.wire
      frame.putPart.body = Data(body)
    case .getPart(let logID, let partID):
      frame.getPart.logID = Data(logID)
      frame.getPart.partID = Data(partID)
    case .subscribe(let access, let afterSeq, let fromEpoch, let signals):
      frame.subscribeLog.signals = signals
      frame.subscribeLog.right = access.wire
      frame.subscribeLog.afterSeq = afterSeq
      frame.subscribeLog.fromEpoch = fromEpoch
    case .signal(let access, let body):
      frame.sendSignal.right = access.wire
      frame.sendSignal.body = Data(body)
    case .unsubscribe(let subscription):
      frame.unsubscribeLog.subscription = subscription
    case .acknowledge(let subscription, let seq):
      frame.acknowledgeLog.subscription = subscription
      frame.acknowledgeLog.seq = seq
    }
    return try? frame.serializedBytes()
  }
}

extension CommitParcel {
  fileprivate var wire: WireCommit {
    var commit = WireCommit()
    commit.body = Data(body)
    commit.nextTokenHash = Data(nextTokenHash)
    commit.groupInfo = Data(sealedGroupInfo)
    if !welcome.isEmpty {
      var delivery = WireWelcomeDelivery()
      delivery.body = Data(welcome)
      delivery.devices = welcomeDevices.map { device in
        var wire = WireDeviceAddress()
        wire.address = device.address
        wire.deviceID = device.deviceID
        return wire
      }
      commit.welcomes = [delivery]
    }
    commit.removes = removes
    commit.parts = parts.map { Data(Fingerprint(hashing: $0).bytes) }
    return commit
  }
}
