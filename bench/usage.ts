// What a bench's work costs: ms of CPU of every part, and statements, of each side on its own, added up over the slices of a run.
import { type CpuMs, cpuByPart } from './cpu.ts'
import { round } from './measure.ts'
import { whileProfiled } from './profile.ts'
import type { Statements } from './statements.ts'

/** Per operation. */
export type Usage = {
  /** ms of CPU by part, of what zaplog's side took until all was done that it caused, the simulator and the receiver included. */
  cpuMs: CpuMs
  bareCpuMs: CpuMs
  /** null: no Postgres of the bench's own was asked. */
  statements: number | null
}
type Side = 'ours' | 'bare'
type Spent = { cpuMs: Record<string, number>; statements: number }
export type Meter = {
  /** Passes through what the work answers. */
  during<T>(side: Side, work: () => Promise<T>): Promise<T>
  /** `n`, `bareN`: operations of each side since it was made. */
  usage(n: number, bareN?: number): Usage
}

/** Of a run. Less than this for an operation is nothing that a tick of the kernel tells. */
const LEAST_MS = 0.001

export function createMeter(statements: Statements | null): Meter {
  const spent: Record<Side, Spent> = { ours: { cpuMs: {}, statements: 0 }, bare: { cpuMs: {}, statements: 0 } }
  const asked = async () => (statements === null ? 0 : statements())
  return {
    during: async (side, work) => {
      const [cpuBefore, askedBefore] = [cpuByPart(), await asked()]
      const result = await (side === 'ours' ? whileProfiled(work) : work())
      const cpuAfter = cpuByPart()
      for (const [part, ms] of Object.entries(cpuAfter))
        spent[side].cpuMs[part] = (spent[side].cpuMs[part] ?? 0) + ms - (cpuBefore[part] ?? 0)
      spent[side].statements += (await asked()) - askedBefore
      return result
    },
    usage: (n, bareN = n) => ({
      cpuMs: perOperation(spent.ours.cpuMs, n),
      bareCpuMs: perOperation(spent.bare.cpuMs, bareN),
      statements: statements === null ? null : round(spent.ours.statements / n),
    }),
  }
}

const perOperation = (spentMs: CpuMs, n: number): CpuMs =>
  Object.fromEntries(
    Object.entries(spentMs)
      .map(([part, ms]) => [part, round(ms / n)] as const)
      .filter(([, ms]) => ms >= LEAST_MS),
  )
