// Takes interim responses (100 Continue, 102, 103 …; RFC 9110, 15.2) out of what a socket gives to its reader, so that the answer after
// them is the one that counts: undici ends an exchange at a 100 that nobody asked for, and each of the others costs it a millisecond of
// CPU. Too many of them end the connection, and so does an answer that is longer than anybody would read.
import type { Socket } from 'node:net'
import { CodedError } from '../../runtime/coded-error.ts'

export const MAX_INTERIM_RESPONSES = 32
export const MAX_INTERIM_BYTES = 64 * 1024
/** Head and body as they are sent: nobody reads so far, and a body in chunks of one byte has ended here as well. */
export const MAX_ANSWER_BYTES = 1024 * 1024

export class AnswerError extends CodedError<'too-many-interim-responses' | 'answer-too-long'> {
  override name = 'AnswerError'
  readonly port = 'webhooks'
  constructor(code: AnswerError['code'], message: string) {
    super({ code, message, retryable: true })
  }
}

/** For one request at a time, whose writing begins a new answer (undici writes a request with a body in one tick). */
export function skipInterimResponses(socket: Socket): void {
  const { write, read } = socket
  const filter = createInterimFilter()
  Object.assign(socket, {
    write: (...given: unknown[]) => {
      filter.begin()
      return Reflect.apply(write, socket, given)
    },
    read: (size?: number): Buffer | null => {
      for (;;) {
        const chunk: Buffer | null = Reflect.apply(read, socket, [size])
        if (chunk === null) return null
        const passed = orDestroy(socket, () => filter.pass(chunk))
        if (passed === null || passed.length > 0) return passed
      }
    },
  })
}

function orDestroy(socket: Socket, pass: () => Buffer): Buffer | null {
  try {
    return pass()
  } catch (error) {
    socket.destroy(error instanceof Error ? error : new Error(String(error)))
    return null
  }
}

export type InterimFilter = {
  begin(): void
  /** What of this its reader should see, perhaps nothing. Throws AnswerError where it must not go on. */
  pass(chunk: Buffer): Buffer
}

/** line: a status line begins; head: in the head of an interim response; answer: everything is passed on until the next request. */
type Place = { in: 'line' } | { in: 'head'; lineIsEmpty: boolean } | { in: 'answer' }

export function createInterimFilter(): InterimFilter {
  let place: Place = { in: 'line' }
  /** Of a status line that does not say yet what it is. */
  let kept: Buffer = NOTHING
  let counted = { responses: 0, interimBytes: 0, answerBytes: 0 }

  /** Answers from where the bytes belong to the answer; their length where none do. */
  function skip(bytes: Buffer): number {
    for (let at = 0; ; ) {
      if (place.in === 'answer') return at
      if (at === bytes.length) return at
      if (place.in === 'head') {
        const byte = bytes[at++]
        if (byte === LF && place.lineIsEmpty) place = { in: 'line' }
        else if (byte !== CR) place.lineIsEmpty = byte === LF
        continue
      }
      if (bytes[at] === CR || bytes[at] === LF) {
        at++ // parsers pass over empty lines
        continue
      }
      const line = bytes.subarray(at, at + LINE_BYTES)
      if (!couldBeInterim(line)) place = { in: 'answer' }
      else if (line.length < LINE_BYTES) {
        kept = line
        return bytes.length
      } else {
        counted.responses++
        place = { in: 'head', lineIsEmpty: false }
        at += LINE_BYTES
      }
    }
  }

  function count(skipped: number, passed: number) {
    counted.interimBytes += skipped
    counted.answerBytes += passed
    const { responses, interimBytes, answerBytes } = counted
    if (responses > MAX_INTERIM_RESPONSES || interimBytes > MAX_INTERIM_BYTES)
      throw new AnswerError(
        'too-many-interim-responses',
        `${responses} interim responses in ${interimBytes} bytes before any answer`,
      )
    if (answerBytes > MAX_ANSWER_BYTES)
      throw new AnswerError('answer-too-long', `more than ${MAX_ANSWER_BYTES} bytes of one answer`)
  }

  return {
    begin: () => {
      place = { in: 'line' }
      kept = NOTHING
      counted = { responses: 0, interimBytes: 0, answerBytes: 0 }
    },
    pass: chunk => {
      if (place.in === 'answer') {
        count(0, chunk.length)
        return chunk
      }
      const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
      kept = NOTHING
      const from = skip(bytes)
      count(from, bytes.length - from)
      return bytes.subarray(from)
    },
  }
}

const NOTHING = Buffer.alloc(0)
const LF = 0x0a
const CR = 0x0d
const INTERIM_LINE = 'HTTP/1.1 100'
const LINE_BYTES = INTERIM_LINE.length

/** The beginning of a status line, or less of it. 101 is an answer: nobody asked to switch protocols. */
function couldBeInterim(line: Buffer): boolean {
  const text = line.toString('latin1')
  return /^HTTP\/\d\.\d 1\d\d$/.test(text + INTERIM_LINE.slice(text.length)) && !text.endsWith(' 101')
}
