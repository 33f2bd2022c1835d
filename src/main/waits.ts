// A part that is away at start is waited for: said at once, every 10 s and in readiness, until it is there or the start is told to stop.
// What no waiting mends ends the start with one sentence that names the settings.
import { CodedError, type Port } from '../runtime/coded-error.ts'
import type { Logger } from '../runtime/logger.ts'
import { type Persistence, persist } from '../runtime/persist.ts'
import type { Check } from '../runtime/role.ts'
import { expectationOf, type Part } from './parts.ts'

export type Waits = {
  /**
   * Opens a part, again and again while it is away. null: an embedded part, which is opened once and not waited for.
   * What `open` leaves behind when it rejects, or when its signal aborts, is its own to close: it is called about every second.
   * Rejects PartRefused, StartStopped, or what `open` throws besides the errors of the ports. `partOf` [always `part`]: of what needs several parts,
   * the one that answers at a port; null: an embedded one, whose errors are thrown.
   */
  waitFor<T>(part: Part | null, open: (signal: AbortSignal) => Promise<T>, partOf?: (port: Port) => Part | null): Promise<T>
  /** One for each part that is being waited for. */
  checks(): readonly Check[]
}
type Deps = { logger: Logger; sayEveryMs?: number; retryMs?: number }

/** `code` is the port's, from which the exit code follows; the message is a whole answer, without the causes. */
export class PartRefused extends CodedError {
  override name = 'PartRefused'
  readonly port: Port
  constructor(part: Part, cause: CodedError) {
    const expected = expectationOf(part, cause)
    const message = `${part.title} at ${part.address}: expected ${expected}, got: ${cause.message}`
    const { code, settings } = cause
    super({ code, message, retryable: false, settings, expected, cause })
    this.port = cause.port
  }
}

export class StartStopped extends CodedError<'aborted'> {
  override name = 'StartStopped'
  readonly port = 'start'
  constructor(message: string) {
    super({ code: 'aborted', message, retryable: false })
  }
}

const SAY_EVERY_MS = 10_000
const RETRY_MS = 1_000

/** The signal tells the start to stop. */
export function createWaits({ logger, sayEveryMs = SAY_EVERY_MS, retryMs = RETRY_MS }: Deps, signal: AbortSignal): Waits {
  const waitings = new Set<Waiting>()

  async function waitFor<T>(
    part: Part | null,
    open: (signal: AbortSignal) => Promise<T>,
    partOf: PartOf = () => part,
  ): Promise<T> {
    if (part === null) return await openOnce(open)
    const turn = beginTurns(waitings, { logger, sayEveryMs })
    turn.of(part)
    try {
      const found = await untilThere({ part, partOf, turn }, open)
      turn.sayOver()
      return found
    } finally {
      turn.end()
    }
  }

  async function openOnce<T>(open: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw stopped('an embedded part')
    try {
      return await open(signal)
    } catch (error) {
      if (signal.aborted && isPortError(error) && error.code === 'aborted') throw stopped('an embedded part')
      throw error
    }
  }

  async function untilThere<T>({ part, partOf, turn }: Turn, open: (signal: AbortSignal) => Promise<T>): Promise<T> {
    let awaited = part
    const failed: Persistence['failed'] = ({ error }) => {
      const away = isPortError(error) ? partOf(error.port) : null
      if (!isPortError(error) || away === null) return 'give-up'
      if (!isAway(error)) throw new PartRefused(away, error)
      awaited = away
      turn.of(away).tried(error.message)
      return 'again'
    }
    try {
      return await persist(() => open(signal), { backoff: { baseMs: retryMs, capMs: retryMs }, failed }, signal)
    } catch (error) {
      throw signal.aborted ? stopped(`${awaited.title} at ${awaited.address}`) : error
    }
  }

  return { waitFor, checks: () => [...waitings].map(waiting => waiting.check()) }
}

type PartOf = (port: Port) => Part | null
type Turn = { part: Part; partOf: PartOf; turn: ReturnType<typeof beginTurns> }
type Waiting = ReturnType<typeof beginWaiting>

/** One part is waited for at a time: with the next one the wait for the one before is over. */
function beginTurns(waitings: Set<Waiting>, how: { logger: Logger; sayEveryMs: number }) {
  let now: { part: Part; waiting: Waiting } | null = null
  const end = () => {
    if (now === null) return
    waitings.delete(now.waiting)
    now.waiting.end()
  }
  return {
    of: (part: Part): Waiting => {
      if (now?.part === part) return now.waiting
      now?.waiting.sayOver()
      end()
      now = { part, waiting: beginWaiting(part, how) }
      waitings.add(now.waiting)
      return now.waiting
    },
    sayOver: () => now?.waiting.sayOver(),
    end,
  }
}

function beginWaiting({ name, address }: Part, { logger, sayEveryMs }: { logger: Logger; sayEveryMs: number }) {
  const beganAt = performance.now()
  const waitedMs = () => Math.round(performance.now() - beganAt)
  let reason = 'no answer yet'
  let isSaid = false
  const say = () => {
    isSaid = true
    logger.warn('process.waiting', { part: name, address, waitedMs: waitedMs(), reason })
  }
  const saying = setInterval(say, sayEveryMs)
  return {
    tried: (why: string) => {
      reason = why
      if (!isSaid) say()
    },
    sayOver: () => {
      if (isSaid) logger.info('process.waiting-over', { part: name, address, waitedMs: waitedMs() })
    },
    check: (): Check => ({ name, state: 'degraded', detail: `waited for, ${seconds(waitedMs())} s so far: ${reason}` }),
    end: () => clearInterval(saying),
  }
}

const seconds = (ms: number) => Math.floor(ms / 1000)

/** What speaks to a part, which may be away: everything else is the start's own affair. */
const isOfParts: Readonly<Record<Port, boolean>> = {
  database: true,
  log: true,
  objects: true,
  registry: true,
  api: false,
  cli: false,
  connect: false,
  'data-dir': false,
  'env-file': false,
  events: false,
  listen: false,
  media: false,
  producers: false,
  projections: false,
  'read-model': false,
  seal: false,
  services: false,
  socket: false,
  start: false,
  webhooks: false,
}

const isPortError = (error: unknown): error is CodedError => error instanceof CodedError && isOfParts[error.port]

/** `misconfigured` may be worth another try to a process that runs, because others may mend it; a start says it. */
const isAway = ({ code, retryable }: CodedError) => code === 'commit-unknown' || (retryable && code !== 'misconfigured')

const stopped = (what: string) => new StartStopped(`waiting for ${what}: told to stop (aborted)`)
