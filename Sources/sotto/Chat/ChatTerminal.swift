// SPDX-License-Identifier: Apache-2.0

import Glibc
import SottoClient

/// Joins a conversation, a keyboard and a screen. It decides nothing: `ChatSession`, `LineEditor`
/// and `PromptScreen` do.
actor ChatTerminal {
  /// A request that is to be sent.
  struct Request: Sendable {
    let number: Int64
    let method: String
    let parameters: [String: JSONValue]
  }

  private var session: ChatSession
  private var keys = KeyDecoder()
  private var editor = LineEditor()
  private var screen: PromptScreen
  /// `nil` where lines go in and out, and nothing is drawn.
  private var mode: TerminalMode?
  private var isOver = false
  /// The start of a line that is not whole yet.
  private var rest: [UInt8] = []
  private let requests: AsyncStream<Request>.Continuation
  private let stop: @Sendable () -> Void

  /// `stop` is called once when the conversation is over.
  init(
    _ session: ChatSession, drawing: Bool, requests: AsyncStream<Request>.Continuation,
    stop: @escaping @Sendable () -> Void
  ) {
    self.session = session
    self.requests = requests
    self.stop = stop
    let size = TerminalMode.size
    screen = PromptScreen(columns: size.columns, lines: size.lines)
    mode = drawing ? TerminalMode() : nil
  }

  func start() {
    mode?.enter()
    draw()
    perform(session.start())
  }

  /// Puts the terminal back.
  func end() {
    guard let mode else { return }
    Output.text(screen.erase())
    mode.end()
    self.mode = nil
  }

  func receive(_ incoming: SottoConnection.Incoming) {
    switch incoming {
    case .event(let event): perform(session.receive(event: event))
    case .answer(let number, let result):
      perform(session.receive(answer: number, result))
    }
  }

  /// Takes bytes of standard input; `nil` when it has ended.
  func input(_ bytes: [UInt8]?) {
    guard let bytes else {
      if !rest.isEmpty { takeLine() }
      return perform(session.close())
    }
    guard mode != nil else {
      for byte in bytes {
        if byte == UInt8(ascii: "\n") {
          takeLine()
        } else if rest.count <= LineEditor.textBytesMax {
          rest.append(byte)
        }
      }
      return
    }
    let before = editor.text
    for key in keys.decode(bytes) where !isOver {
      switch editor.handle(key) {
      case .submit(let text): perform(session.submit(text))
      case .interrupt, .endOfInput: perform([.quit])
      case .suspend: suspend()
      case .redraw: Output.text("\u{1b}[H\u{1b}[2J" + redrawn())
      case nil: break
      }
    }
    if editor.text != before, !isOver {
      perform(session.edit(String(editor.text), at: ContinuousClock.now))
    }
    draw()
  }

  /// The terminal has another size.
  func resized() {
    guard mode != nil else { return }
    let size = TerminalMode.size
    Output.text(screen.resize(columns: size.columns, lines: size.lines, content))
  }

  /// The program goes on after a pause.
  func resumed() {
    guard let mode, !isOver else { return }
    mode.enter()
    resized()
  }

  private func suspend() {
    guard let mode else { return }
    Output.text(screen.erase())
    mode.leave()
    kill(0, SIGTSTP)
    // Where no shell could let the program go on, it is not stopped, and nothing tells that.
    Task {
      try? await Task.sleep(for: .milliseconds(200))
      resumed()
    }
  }

  private func takeLine() {
    let line = String(decoding: rest, as: UTF8.self)
    rest = []
    guard !isOver else { return }
    perform(session.submit(line))
  }

  private func perform(_ effects: [ChatSession.Effect]) {
    for effect in effects {
      switch effect {
      case .call(let number, let method, let parameters):
        requests.yield(Request(number: number, method: method, parameters: parameters))
      case .show(let lines):
        if mode == nil {
          lines.forEach { Output.line($0) }
        } else {
          Output.text(screen.print(lines, above: content))
        }
      case .quit:
        guard !isOver else { continue }
        isOver = true
        stop()
      }
    }
    draw()
  }

  private var content: PromptScreen.Content {
    PromptScreen.Content(status: session.status, text: editor.text, cursor: editor.cursor)
  }

  private func redrawn() -> String {
    _ = screen.erase()
    return screen.draw(content)
  }

  private func draw() {
    guard mode != nil, !isOver else { return }
    Output.text(screen.draw(content))
  }
}
