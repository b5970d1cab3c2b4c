// SPDX-License-Identifier: Apache-2.0

import SansIO

extension EpochState {
  /// Writes the state for an encrypted store.
  func encode(to output: inout ByteWriter) {
    output.write(context)
    output.write(tree)
    output.write(ownLeaf)
    output.write(secret: signatureKey.rawRepresentation)
    privateKeys.encode(to: &output)
    output.write(vector: interimTranscriptHash)
    output.write(vector: confirmationTag)
    secrets.encode(to: &output)
    output.write(list: pendingProposals) { output, pending in
      output.write(pending.reference)
      output.write(pending.proposal)
      output.write(pending.sender)
      output.write(optional: pending.leafPrivateKey) { $0.write(secret: $1) }
      output.write(optional: pending.signatureKey) { $0.write(secret: $1.rawRepresentation) }
    }
    output.write(list: resumptionKeys) { output, key in
      output.write(key.epoch)
      output.write(secret: key.secret)
    }
    output.write(list: pastEpochs) { output, past in
      output.write(past.context)
      output.write(past.ownLeaf)
      output.write(list: past.members)
      output.write(secret: past.senderDataSecret)
      output.write(UInt64(bitPattern: past.endedAt.milliseconds))
    }
    output.write(optional: reInit)
  }

  /// Reads a stored state.
  init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    let context = try GroupContext(from: &input)
    guard context.cipherSuite.isSupported else { throw .invalidValue(field: "cipher suite") }
    self.context = context
    tree = try RatchetTree(from: &input)
    ownLeaf = try LeafIndex(from: &input)
    guard tree.leaf(at: ownLeaf) != nil else { throw .invalidValue(field: "own leaf") }
    signatureKey = SignaturePrivateKey(rawRepresentation: try input.readSecret())
    privateKeys = try TreePrivateKeys(from: &input)
    interimTranscriptHash = try input.readVector()
    confirmationTag = try input.readVector()
    secrets = try EpochSecrets(from: &input)
    pendingProposals = try input.readStoredList {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      PendingProposal(
        reference: try ProposalRef(from: &input), proposal: try Proposal(from: &input),
        sender: try Sender(from: &input),
        leafPrivateKey: try input.readOptional {
          (input: inout Span<UInt8>) throws(DecodingFailure) in try input.readSecret()
        },
        signatureKey: try input.readOptional {
          (input: inout Span<UInt8>) throws(DecodingFailure) in
          SignaturePrivateKey(rawRepresentation: try input.readSecret())
        })
    }
    resumptionKeys = try input.readStoredList {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      ResumptionKey(epoch: try input.readUInt64(), secret: try input.readSecret())
    }
    pastEpochs = try input.readStoredList {
      (input: inout Span<UInt8>) throws(DecodingFailure) in
      PastEpoch(
        context: try GroupContext(from: &input), ownLeaf: try LeafIndex(from: &input),
        members: try input.readStoredList(of: Member.self),
        senderDataSecret: try input.readSecret(),
        endedAt: Instant(milliseconds: Int64(bitPattern: try input.readUInt64())))
    }
    reInit = try input.readOptional {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Proposal.ReInit(from: &input)
    }
  }
}

extension Span where Element == UInt8 {
  /// Takes a Boolean from a store of our own: 0 or 1, nothing else.
  mutating func readStoredFlag() throws(DecodingFailure) -> Bool {
    switch try readUInt8() {
    case 0: false
    case 1: true
    default: throw .invalidValue(field: "flag")
    }
  }

  /// Takes a list from a store of our own; the bound is that of the largest tree.
  mutating func readStoredList<Value>(
    _ element: (inout Span<UInt8>) throws(DecodingFailure) -> Value
  ) throws(DecodingFailure) -> [Value] {
    try readList(maximumCount: LeafCount.max.nodeCount, of: element)
  }

  /// Takes a list of values with their own decoder from a store of our own.
  mutating func readStoredList<Value: WireValue>(
    of _: Value.Type
  ) throws(DecodingFailure) -> [Value] {
    try readStoredList {
      (input: inout Span<UInt8>) throws(DecodingFailure) in try Value(from: &input)
    }
  }
}
