// The zaplogs that commands are given to while they die: in one process or with its roles apart, on embedded parts or on external ones.
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import type { Simulator } from '../../../simulator/simulator.ts'
import type { Ground } from './ground.ts'
import type { ItsLog } from './its-log.ts'
import { openItsPostgresLog } from './its-postgres-log.ts'
import { openRolesApart, type Share } from './roles-apart.ts'
import { embedded, external, openSharedGround, type Setup } from './setups.ts'
import type { Stage } from './stage.ts'
import type { ZaplogProcess } from './zaplog-process.ts'

/** Who dies at once; everything: Postgres, too, which is up again after. */
export type Victim = 'the API' | 'the owner' | 'both' | 'everything'
export type Dying = {
  simulator: Simulator
  device: SimDevice
  front(): Pick<ZaplogProcess, 'url' | 'key' | 'call'>
  /** kill -9, also of what is on its way up. */
  kill(victim: Victim): Promise<void>
  /** Starts what is dead; resolves once that listens, rejects where it was killed before. */
  begin(): Promise<void>
  openLog(): Promise<ItsLog>
  close(): Promise<void>
}
export type Layout = { name: string; setup: Setup; victims: readonly Victim[]; open(): Promise<Dying> }

/** What is asked for goes out at once. */
export const unpaced = {
  OUTBOUND_PER_MINUTE: '0',
  OUTBOUND_FIRST_PER_MINUTE: '0',
  OUTBOUND_FIRST_PER_DAY: '0',
  OUTBOUND_CHANGES_PER_MINUTE: '0',
  OUTBOUND_MARKS_PER_MINUTE: '0',
}

const together = (name: string, setup: Setup): Layout => ({
  name,
  setup,
  victims: ['both', 'everything'],
  open: async () => dyingTogether(await setup.openStage({ env: unpaced, shortSessions: true })),
})

const apart = (name: string, envOf: (ground: Ground) => Readonly<Record<string, string>>): Layout => ({
  name,
  setup: external,
  victims: ['the API', 'the owner', 'both', 'everything'],
  open: () => openApart(envOf),
})

export const inOneProcess = together('in one process', embedded)
export const apartOnKafka = apart('with roles apart and the log in Kafka', ({ env }) => env)
export const layouts: readonly Layout[] = [
  inOneProcess,
  together('in one process with the log in Kafka', external),
  apart('with roles apart and the log in Postgres', ({ env: { KAFKA_BROKERS: _, SCHEMA_REGISTRY_URL: __, ...rest } }) => rest),
  apartOnKafka,
]

export const dyingTogether = (stage: Stage): Dying => ({
  simulator: stage.simulator,
  device: stage.device,
  front: stage.zaplog,
  kill: victim => (victim === 'everything' ? stage.killEverything() : stage.kill()),
  begin: async () => void (await stage.restart()),
  openLog: stage.ground.openLog,
  close: stage.close,
})

const sharesOf: Readonly<Record<Victim, readonly Share[]>> = {
  'the API': ['webhooks,api'],
  'the owner': ['producers'],
  both: ['webhooks,api', 'producers'],
  everything: ['webhooks,api', 'producers', 'processors,projections'],
}

async function openApart(envOf: (ground: Ground) => Readonly<Record<string, string>>): Promise<Dying> {
  const ground = await openSharedGround({ ownLog: false, prepareStore: null })
  const env = envOf(ground)
  const apart = await openRolesApart(ground, { ...env, ...unpaced })
  const dead = new Set<Share>()
  const { simulator, device, front, close } = apart
  return {
    ...{ simulator, device, front, close },
    kill: async victim => {
      for (const share of sharesOf[victim]) dead.add(share)
      await Promise.all(sharesOf[victim].map(apart.kill))
      if (victim !== 'everything') return
      await ground.postgres.kill()
      await ground.postgres.start()
    },
    begin: async () => {
      const shares = [...dead]
      dead.clear()
      await Promise.all(shares.map(apart.start))
    },
    openLog: () =>
      env.KAFKA_BROKERS === undefined
        ? openItsPostgresLog({
            url: env.DATABASE_URL ?? '',
            prefixes: { topic: env.TOPIC_PREFIX ?? '', group: env.GROUP_PREFIX ?? '' },
          })
        : ground.openLog(),
  }
}
