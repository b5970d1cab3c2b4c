// SPDX-License-Identifier: Apache-2.0

import MIMI
import SansIO

/// A message that is more than its text. The store keeps it as a text, in words of this client's
/// own, and its content beside it; so whatever holds for texts holds for it.
enum SpecialContent: Hashable {
  case poll(PollQuestion)
  case location(GeoLocation)
  case contact(ContactCard)

  /// What `content` is; `nil` for a text and whatever else.
  init?(_ content: MIMIContent) {
    if let poll = content.poll {
      self = .poll(poll)
    } else if let location = content.location {
      self = .location(location)
    } else if let card = content.contactCard, ContactCardReport(card) != nil {
      self = .contact(card)
    } else {
      return nil
    }
  }

  /// The body of a message that says it.
  var body: NestedPart {
    switch self {
    case .poll(let question): MIMIContent.body(asking: question)
    case .location(let location): MIMIContent.body(locating: location)
    case .contact(let card): MIMIContent.body(introducing: card)
    }
  }

  /// The same in words: not those that a sender put beside it.
  var words: String {
    switch self {
    case .poll(let question): question.words
    case .location(let location): location.words
    case .contact(let card): card.name + "\n" + (ContactCardReport(card)?.address ?? card.uri)
    }
  }

  /// What kind of line programs see.
  var kind: MessageKind {
    switch self {
    case .poll: .poll
    case .location: .location
    case .contact: .contact
    }
  }

  /// What programs see of it before anybody said something about it.
  var report: SpecialReport {
    switch self {
    case .poll(let question):
      .poll(
        PollReport(
          question: question.question, several: question.several, isEnded: false,
          choices: question.choices.map { PollReport.Choice(text: $0, voters: [], own: false) },
          voterCount: 0))
    case .location(let location): .location(LocationReport(location))
    case .contact(let card):
      .contact(ContactCardReport(card) ?? ContactCardReport(name: card.name, address: card.uri))
    }
  }
}

/// What a message is beside its text, as programs see it.
public enum SpecialReport: Hashable, Sendable {
  /// Something is asked.
  case poll(PollReport)
  /// Where something is.
  case location(LocationReport)
  /// Somebody's name and address.
  case contact(ContactCardReport)
}

extension MessageRow {
  /// What the line is beside its text.
  var special: SpecialContent? {
    guard kind == .text, !content.isEmpty, let content = try? MIMIContent(decoding: content) else {
      return nil
    }
    return SpecialContent(content)
  }
}

extension ClientStep {
  /// The same, as it stands now.
  func specialReport(_ row: MessageRow) throws(ClientStoreFailure) -> SpecialReport? {
    guard let special = row.special else { return nil }
    if case .poll = special, let report = try pollReport(row) { return .poll(report) }
    return special.report
  }
}

/// The stored form of events of such messages: a tag, the content, and then the event without it,
/// so that events of earlier versions can be read.
extension ClientEvent.Kind {
  static let specialTag: UInt8 = 83
  /// Of messages that can stand behind it: plain, answering, timed.
  private static let innerTags: Set<UInt8> = [1, 13, 60]

  init(special input: inout Span<UInt8>) throws(DecodingFailure) {
    let special = try SpecialContent(stored: &input)
    guard !input.isEmpty, Self.innerTags.contains(input[0]),
      case .messageReceived(let plain) = try ClientEvent.Kind(from: &input)
    else { throw .invalidValue(field: "content") }
    self = .messageReceived(plain.being(special.report))
  }

  /// Appends the form when the message is more than its text.
  ///
  /// - Returns: whether it did.
  func encodeSpecial(to output: inout ByteWriter) -> Bool {
    guard case .messageReceived(let message) = self,
      let special = message.special.flatMap(SpecialContent.init(report:))
    else { return false }
    output.write(Self.specialTag)
    special.encode(stored: &output)
    output.write(ClientEvent.Kind.messageReceived(message.being(nil)))
    return true
  }
}

extension SpecialContent {
  private static let pollTag: UInt8 = 1
  private static let locationTag: UInt8 = 2
  private static let contactTag: UInt8 = 3

  fileprivate init?(report: SpecialReport) {
    switch report {
    case .poll(let poll):
      guard
        let question = PollQuestion(
          poll.question, choices: poll.choices.map(\.text), several: poll.several)
      else { return nil }
      self = .poll(question)
    case .location(let report):
      guard let location = report.content else { return nil }
      self = .location(location)
    case .contact(let report):
      guard let card = report.content else { return nil }
      self = .contact(card)
    }
  }

  fileprivate init(stored input: inout Span<UInt8>) throws(DecodingFailure) {
    switch try input.readUInt8() {
    case Self.pollTag:
      guard case .question(let question) = try PollContent(decoding: try input.readVector()) else {
        throw .invalidValue(field: "poll")
      }
      self = .poll(question)
    case Self.locationTag: self = .location(try GeoLocation(decoding: try input.readVector()))
    case Self.contactTag:
      let card = try ContactCard(decoding: try input.readVector())
      guard ContactCardReport(card) != nil else { throw .invalidValue(field: "contact") }
      self = .contact(card)
    default: throw .invalidValue(field: "content")
    }
  }

  fileprivate func encode(stored output: inout ByteWriter) {
    switch self {
    case .poll(let question):
      output.write(Self.pollTag)
      output.write(vector: PollContent.question(question).encoded)
    case .location(let location):
      output.write(Self.locationTag)
      output.write(vector: location.encoded)
    case .contact(let card):
      output.write(Self.contactTag)
      output.write(vector: card.encoded)
    }
  }
}

extension ClientEvent.Message {
  /// The same as something else than its text.
  fileprivate func being(_ special: SpecialReport?) -> ClientEvent.Message {
    ClientEvent.Message(
      messageID: messageID, sender: sender, text: text, acceptedAt: acceptedAt,
      inReplyTo: inReplyTo, timer: timer, attachments: attachments, mentions: mentions,
      special: special)
  }
}
