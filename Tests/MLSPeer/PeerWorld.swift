// SPDX-License-Identifier: Apache-2.0

import Foundation
import MLS
import SansIO

/// All clients of one process, and what the verbs do to them. An answer is a list of named values.
struct PeerWorld {
  typealias Answer = [(name: String, value: String)]

  private var clients: [String: PeerClient] = [:]
  private var entropy = SystemRandomNumberGenerator()

  private var now: Instant {
    Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
  }
  private var lifetime: Lifetime { Lifetime(from: now, lasting: .seconds(30 * 86_400)) }

  mutating func answer(_ command: Command) throws -> Answer {
    if command.verb == "client" { return try makeClient(command) }
    let name = try command.text("client")
    guard var client = clients[name] else { throw CommandFailure.unknownClient(name) }
    let answer = try answer(command, by: &client)
    clients[name] = client
    return answer
  }

  private mutating func answer(_ command: Command, by client: inout PeerClient) throws -> Answer {
    switch command.verb {
    case "keypackage": try makeKeyPackage(&client, suite: suite(of: command))
    case "create": try create(command, &client)
    case "join": try join(command, &client)
    case "external": try joinExternally(command, &client)
    case "commit": try commit(command, &client)
    case "merge": try merge(&client)
    case "propose": try propose(command, &client)
    case "process": try process(command, &client)
    case "protect": try protect(command, &client)
    case "export": try export(command, client)
    case "groupinfo": try groupInfo(command, client)
    case "tree": [("tree", Hex.encode(try client.group().encodedRatchetTree))]
    case "state": try state(client)
    default: throw CommandFailure.unknownVerb(command.verb)
    }
  }

  private func suite(of command: Command) throws -> CipherSuite {
    let number = command.has("suite") ? try command.number("suite") : 1
    guard let raw = UInt16(exactly: number) else { throw CommandFailure.malformed("suite") }
    let suite = CipherSuite(rawValue: raw)
    guard suite.isSupported else { throw MLSFailure.unsupportedCipherSuite }
    return suite
  }

  private mutating func makeClient(_ command: Command) throws -> Answer {
    let suite = try suite(of: command)
    let name = try command.text("client")
    let keys = try suite.generateSignatureKeyPair(using: &entropy)
    // Members are known by their signature key where the other side knows them so.
    let credential = command.has("identity") ? try command.bytes("identity") : keys.publicKey
    clients[name] = PeerClient(
      identity: LeafIdentity(
        credential: .basic(identity: credential), signatureKeyPair: keys,
        capabilities: Capabilities(cipherSuites: [suite])))
    return [("identity", Hex.encode(credential))]
  }

  private mutating func makeKeyPackage(
    _ client: inout PeerClient, suite: CipherSuite
  ) throws -> Answer {
    let bundle = try KeyPackageBundle.create(
      suite: suite, identity: client.identity, lifetime: lifetime, using: &entropy)
    client.store(bundle)
    return [("message", Hex.encode(MLSMessage.keyPackage(bundle.keyPackage).encoded))]
  }

  private mutating func create(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    let group = try Group.create(
      groupID: try command.bytes("group"), suite: suite(of: command), identity: client.identity,
      lifetime: lifetime, policy: PeerClient.policy, using: &entropy)
    client.store(group)
    return []
  }

  private func join(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    guard case .welcome(let welcome) = try MLSMessage(bytes: command.bytes("message")) else {
      throw CommandFailure.unexpectedMessage
    }
    let bundle = try client.takeBundle(for: welcome)
    let staged = try Group.join(
      welcome, with: bundle, signatureKey: client.identity.signatureKeyPair.privateKey,
      ratchetTree: try command.optionalBytes("tree"), policy: PeerClient.policy, at: now)
    client.store(staged.group)
    return [("sender", "\(staged.sender.rawValue)")]
  }

  private mutating func joinExternally(
    _ command: Command, _ client: inout PeerClient
  ) throws -> Answer {
    guard case .groupInfo(let groupInfo) = try MLSMessage(bytes: command.bytes("message")) else {
      throw CommandFailure.unexpectedMessage
    }
    let joined = try Group.joinExternally(
      groupInfo, ratchetTree: try command.optionalBytes("tree"), identity: client.identity,
      replacing: try command.numberList("replacing").first.map { LeafIndex(rawValue: $0) },
      policy: PeerClient.policy, at: now, using: &entropy)
    client.store(joined.group)
    return [("message", Hex.encode(joined.message))]
  }

