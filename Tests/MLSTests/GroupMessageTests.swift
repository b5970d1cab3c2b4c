// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

@Suite struct GroupMessageTests {
  @Test(arguments: GroupWorld.suites)
  func outOfOrderAndReplay(suite: CipherSuite) throws {
    var world = GroupWorld(suite: suite)
    var groups = try world.group(["alice", "bob"])
    let messages = try (0..<5).map { try groups[0].protect([$0], using: &world.entropy) }
    for index in [3, 0, 4, 1, 2] {
      let read = try application(groups[1].process(messages[index], at: world.now))
      #expect(read.data == [UInt8(index)])
      groups[1] = try groups[1].restored()
    }
    for message in messages {
      let before = groups[1].snapshot
      #expect(throws: MLSFailure.generationConsumed) {
        try groups[1].process(message, at: world.now)
      }
      #expect(groups[1].snapshot == before)
    }
  }

  @Test func tamperingChangesNothing() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let application = try groups[0].protect([1, 2], using: &world.entropy)
    let proposal = try groups[0].proposeUpdate(
      wireFormat: .publicMessage, using: &world.entropy)
    let commit = try groups[0].commit(
      options: CommitOptions(includesPendingProposals: false, wireFormat: .publicMessage),
      at: world.now,
      using: &world.entropy
    ).message
    let before = groups[1].snapshot
    for message in [application, proposal, commit] {
      for index in stride(from: 0, to: message.count, by: 3) {
        var changed = message
        changed[index] ^= 0x40
        #expect(throws: MLSFailure.self) { try groups[1].process(changed, at: world.now) }
      }
      #expect(throws: MLSFailure.self) {
        try groups[1].process(Array(message.dropLast()), at: world.now)
      }
    }
    #expect(groups[1].snapshot == before)
    for message in [application, proposal, commit] {
      _ = try groups[1].process(message, at: world.now)
    }
  }

  @Test func skippedKeysAreBounded() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    var first: [UInt8] = []
    var last: [UInt8] = []
    for number in 0...1001 {
      let message = try groups[0].protect([1], using: &world.entropy)
      if number == 0 { first = message }
      if number == 1000 { last = message }
      if number == 1001 {
        #expect(throws: MLSFailure.generationTooDistant) {
          try groups[1].process(message, at: world.now)
        }
        _ = try groups[1].process(last, at: world.now)
        _ = try groups[1].process(message, at: world.now)
      }
    }
    #expect(try application(groups[1].process(first, at: world.now)).data == [1])
  }

  @Test func skippedKeysExpire() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let early = try groups[0].protect([1], using: &world.entropy)
    let late = try groups[0].protect([2], using: &world.entropy)
    _ = try groups[1].process(late, at: world.now)
    groups[1].expire(at: world.now + .seconds(49 * 3600))
    #expect(throws: MLSFailure.generationConsumed) {
      try groups[1].process(early, at: world.now)
    }
  }

  /// Whatever the group does, keys whose time is over are gone from what it stores.
  @Test(arguments: [true, false])
  func useLetsKeysExpire(byProcessing: Bool) throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let old = try groups[0].protect([0], using: &world.entropy)
    _ = try world.commit(&groups, by: 0)
    let early = try groups[0].protect([1], using: &world.entropy)
    let second = try groups[0].protect([2], using: &world.entropy)
    let third = try groups[0].protect([3], using: &world.entropy)
    _ = try groups[1].process(second, at: world.now)
    let limit = world.now + .seconds(48 * 3600)
    var patient = groups[1]
    _ = try patient.process(third, at: limit)
    #expect(try application(patient.process(early, at: limit)).data == [1])
    #expect(try application(patient.process(old, at: limit)).data == [0])

    let later = limit + .milliseconds(1)
    if byProcessing {
      _ = try groups[1].process(third, at: later)
    } else {
      _ = try groups[1].protect([4], at: later, using: &world.entropy)
    }
    #expect(groups[1].pastEpochCount == 0)
    var restored = try groups[1].restored()
    #expect(throws: MLSFailure.generationConsumed) {
      try restored.process(early, at: world.now)
    }
    #expect(throws: MLSFailure.pastEpoch) { try restored.process(old, at: world.now) }
  }

  @Test func pastEpochsAreReadWithinBounds() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob", "carol"])
    var late: [[UInt8]] = []
    for _ in 0..<7 {
      late.append(try groups[0].protect([UInt8(late.count)], using: &world.entropy))
      _ = try world.commit(&groups, by: 0)
    }
    groups[1] = try groups[1].restored()
    for index in [0, 1] {
      #expect(throws: MLSFailure.pastEpoch) {
        try groups[1].process(late[index], at: world.now)
      }
    }
    for index in 2..<7 {
      let read = try application(groups[1].process(late[index], at: world.now))
      #expect(read.data == [UInt8(index)])
      #expect(read.epoch == UInt64(index) + 1)
    }
    #expect(throws: MLSFailure.generationConsumed) {
      try groups[1].process(late[6], at: world.now)
    }
    #expect(throws: MLSFailure.pastEpoch) {
      try groups[2].process(late[6], at: world.now + .seconds(49 * 3600))
    }
    groups[2].expire(at: world.now + .seconds(49 * 3600))
    #expect(throws: MLSFailure.pastEpoch) { try groups[2].process(late[6], at: world.now) }
  }

  /// A leaf that changed hands must not lend its new owner's name to the old one's messages.
  @Test func lateMessageKeepsItsSender() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob", "carol"])
    let bob = groups[1].ownLeafIndex
    let leaf = groups[1].leafNode(at: bob)
    let message = try groups[1].protect([5], using: &world.entropy)
    var rest = [groups[0], groups[2]]
    _ = try world.commit(&rest, by: 0, [.remove(bob)])
    let dave = try world.newcomer("dave")
    _ = try world.commit(&rest, by: 0, [.add(dave.keyPackage)])
    #expect(rest[1].leafNode(at: bob) == dave.keyPackage.leafNode)
    let read = try application(rest[1].process(message, at: world.now))
    #expect(read.senderLeaf == leaf)
    #expect(read.sender == bob)
  }

  @Test func readMessagesStayClosed() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let message = try groups[0].protect(Array("secret".utf8), using: &world.entropy)
    _ = try groups[1].process(message, at: world.now)
    var stolen = try groups[1].restored()
    #expect(throws: MLSFailure.generationConsumed) {
      try stolen.process(message, at: world.now)
    }
    var sender = try groups[0].restored()
    let again = try sender.protect([1], using: &world.entropy)
    #expect(try application(groups[1].process(again, at: world.now)).data == [1])
  }

  @Test func snapshotsAreStrict() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    try world.say("one", &groups, from: 0)
    let group = groups[1]
    #expect(try group.restored().snapshot == group.snapshot)
    let state = group.encodedEpochState.copyBytes()
    let secrets = group.encodedMessageSecrets
    for damaged in [[], Array(state.dropLast()), state + [0], [2] + state.dropFirst()] {
      #expect(throws: MLSFailure.invalidStoredState) {
        try Group(epochState: Secret(damaged), messageSecrets: secrets)
      }
    }
    _ = try world.commit(&groups, by: 0)
    #expect(throws: MLSFailure.invalidStoredState) {
      try Group(epochState: groups[1].encodedEpochState, messageSecrets: secrets)
    }
  }

  @Test func pendingCommitsAreStrict() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let pending = try groups[0].commit(at: world.now, using: &world.entropy)
    let bytes = pending.encodedForStorage.copyBytes()
    for damaged in [[], Array(bytes.dropLast()), bytes + [0], [1] + bytes.dropFirst()] {
      #expect(throws: MLSFailure.invalidStoredState) {
        try PendingCommit(storage: Secret(damaged))
      }
    }
  }

  @Test func paddingHidesLengths() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    let short = try groups[0].protect([1], using: &world.entropy)
    let long = try groups[0].protect(
      [UInt8](repeating: 1, count: 150), using: &world.entropy)
    #expect(short.count == long.count)
    #expect(PaddingPolicy.standard.paddingLength(for: 10) == 246)
    #expect(PaddingPolicy.standard.paddingLength(for: 1000) == 24)
    #expect(PaddingPolicy.none.paddingLength(for: 10) == 0)
  }

  @Test func otherGroupsAndKindsAreRefused() throws {
    var world = GroupWorld()
    var groups = try world.group(["alice", "bob"])
    var other = try Group.create(
      groupID: [1], suite: world.suite, identity: try world.identity("eve"),
      lifetime: world.lifetime, using: &world.entropy)
    let foreign = try other.protect([1], using: &world.entropy)
    #expect(throws: MLSFailure.wrongGroup) { try groups[0].process(foreign, at: world.now) }
    let bundle = try world.newcomer("carol")
    #expect(throws: MLSFailure.unexpectedMessageKind) {
      try groups[0].process(MLSMessage.keyPackage(bundle.keyPackage), at: world.now)
    }
  }
}
