// The key writes of all accounts of this process: those that wait together are one statement, whatever number of accounts they are of, so
// that fifty sockets need one commit where each alone would need its own. One statement at a time. What may lag waits for the next beat.
import { type Database, DatabaseError } from '../../database/database.ts'
import { isBusy, loopLoad } from '../../runtime/loop-load.ts'
import { never, orAbort } from '../../runtime/or-abort.ts'
import { backoffMs, wait } from '../../runtime/wait.ts'
import { type KeyChange, type Written, writeChanges } from './auth-tables.ts'
import { createBeat } from './beat.ts'
import { createJointQueue } from './joint-queue.ts'
import { createLagBudget, type LagBudget } from './lag-budget.ts'

export type KeyWriter = {
  /** In the next statement. Rejects with DatabaseError. */
  write(change: KeyChange): Promise<Written>
  /** In the next statement that somebody waits for, at the latest at the next beat [20 ms; 100 ms under load]. */
  writeSoon(change: KeyChange): Promise<Written>
  /** What waits for the beat is written now. */
  hurry(): void
  /** Calls back at the next beat: the process has one, whatever number of accounts lag. */
  atNextBeat(callback: () => void): void
  /** Of all accounts. */
  budget: LagBudget
}
type Deps = { database: Database; timeoutMs: number }
type Outcome<Answer> = { answer: Answer } | { error: unknown }

/** Accounts in one statement. */
const maxTogether = 64
const beatMs = 20
/** Nobody waits for it, and one statement of a hundred steps is a fifth of the work of five. */
const busyBeatMs = 100
/** Who takes an account over holds its row for a few milliseconds. */
const lockedPace = { baseMs: beatMs, capMs: 200, jitter: 0, random: 0 }

/** `timeoutMs`: after it sockets are given up that wait for a write (socket-life.ts); what hangs so long holds nobody up any more. */
export function createKeyWriter(deps: Deps): KeyWriter {
  const beat = createBeat(() => (isBusy(loopLoad()) ? busyBeatMs : beatMs))
  const joint = createJointQueue({
    work: (changes: readonly KeyChange[]) => writeTogether(deps, changes),
    maxBatch: maxTogether,
    beat,
  })
  const inTurn = createTurns()

  /** One account whose owner row is locked, by whoever takes it over, keeps no other from its keys: it holds no connection meanwhile. */
  async function write(change: KeyChange, join: typeof joint.now): Promise<Written> {
    const until = performance.now() + deps.timeoutMs
    let answer = settled(await join(change))
    for (let attempt = 1; answer === 'locked'; attempt += 1) {
      if (performance.now() >= until) throw timedOut(deps)
      await wait(backoffMs({ attempt, ...lockedPace }), never)
      answer = settled(await joint.now(change))
    }
    return answer
  }

  return {
    write: change => inTurn(change.instanceId, () => write(change, joint.now)),
    writeSoon: change => inTurn(change.instanceId, () => write(change, joint.soon)),
    hurry: joint.hurry,
    atNextBeat: beat,
    budget: createLagBudget(),
  }
}

/** One write of an account at a time, in the order in which they came: none overtakes one that waits for the owner's row. */
function createTurns() {
  const newest = new Map<string, Promise<unknown>>()
  return async <T>(instanceId: string, work: () => Promise<T>): Promise<T> => {
    const mine = newest.get(instanceId)?.then(work, work) ?? work()
    newest.set(instanceId, mine)
    try {
      return await mine
    } finally {
      if (newest.get(instanceId) === mine) newest.delete(instanceId)
    }
  }
}

function settled<Answer>(outcome: Outcome<Answer>): Answer {
  if ('error' in outcome) throw outcome.error
  return outcome.answer
}

type Joint = Awaited<ReturnType<typeof writeChanges>>[number]

/** What Postgres refuses for good is written account by account, so that one account's row costs no other its keys. */
async function writeTogether(deps: Deps, changes: readonly KeyChange[]): Promise<readonly Outcome<Joint>[]> {
  try {
    return (await withinTimeout(writeChanges(deps.database, changes), deps)).map(answer => ({ answer }))
  } catch (error) {
    if (changes.length === 1 || isOfAll(error)) return changes.map(() => ({ error }))
    const outcomes: Outcome<Joint>[] = []
    for (const change of changes) outcomes.push(...(await writeTogether(deps, [change])))
    return outcomes
  }
}

function withinTimeout<T>(writing: Promise<T>, { timeoutMs }: Deps): Promise<T> {
  return orAbort(writing, () => timedOut({ timeoutMs }), AbortSignal.timeout(timeoutMs))
}

const timedOut = ({ timeoutMs }: Pick<Deps, 'timeoutMs'>) =>
  new DatabaseError('timeout', `writing keys: no answer within ${timeoutMs} ms`, { perhapsDone: true })

/** A database that is away, slow or full is so for each of them. */
const isOfAll = (error: unknown): boolean => error instanceof DatabaseError && (error.retryable || error.code === 'aborted')
