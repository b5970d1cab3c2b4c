// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Identity
import SansIO
import SwiftProtobuf
import Wire

/// What a session says on `/v1/inbox`.
enum InboxResponse {
  case challenge(nonce: LoginChallenge.Nonce, domains: [ServiceDomain], now: Instant)
  case done
  case failure(SessionRefusal)
  case keyPackageCount(oneTime: Int, hasLastResort: Bool)
  case entries(InboxPage, after: UInt64)

  /// The frame.
  func frame(requestID: UInt64) -> [UInt8] {
    var frame = WireInboxServerFrame()
    frame.requestID = requestID
    switch self {
    case .challenge(let nonce, let domains, let now):
      frame.challenge.nonce = Data(nonce.bytes)
      frame.challenge.domains = domains.map(\.text)
      frame.challenge.nowMs = now.wire
    case .done: frame.done = WireDone()
    case .failure(let refusal): frame.failure = WireFailure(refusal)
    case .keyPackageCount(let oneTime, let hasLastResort):
      frame.keyPackageCount.oneTime = UInt32(clamping: oneTime)
      frame.keyPackageCount.lastResort = hasLastResort
      frame.keyPackageCount.oneTimeMax = UInt32(ServerLimits.oneTimeKeyPackagesMax)
    case .entries(let page, let after):
      frame.entries.entries = page.entries.map(WireInboxEntry.init)
      frame.entries.afterSeq = after
    }
    return frame.encodedFrame
  }
}

extension WireInboxEntry {
  fileprivate init(_ entry: InboxPage.Entry) {
    self.init()
    seq = entry.seq
    body = Data(entry.body)
    acceptedMs = entry.accepted.wire
  }
}
