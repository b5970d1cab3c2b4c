// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO
import Testing

/// Values that mean nothing are tolerated where RFC 9420 §13.5 allows them, and only there.
@Suite struct GREASETests {
  @Test func values() {
    #expect(GREASE.values.count == 15)
    #expect(GREASE.values.first == 0x0A0A && GREASE.values.last == 0xEAEA)
    #expect(GREASE.values.allSatisfy { $0 >> 8 == $0 & 0xFF && $0 & 0x0F == 0x0A })
    #expect(GREASE.contains(0x3A3A) && !GREASE.contains(0xFAFA) && !GREASE.contains(0x0A1A))
  }

  @Test func groupsOfGreasedClientsWork() throws {
    var world = GroupWorld()
    let alice = try world.identity("alice").greased(using: &world.entropy)
    let bob = try world.identity("bob").greased(using: &world.entropy)
    #expect(alice.extensions.count == 1 && alice.capabilities.cipherSuites.count == 2)
    var group = try Group.create(
      groupID: [1], suite: world.suite, identity: alice, lifetime: world.lifetime,
      using: &world.entropy)
    let bundle = try KeyPackageBundle.create(
      suite: world.suite, identity: bob, lifetime: world.lifetime,
      extensions: [GREASE.drawExtension(using: &world.entropy)], using: &world.entropy)
    var options = CommitOptions.standard
    let meaningless = GREASE.drawExtension(using: &world.entropy)
    options.groupInfoExtensions = [meaningless]
    let pending = try group.commit(
      [.add(bundle.keyPackage)], options: options, at: world.now, using: &world.entropy)
    group = try group.merge(pending.staged, at: world.now)
    let joined = try Group.join(
      try opened(pending.welcome), with: bundle,
      signatureKey: bob.signatureKeyPair.privateKey, at: world.now)
    #expect(joined.groupInfoExtensions.contains(meaningless))
    var groups = [group, joined.group]
    world.expectAgreement(groups)
    try world.say("hello", &groups, from: 1)
    let carol = try world.identity("carol").greased(using: &world.entropy)
    let join = try Group.joinExternally(
      try pending.groupInfo(), identity: carol, at: world.now, using: &world.entropy)
    for index in groups.indices {
      let staged = try staged(groups[index].process(join.message, at: world.now))
      groups[index] = try groups[index].merge(staged, at: world.now)
    }
    world.expectAgreement(groups + [join.group])
  }

  /// In a GroupContext, required_capabilities, a credential or a proposal they are no grease.
  @Test func whereTheyAreNotAllowed() throws {
    var world = GroupWorld()
    var group = try world.create("alice")
    let type = GREASE.values[3]
    let context = [Extension(type: ExtensionType(rawValue: type), data: [])]
    #expect(throws: MLSFailure.unsupportedCapability) {
      try group.commit(
        [.groupContextExtensions(context)], at: world.now, using: &world.entropy)
    }
    let required = RequiredCapabilities(proposalTypes: [ProposalType(rawValue: type)])
    #expect(throws: MLSFailure.unsupportedCapability) {
      try world.create(
        "bob", contextExtensions: [Extension(type: .requiredCapabilities, required)])
    }
    #expect(throws: DecodingFailure.invalidValue(field: "proposal type")) {
      try Proposal(decoding: [UInt8(type >> 8), UInt8(type & 0xFF)])
    }
  }
}
