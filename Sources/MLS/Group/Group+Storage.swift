// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// The stored forms. They hold secrets: an encrypted store is the only place for them.
extension Group {
  private static let storageVersion: UInt8 = 1

  /// What changes with the epoch, and when a proposal comes.
  public var encodedEpochState: Secret {
    var output = ByteWriter()
    output.write(Group.storageVersion)
    state.encode(to: &output)
    return Secret(output.bytes)
  }

  /// What changes with every message. To be stored in one transaction with what the message caused.
  public var encodedMessageSecrets: Secret {
    var output = ByteWriter()
    output.write(Group.storageVersion)
    output.write(epoch)
    messages.encode(to: &output)
    return Secret(output.bytes)
  }

  /// Puts both stored parts together again.
  ///
  /// - Throws: `invalidStoredState` when they do not decode, or belong to different epochs.
  public init(
    epochState: Secret, messageSecrets: Secret, policy: GroupPolicy = .standard
  ) throws(MLSFailure) {
    let state = try epochState.decodeStored {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      try Group.readVersion(&input)
      return try EpochState(from: &input)
    }
    let messages = try messageSecrets.decodeStored {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      try Group.readVersion(&input)
      guard try input.readUInt64() == state.context.epoch else {
        throw .invalidValue(field: "epoch of the message secrets")
      }
      return try MessageSecrets(suite: state.suite, from: &input)
    }
    self.init(state: state, messages: messages, policy: policy)
  }

  fileprivate static func readVersion(_ input: inout Span<UInt8>) throws(DecodingFailure) {
    guard try input.readUInt8() == storageVersion else {
      throw .invalidValue(field: "storage version")
    }
  }
}

extension PendingCommit {
  /// 2: the GroupInfo is made when it is asked for, and not stored.
  private static let storageVersion: UInt8 = 2

  /// The stored form, to be written before the commit is sent.
  public var encodedForStorage: Secret {
    var output = ByteWriter()
    output.write(PendingCommit.storageVersion)
    output.write(vector: message)
    output.write(optional: welcome) { output, bytes in output.write(vector: bytes) }
    staged.encode(to: &output)
    return Secret(output.bytes)
  }

  /// Reads the form of `encodedForStorage`.
  ///
  /// - Throws: `invalidStoredState`.
  public init(storage: Secret) throws(MLSFailure) {
    self = try storage.decodeStored {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      guard try input.readUInt8() == PendingCommit.storageVersion else {
        throw .invalidValue(field: "storage version")
      }
      let message = try input.readVector()
      let welcome = try input.readOptional {
        (input: inout Span<UInt8>) throws(DecodingFailure) in try input.readVector()
      }
      let staged = try StagedCommit(from: &input)
      // A commit of our own leaves us in the group.
      guard staged.next != nil else { throw .invalidValue(field: "next epoch") }
      return PendingCommit(message: message, welcome: welcome, staged: staged)
    }
  }
}

extension StagedCommit {
  fileprivate func encode(to output: inout ByteWriter) {
    output.write(vector: groupID)
    output.write(epoch)
    output.write(committer)
    output.write(UInt8(isExternal ? 1 : 0))
    output.write(list: added)
    output.write(list: removed)
    output.write(list: updated)
    output.write(list: contextExtensions)
    output.write(list: pskIDs)
    output.write(optional: reInit)
    output.write(UInt8(hasPath ? 1 : 0))
    output.write(optional: next) { output, next in next.encode(to: &output) }
    output.write(optional: nextTree) { output, tree in tree.encode(to: &output) }
  }

  fileprivate init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    groupID = try input.readVector()
    epoch = try input.readUInt64()
    committer = try LeafIndex(from: &input)
    isExternal = try input.readStoredFlag()
    added = try input.readStoredList(of: Member.self)
    removed = try input.readStoredList(of: Member.self)
    updated = try input.readStoredList(of: UpdatedMember.self)
    contextExtensions = try input.readExtensions()
    pskIDs = try input.readStoredList(of: PreSharedKeyID.self)
    reInit = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Proposal.ReInit(from: &input)
    }
    hasPath = try input.readStoredFlag()
    let next = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try EpochState(from: &input)
    }
    self.next = next
    nextTree = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      guard let suite = next?.suite else { throw .invalidValue(field: "next tree") }
      return try SecretTree(suite: suite, from: &input)
    }
  }
}
