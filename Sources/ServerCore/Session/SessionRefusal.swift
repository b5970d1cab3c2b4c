// SPDX-License-Identifier: Apache-2.0

import SansIO
import Wire

/// What a client is told about a request that was refused. It names nothing that the client or
/// another user sent.
struct SessionRefusal: Error, Hashable, Sendable {
  let code: WireErrorCode
  var retryAfter: UInt64 = 0
  var epoch: UInt64 = 0
  var head: UInt64 = 0

  static let malformed = SessionRefusal(code: .malformed)
  static let tooLarge = SessionRefusal(code: .tooLarge)
  static let unknownDomain = SessionRefusal(code: .unknownDomain)
  static let unauthenticated = SessionRefusal(code: .unauthenticated)
  static let invalidSignature = SessionRefusal(code: .invalidSignature)
  static let notFound = SessionRefusal(code: .notFound)
  static let unavailable = SessionRefusal(
    code: .unavailable, retryAfter: ServerLimits.unavailableRetryAfter)

  /// Too many requests; a wait of less than a millisecond is told as one.
  static func rateLimited(_ wait: Duration) -> SessionRefusal {
    SessionRefusal(code: .rateLimited, retryAfter: UInt64(max(1, wait.inMilliseconds)))
  }

  static func staleEpoch(_ epoch: UInt64, head: UInt64) -> SessionRefusal {
    SessionRefusal(code: .staleEpoch, epoch: epoch, head: head)
  }
}

extension StoreRefusal {
  /// What a client is told.
  var told: SessionRefusal {
    switch self {
    case .notFound: .notFound
    case .notADevice: .unauthenticated
    case .alreadyExists: SessionRefusal(code: .alreadyExists)
    case .staleEpoch(let epoch, let head): .staleEpoch(epoch, head: head)
    case .partsMissing: SessionRefusal(code: .partsMissing)
    case .quotaExceeded: SessionRefusal(code: .quotaExceeded)
    case .manifestConflict: SessionRefusal(code: .manifestConflict)
    case .unavailable: .unavailable
    }
  }
}
