// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Wire

extension InboxRequest {
  /// Decodes a client frame.
  ///
  /// - Throws: what ends the connection, as no request can be named in the answer.
  static func parse(_ frame: Span<UInt8>) throws(SessionRefusal) -> ParsedFrame<InboxRequest> {
    guard frame.count <= ServerLimits.frameBytesMax else { throw .tooLarge }
    try FrameShape.inbox.check(frame)
    guard let wire = try? WireInboxClientFrame(serializedBytes: frame.copied()),
      wire.requestID > 0
    else { throw .malformed }
    let request: Result<InboxRequest, SessionRefusal>
    do throws(SessionRefusal) {
      request = .success(try InboxRequest(wire))
    } catch {
      request = .failure(error)
    }
    return ParsedFrame(requestID: wire.requestID, request: request)
  }

  private init(_ frame: WireInboxClientFrame) throws(SessionRefusal) {
    switch frame.request {
    case nil: throw .malformed
    case .register(let wire):
      let login = try Login(
        address: wire.address, deviceID: wire.deviceID, signature: wire.signature)
      self = .register(login, try SignedManifest(parsing: wire.manifest))
    case .authenticate(let wire):
      self = .authenticate(
        try Login(address: wire.address, deviceID: wire.deviceID, signature: wire.signature))
    case .publishManifest(let wire):
      self = .publishManifest(try SignedManifest(parsing: wire.manifest))
    case .uploadKeyPackages(let wire):
      let all = wire.oneTime + (wire.lastResort.isEmpty ? [] : [wire.lastResort])
      guard !all.isEmpty, !wire.oneTime.contains(where: \.isEmpty) else { throw .malformed }
      guard wire.oneTime.count <= ServerLimits.uploadedKeyPackagesMax,
        all.allSatisfy({ $0.count <= ServerLimits.keyPackageBytesMax })
      else { throw .tooLarge }
      self = .uploadKeyPackages(
        oneTime: wire.oneTime.map { Array($0) },
        lastResort: wire.lastResort.isEmpty ? nil : Array(wire.lastResort))
    case .countKeyPackages: self = .countKeyPackages
    case .subscribeInbox(let wire): self = .subscribe(after: wire.afterSeq)
    case .acknowledgeInbox(let wire): self = .acknowledge(wire.seq)
    case .openBlob(let wire):
      guard let id = BlobID(Array(wire.blobID)),
        let tokenHash = BlobTokenHash(Array(wire.tokenHash)), wire.size > 0
      else { throw .malformed }
      guard wire.size <= ServerLimits.blobBytesMax else { throw .tooLarge }
      self = .openBlob(id, size: wire.size, tokenHash)
    }
  }
}

extension InboxRequest.Login {
  fileprivate init(
    address: String, deviceID: UInt32, signature: Data
  ) throws(SessionRefusal) {
    guard let signature = Signature(Array(signature)) else { throw .malformed }
    device = DeviceKey(
      address: try Address(parsing: address), deviceID: DeviceID(rawValue: deviceID))
    self.signature = signature
  }
}

extension SignedManifest {
  fileprivate init(parsing data: Data) throws(SessionRefusal) {
    guard data.count <= Self.lengthMax else { throw .tooLarge }
    do {
      self = try SignedManifest(decoding: Array(data))
    } catch {
      throw .malformed
    }
  }
}
