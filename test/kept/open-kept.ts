// A zaplog of an earlier version, gone on with by this one: its parts, the WhatsApp that it knew, and its receivers, which are well again.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openSimulator, type Simulator } from '../../simulator/simulator.ts'
import { launchZaplog, type ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'
import { until } from '../ground/until.ts'
import { expand } from './archive.ts'
import type { Expected } from './expected.ts'
import { type KeptReceiver, openKeptReceiver } from './receiver.ts'
import type { KeptGround, KeptSetup } from './setup.ts'

export type Kept = {
  expected: Expected
  ground: KeptGround
  simulator: Simulator
  receiver: KeptReceiver
  zaplog: ZaplogProcess
  /** How many stanzas each device had settled before, by phone number. */
  settledBefore: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** So long ago it was stopped: whatever it would do again after five minutes is due, what it holds for fifteen is not. */
const STOPPED_AGO_MS = 10 * 60_000
/** A silent download is given up soon, and tried again until the file flows. */
const settings = { MEDIA_IDLE_TIMEOUT: '1s', MEDIA_RETRY_DELAYS: Array.from({ length: 60 }, () => '200ms').join() }

/** Resolves when zaplog is ready. */
export async function openKept(version: string, setup: KeptSetup): Promise<Kept> {
  const file = (name: string) => readFileSync(join(fileURLToPath(new URL(version, import.meta.url)), setup.name, name))
  const expected = JSON.parse(file('expected.json').toString()) as Expected
  const closing: (() => Promise<unknown>)[] = []
  const close = async () => {
    for (const end of closing.splice(0).toReversed()) await end()
  }
  try {
    const receiver = await openKeptReceiver(version)
    closing.push(receiver.receiver.close)
    receiver.receiver.trust(...Object.values(expected.endpoints).map(({ secret }) => secret))
    const simulator = await openSimulator({ world: (await expand(file('world.json.zst'))).toString() })
    closing.push(simulator.close)
    const settledBefore = new Map(simulator.devices().map(device => [device.pn, device.settled().length]))
    const ground = await setup.restore(file('parts.zst'), Date.now() - STOPPED_AGO_MS - expected.madeAt)
    closing.push(ground.close)
    const whatsApp = { WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl }
    const env = { ...whatsApp, ...ground.env, ...expected.settings, ...settings }
    const launched = launchZaplog({ dataDir: ground.dataDir, program: 'start', env })
    closing.push(launched.kill)
    const zaplog = await launched.listening
    await until('zaplog to be ready', async () => (await zaplog.call('GET', '/health/ready')).status === 200)
    return { expected, ground, simulator, receiver, zaplog, settledBefore, close }
  } catch (error) {
    await close()
    throw error
  }
}
