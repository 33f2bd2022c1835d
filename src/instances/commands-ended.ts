// How many commands are over, by whichever role ended them.
import type { Metrics } from '../runtime/metrics.ts'

export const commandsEnded = (metrics: Pick<Metrics, 'counter'>) =>
  metrics.counter({
    name: 'zaplog_commands_ended_total',
    help: 'Commands that are over, by outcome: completed, or the reason of command.failed.',
    labels: ['outcome'],
  })
