// SPDX-License-Identifier: Apache-2.0

import SansIO
import SwiftProtobuf
import Testing
import Wire

@testable import ClientCore

/// A device that was linked and has uploaded no key packages, beside one that has some.
@Suite struct SilentDeviceTests {
  @Test func isAskedForLessAndLess() throws {
    var world = try LinkTests.linked()
    try world.send("hello", from: 1, to: 0)
    world.settle(for: .seconds(20))
    let silent = world.clients.count
    let count = Counter()
    world.passes = { index, endpoint, bytes in
      switch endpoint {
      case .inbox:
        let request = (try? WireInboxClientFrame(serializedBytes: bytes))?.request
        if case .uploadKeyPackages? = request { return index != silent } else { return true }
      case .logs:
        let request = (try? WireLogsClientFrame(serializedBytes: bytes))?.request
        guard case .takeKeyPackages? = request else { return true }
        count.value += 1
        // Else it would never come to rest.
        return count.value < 200
      }
    }
    try LinkTests.link(&world, host: 0)
    world.settle(for: .seconds(300))
    #expect((1...40).contains(count.value), "\(count.value)")
    world.passes = { _, _, _ in true }
    world.restart(silent)
    world.settle(for: .seconds(300))
    try world.send("all of you", from: 1, to: 0)
    world.settle(for: .seconds(10))
    #expect(world.texts(silent, with: 1).contains("all of you"))
  }

  private final class Counter {
    var value = 0
  }
}
