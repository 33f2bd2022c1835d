// Auth states of several accounts on one database and one key writer, with what they wait for in hand.
import { randomBytes } from 'node:crypto'
import type { SignalDataSet } from '@whiskeysockets/baileys'
import { openInstanceRows } from '../../../src/instances/instance-rows.ts'
import { type AuthState, openAuthState } from '../../../src/producers/auth/auth-state.ts'
import { createKeyWriter } from '../../../src/producers/auth/key-writer.ts'
import { createSocketLife, type SocketLife } from '../../../src/producers/socket-life.ts'
import { createSealer } from '../../../src/runtime/seal.ts'
import { openTestDatabase } from '../database.ts'
import { type Fault, flaky } from '../flaky.ts'
import { collectLogLines } from '../log-lines.ts'

const timeoutMs = 10_000

export type AuthRig = Awaited<ReturnType<typeof openAuthRig>>
export type Account = {
  auth: AuthState
  life: SocketLife
  epoch: number
  /** From now on appends are begun and not durable, until release. */
  holdAppends(): { release(): void }
}

export async function openAuthRig(name: string) {
  const postgres = await openTestDatabase(name)
  const sealer = createSealer({ current: randomBytes(32), previous: null })
  const logger = collectLogLines()
  const seen = { writes: 0, fault: (_sql: string): Fault | null => null }
  const database = flaky(postgres.database, ({ name: call, args: [sql] }) => {
    if (call !== 'query' || !String(sql).includes('insert into auth_keys')) return null
    seen.writes += 1
    return seen.fault(String(sql))
  })
  const keyWriter = createKeyWriter({ database, timeoutMs })
  const rows = openInstanceRows({ database: postgres.database, sealer })

  /** Takes the account over: a process that begins, or one that begins again. */
  async function open(instanceId = 'first', more: { crashFoundAt?: number } = {}): Promise<Account> {
    await postgres.database.query(
      "insert into instance_ids (instance_id, request_id, name) values ($1, $1, 'Test') on conflict do nothing",
      [instanceId],
    )
    const { epoch } = await rows.takeEpoch(instanceId)
    const life = createSocketLife()
    let appended = Promise.resolve()
    const auth = await openAuthState({
      database,
      sealer,
      keyWriter,
      appended: () => appended,
      life,
      instanceId,
      epoch,
      timeoutMs,
      random: Math.random,
      logger,
      ...more,
    })
    await auth.saveCreds()
    return {
      auth,
      life,
      epoch,
      holdAppends: () => {
        const held = Promise.withResolvers<void>()
        appended = held.promise
        return { release: held.resolve }
      },
    }
  }

  return {
    ...postgres,
    sealer,
    logger,
    keyWriter,
    seen,
    rows,
    open,
    /** Places of the keys that are durable, without the creds. */
    keys: async (instanceId = 'first') =>
      (
        await postgres.database.query<{ place: string }>(
          "select type || '/' || id as place from auth_keys where instance_id = $1 order by 1",
          [instanceId],
        )
      ).map(({ place }) => place),
    parts: async (instanceId = 'first') =>
      (await postgres.database.query('select 1 from appended_parts where instance_id = $1', [instanceId])).length,
    /** How many statements `work` costs. */
    counting: async (work: () => Promise<unknown>): Promise<number> => {
      const before = seen.writes
      await work()
      return seen.writes - before
    },
  }
}

/** A session record as libsignal writes it: each chain by name, with the counter that it has reached. */
export const sessionAt = (chains: Readonly<Record<string, number>>) => ({
  _sessions: {
    base: {
      registrationId: 1,
      currentRatchet: { previousCounter: 0 },
      indexInfo: { closed: -1 },
      _chains: {
        ours: { chainKey: { counter: 9_000, key: 'k' }, chainType: 1, messageKeys: {} },
        ...Object.fromEntries(
          Object.entries(chains).map(([name, counter]) => [
            name,
            { chainKey: { counter, key: 'k' }, chainType: 2, messageKeys: {} },
          ]),
        ),
      },
    },
  },
  version: 'v1',
})

/** A sender key as Baileys writes it: a state for each distribution, and the iteration that is next. */
export const senderKeyAt = (states: Readonly<Record<string, number>>) =>
  Buffer.from(
    JSON.stringify(
      Object.entries(states).map(([senderKeyId, iteration]) => ({
        senderKeyId: Number(senderKeyId),
        senderChainKey: { iteration, seed: Buffer.from('s') },
        senderMessageKeys: [],
      })),
    ),
  )

/** As Baileys sets it; the record is libsignal's, whatever the type of Baileys says. */
export const aSession = (id: string, chains: Readonly<Record<string, number>>) =>
  ({ session: { [id]: sessionAt(chains) } }) as unknown as SignalDataSet

/** Whether it has settled by now, without waiting for it. */
export function watch(promise: Promise<unknown>): { isSettled(): boolean } {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  return { isSettled: () => isSettled }
}
