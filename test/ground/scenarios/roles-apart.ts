// A zaplog whose roles are shared out over three processes on the same external parts, each with a data directory of its own; what begins
// them, kills them and starts them again one by one.
import type { SimDevice } from '../../../simulator/accounts/device.ts'
import { openSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { openReceiver, type Receiver } from '../receiver.ts'
import type { Ground } from './ground.ts'
import { pair, subscribe } from './stage.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from './zaplog-process.ts'

export const shares = ['producers', 'processors,projections', 'webhooks,api'] as const
export type Share = (typeof shares)[number]

export type RolesApart = {
  simulator: Simulator
  device: SimDevice
  receiver: Receiver
  /** The process with the API. */
  front(): ZaplogProcess
  /** kill -9 of one of the three; the others live on. */
  kill(share: Share): Promise<void>
  /** SIGTERM to one of the three; resolves with its exit code and what it wrote on stderr. */
  stop(share: Share): Promise<{ exitCode: number | null; said: string }>
  /** Starts it again; resolves when its roles are open. */
  start(share: Share): Promise<ZaplogProcess>
  close(): Promise<void>
}

type Close = () => void | Promise<void>

/** `ground` is closed with the rest. All three begin at once, on empty parts. */
export async function openRolesApart(ground: Ground, env: Readonly<Record<string, string>>): Promise<RolesApart> {
  const closing: Close[] = [ground.close]
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    return { ...(await openEach(env, closing)), close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openEach(env: Readonly<Record<string, string>>, closing: Close[]): Promise<Omit<RolesApart, 'close'>> {
  const simulator = await openSimulator()
  closing.push(simulator.close)
  const receiver = await openReceiver()
  closing.push(receiver.close)
  const whatsapp = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl }
  const processes = Object.fromEntries(
    shares.map(share => {
      const one = oneOf({ ...whatsapp, ...env, ROLES: share })
      closing.push(one.remove, () => one.launched().kill())
      return [share, one]
    }),
  ) as Record<Share, ReturnType<typeof oneOf>>
  const [, , first] = await Promise.all(shares.map(share => processes[share].launched().listening))
  if (first === undefined) throw new Error('no process with the API')
  let front = first
  await subscribe(front, receiver)
  return {
    simulator,
    receiver,
    device: await pair(front, simulator),
    front: () => front,
    kill: share => processes[share].launched().kill(),
    stop: async share => {
      const launched = processes[share].launched()
      return { exitCode: await launched.stop(), said: launched.errors() }
    },
    start: async share => {
      const started = await processes[share].launch().listening
      if (share === 'webhooks,api') front = started
      return started
    },
  }
}

/** Killed members of consumer groups delay the others for 2 s at most. */
function oneOf(env: Record<string, string>) {
  const { path: dataDir, remove } = makeDataDir()
  const launch = () => launchZaplog({ dataDir, env, shortSessions: env.KAFKA_BROKERS !== undefined })
  let launched: Launched = launch()
  return {
    remove,
    launched: () => launched,
    launch: () => {
      launched = launch()
      return launched
    },
  }
}
