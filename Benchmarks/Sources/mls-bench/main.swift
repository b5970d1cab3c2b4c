// SPDX-License-Identifier: Apache-2.0

import MLS
import SansIO

// mls-bench [--suite NAME] [--only floor|messages|bulk|cold|warm] [SIZE...]: what the MLS library
// costs in groups of these sizes, a figure a line. It is started by bench.py, which makes tables of
// them; one part alone is for a profiler.

let suites: [(name: String, suite: CipherSuite)] = [
  ("0x0001", .mls128DHKEMX25519AES128GCMSHA256Ed25519),
  ("product", .mlkem768X25519AES256GCMSHA384Ed25519),
]

/// What nothing above it can undercut: the operations that messages and commits are made of.
func primitives(_ suite: CipherSuite, _ figures: Figures) throws {
  var world = BenchWorld(suite: suite)
  let data = [UInt8](repeating: 7, count: 100)
  let pair = try suite.generateSignatureKeyPair(using: &world.entropy)
  let bundle = try world.newcomer().bundle
  figures.record(
    "sign",
    try Timing.of(prepare: { () }) { _ in
      try suite.sign(privateKey: pair.privateKey, label: "bench", content: data)
    })
  let signature = try suite.sign(privateKey: pair.privateKey, label: "bench", content: data)
  figures.record(
    "verify",
    try Timing.of(prepare: { () }) { _ in
      suite.verify(publicKey: pair.publicKey, label: "bench", content: data, signature: signature)
    })
  let key = bundle.keyPackage.initKey
  figures.record(
    "seal",
    try Timing.of(prepare: { () }) { _ in
      try suite.encryptWithLabel(publicKey: key, label: "bench", context: [], plaintext: data)
    })
  let sealed = try suite.encryptWithLabel(
    publicKey: key, label: "bench", context: [], plaintext: data)
  figures.record(
    "open",
    try Timing.of(prepare: { () }) { _ in
      try suite.decryptWithLabel(
        privateKey: bundle.initPrivateKey, publicKey: key, label: "bench", context: [],
        ciphertext: sealed)
    })
  figures.record("keypackage", try Timing.of(prepare: { () }) { _ in try world.newcomer() })
}

/// Groups live in memory and move on, as a client's do in a burst.
func messages(_ suite: CipherSuite, _ figures: Figures) throws {
  var world = BenchWorld(suite: suite)
  let pair = try world.coldGroup(of: 2)
  for size in [100, 16_384] {
    let data = [UInt8](repeating: 7, count: size)
    var sender = pair[0]
    figures.record(
      "protect-\(size)",
      try Timing.of(prepare: { () }) { _ in try sender.protect(data, using: &world.entropy) })
    var receiver = pair[1]
    sender = pair[0]
    var bytes = 0
    let now = world.now
    figures.record(
      "unprotect-\(size)",
      try Timing.of(
        prepare: {
          let message = try sender.protect(data, using: &world.entropy)
          bytes = message.count
          return message
        },
        { message in try receiver.process(message, at: now) }))
    figures.record("message-bytes-\(size)", bytes: bytes)
  }
}

/// A group of `size` by one commit.
func bulk(_ suite: CipherSuite, size: Int, _ figures: Figures) throws {
  var world = BenchWorld(suite: suite)
  let creator = try world.create()
  let proposals = try (1..<size).map { _ in
    Proposal.add(try world.newcomer().bundle.keyPackage)
  }
  let now = world.now
  var last: PendingCommit?
  figures.recordBoth(
    "bulk",
    try Timing.of(prepare: { creator }) { group in
      let pending = try group.commit(proposals, at: now, using: &world.entropy)
      last = pending
      return try group.merge(pending.staged, at: now)
    })
  figures.record(
    "bulk-treeless",
    try Timing.of(prepare: { creator }) { group in
      let pending = try group.commit(
        proposals, options: CommitOptions(welcomeCarriesTree: false), at: now,
        using: &world.entropy)
      return try group.merge(pending.staged, at: now)
    })
  figures.record("bulk-commit-bytes", bytes: last?.message.count ?? 0)
  figures.record("bulk-welcome-bytes", bytes: last?.welcome?.count ?? 0)
}

func changes(_ suite: CipherSuite, _ groups: [Group], _ figures: Figures) throws {
  var world = BenchWorld(suite: suite)
  let now = world.now
  figures.record(
    "commit",
    try Timing.of(prepare: { groups[0] }) { group in
      try group.merge(try group.commit(at: now, using: &world.entropy).staged, at: now)
    })
  var committer = groups[0]
  let pending = try committer.commit(at: now, using: &world.entropy)
  figures.record(
    "process",
    try Timing.of(prepare: { groups[1] }) { group in
      try group.merge(try world.staged(group.process(pending.message, at: now)), at: now)
    })
  let newcomer = try world.newcomer()
  figures.record(
    "add",
    try Timing.of(prepare: { groups[0] }) { group in
      let pending = try group.commit(
        [.add(newcomer.bundle.keyPackage)], at: now, using: &world.entropy)
      return try group.merge(pending.staged, at: now)
    })
  let adding = try committer.commit(
    [.add(newcomer.bundle.keyPackage)], at: now, using: &world.entropy)
  figures.record(
    "process-add",
    try Timing.of(prepare: { groups[1] }) { group in
      try group.merge(try world.staged(group.process(adding.message, at: now)), at: now)
    })
  figures.recordBoth(
    "join", try Timing.of(prepare: { () }) { _ in try world.join(adding.welcome, newcomer) })
  let state = groups[0].encodedEpochState
  let secrets = groups[0].encodedMessageSecrets
  figures.record(
    "load",
    try Timing.of(prepare: { () }) { _ in
      try Group(epochState: state, messageSecrets: secrets)
    })
  figures.record("commit-bytes", bytes: pending.message.count)
  figures.record("add-bytes", bytes: adding.message.count)
  figures.record("welcome-bytes", bytes: adding.welcome?.count ?? 0)
  figures.record("groupinfo-bytes", bytes: try pending.groupInfo().encoded.count)
  figures.record("stored-bytes", bytes: state.count + secrets.count)
}

/// What a run is asked for.
struct Wanted {
  var sizes: [Int] = []
  var suite: String?
  var part: String?

  init(arguments: [String]) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--suite": suite = rest.popFirst()
      case "--only": part = rest.popFirst()
      default: Int(word).map { sizes.append($0) }
      }
    }
    if sizes.isEmpty { sizes = [2, 16, 128] }
  }

  func has(_ name: String) -> Bool { part == nil || part == name }
}

let wanted = Wanted(arguments: Array(CommandLine.arguments.dropFirst()))
for (name, suite) in suites where wanted.suite == nil || wanted.suite == name {
  if wanted.has("floor") { try primitives(suite, Figures(suite: name)) }
  if wanted.has("messages") { try messages(suite, Figures(suite: name)) }
  for size in wanted.sizes {
    var world = BenchWorld(suite: suite)
    let cold = Figures(suite: name, tree: "cold", members: size)
    let warm = Figures(suite: name, tree: "warm", members: size)
    if wanted.has("bulk") { try bulk(suite, size: size, cold) }
    if wanted.has("cold") { try changes(suite, world.coldGroup(of: size), cold) }
    if wanted.has("warm") { try changes(suite, world.warmGroup(of: size), warm) }
  }
}
