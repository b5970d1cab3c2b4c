// SPDX-License-Identifier: Apache-2.0

import Crypto
import Foundation
import MLS
import SansIO
import Testing

@Suite struct CryptoVectorTests {
  struct Basics: SuiteCase {
    struct RefHash: Decodable { let label: String, value: HexBytes, out: HexBytes }
    struct Expand: Decodable {
      let secret: HexBytes, label: String, context: HexBytes, length: Int, out: HexBytes
    }
    struct Derive: Decodable { let secret: HexBytes, label: String, out: HexBytes }
    struct DeriveTree: Decodable {
      let secret: HexBytes, label: String, generation: UInt32, length: Int, out: HexBytes
    }
    struct Sign: Decodable {
      let priv: HexBytes, pub: HexBytes, content: HexBytes, label: String, signature: HexBytes
    }
    struct Encrypt: Decodable {
      let priv: HexBytes, pub: HexBytes, label: String, context: HexBytes, plaintext: HexBytes
      let kem_output: HexBytes, ciphertext: HexBytes
    }
    let cipher_suite: UInt16
    let ref_hash: RefHash
    let expand_with_label: Expand
    let derive_secret: Derive
    let derive_tree_secret: DeriveTree
    let sign_with_label: Sign
    let encrypt_with_label: Encrypt
  }

