// Positions moved to where the log begins: what a log that skips would do in silence.
import type { EventLog, Position } from '../../src/log/log.ts'

export async function keptPositions(positions: readonly Position[], log: EventLog): Promise<Position[]> {
  const lags = await log.lag(positions, new AbortController().signal)
  return lags.map(({ topic, partition, firstOffset }) => ({ topic, partition, nextOffset: firstOffset }))
}