  private func proposals(of command: Command) throws -> [Proposal] {
    let adds = try command.byteList("add").map { bytes -> Proposal in
      guard case .keyPackage(let keyPackage) = try MLSMessage(bytes: bytes) else {
        throw CommandFailure.unexpectedMessage
      }
      return .add(keyPackage)
    }
    return try command.numberList("remove").map { .remove(LeafIndex(rawValue: $0)) } + adds
  }

  private func wireFormat(of command: Command) throws -> WireFormat {
    switch command.has("wire") ? try command.text("wire") : "private" {
    case "private": .privateMessage
    case "public": .publicMessage
    default: throw CommandFailure.malformed("wire")
    }
  }

  private mutating func commit(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    var group = try client.group()
    let pending = try group.commit(
      proposals(of: command),
      options: CommitOptions(
        forcesPath: command.flag("path", without: true), wireFormat: wireFormat(of: command),
        welcomeCarriesTree: command.flag("tree", without: true)),
      at: now, using: &entropy)
    client.store(group)
    client.store(pending)
    var answer: Answer = [
      ("message", Hex.encode(pending.message)),
      ("groupinfo", Hex.encode(MLSMessage.groupInfo(try pending.groupInfo()).encoded)),
    ]
    if let welcome = pending.welcome { answer.append(("welcome", Hex.encode(welcome))) }
    return answer
  }

  private func merge(_ client: inout PeerClient) throws -> Answer {
    guard let pending = try client.pending() else { throw CommandFailure.nothingPending }
    client.store(try client.group().merge(pending.staged, at: now))
    client.store(nil as PendingCommit?)
    return []
  }

  private mutating func propose(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    var group = try client.group()
    let wireFormat = try wireFormat(of: command)
    let message: [UInt8]
    if let proposal = try proposals(of: command).first {
      message = try group.propose(proposal, wireFormat: wireFormat, using: &entropy)
    } else {
      message = try group.proposeUpdate(wireFormat: wireFormat, using: &entropy)
    }
    client.store(group)
    return [("message", Hex.encode(message))]
  }

  private func process(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    var group = try client.group()
    let processed = try group.process(
      command.bytes("message"), pending: client.pending(), at: now)
    client.store(group)
    switch processed {
    case .application(let message):
      return [
        ("kind", "application"), ("data", Hex.encode(message.data)),
        ("sender", "\(message.sender.rawValue)"), ("epoch", "\(message.epoch)"),
      ]
    case .proposal: return [("kind", "proposal")]
    case .ownMessage: return [("kind", "own")]
    case .ownCommit(let staged), .commit(let staged):
      if staged.selfRemoved { return [("kind", "removed")] }
      client.store(try group.merge(staged, at: now))
      client.store(nil as PendingCommit?)
      return [
        ("kind", "commit"), ("committer", "\(staged.committer.rawValue)"),
        ("added", "\(staged.added.count)"), ("removed", "\(staged.removed.count)"),
        ("path", staged.hasPath ? "yes" : "no"),
      ]
    }
  }

  private mutating func protect(_ command: Command, _ client: inout PeerClient) throws -> Answer {
    var group = try client.group()
    let message = try group.protect(command.bytes("data"), at: now, using: &entropy)
    client.store(group)
    return [("message", Hex.encode(message))]
  }

  private func export(_ command: Command, _ client: PeerClient) throws -> Answer {
    guard let length = Int(exactly: try command.number("length")), length <= 255 * 32 else {
      throw CommandFailure.malformed("length")
    }
    let secret = try client.group().export(
      label: command.text("label"), context: command.bytes("context"), length: length)
    return [("secret", Hex.encode(secret.copyBytes()))]
  }

  private func groupInfo(_ command: Command, _ client: PeerClient) throws -> Answer {
    let groupInfo = try client.group().groupInfo(
      carriesTree: command.flag("tree", without: true))
    return [("message", Hex.encode(MLSMessage.groupInfo(groupInfo).encoded))]
  }

  private func state(_ client: PeerClient) throws -> Answer {
    let group = try client.group()
    let members = group.members.map { member -> String in
      var identity: [UInt8] = []
      if case .basic(let bytes) = member.leafNode.credential { identity = bytes }
      return "\(member.leafIndex.rawValue):\(Hex.encode(identity))"
    }
    return [
      ("epoch", "\(group.epoch)"), ("leaf", "\(group.ownLeafIndex.rawValue)"),
      ("authenticator", Hex.encode(group.epochAuthenticator)),
      ("treehash", Hex.encode(group.treeHash)), ("members", members.joined(separator: ",")),
    ]
  }
}
