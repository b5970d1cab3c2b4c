// SPDX-License-Identifier: Apache-2.0

import SansIO

@testable import ClientCore

/// One client of the test world: a core over a store, and its connections.
struct TestClient {
  let name: String
  let address: String
  var core = ClientCore()
  var store = TestClient.openToAll
  var connections: [ClientEndpoint: UInt64] = [:]
  var answers: [UInt64: Result<ClientAnswer, ClientFailure>] = [:]
  /// Events as the effects told them, over all lives of the process.
  var events: [ClientEvent] = []
  /// Who typed, as the effects told.
  var typing: [TypingNotice] = []
  /// Blobs that it was to bring, and to take away.
  var uploads: [BlobUpload] = []
  var drops: [BlobUpload] = []
  /// What the driver was told of files that stay, in order.
  var holding: [Holding] = []
  var kept: [SealedFile] = []
  /// Blobs that it has put into its spool, and those that it wants.
  var spool: [[UInt8]: [UInt8]] = [:]
  var fetches: [BlobFetch] = []
  var isOnline = true
  var tokens: UInt64 = 0
  /// How often `apply` was called, to crash at each.
  var steps = 0

  /// A store that takes strangers: what requests are is tested by themselves.
  static let openToAll: InMemoryClientStore = {
    var store = InMemoryClientStore()
    store.keep(.strangers, "accept")
    return store
  }()

  /// What happened, as the store kept it.
  var storedEvents: [ClientEvent.Kind] {
    store.committed.events(after: 0, limit: .max).compactMap {
      try? ClientEvent.Kind(decoding: $0.body)
    }
  }
}

extension InMemoryClientStore {
  mutating func keep(_ setting: ClientSetting, _ value: String) {
    try? transact { (transaction) throws(ClientStoreFailure) in
      transaction.put(setting.row(value))
    }
  }
}

/// When and how a client dies.
enum TestCrash: Hashable {
  /// The transaction is lost and with it the effects.
  case beforeCommit
  /// The transaction is kept and the effects are lost.
  case afterCommit
}
