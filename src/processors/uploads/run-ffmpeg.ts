// FFmpeg, by the path that the operator named: bytes in, bytes out. It opens nothing but what it is given, has neither our environment nor a shell, is
// bounded in time, and is ended with all that it has begun.
import { spawn } from 'node:child_process'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { isAbsolute } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { describeError, type Logger } from '../../runtime/logger.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { UploadError } from './upload-error.ts'

/** null: there is none. */
export type FfmpegPath = string | null

/** `silentMs`: without taking or giving anything; `wholeMs`: from its start on, whatever it waits for. */
export type FfmpegBounds = { silentMs: number; wholeMs: number }
const usual: FfmpegBounds = { silentMs: 120_000, wholeMs: 600_000 }

/** `demuxer`: what the input is and nothing else, so that no list of other files is read; `seeks`: it has to be read twice, by a copy on disk. */
export type FfmpegInput = { demuxer: string; seeks: boolean }
export type FfmpegTask = { doing: string; input: FfmpegInput; output: readonly string[] }
/** A program that is not there is found out at the start, and not by the first voice note. One without a path is looked for by the system. */
export async function doubtProgram(ffmpegPath: FfmpegPath, logger: Pick<Logger, 'warn'>): Promise<void> {
  if (ffmpegPath === null || !isAbsolute(ffmpegPath)) return
  const error = await access(ffmpegPath, constants.X_OK).then(() => null, describeError)
  if (error !== null)
    logger.warn('config.doubtful', { setting: 'FFMPEG_PATH', doubt: `expected a program that can be run, got ${error}` })
}

type Running = { ffmpegPath: FfmpegPath; bounds?: FfmpegBounds }

/**
 * Throws UploadError `not-convertible` where the program does not end well, and before that what the body throws. Retryable where that is trouble of
 * the machine, which says nothing of the file.
 */
export async function* runFfmpeg(
  { ffmpegPath, bounds: { silentMs, wholeMs } = usual }: Running,
  { doing, input, output }: FfmpegTask,
  body: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal.throwIfAborted()
  const { child, ended, end } = start(ffmpegPath ?? '', argumentsOf(input, output))
  // Without a process there may be no pipes either.
  if (child.pid === undefined) return await giveUp(body, failed(doing, await ended))
  const silence = setTimeout(() => end(`it did nothing for ${silentMs} ms`), silentMs)
  const deadline = setTimeout(() => end(`it was not done after ${wholeMs} ms`), wholeMs)
  const stopListening = onAbort(signal, () => end('it was stopped'))
  const given = readInput(body, { came: () => silence.refresh(), broke: () => end('its input broke off') })
  // A program that ends early closes its input: what that says is the lesser reason.
  const taken = Promise.allSettled([pipeline(Readable.from(given.bytes), child.stdin)])
  try {
    for await (const chunk of child.stdout) {
      silence.refresh()
      yield chunk
    }
    const problem = await ended
    await taken
    signal.throwIfAborted()
    given.check()
    if (problem !== null) throw failed(doing, problem)
  } finally {
    clearTimeout(silence)
    clearTimeout(deadline)
    stopListening()
    end('nobody wants it any more')
    await ended
  }
}

/** `isOfMachine`: there was no process, or somebody else ended it, as who is out of memory does. */
type Problem = { words: string; isOfMachine: boolean }
const killers: ReadonlySet<NodeJS.Signals | null> = new Set(['SIGKILL', 'SIGTERM'])

const failed = (doing: string, problem: Problem | null): UploadError =>
  new UploadError('not-convertible', `${doing} with FFMPEG_PATH: expected that it ends well, ${problem?.words}`, {
    retryable: problem?.isOfMachine === true,
  })

/** What nobody reads is closed by a look into it. */
async function giveUp(body: AsyncIterable<Uint8Array>, why: UploadError): Promise<never> {
  const iterator = body[Symbol.asyncIterator]()
  await iterator.next()
  await iterator.return?.()
  throw why
}

/** `-protocol_whitelist` and `-format_whitelist` hold for all that the input may name, too. */
function argumentsOf({ demuxer, seeks }: FfmpegInput, output: readonly string[]): readonly string[] {
  const protocols = seeks ? 'cache,pipe' : 'pipe'
  const from = seeks ? ['-read_ahead_limit', '-1', '-i', 'cache:pipe:0'] : ['-i', 'pipe:0']
  return [
    ...['-hide_banner', '-nostdin', '-loglevel', 'error', '-abort_on', 'empty_output'],
    ...['-protocol_whitelist', protocols, '-format_whitelist', demuxer, '-f', demuxer, ...from],
    ...['-map', '0:a:0', '-map_metadata', '-1', '-map_chapters', '-1', ...output, 'pipe:1'],
  ]
}

/** In a group of its own, which ends as a whole, and out of reach of the terminal's Ctrl-C. `ended`: why it did not end well; null: it did. */
function start(ffmpegPath: string, args: readonly string[]) {
  const child = spawn(ffmpegPath, args, { env: {}, stdio: ['pipe', 'pipe', 'ignore'], detached: true })
  const state: { endedBy: string | null; isOver: boolean } = { endedBy: null, isOver: false }
  const ended = new Promise<Problem | null>(resolve => {
    child.once('error', ({ message }) => resolve({ words: message, isOfMachine: true }))
    child.once('close', (code, killedBy) => {
      state.isOver = true
      const words = state.endedBy ?? `it ended with ${killedBy ?? code}`
      resolve(code === 0 ? null : { words, isOfMachine: state.endedBy === null && killers.has(killedBy) })
    })
  })
  function end(why: string): void {
    if (child.pid === undefined || state.isOver) return
    state.endedBy ??= why
    killGroup(child.pid)
  }
  return { child, ended, end }
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // It has ended between two moments.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
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
