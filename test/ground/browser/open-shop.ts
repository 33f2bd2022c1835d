// A zaplog in a process of its own, on one port over its restarts, with a simulated WhatsApp to connect to.
import { freePort } from '../../../infra/services/server-process.ts'
import { openSimulator, type Simulator } from '../../../simulator/simulator.ts'
import { killPostgres } from '../scenarios/its-postgres.ts'
import { type Launched, launchZaplog, makeDataDir, type ZaplogProcess } from '../scenarios/zaplog-process.ts'

export type Shop = {
  simulator: Simulator
  /** The first start, and each after a kill; on the same port and directory. */
  start(key: string): Promise<ZaplogProcess>
  /** kill -9 */
  kill(): Promise<void>
  close(): Promise<void>
}

export async function openShop(): Promise<Shop> {
  const { path, remove } = makeDataDir()
  const simulator = await openSimulator()
  const port = await freePort()
  let launched: Launched | null = null
  const kill = async () => launched?.kill()
  return {
    simulator,
    start: key => {
      const env = { PORT: String(port), ADMIN_API_KEY: key, WHATSAPP_URL: simulator.url, WHATSAPP_CDN_URL: simulator.cdnUrl }
      launched = launchZaplog({ dataDir: path, env })
      return launched.listening
    },
    kill,
    close: async () => {
      await kill()
      await killPostgres(path)
      await simulator.close()
      remove()
    },
  }
}
