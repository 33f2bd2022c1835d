// Changes to instances: the wanted state and the event that tells of it are one transaction; the owner is woken after it, of a new instance
// once its event is in the log.
import { randomBytes, randomUUID } from 'node:crypto'
import type { Database, Transaction } from '../../database/database.ts'
import { requestId } from '../../events/ids.ts'
import {
  type Described,
  describeInstance,
  lockEvenDeleted,
  lockInstance,
  reserveId,
  type Wish,
  wishInstance,
} from '../../instances/instance-ids.ts'
import { type Settings, settings as settingsShape } from '../../instances/instance-settings.ts'
import { type Outbox, wakeOwners } from '../../instances/outbox.ts'
import { readPurge } from '../../purge/queries.ts'
import { requestPurge, wakePurges } from '../../purge/request-purge.ts'
import { mergePatch } from '../../runtime/merge-patch.ts'
import { invalidInput } from '../invalid-input.ts'
import { instanceNotFound, Problem } from '../problems.ts'

export type ChangeDeps = { database: Database; outbox: Outbox; clock: () => number }
/** outboxId: what has to be settled before the change can be read in the read model; null: nothing was appended. */
export type Change = { id: string; outboxId: string | null }

/** Reserves the id for ever. Throws Problem `instance-exists`. */
export async function createInstance(
  deps: ChangeDeps,
  wanted: { id: string | undefined; name: string; settings: Settings },
  signal: AbortSignal,
): Promise<Change> {
  const id = wanted.id ?? generateId()
  const request = randomUUID()
  const nowAt = deps.clock()
  const outboxId = await deps.database.transact(async tx => {
    const { name, settings } = wanted
    if ((await reserveId(tx, { id, requestId: request, nowAt, name, settings })) === 'taken')
      throw new Problem('instance-exists', `creating instance ${id}: the id is taken, or was once; ids are never given out again`)
    return deps.outbox.owe(tx, { ...unowned(id, 'instance.created', request, nowAt), name, settings })
  }, signal)
  return { id, outboxId }
}

/** Throws Problem `instance-not-found`, or `invalid-input` where the merged settings are not valid. */
export async function patchInstance(
  deps: ChangeDeps,
  id: string,
  patch: { name?: string | undefined; settings?: Readonly<Record<string, unknown>> | null | undefined },
  signal: AbortSignal,
): Promise<Change> {
  const outboxId = await deps.database.transact(async tx => {
    const before = await lock(tx, id)
    const name = patch.name ?? before.name
    const settings = patch.settings === undefined ? before.settings : mergedSettings(before.settings, patch.settings)
    await describeInstance(tx, id, { name, settings })
    return deps.outbox.owe(tx, { ...unowned(id, 'instance.settings-changed', randomUUID(), deps.clock()), name, settings })
  }, signal)
  await wakeOwners(deps.database)
  return { id, outboxId }
}

function mergedSettings(before: Settings, patch: Readonly<Record<string, unknown>> | null): Settings {
  const merged = patch === null ? {} : mergePatch(before, patch)
  const parsed = settingsShape.safeParse(merged)
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map(issue => ({ ...issue, path: ['settings', ...issue.path] }))
  throw invalidInput(issues, { settings: merged }, 'pointer')
}

/** The owner closes the socket and opens it again; one that was logged out begins anew, with a QR code. */
export const restartInstance = (deps: ChangeDeps, id: string, signal: AbortSignal): Promise<Change> =>
  want(deps, id, 'restart', signal)

/** The owner unlinks the phone's companion and erases the auth state. */
export const logOutInstance = (deps: ChangeDeps, id: string, signal: AbortSignal): Promise<Change> =>
  want(deps, id, 'logged-out', signal)

/** The owner logs out and erases the auth state; the id stays reserved. */
export const deleteInstance = (deps: ChangeDeps, id: string, signal: AbortSignal): Promise<Change> =>
  want(deps, id, 'deleted', signal)

/**
 * Deletes it, also one that was deleted before, and leaves the tombstone that the rest follows from: once this resolves, nothing brings the
 * instance back. Throws Problem `instance-not-found`, also where it was purged.
 */
export async function purgeInstance(deps: ChangeDeps, id: string, signal: AbortSignal): Promise<void> {
  await deps.database.transact(async tx => {
    const found = await lockEvenDeleted(tx, id)
    if (found === 'missing' || (await readPurge(tx, id))?.state === 'done') throw instanceNotFound(id)
    await wishInstance(tx, id, 'deleted')
    await requestPurge(tx, { instanceId: id, requestId: randomUUID(), requestedBy: 'ADMIN_API_KEY' })
  }, signal)
  await wakeOwners(deps.database)
  await wakePurges(deps.database)
}

async function want(deps: ChangeDeps, id: string, wish: Wish, signal: AbortSignal): Promise<Change> {
  await deps.database.transact(async tx => {
    await lock(tx, id)
    await wishInstance(tx, id, wish)
  }, signal)
  await wakeOwners(deps.database)
  return { id, outboxId: null }
}

async function lock(tx: Transaction, id: string): Promise<Described> {
  const found = await lockInstance(tx, id)
  if (found === 'missing') throw instanceNotFound(id)
  return found
}

/** Events that no socket owner writes carry epoch 0 and sequence 0. */
const unowned = <Type extends 'instance.created' | 'instance.settings-changed'>(
  id: string,
  type: Type,
  request: string,
  nowAt: number,
) => ({
  type,
  eventId: requestId({ instanceId: id, type, requestId: request }),
  instanceId: id,
  epoch: 0,
  sequence: 0,
  occurredAt: nowAt,
  recordedAt: nowAt,
})

/** 80 random bits in Crockford's alphabet, lower case: no look-alikes. */
function generateId(): string {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'
  return [...randomBytes(16)].map(byte => alphabet[byte & 31]).join('')
}
