// What is asked for as the API judges it, for tests: with a read model of what happened before, and a clock of its own.
import { type Completed, completeBody } from '../../../src/api/commands/complete-body.ts'
import { Problem, problemBody } from '../../../src/api/problems.ts'
import type { Transaction } from '../../../src/database/database.ts'
import { type KeptBody, messageBody } from '../../../src/events/command-bodies.ts'
import type { Event, EventOf } from '../../../src/events/event.ts'
import { owe } from '../../../src/instances/outbox.ts'
import { readModel, readModelTables } from '../../../src/projections/read-model/read-model.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import { aGroup, anEvent, somebody, somebodyElse, testStartAt, us } from '../events.ts'
import { never, openProjectionDsl, type ProjectionDsl, type ProjectionWorld } from '../projection-dsl.ts'

export type BodiesRig = { dsl: ProjectionDsl; world: ProjectionWorld }

export async function openBodiesRig(name: string): Promise<BodiesRig> {
  const dsl = await openProjectionDsl(name, readModel, { tables: readModelTables })
  return { dsl, world: await dsl.freshWorld() }
}

/** Whoever it is about has said what they are called, and nothing else is known. */
export async function beginAnew(rig: BodiesRig): Promise<void> {
  rig.world = await rig.dsl.projected(anEvent('instance.paired'), calledByThemself)
}

/** Whom the account has never written with, as far as that says: who wrote in a shared group. */
const calledByThemself = anEvent('contact.updated', { name: null, pushName: 'Somebody' })

export const minutes = 60_000

export const now = testStartAt + 365 * 86_400_000

export const ago = (ms: number) => now - ms

export const happened = async (rig: BodiesRig, ...events: readonly Event[]) => {
  await rig.world.append(events)
  await rig.world.projectAll()
}

const deps = (rig: BodiesRig) => ({
  ...{ database: rig.dsl.test.database, objects: { newKey: (name: string) => name }, clock: () => now },
  ...{
    sealer: createSealer({ current: Buffer.alloc(32, 7), previous: null }),
    uploads: { expireAfterMs: 86_400_000, ffmpegPath: null, allowCidrs: [] },
  },
  outbox: {
    owe: (tx: Transaction, event: Event) => owe({ codec: rig.dsl.codec, topic: name => name }, tx, event),
    append: async () => null,
  },
})

export const completed = (
  rig: BodiesRig,
  asked: Readonly<Record<string, unknown>>,
  chatId: string = somebody.lid,
): Promise<Completed> =>
  completeBody(
    deps(rig),
    { instanceId: 'shop', commandId: `for ${chatId}`, signal: never },
    messageBody.parse({ chatId, ...asked }),
  )

export const complete = async (...asked: Parameters<typeof completed>): Promise<KeptBody> => (await completed(...asked)).body

export const refusalOf = async (rig: BodiesRig, asked: Readonly<Record<string, unknown>>, chatId: string = somebody.lid) => {
  const refused: unknown = await complete(rig, asked, chatId).catch(error => error)
  if (!(refused instanceof Problem)) throw new Error(`expected a Problem, got ${JSON.stringify(refused)}`)
  const { status, errors } = problemBody(refused)
  return { status, ...errors?.[0] }
}

export const theirs = (given: Partial<EventOf<'message.received'>> = {}) =>
  anEvent('message.received', { messageId: 'THEIRS', text: 'onde?', occurredAt: ago(minutes), ...given })

export const ours = (given: Partial<EventOf<'message.sent'>> = {}) =>
  anEvent('message.sent', { messageId: 'OURS', text: 'já vai', occurredAt: ago(minutes), ...given })

export const inGroup = { chatId: aGroup, chatPn: null, isGroup: true }

export const groupWhere = (role: string) =>
  anEvent('group.updated', {
    participants: [
      { id: us.lid, pn: us.pn, role },
      { id: somebody.lid, pn: somebody.pn },
      { id: somebodyElse.pn, pn: somebodyElse.pn },
    ],
  })

export const revoked = (targetMessageId: string) => anEvent('message.revoked', { targetMessageId, occurredAt: ago(0) })
