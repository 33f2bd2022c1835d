// The key writes of all accounts of this process: those that wait together are one statement, whatever number of accounts they are of, so
// that fifty sockets need one commit where each alone would need its own. One statement at a time. What may lag waits for the next beat.
import { type Database, DatabaseError } from '../../database/database.ts'
import { coalesce } from '../../runtime/coalesce.ts'
import { orAbort } from '../../runtime/or-abort.ts'
import { type KeyChange, type Written, writeChanges, writeOnceUnlocked } from './auth-tables.ts'
import { createBeat } from './beat.ts'
import { createJointQueue } from './joint-queue.ts'
import { createLagBudget, type LagBudget } from './lag-budget.ts'

export type KeyWriter = {
  /** In the next statement. Rejects with DatabaseError. */
  write(change: KeyChange): Promise<Written>
  /** In the next statement that somebody waits for, at the latest at the next beat [20 ms]. */
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

/** `timeoutMs`: after it sockets are given up that wait for a write (socket-life.ts); what hangs so long holds nobody up any more. */
export function createKeyWriter(deps: Deps): KeyWriter {
  const beat = createBeat(beatMs)
  const joint = createJointQueue({
    work: (changes: readonly KeyChange[]) => writeTogether(deps, changes),
    maxBatch: maxTogether,
    beat,
  })
  const apart = writingApart(deps)

  /** One account whose owner row is locked, by whoever takes it over, keeps no other from its keys. */
  async function write(change: KeyChange, join: typeof joint.now): Promise<Written> {
    if (apart.isWriting(change)) return apart.write(change)
    const answer = settled(await join(change))
    return answer === 'locked' ? apart.write(change) : answer
  }

  return {
    write: change => write(change, joint.now),
    writeSoon: change => write(change, joint.soon),
    hurry: joint.hurry,
    atNextBeat: beat,
    budget: createLagBudget(),
  }
}

/** One account at a time, and no write of an account overtakes one of its own. */
function writingApart(deps: Deps) {
  const writing = new Map<string, number>()
  const next = coalesce<KeyChange, Outcome<Written>>(changes => Promise.all(changes.map(change => writeApart(deps, change))), 1)
  const count = (instanceId: string, more: number) => {
    const left = (writing.get(instanceId) ?? 0) + more
    if (left === 0) writing.delete(instanceId)
    else writing.set(instanceId, left)
  }
  return {
    isWriting: ({ instanceId }: KeyChange) => writing.has(instanceId),
    write: async (change: KeyChange): Promise<Written> => {
      count(change.instanceId, 1)
      try {
        return settled(await next(change))
      } finally {
        count(change.instanceId, -1)
      }
    },
  }
}

function settled<Answer>(outcome: Outcome<Answer>): Answer {
  if ('error' in outcome) throw outcome.error
  return outcome.answer
}

async function writeApart(deps: Deps, change: KeyChange): Promise<Outcome<Written>> {
  try {
    return { answer: await withinTimeout(writeOnceUnlocked(deps.database, change), deps) }
  } catch (error) {
    return { error }
  }
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
  const given = () => new DatabaseError('timeout', `writing keys: no answer within ${timeoutMs} ms`, { perhapsDone: true })
  return orAbort(writing, given, AbortSignal.timeout(timeoutMs))
}

/** A database that is away, slow or full is so for each of them. */
const isOfAll = (error: unknown): boolean => error instanceof DatabaseError && (error.retryable || error.code === 'aborted')
