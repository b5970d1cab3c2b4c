// SPDX-License-Identifier: Apache-2.0

import ClientCore
import ClientStoreConformance
import Testing

@Suite struct InMemoryClientStoreTests {
  @Test(arguments: ClientStoreCase.allCases)
  func conforms(_ testCase: ClientStoreCase) throws {
    var store = InMemoryClientStore()
    try testCase.run(on: &store)
  }

  @Test func failingCommitLeavesNoTrace() {
    var store = InMemoryClientStore()
    store.failingCommitIn = 1
    #expect(throws: ClientStoreFailure.injected) {
      try store.transact { (transaction) throws(ClientStoreFailure) in
        transaction.put(SettingRow(key: "k", value: [1]))
      }
    }
    #expect(store.committed.setting(key: "k") == nil)
  }
}
