// Pictures are decoded in a process of its own, of bounded memory and time, one at a time, and instances take turns. What it dies of is
// that picture's problem and nobody else's: the next one finds a new process.
import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createFairTurns } from '../../runtime/fair-turns.ts'
import { onAbort } from '../../runtime/or-abort.ts'
import { inTurn } from '../in-turn.ts'
import type { Picture, PictureOptions } from './picture.ts'
import type { PictureAnswer, PictureRequest } from './picture-process.ts'

export type Pictures = {
  /**
   * Loads the bytes when it is this picture's turn. A picture that cannot be read has neither dimensions nor thumbnail, but a problem.
   * Rejects what `load` rejects, or with the signal's reason once that aborts.
   */
  read(
    of: { instanceId: string; load: () => Promise<Uint8Array>; fitBytes?: number | null },
    signal: AbortSignal,
  ): Promise<Picture>
  /** Idempotent. Who still waits is told that there is no thumbnail. */
  close(): Promise<void>
}

export type PicturesOptions = Omit<PictureOptions, 'fitBytes'> & { limitBytes?: number; deadlineMs?: number; idleMs?: number }

/** A process that holds a picture of 50 million pixels has less. */
const LIMIT_BYTES = 256 * 1024 * 1024
/** A fresh process has some 75 MiB. */
const KEPT_BYTES = 100 * 1024 * 1024
/** From the request, the start of a process included, to the answer. */
const DEADLINE_MS = 15_000
/** So long without a picture, and its memory is given back. */
const IDLE_MS = 30_000

export function openPictures(options: PicturesOptions): Pictures {
  const { limitBytes = LIMIT_BYTES, deadlineMs = DEADLINE_MS, idleMs = IDLE_MS } = options
  const turns = createFairTurns({ total: 1, perKey: 1 })
  let child: ChildProcess | null = null
  let idle: NodeJS.Timeout | undefined
  let closed = false

  function running(): ChildProcess {
    if (child !== null) return child
    const started = startProcess()
    const over = () => {
      if (child === started) child = null
    }
    started.once('exit', over)
    started.on('error', over) // it never started, or does not listen any more
    child = started
    return started
  }

  /** Nobody's from here on: the next picture must not find it on its way out. */
  function endIdle() {
    const ending = child
    child = null
    void endProcess(ending)
  }

  async function decode(
    { load, fitBytes = null }: { load: () => Promise<Uint8Array>; fitBytes?: number | null },
    signal: AbortSignal,
  ): Promise<Picture> {
    clearTimeout(idle)
    try {
      const bytes = await load()
      if (closed) return without('the process is stopping')
      const { thumbnailPixels, thumbnailQuality, thumbnailMaxPixels } = options
      const request = { bytes, options: { thumbnailPixels, thumbnailQuality, thumbnailMaxPixels, fitBytes }, limitBytes }
      const { picture, usedBytes } = await ask(running(), { request, deadlineMs }, signal)
      // What the C library keeps for itself would be missing to the next picture.
      if (usedBytes > KEPT_BYTES) await endProcess(child)
      return picture
    } finally {
      idle = setTimeout(endIdle, idleMs).unref()
    }
  }

  return {
    read: ({ instanceId, ...of }, signal) => inTurn(turns, { key: instanceId, work: () => decode(of, signal) }, signal),
    close: async () => {
      closed = true
      clearTimeout(idle)
      await endProcess(child)
    },
  }
}

/** Without our environment, which has secrets, and out of reach of the terminal's Ctrl-C, which would cost a picture its thumbnail. */
function startProcess(): ChildProcess {
  return fork(fileURLToPath(new URL('./picture-process.ts', import.meta.url)), [], {
    env: {},
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    detached: true,
  })
}

async function endProcess(child: ChildProcess | null): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return
  await new Promise<void>(resolve => {
    child.once('exit', () => resolve())
    child.once('error', () => resolve()) // it never started
    child.kill('SIGKILL')
  })
}

/** Whatever ends before the answer ends the process too: it may be in the middle of a picture. */
function ask(
  child: ChildProcess,
  of: { request: PictureRequest; deadlineMs: number },
  signal: AbortSignal,
): Promise<PictureAnswer> {
  const { request, deadlineMs } = of
  return new Promise((resolve, reject) => {
    const end = (finish: () => void) => {
      clearTimeout(deadline)
      stopListening()
      child.removeAllListeners('message').off('exit', onExit).off('error', onError)
      finish()
    }
    const giveUp = (finish: () => void) =>
      end(() => {
        void endProcess(child).then(finish)
      })
    const onError = (error: Error) => giveUp(() => resolve(dead(`its process: ${error.message}`)))
    const onExit = (code: number | null, killedBy: string | null) =>
      end(() => resolve(dead(`its process ended (${killedBy ?? code}); it may use ${request.limitBytes} bytes of memory`)))
    const deadline = setTimeout(() => giveUp(() => resolve(dead(`not done after ${deadlineMs} ms`))), deadlineMs)
    const stopListening = onAbort(signal, () => giveUp(() => reject(signal.reason)))
    child.once('message', (answer: PictureAnswer) => end(() => resolve(answer)))
    child.once('exit', onExit)
    child.once('error', onError)
    child.send(request, error => error !== null && onError(error))
  })
}

const without = (problem: string): Picture => ({ width: null, height: null, thumbnail: null, smaller: null, problem })
const dead = (problem: string): PictureAnswer => ({ picture: without(problem), usedBytes: 0 })
