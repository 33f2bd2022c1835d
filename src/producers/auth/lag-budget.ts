// How much of all accounts of the process may be in memory alone: beyond it receipts wait for their keys, so that neither memory nor what a
// crash repeats grows with the traffic.

export type Lag = { steps: number; bytes: number }
export type LagBudget = {
  take(lag: Lag): void
  /** Of what was taken. */
  giveBack(lag: Lag): void
  isFull(): boolean
}

const maxLag: Lag = { steps: 20_000, bytes: 16 * 1024 * 1024 }

export function createLagBudget(max: Lag = maxLag): LagBudget {
  const taken = { steps: 0, bytes: 0 }
  return {
    take: ({ steps, bytes }) => {
      taken.steps += steps
      taken.bytes += bytes
    },
    giveBack: ({ steps, bytes }) => {
      taken.steps -= steps
      taken.bytes -= bytes
    },
    isFull: () => taken.steps >= max.steps || taken.bytes >= max.bytes,
  }
}
