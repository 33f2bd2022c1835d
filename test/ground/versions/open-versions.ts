// Two versions of zaplog on the same external parts, as processes that share the roles, each with a data directory of its own.
import { openSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { openSession } from '../../../src/database/session.ts'
import type { Event } from '../../../src/events/event.ts'
import { openReceiver, type Receiver } from '../receiver.ts'
import { openSharedGround } from '../scenarios/setups.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from '../scenarios/zaplog-process.ts'
import type { VersionTree } from './next-version.ts'

const shares = ['projections,processors,webhooks', 'producers', 'api'] as const
export type Share = (typeof shares)[number]
type Which = 'this' | 'next'

export type Versions = {
  simulator: Simulator
  receiver: Receiver
  /** A process for each share. Answers the one with the API. */
  startAll(which: Which): Promise<ZaplogProcess>
  /** Resolves when its roles are open; it counts as the running one from then on. */
  start(which: Which, share: Share): Promise<ZaplogProcess>
  running(share: Share): ZaplogProcess
  /** The one with the API. */
  front(): ZaplogProcess
  /** Names of the migrations that the database has. */
  applied(): Promise<readonly string[]>
  /** All of topic events. */
  events(): Promise<readonly Event[]>
  close(): Promise<void>
}

type Close = () => void | Promise<void>

export async function openVersions(next: Pick<VersionTree, 'root'>): Promise<Versions> {
  const closing: Close[] = []
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    return { ...(await open(next, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function open({ root }: Pick<VersionTree, 'root'>, closing: Close[]): Promise<Omit<Versions, 'close'>> {
  const ground = await openSharedGround({ ownLog: false, prepareStore: null })
  closing.push(ground.close)
  const simulator = await openSimulator()
  closing.push(simulator.close)
  const receiver = await openReceiver()
  closing.push(receiver.close)
  const env = { ...ground.env, WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl }
  const processes = new Map<Share, ZaplogProcess>()

  async function start(which: Which, share: Share): Promise<ZaplogProcess> {
    const { path: dataDir, remove } = makeDataDir()
    const version = which === 'next' ? { root } : {}
    const launched: Launched = launchZaplog({ dataDir, env: { ...env, ROLES: share }, program: 'start', ...version })
    closing.push(remove, () => launched.kill())
    const started = await launched.listening
    processes.set(share, started)
    return started
  }

  const running = (share: Share): ZaplogProcess => {
    const one = processes.get(share)
    if (one === undefined) throw new Error(`expected a process with ${share}, got none`)
    return one
  }
  return {
    simulator,
    receiver,
    start,
    running,
    front: () => running('api'),
    startAll: async which => {
      await Promise.all(shares.map(share => start(which, share)))
      return running('api')
    },
    applied: () => readApplied(ground.env.DATABASE_URL ?? ''),
    events: async () => {
      const log = await ground.openLog()
      try {
        return await log.events('events')
      } finally {
        await log.close()
      }
    },
  }
}

async function readApplied(url: string): Promise<readonly string[]> {
  const session = await openSession({ url, applicationName: 'scenario' }, new AbortController().signal)
  try {
    return (await session.query<{ name: string }>('select name from zaplog_migrations order by id')).map(({ name }) => name)
  } finally {
    await session.close()
  }
}