  @Test func cryptoBasics() throws {
    try VectorFile.run("crypto-basics.json", of: Basics.self) { one in
      let suite = one.suite
      #expect(
        suite.refHash(label: one.ref_hash.label, value: one.ref_hash.value.bytes)
          == one.ref_hash.out.bytes)
      let expand = one.expand_with_label
      let expanded = suite.expandWithLabel(
        expand.secret.secret, label: expand.label, context: expand.context.bytes,
        length: expand.length)
      #expect(expanded.copyBytes() == expand.out.bytes)
      let derived = suite.deriveSecret(
        one.derive_secret.secret.secret, label: one.derive_secret.label)
      #expect(derived.copyBytes() == one.derive_secret.out.bytes)
      let tree = one.derive_tree_secret
      let treeSecret = suite.deriveTreeSecret(
        tree.secret.secret, label: tree.label, generation: tree.generation, length: tree.length)
      #expect(treeSecret.copyBytes() == tree.out.bytes)
      try checkSignature(one.sign_with_label, suite)
      try checkEncryption(one.encrypt_with_label, suite)
    }
  }

  private func checkSignature(_ one: Basics.Sign, _ suite: CipherSuite) throws {
    let (pub, content) = (one.pub.bytes, one.content.bytes)
    let key = SignaturePrivateKey(rawRepresentation: one.priv.secret)
    #expect(try suite.signaturePublicKey(of: key) == pub)
    #expect(
      suite.verify(
        publicKey: pub, label: one.label, content: content, signature: one.signature.bytes))
    let fresh = try suite.sign(privateKey: key, label: one.label, content: content)
    #expect(suite.verify(publicKey: pub, label: one.label, content: content, signature: fresh))
    #expect(!suite.verify(publicKey: pub, label: "other", content: content, signature: fresh))
    #expect(
      !suite.verify(publicKey: pub, label: one.label, content: content + [0], signature: fresh))
    var changed = fresh
    changed[changed.count - 1] ^= 1
    #expect(!suite.verify(publicKey: pub, label: one.label, content: content, signature: changed))
    #expect(!suite.verify(publicKey: [], label: one.label, content: content, signature: fresh))
    #expect(!suite.verify(publicKey: pub, label: one.label, content: content, signature: []))
  }

  private func checkEncryption(_ one: Basics.Encrypt, _ suite: CipherSuite) throws {
    func open(_ sealed: HPKECiphertext, label: String) throws -> [UInt8] {
      try suite.decryptWithLabel(
        privateKey: one.priv.secret, publicKey: one.pub.bytes, label: label,
        context: one.context.bytes, ciphertext: sealed
      ).copyBytes()
    }
    #expect(try suite.hpkePublicKey(of: one.priv.secret) == one.pub.bytes)
    let given = HPKECiphertext(
      kemOutput: one.kem_output.bytes, ciphertext: one.ciphertext.bytes)
    #expect(try open(given, label: one.label) == one.plaintext.bytes)
    let fresh = try suite.encryptWithLabel(
      publicKey: one.pub.bytes, label: one.label, context: one.context.bytes,
      plaintext: one.plaintext.bytes)
    #expect(try open(fresh, label: one.label) == one.plaintext.bytes)
    #expect(throws: MLSFailure.decryptionFailed) { try open(fresh, label: "other") }
    #expect(throws: MLSFailure.decryptionFailed) {
      try open(HPKECiphertext(kemOutput: [], ciphertext: fresh.ciphertext), label: one.label)
    }
    #expect(throws: MLSFailure.invalidKey) {
      try suite.encryptWithLabel(publicKey: [4], label: "", context: [], plaintext: [])
    }
  }

  struct HPKEPQ: Decodable {
    struct Encryption: Decodable { let aad: HexBytes, ct: HexBytes, pt: HexBytes }
    struct Export: Decodable {
      let exporter_context: HexBytes, L: Int, exported_value: HexBytes
    }
    let kem_id: UInt16, kdf_id: UInt16, aead_id: UInt16
    let ikmR: HexBytes, skRm: HexBytes, pkRm: HexBytes, enc: HexBytes, info: HexBytes
    let shared_secret: HexBytes
    let encryptions: [Encryption], exports: [Export]
  }

  @Test func hybridHPKE() throws {
    let suite = CipherSuite.mlkem768X25519AES256GCMSHA384Ed25519
    var passed = 0
    var skipped = 0
    for one in try VectorFile.hpke("hpke-pq.json", of: HPKEPQ.self) {
      guard one.kem_id == 0x647a else {
        skipped += 1
        continue
      }
      let pair = try suite.deriveHPKEKeyPair(inputKeyMaterial: one.ikmR.secret)
      #expect(pair.privateKey.copyBytes() == one.skRm.bytes)
      #expect(pair.publicKey == one.pkRm.bytes)
      let key = try XWingMLKEM768X25519.PrivateKey(
        seedRepresentation: pair.privateKey.copyBytes(), publicKey: nil)
      let shared = try key.decapsulate(Data(one.enc.bytes))
      #expect(shared == SymmetricKey(data: one.shared_secret.bytes))
      if one.kdf_id == 1, one.aead_id == 3 {
        var recipient = try HPKE.Recipient(
          privateKey: key,
          ciphersuite: .init(kem: .XWingMLKEM768X25519, kdf: .HKDF_SHA256, aead: .chaChaPoly),
          info: Data(one.info.bytes), encapsulatedKey: Data(one.enc.bytes))
        for export in one.exports {
          let value = try recipient.exportSecret(
            context: export.exporter_context.bytes, outputByteCount: export.L)
          #expect(value == SymmetricKey(data: export.exported_value.bytes))
        }
        for encryption in one.encryptions {
          let opened = try recipient.open(
            encryption.ct.bytes, authenticating: encryption.aad.bytes)
          #expect(Array(opened) == encryption.pt.bytes)
        }
      }
      passed += 1
    }
    #expect(passed == 2)
    VectorFile.report("hpke-pq.json", passed: passed, skipped: skipped)
  }

  struct XWing: Decodable {
    let seed: HexBytes, sk: HexBytes, pk: HexBytes, ct: HexBytes, ss: HexBytes
  }

  @Test func xWing() throws {
    let suite = CipherSuite.mlkem768X25519AES256GCMSHA384Ed25519
    let cases = try VectorFile.hpke("xwing-kem.json", of: XWing.self)
    for one in cases {
      #expect(one.seed == one.sk)
      #expect(try suite.hpkePublicKey(of: one.sk.secret) == one.pk.bytes)
      let key = try XWingMLKEM768X25519.PrivateKey(
        seedRepresentation: one.sk.bytes, publicKey: nil)
      #expect(try key.decapsulate(Data(one.ct.bytes)) == SymmetricKey(data: one.ss.bytes))
    }
    #expect(cases.count == 3)
    VectorFile.report("xwing-kem.json", passed: cases.count, skipped: 0)
  }

  @Test(arguments: CipherSuite.supported)
  func generatedKeysWork(suite: CipherSuite) throws {
    var entropy = SeededGenerator(seed: 7)
    let signer = try suite.generateSignatureKeyPair(using: &entropy)
    let signature = try suite.sign(privateKey: signer.privateKey, label: "l", content: [1])
    #expect(
      suite.verify(publicKey: signer.publicKey, label: "l", content: [1], signature: signature))
    let pair = try suite.generateHPKEKeyPair(using: &entropy)
    let sealed = try suite.encryptWithLabel(
      publicKey: pair.publicKey, label: "l", context: [2], plaintext: [3])
    let opened = try suite.decryptWithLabel(
      privateKey: pair.privateKey, publicKey: pair.publicKey, label: "l", context: [2],
      ciphertext: sealed)
    #expect(opened.copyBytes() == [3])
    let key = Secret(zeroCount: suite.aeadKeyLength)
    let nonce = [UInt8](repeating: 1, count: suite.aeadNonceLength)
    let box = try suite.seal(key: key, nonce: nonce, authenticating: [9], plaintext: [1, 2])
    #expect(
      try suite.open(key: key, nonce: nonce, authenticating: [9], ciphertext: box) == [1, 2])
    #expect(throws: MLSFailure.decryptionFailed) {
      try suite.open(key: key, nonce: nonce, authenticating: [8], ciphertext: box)
    }
    let tag = suite.mac(key: key, data: [1])
    #expect(suite.verifyMAC(tag, key: key, data: [1]))
    #expect(!suite.verifyMAC(Array(tag.dropLast()), key: key, data: [1]))
    #expect(!suite.verifyMAC([], key: key, data: [1]))
  }
}
