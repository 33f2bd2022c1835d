// What the zaplog of a stage stands on, in the hands of a scenario: its Postgres, its log and its object store, wherever they are.
import type { ObjectStore } from '../../../src/objects/objects.ts'
import type { ItsLog } from './its-log.ts'

/** Makes it for the zaplog of that data directory, before it starts. */
export type OpenGround = (dataDir: string) => Promise<Ground>

export type Ground = {
  /** The settings that lead zaplog there. */
  env: Readonly<Record<string, string>>
  postgres: Part
  /** The very Postgres, where that is the log. */
  log: Part
  /** A second time, by our own adapter, while zaplog is or was running. */
  openLog(): Promise<ItsLog>
  openObjects(): Promise<ObjectStore>
  close(): Promise<void>
}

export type Part = {
  /** kill -9 of every process of it; resolves when they are gone. What zaplog runs itself, zaplog brings up again. */
  kill(): Promise<void>
  /** After kill(): resolves when it answers on the same data, at once where only zaplog can bring it up. */
  start(): Promise<void>
  /** Stops it where it stands, as a machine that hangs. */
  freeze(): Promise<{ thaw(): void }>
}
