// Output that nobody takes ends nothing by itself: a reader that has gone (a closed terminal, head) had what it wanted, and an output that
// cannot be written (a full disk) is said on stderr and ends the verb with 1. Whoever runs on is told by a signal.
import { fstatSync, writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { describeError } from '../runtime/logger.ts'
import { exitCodes } from './exit-codes.ts'
import { jsonIsWanted } from './json-wanted.ts'
import { sayProblem } from './problem.ts'

const readerGone = new Set(['EIO', 'EPIPE'])

/** Aborts when stdout turns out to be lost, or the reader of stderr. Called once, first: until then, writing may end the process. */
export function watchOutput(): AbortSignal {
  const gone = new AbortController()
  process.stdout.on('error', error => {
    if (!gone.signal.aborted && !readerGone.has(codeOf(error)))
      process.once('exit', code => sayLost(code, { error, outputLost: gone.signal }))
    gone.abort(error)
  })
  process.stderr.on('error', error => {
    if (readerGone.has(codeOf(error))) gone.abort(error) // of a full disk nothing can be said there
  })
  return gone.signal
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** A result that nobody has is no success, and its loss the last word. What failed anyway has said why. */
function sayLost(code: number, { error, outputLost }: { error: Error; outputLost: AbortSignal }): void {
  if (ofServices.has(outputLost) || code !== exitCodes.done) return
  process.exitCode = exitCodes.failed
  if (told.has(outputLost) && !jsonIsWanted()) return
  const detail = `${describeFailure(error)}; what is written there is incomplete`
  sayProblem({ slug: 'output-failed', detail, exitCode: exitCodes.failed })
}

/** What is known of an output is kept with its signal. */
const ofServices = new WeakSet<AbortSignal>()
const told = new WeakSet<AbortSignal>()

/** For a verb whose work is elsewhere, and whose end says how that went. */
export const stdoutIsNoResult = (outputLost: AbortSignal): void => void ofServices.add(outputLost)

/** Why a verb that runs on stops by itself; begins the sentence that says so, which is the only one. */
export function describeLoss(outputLost: AbortSignal): string {
  told.add(outputLost)
  return readerGone.has(codeOf(outputLost.reason)) ? 'nobody reads the output any more' : describeFailure(outputLost.reason)
}

/** What was being done when it had to stop, and was given up for no other reason. */
export const isStop = (error: unknown, stopping: AbortSignal): boolean =>
  stopping.aborted && (error === stopping.reason || (error instanceof Error && error.name === 'AbortError'))

const describeFailure = (error: unknown): string => `writing to stdout: ${describeError(error)}`

/**
 * For log lines: on stderr, whose loss watchOutput takes. A file on a full disk takes lines again when there is room, and is told how many
 * it missed: a stream of Node's would take none after its first failure.
 */
export const logOutput = { write: isFile(2) ? createFileWriter(() => 2) : (line: string) => void process.stderr.write(line) }

/** Devices such as /dev/full are written as files are. */
function isFile(fd: number): boolean {
  const is = fstatSync(fd)
  return is.isFile() || (is.isCharacterDevice() && !isatty(fd))
}

export function createFileWriter(fd: () => number): (line: string) => void {
  let missed = 0
  const put = (line: string): boolean => {
    try {
      return writeSync(fd(), line) > 0
    } catch {
      return false // nowhere to say it: it is counted
    }
  }
  return line => {
    if (missed > 0 && put(missedLine(missed))) missed = 0
    if (missed > 0 || !put(line)) missed++
  }
}

const missedLine = (lines: number): string =>
  `${JSON.stringify({ level: 40, time: new Date().toISOString(), lines, event: 'log.lines-missed' })}\n`
