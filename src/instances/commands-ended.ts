// How many commands are over, by whichever role ended them.
import type { Metrics } from '../runtime/metrics.ts'

export const commandsEnded = (metrics: Pick<Metrics, 'counter'>) => metrics.counter('zaplog_commands_ended_total')
