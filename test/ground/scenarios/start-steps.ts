// The steps of a start on external parts as they are seen from outside: which part zaplog asks, and what it says.
import type { Ground } from './ground.ts'
import { type Behind, putBehind } from './put-behind.ts'
import type { Launched } from './zaplog-process.ts'

export type StartSteps = {
  /** The same parts, each behind a proxy that tells when it is asked. */
  ground: Ground
  /** Forgets what the last start asked; before each. */
  beginAnew(): void
  /** In the order in which a start comes to them. */
  steps: readonly Step[]
}
type Step = { at: string; isReached(launched: Launched): boolean }

const addresses = ['DATABASE_URL', 'KAFKA_BROKERS', 'SCHEMA_REGISTRY_URL', 'S3_ENDPOINT'] as const
type Address = (typeof addresses)[number]

/** What is said is said at LOG_LEVEL=debug. The ground's end is the proxies' too. */
export async function watchStart(ground: Ground): Promise<StartSteps> {
  const asked = new Set<Address>()
  const behind: Behind[] = []
  const env: Record<string, string> = { ...ground.env, LOG_LEVEL: 'debug' }
  for (const address of addresses) {
    const { proxy, setting } = await putBehind(ground.env[address] ?? '')
    behind.push({ proxy, setting })
    env[address] = setting
    proxy.watch(() => {
      asked.add(address)
      return 'pass'
    })
  }
  const asks = (address: Address) => () => asked.has(address)
  const says = (event: string) => (launched: Launched) => launched.errors().includes(`"event":"${event}"`)
  return {
    ground: {
      ...ground,
      env,
      close: async () => {
        await Promise.all(behind.map(({ proxy }) => proxy.close()))
        await ground.close()
      },
    },
    beginAnew: () => asked.clear(),
    steps: [
      { at: 'Postgres is asked', isReached: asks('DATABASE_URL') },
      { at: 'the tables are brought up to date', isReached: says('database.migrating') },
      { at: 'Kafka is asked', isReached: asks('KAFKA_BROKERS') },
      { at: 'the registry is asked', isReached: asks('SCHEMA_REGISTRY_URL') },
      { at: 'the bucket is asked', isReached: asks('S3_ENDPOINT') },
      { at: 'it listens', isReached: says('process.started') },
      { at: 'the first consumer group is joined', isReached: says('log.assigned') },
    ],
  }
}
