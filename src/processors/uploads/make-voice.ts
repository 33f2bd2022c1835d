// A voice note of other audio, by a program that the operator named: bounded in time and size, without a shell, and reading nothing but what it is given.
import { spawn } from 'node:child_process'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { UploadError } from './upload-error.ts'

/** null: there is none. */
export type FfmpegPath = string | null

const args = [
  ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-protocol_whitelist', 'pipe', '-i', 'pipe:0'],
  ...[
    '-map',
    '0:a:0',
    '-map_metadata',
    '-1',
    '-ac',
    '1',
    '-ar',
    '48000',
    '-c:a',
    'libopus',
    '-b:a',
    '32k',
    '-f',
    'ogg',
    'pipe:1',
  ],
]
/** Without taking or giving anything. What the body takes to come is not the program's. */
const MAX_SILENT_MS = 120_000

/** Throws UploadError `not-convertible` where the program does not end well, and before that what the body throws. */
export async function* makeVoice(
  { ffmpegPath }: { ffmpegPath: FfmpegPath },
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  // Without our environment, which has secrets.
  const child = spawn(ffmpegPath ?? '', args, {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    signal,
    killSignal: 'SIGKILL',
  })
  const end = () => child.kill('SIGKILL')
  const silence = setTimeout(end, MAX_SILENT_MS)
  const ended = new Promise<string | null>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, killedBy) => resolve(code === 0 ? null : `it ended with ${killedBy ?? code}`))
  })
  const input = readInput(body, { came: () => silence.refresh(), broke: end })
  // A program that ends early closes its input: what that says is the lesser reason.
  const given = Promise.allSettled([pipeline(Readable.from(input.bytes), child.stdin)])
  try {
    for await (const chunk of child.stdout) {
      silence.refresh()
      yield chunk
    }
    const problem = await ended
    await given
    signal.throwIfAborted()
    input.check()
    if (problem !== null) throw new UploadError('not-convertible', `making a voice note: ${problem}`)
  } finally {
    clearTimeout(silence)
    end()
    await ended
  }
}

/** `check` throws what the body threw, and nothing that the program's end threw into it: a program whose input breaks off ends well, with half of it. */
function readInput(body: AsyncIterable<Uint8Array>, { came, broke }: { came(): void; broke(): void }) {
  const iterator = body[Symbol.asyncIterator]()
  const problems: unknown[] = []
  async function next() {
    try {
      return await iterator.next()
    } catch (error) {
      problems.push(error)
      broke()
      throw error
    }
  }
  async function* bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (let one = await next(); one.done !== true; one = await next()) {
        came()
        yield one.value
      }
    } finally {
      await iterator.return?.()
    }
  }
  const check = () => {
    for (const problem of problems) throw problem
  }
  return { bytes: bytes(), check }
}
