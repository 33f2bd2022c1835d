// Where the log is to move to is looked at before anything is opened: every address of Kafka and its registry, and all that is wrong is one answer.
import { schemaNameOf } from '../../events/schema-name.ts'
import { readKafkaFacts } from '../../log/kafka/kafka-facts.ts'
import { readRegistryFacts } from '../../registry/registry-facts.ts'
import { CodedError } from '../../runtime/coded-error.ts'
import type { Config } from '../../runtime/config.ts'
import type { Logger } from '../../runtime/logger.ts'
import { kafkaSecurityOf } from '../kafka-security.ts'
import { registryOptionsOf } from '../registry-options.ts'
import { tryConnecting } from '../try-connecting.ts'
import { MoveRefused } from './move-refused.ts'

type Deps = { logger: Logger; connectTimeoutMs?: number }
/** mayPass: the same may work later, without another setting. */
type Trouble = { problem: string; mayPass: boolean }

const CONNECT_TIMEOUT_MS = 5_000
const ANSWER_TIMEOUT_MS = 10_000

/** Rejects MoveRefused. A broker that is away is none of it where another answers. */
export async function requireTargets(config: Config, { logger, connectTimeoutMs }: Deps, signal: AbortSignal): Promise<void> {
  const timeoutMs = connectTimeoutMs ?? CONNECT_TIMEOUT_MS
  const found = await Promise.all([lookAtKafka(config, { logger, timeoutMs }, signal), lookAtRegistry(config, logger, signal)])
  signal.throwIfAborted()
  const troubles = found.flat()
  if (troubles.length === 0) return
  throw new MoveRefused(
    troubles.every(({ mayPass }) => mayPass) ? 'unavailable' : 'misconfigured',
    troubles.map(({ problem }) => problem),
  )
}

async function lookAtKafka(
  { kafka }: Pick<Config, 'kafka'>,
  { logger, timeoutMs }: { logger: Logger; timeoutMs: number },
  signal: AbortSignal,
): Promise<readonly Trouble[]> {
  const brokers = kafka.brokers ?? []
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
  const away = await Promise.all(brokers.map(async broker => ({ broker, why: await tryConnecting(addressOf(broker), deadline) })))
  if (away.every(({ why }) => why !== null))
    return away.map(({ broker, why }) => ({ problem: `KAFKA_BROKERS: ${broker} cannot be reached: ${why}`, mayPass: true }))
  const answering = away.filter(({ why }) => why === null).map(({ broker }) => broker)
  const address = { brokers: answering, clientId: 'zaplog migrate', ...kafkaSecurityOf(kafka) }
  return troublesOf(`Kafka at ${answering.join(', ')}`, () =>
    readKafkaFacts({ ...address, logger, requestTimeoutMs: ANSWER_TIMEOUT_MS }, [], signal),
  )
}

const addressOf = (broker: string) => {
  const [host = '', port = ''] = broker.split(':')
  return { host, port: Number(port) }
}

/** One of our subjects, because a registry may let us at no others. Nothing is registered by asking. */
const anySchema = { subject: schemaNameOf('message.received'), text: '"string"' }

const lookAtRegistry = (config: Config, logger: Logger, signal: AbortSignal): Promise<readonly Trouble[]> =>
  troublesOf(`SCHEMA_REGISTRY_URL: ${config.schemaRegistry.url}`, () =>
    readRegistryFacts(registryOptionsOf(config, logger), [anySchema], signal),
  )

/** Rejects what is none of the ports' errors. */
async function troublesOf(what: string, ask: () => Promise<unknown>): Promise<readonly Trouble[]> {
  try {
    await ask()
    return []
  } catch (error) {
    if (!(error instanceof CodedError)) throw error
    return [{ problem: `${what}: ${error.message}`, mayPass: error.retryable && error.code !== 'misconfigured' }]
  }
}
