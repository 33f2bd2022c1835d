// Prints one line per stage of each message while the demo runs: appended, in the read model, downloaded, stored.
import type { Event } from '../events/event.ts'
import type { TopicName } from '../events/topics.ts'
import type { Zaplog } from '../main.ts'
import { shown as pc } from './colours.ts'
import { TYPE_COLUMNS } from './describe-webhook.ts'

type Options = { instanceId: string; say: (line: string) => void; signal: AbortSignal }

export function followStages(zaplog: Zaplog, { instanceId, say, signal }: Options): { stop(): void } {
  const stop = new AbortController()
  const until = AbortSignal.any([stop.signal, signal])

  async function follow(topic: TopicName): Promise<void> {
    const { log, codec } = zaplog.ports
    for await (const record of log.read(zaplog.ports.topic(topic), { from: 'first', until: null }, until)) {
      const event = await codec.decode(record.value, until)
      const line = event?.instanceId === instanceId ? describe(event) : null
      if (line !== null) say(`${line}${pc.dim(`  ${record.topic}/${record.partition}@${record.offset}`)}`)
    }
  }

  for (const topic of ['events', 'media-downloaded', 'media-stored', 'media-failed'] as const)
    follow(topic).catch(error => {
      if (!until.aborted) say(`${pc.red('stages')}   ${String(error)}`)
    })
  return { stop: () => stop.abort() }
}

function describe(event: Event): string | null {
  switch (event.type) {
    case 'message.received':
    case 'message.sent':
      return `${pc.blue('log')}      ${event.type.padEnd(TYPE_COLUMNS)} ${pc.bold(event.kind.padEnd(9))} ${(event.senderName ?? '').padEnd(12)} ${event.text ?? event.poll?.name ?? ''}`
    case 'message.edited':
    case 'message.revoked':
    case 'message.reacted':
      return `${pc.blue('log')}      ${event.type.padEnd(TYPE_COLUMNS)} ${pc.dim(event.targetMessageId)}`
    case 'media.downloaded':
      return `${pc.magenta('fetched')}  ${event.kind.padEnd(TYPE_COLUMNS)} ${event.sizeBytes} bytes, verified`
    case 'media.stored':
      return `${pc.yellow('object')}   ${event.kind.padEnd(TYPE_COLUMNS)} ${event.key}`
    case 'media.failed':
      return `${pc.red('failed')}   ${event.kind.padEnd(TYPE_COLUMNS)} ${event.reason}${event.retryable ? ', may be retried' : ''}`
    default:
      return null
  }
}
