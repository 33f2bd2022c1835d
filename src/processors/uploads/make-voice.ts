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
const MAX_MS = 120_000

/** Throws UploadError `not-convertible` where the program does not end well, and what the body throws. */
export async function* makeVoice(
  { ffmpegPath }: { ffmpegPath: FfmpegPath },
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const inTime = AbortSignal.any([signal, AbortSignal.timeout(MAX_MS)])
  // Without our environment, which has secrets.
  const child = spawn(ffmpegPath ?? '', args, {
    env: {},
    stdio: ['pipe', 'pipe', 'ignore'],
    signal: inTime,
    killSignal: 'SIGKILL',
  })
  const ended = new Promise<string | null>(resolve => {
    child.once('error', error => resolve(error.message))
    child.once('close', (code, killedBy) => resolve(code === 0 ? null : `it ended with ${killedBy ?? code}`))
  })
  const given = pipeline(Readable.from(body), child.stdin).then(
    () => null,
    (error: unknown) => error,
  )
  try {
    for await (const chunk of child.stdout) yield chunk
    const problem = await ended
    const unread = await given
    signal.throwIfAborted()
    if (problem === null) return
    // A program that ends early closes its input: what that says is the lesser reason.
    if (unread instanceof UploadError) throw unread
    throw new UploadError('not-convertible', `making a voice note: ${problem}`)
  } finally {
    child.kill('SIGKILL')
    await ended
  }
}
