// How the bridge is, as checks of health: its partitions, its drain, what came of attempts, and how far webhooks are behind.
import type { PartitionStatus } from '../../log/log.ts'
import type { Check } from '../../runtime/role.ts'

type Checked = {
  intake: { failed(): Check | null }
  consumption: { status(): readonly PartitionStatus[] }
  drain: { trouble(): string | null }
  recorder: { trouble(): string | null; detour(): string | null }
  outbox: { trouble(): string | null }
  backlog: { check(): Check }
}

export const bridgeChecks = ({ intake, consumption, drain, recorder, outbox, backlog }: Checked): readonly Check[] => [
  ...failureOf(intake),
  ...consumption.status().flatMap(checkOf),
  checkThat('webhooks drain', drain.trouble(), 'running'),
  checkThat(
    'webhooks records',
    recorder.trouble() ?? outbox.trouble() ?? recorder.detour(),
    'what came of every attempt is written',
  ),
  backlog.check(),
]

function failureOf(intake: Checked['intake']): readonly Check[] {
  const failed = intake.failed()
  return failed === null ? [] : [{ ...failed, name: 'webhooks intake' }]
}

const checkThat = (name: string, trouble: string | null, fine: string): Check => ({
  name,
  state: trouble === null ? 'ok' : 'degraded',
  detail: trouble ?? fine,
})

const checkOf = (of: PartitionStatus): readonly Check[] =>
  of.state === 'running'
    ? []
    : [
        {
          name: `webhooks ${of.topic} partition ${of.partition}`,
          state: 'degraded',
          detail: `${of.state}: ${of.reason ?? 'no reason given'}`,
        },
      ]
