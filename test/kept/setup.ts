// The two forms in which a zaplog with its past is kept, as its maker and its test see them.
import type { ItsLog } from '../ground/scenarios/its-log.ts'
import type { ZaplogProcess } from '../ground/scenarios/zaplog-process.ts'

export type KeptGround = {
  dataDir: string
  /** The settings that lead zaplog to its parts. */
  env: Readonly<Record<string, string>>
  openLog(): Promise<ItsLog>
  close(): Promise<void>
}
export type MadeGround = KeptGround & {
  /** Once zaplog has ended: everything that its parts hold, as one file. Afterwards they can only be closed. */
  pack(): Promise<Buffer>
}
export type KeptSetup = {
  /** Of its folder. */
  name: 'embedded' | 'external'
  make(): Promise<MadeGround>
  /** As it was packed, but for the instants that are compared with the clock: those become `byMs` later. */
  restore(archive: Buffer, byMs: number): Promise<KeptGround>
  /** How its zaplog ended before it was packed. */
  end(zaplog: ZaplogProcess): Promise<unknown>
}
