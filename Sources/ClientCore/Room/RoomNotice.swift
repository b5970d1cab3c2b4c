// SPDX-License-Identifier: Apache-2.0

public import SansIO

/// What has changed in a group: an event, and a line of the conversation.
public struct RoomNotice: Hashable, Sendable {
  /// What has changed.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// `actor` has asked this account in.
    case invited
    /// `actor` has made `subject` a member.
    case added
    /// `actor` has removed `subject`.
    case removed
    /// `subject` has left.
    case left
    /// `actor` has banned `subject`.
    case banned
    /// `actor` lets `subject` in again.
    case unbanned
    /// `actor` calls the group `detail`.
    case renamed
    /// `actor` describes the group by `detail`.
    case described
    /// `actor` has given the group a picture, or another one.
    case pictureChanged = "picture-changed"
    /// `actor` has taken the group's picture away.
    case pictureRemoved = "picture-removed"
    /// `actor` has made `subject` what `detail` says: member, admin or owner.
    case role
    /// `actor` lets those do it whom `detail` names: action and least role.
    case permission
    /// `actor` has changed the timer of disappearing messages to what `detail` says.
    case timer
    /// `actor`, one of two, proposes the timer that `detail` says; the other has to agree.
    case timerProposed = "timer-proposed"
    /// `actor` agrees to the timer that `subject` proposed; it holds.
    case timerAccepted = "timer-accepted"
    /// `actor` turns down what `subject` proposed, or takes it back.
    case timerDeclined = "timer-declined"
    /// `actor` has opened a link by which people may ask to come in; `detail` is its number.
    case linkOpened = "link-opened"
    /// `actor` has closed it.
    case linkClosed = "link-closed"
    /// `subject` asks to come in, by the link whose number is `detail`.
    case knocked
    /// `actor` has handed `subject` what was said before; `detail` says how much.
    case granted
    /// What this account wanted changed cannot be: `detail` is the failure code.
    case refused
    /// `actor` broke the group's rules; `detail` says which. This device does not follow.
    case violated
  }

  /// See `Kind`.
  public let kind: Kind
  /// Who did it; empty when nobody did.
  public let actor: String
  /// Whom it concerns; empty when it concerns nobody.
  public let subject: String
  /// See `Kind`.
  public let detail: String

  /// Makes the value.
  public init(_ kind: Kind, actor: String, subject: String = "", detail: String = "") {
    self.kind = kind
    self.actor = actor
    self.subject = subject
    self.detail = detail
  }

  /// The line that people read.
  public var text: String {
    switch kind {
    case .invited: "\(actor) added you to the group."
    case .added: "\(actor) added \(subject)."
    case .removed: "\(actor) removed \(subject)."
    case .left: "\(subject) left."
    case .banned: "\(actor) banned \(subject)."
    case .unbanned: "\(actor) allows \(subject) to be added again."
    case .renamed: "\(actor) named the group “\(detail)”."
    case .described: "\(actor) changed the description."
    case .pictureChanged: "\(actor) changed the picture of the group."
    case .pictureRemoved: "\(actor) removed the picture of the group."
    case .role: "\(actor) made \(subject) \(detail)."
    case .permission: "\(actor) changed who may do what: \(detail)."
    case .timer: "\(actor) changed the timer of disappearing messages: \(detail)."
    case .timerProposed:
      "\(actor) proposes another timer of disappearing messages: \(detail)."
    case .timerAccepted:
      "\(actor) agrees to the timer of disappearing messages that \(subject) proposed: \(detail)."
    case .timerDeclined:
      actor == subject
        ? "\(actor) takes back the proposed timer of disappearing messages."
        : "\(actor) does not agree to the timer of disappearing messages: \(detail)."
    case .linkOpened: "\(actor) opened a link by which people can ask to come in."
    case .linkClosed: "\(actor) closed a link by which people could ask to come in."
    case .knocked: "\(subject) asks to come in."
    case .granted: "\(actor) gave \(subject) \(detail)."
    case .refused: "A change was given up (\(detail)): \(subject)"
    case .violated: "\(actor) broke the rules of the conversation. \(detail)"
    }
  }
}

extension RoomNotice: WireValue {
  /// Takes the stored form: four vectors of text.
  public init(from input: inout Span<UInt8>) throws(DecodingFailure) {
    guard let kind = Kind(rawValue: try RoomNotice.text(from: &input)) else {
      throw .invalidValue(field: "room notice")
    }
    self.kind = kind
    actor = try RoomNotice.text(from: &input)
    subject = try RoomNotice.text(from: &input)
    detail = try RoomNotice.text(from: &input)
  }

  /// Appends the stored form.
  public func encode(to output: inout ByteWriter) {
    for text in [kind.rawValue, actor, subject, detail] { output.write(vector: Array(text.utf8)) }
  }

  private static func text(from input: inout Span<UInt8>) throws(DecodingFailure) -> String {
    guard let text = String(validating: try input.readVector(), as: UTF8.self) else {
      throw .invalidValue(field: "text")
    }
    return text
  }
}
