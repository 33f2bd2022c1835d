// One worker thread and the transfers in it, seen from the main thread: what it says goes to whom it concerns, and its end fails them all.
import { Worker } from 'node:worker_threads'
import type { Logger } from '../../runtime/logger.ts'
import { createInbox, type Inbox } from './transfer-inbox.ts'
import type { Asked, Job, Said, WorkerOptions } from './transfer-messages.ts'

export type Hand = {
  /** Transfers in it. */
  held(): number
  begin(job: Job): Transfer
  /** Idempotent; resolves when the thread is over. */
  end(): Promise<void>
}
/** Disposed of, the worker is told that nobody reads on. */
export type Transfer = Disposable &
  Pick<Inbox, 'next'> & { /** The memory of a piece that was read. */ giveBack(memory: ArrayBuffer): void }

type Hiring = {
  connectTimeoutMs: number
  maxTransfers: number
  logger: Logger
  idleMs: number
  entry: URL
  /** It takes nothing more. */
  ended(): void
}

/** What it may use beside the bytes on their way: far more than it does of old objects; of young ones it needs few at a time. */
const resourceLimits = { maxOldGenerationSizeMb: 96, maxYoungGenerationSizeMb: 3 }
let lastId = 0

export function hire({ connectTimeoutMs, maxTransfers, logger, idleMs, entry, ended }: Hiring): Hand {
  const inboxes = new Map<number, Inbox>()
  const workerData: WorkerOptions = { connectTimeoutMs, connections: maxTransfers }
  // Without our environment, which has secrets.
  const worker = new Worker(entry, { workerData, resourceLimits, env: {}, execArgv: [], name: 'transfers' })
  const idle = createIdleTimer(idleMs, () => void end())
  let isEnding = false

  const ask = (asked: Asked, ...handedOver: ArrayBuffer[]) => worker.postMessage(asked, handedOver)
  const over = (why: unknown) => {
    ended()
    idle.stop()
    if (!isEnding) logger.warn('media.worker-ended', { transfers: inboxes.size, error: why })
    isEnding = true
    for (const inbox of inboxes.values()) inbox.fail(new Error('transferring a file: its thread ended', { cause: why }))
  }
  worker.on('message', (said: Said) => inboxes.get(said.id)?.put(said))
  worker.on('error', over)
  worker.on('exit', code => over(new Error(`its thread ended with code ${code}`)))

  async function end(): Promise<void> {
    isEnding = true
    ended()
    await worker.terminate()
  }

  return {
    held: () => inboxes.size,
    begin(job) {
      const id = ++lastId
      const inbox = createInbox()
      inboxes.set(id, inbox)
      idle.stop()
      ask({ kind: 'begin', id, job })
      return {
        next: inbox.next,
        giveBack: memory => ask({ kind: 'next', id, memory }, memory),
        [Symbol.dispose]() {
          inboxes.delete(id)
          ask({ kind: 'stop', id })
          if (inboxes.size === 0 && !isEnding) idle.start()
        },
      }
    },
    end,
  }
}

/** Does not keep the process alive. */
function createIdleTimer(idleMs: number, over: () => void) {
  let timer: NodeJS.Timeout | undefined
  return {
    start: () => {
      timer = setTimeout(over, idleMs).unref()
    },
    stop: () => clearTimeout(timer),
  }
}
